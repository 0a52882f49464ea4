"""Base rates: how many accounts at risk did what the run predicts, date by date, and what is odd about it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from healthscore.asof import date_of
from healthscore.config import PANEL, Run
from healthscore.outcomes.snapshots import Snapshots
from healthscore.pipelines.build import iso
from healthscore.pipelines.happenings import HAPPENINGS

FEW_EXITS = 200
PREVALENT = 0.5
JUMP = 3.0
TELLING_EXITS = 10
"""A jump is told from chance from so many exits on, at one of the two dates."""


def base_rates(snapshots: Snapshots) -> list[dict[str, Any]]:
    """Per as-of date who was at risk and what became of them; `rate` is exits of those whose outcome is known."""
    rows = []
    for t, counts in zip(snapshots.as_ofs, snapshots.counts(), strict=True):
        known = counts["exited"] + counts["stayed"]
        row: dict[str, Any] = {"as_of": iso(t), "exits": counts.pop("exited"), **counts}
        rows.append(row | {"rate": row["exits"] / known if known else None})
    return rows


def rate_warnings(run: Run, rates: list[dict[str, Any]], exiting: int, end: int | None) -> Iterator[str]:
    """What to know of the base rates before a model is believed.

    Parameters
    ----------
    rates
        Of `base_rates`.
    exiting
        Different accounts that exited within a window.
    end
        The data end, as a day, where it is known.
    """
    outcome = run.need_outcome()
    did = HAPPENINGS[outcome.kind].did
    known = [row for row in rates if row["rate"] is not None]
    if rates and not known:
        reach = outcome.gap_days + outcome.horizon_days + outcome.maturity
        until = "" if end is None else f"; the last date whose outcome is final is {date_of(end - reach)}"
        declare = "declare `data_end`, " if run.data_end is None and outcome.source == PANEL else ""
        yield f"no date has a known outcome yet{until}: {declare}choose earlier as-of dates or a shorter horizon"
    if known:
        yield from _few(run, did, exiting)
    # The rate of a date of which only the earliest outcomes are known yet is not that of the others.
    settled = [row for row in known if not row["immature"]]
    high = [row for row in settled if row["rate"] > PREVALENT]
    if high:
        yield (
            f"more than half of the accounts at risk {did} ({high[0]['rate']:.0%} at {high[0]['as_of']}, "
            f"{len(high)} of {len(settled)} dates): "
            "is the horizon, or the condition for being active, what you mean?"
        )
    for before, after in pairwise(settled):
        if is_jump(before["rate"], after["rate"], max(before["exits"], after["exits"])):
            yield (
                f"the rate jumps from {before['rate']:.1%} at {before['as_of']} to {after['rate']:.1%} at "
                f"{after['as_of']}: "
                "a season, a change of definition, or rows that are missing?"
            )


def is_jump(rate: float, other: float, exits: int) -> bool:
    """Whether one of two rates is more than three times the other; `exits` is the larger number of exits of the two."""
    low, top = sorted((rate, other))
    return exits >= TELLING_EXITS and top > JUMP * low


def _few(run: Run, did: str, exiting: int) -> Iterator[str]:
    if exiting < run.model.minimum_exits:
        yield (
            f"{exiting} accounts {did} within the windows; a model needs {run.model.minimum_exits}: "
            "these data cannot support one (a scorecard can still be validated)"
        )
    elif exiting < FEW_EXITS:
        yield (
            f"{exiting} accounts {did} within the windows: enough for a model, with wide intervals (below {FEW_EXITS})"
        )
