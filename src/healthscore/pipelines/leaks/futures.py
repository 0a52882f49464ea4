"""Worlds that agree with the real one in everything that was known at a date, and in nothing else.

A view per source over its bound rows. What was known at `t` follows from the row itself: its day and its known day,
for an end its own known day, for a correction the day from which it was known. Worked example at 1 March: a ticket
opened on 20 February and closed on 3 March is open in *cut*; closed on 25 February in *altered*, although this became
known only later; and *swollen* has a second ticket of that day, which somebody enters on 9 March.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from healthscore.pipelines.leaks.material import Material
from healthscore.tables import Tables
from healthscore.tables.quoting import quote_identifier
from healthscore.tables.successions import Successions

FUTURES = ("cut", "altered", "swollen")
OTHERS = '"leak others"'
BEGINS = {"events": "day", "levels": "day", "intervals": "start_day", "subscriptions": "start"}
"""The day on which a row happened, by contract; rows of other contracts have no future, or are states (`versions`)."""
LATER = 20
"""Days by which altered rows happen, or become known, after the date, spread by the row's own day."""


@contextmanager
def world_without(material: Material, t: int, future: str) -> Iterator[Tables]:
    """The run's tables with another future after as-of day `t`."""
    tables, engine = material.tables, material.tables.engine
    ids = material.accounts
    others = ids.take(pa.array(np.roll(np.arange(len(ids)), 1)))
    engine.register(OTHERS.strip('"'), pa.table({"account_id": ids, "other": others}))
    made: dict[str, str] = {}
    histories: dict[str, str] = {}
    try:
        for name, relation in tables.relations.items():
            contract = material.run.sources[name].contract
            if contract in BEGINS:
                made[name] = _view(tables, name, relation, _select(tables, name, contract, relation, t, future))
            versions = tables.versions(name) if contract == "accounts" else None
            if versions is not None:
                histories[name] = _view(tables, f"{name} versions", versions, _states(tables, versions, t, future))
        yield replace(
            tables,
            relations={**tables.relations, **made},
            histories={**tables.histories, **histories},
            successions=_successions(tables.successions, t, future, others),
        )
    finally:
        for view in (*made.values(), *histories.values()):
            engine.execute(f"DROP VIEW IF EXISTS {view}")


def _view(tables: Tables, name: str, relation: str, select: str) -> str:
    view = quote_identifier(f"leak world:{name}")
    tables.engine.execute(f"CREATE OR REPLACE VIEW {view} AS {select}")
    return view


def _select(tables: Tables, name: str, contract: str, relation: str, t: int, future: str) -> str:
    """The rows of a source in another world."""
    columns = list(tables.engine.describe(f"SELECT * FROM {relation}"))
    begin = BEGINS[contract]
    known = f"({begin} < {t} AND known_day < {t})"
    kept = _project(columns, _settled(contract, columns, t, future))
    rows = f"SELECT {kept} FROM {relation} WHERE {known}"
    if future == "altered":
        altered = {"account_id": "o.other"} | _distorted(columns) | _moved(contract, columns, t)
        rows += (
            f" UNION ALL SELECT {_project(columns, altered, 'r.')} FROM {relation} r JOIN {OTHERS} o "
            f"ON r.account_id = o.account_id WHERE NOT ({_qualified(known, begin)})"
        )
    if future == "swollen":
        added = {"account_id": "o.other", "known_day": f"{t} + {_spread(f'r.{begin}')}"} | _distorted(columns)
        rows = f"SELECT * FROM ({rows}) UNION ALL SELECT {_project(columns, {}, '')} FROM {relation} WHERE NOT {known}"
        rows += (
            f" UNION ALL SELECT {_project(columns, added, 'r.')} FROM {relation} r JOIN {OTHERS} o "
            f"ON r.account_id = o.account_id WHERE {_qualified(known, begin)}"
        )
    return rows


def _qualified(known: str, begin: str) -> str:
    return known.replace(begin, f"r.{begin}", 1).replace("known_day", "r.known_day")


def _settled(contract: str, columns: list[str], t: int, future: str) -> Mapping[str, str]:
    """What a row that was known at `t` says of later days: nothing, or something else."""
    changed: dict[str, str] = {}
    later = {"cut": "NULL", "altered": f"{t}", "swollen": f"{t} + 2 * {LATER}"}[future]
    if "until_day" in columns:  # what corrects the row is known from that day on
        corrected = f"CASE WHEN until_day < {t} THEN until_day ELSE {later} END"
        changed["until_day"] = corrected if future != "cut" else f"CASE WHEN until_day < {t} THEN until_day END"
    if contract == "intervals":
        unknown = f"end_day IS NULL OR end_day >= {t} OR end_known_day >= {t}"
        # In the altered world the end lies before the date, and only became known after it.
        end, told = ("NULL", "NULL") if future == "cut" else ("start_day", later)
        changed["end_day"] = f"CASE WHEN {unknown} THEN {end} ELSE end_day END"
        changed["end_known_day"] = f"CASE WHEN {unknown} THEN {told} ELSE end_known_day END"
    if contract == "subscriptions":
        strange = "" if future == "cut" else "ELSE 'merged' "
        for column in ("end", "notice"):
            told = f"{column}_known_day"
            happened = f"{quote_identifier(column)} < {t}" + (f" AND {told} < {t}" if told in columns else "")
            changed[column] = f"CASE WHEN {happened} THEN {quote_identifier(column)} ELSE {later} END"
            changed[told] = f"CASE WHEN {happened} THEN {told} ELSE {later} END"
            if column == "end":
                changed["exit_type"] = f"CASE WHEN {happened} THEN exit_type {strange}END"
    return {column: sql for column, sql in changed.items() if column in columns}


def _distorted(columns: list[str]) -> dict[str, str]:
    """Other values: numbers turned round, names that nobody has used."""
    numbers: dict[str, str] = {
        column: f"1 - 3 * r.{column}" for column in ("quantity", "value", "seats") if column in columns
    }
    texts: dict[str, str] = {
        column: f"r.{column} || '?'" for column in ("name", "actor_id", "kind") if column in columns
    }
    return numbers | texts


def _moved(contract: str, columns: list[str], t: int) -> dict[str, str]:
    """Other days for rows that were not known at `t`: those that had happened stay dated, and are known even later."""
    begin = BEGINS[contract]
    moved = {
        begin: f"CASE WHEN r.{begin} < {t} THEN r.{begin} - 1 ELSE r.{begin} + 3 END",
        "known_day": f"GREATEST(r.known_day, {t}) + 3",
    }
    if contract == "subscriptions":
        moved |= dict.fromkeys(("end", "notice", "end_known_day", "notice_known_day"), "NULL")
    if "instant" in columns:
        moved["instant"] = "r.instant - 1"
    return moved


def _spread(day: str) -> str:
    return f"CAST({day} % {LATER} AS INTEGER)"


def _states(tables: Tables, versions: str, t: int, future: str) -> str:
    """States of accounts that became known at `t` or later, gone or told of others."""
    columns = list(tables.engine.describe(f"SELECT * FROM {versions}"))
    known = f"(known_day IS NULL OR known_day < {t})"
    ended = {"valid_to": f"CASE WHEN valid_to < {t} THEN valid_to END"} if "valid_to" in columns else {}
    rows = f"SELECT {_project(columns, ended)} FROM {versions} WHERE {known}"
    if future == "cut":
        return rows
    other = {"account_id": "o.other"}
    return (
        f"{rows} UNION ALL SELECT {_project(columns, other, 'r.')} FROM {versions} r JOIN {OTHERS} o "
        f"ON r.account_id = o.account_id WHERE NOT {known.replace('known_day', 'r.known_day')}"
    )


def _successions(known: Successions, t: int, future: str, others: pa.Array) -> Successions:
    """Mergers and splits that were known at `t`; the later ones gone, or told of other accounts."""

    def told(table: pa.Table, day: str) -> pa.Table:
        before = pc.less(table[day], t)
        later = table.filter(pc.invert(before))
        if future == "cut" or not later.num_rows:
            return table.filter(before)
        strangers = others.take(pa.array(np.arange(later.num_rows) % len(others)))
        return pa.concat_tables([table.filter(before), later.set_column(0, "account_id", strangers)])

    return replace(known, ceased=told(known.ceased, "ceased_day"), founded=told(known.founded, "day"))


def _project(columns: list[str], changed: Mapping[str, str], of: str = "") -> str:
    """Every column in its order, some by other SQL."""
    return ", ".join(
        f"{changed.get(column, of + quote_identifier(column))} AS {quote_identifier(column)}" for column in columns
    )
