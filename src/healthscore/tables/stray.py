"""Stray days: a few rows far behind all others, which would stretch the data's end when the run declares none.

The end of the data decides which outcomes are mature. One event of the year 2030 in a log that ends in 2024 would make
every snapshot mature and every account a leaver, so it is worth a warning, and the line that sets such rows aside.
"""

from __future__ import annotations

from itertools import pairwise

from healthscore.asof import date_of
from healthscore.tables.engine import Engine
from healthscore.tables.problems import Problem
from healthscore.tables.shapes import FIRST_DAY, HAPPENED

FAR_DAYS = 90
FEW_ROWS = 0.01


def stray_days(engine: Engine, name: str, contract: str, relation: str) -> list[Problem]:
    """A warning if at most 1 % of a source's rows lie more than 90 days behind all the others.

    Parameters
    ----------
    engine
        Where the relation is.
    name
        The source's name.
    contract
        Its contract; subscriptions may well lie in the future.
    relation
        Its bound rows.
    """
    if contract not in HAPPENED:
        return []
    day = FIRST_DAY[contract]
    query = f'SELECT "{day}" AS day, count(*) AS rows FROM {relation} GROUP BY 1 ORDER BY 1'
    found = engine.query(query).to_pydict()
    total, behind = sum(found["rows"]), 0
    days = list(zip(found["day"], found["rows"], strict=True))
    for (before, _), (after, rows) in reversed(list(pairwise(days))):
        behind += rows
        if behind > FEW_ROWS * total:
            return []
        if after - before > FAR_DAYS:
            behind_all = f"the last lie {after - before:,} days behind all others, from {date_of(after)} on"
            rule = f"rows follow each other without long gaps; {behind_all}"
            remedy = f'declare `data_end = "{date_of(before + 1)}"`, which sets them aside'
            return [Problem("stray_days", "warning", name, day, behind, behind / total, rule=rule, remedy=remedy)]
    return []
