"""What became of the rows of either file, and stretches of time that one of them may not cover."""

from __future__ import annotations

from typing import Any

import numpy as np

from healthscore.asof import date_of
from healthscore.errors import InsufficientDataError
from healthscore.pipelines.validation.histories import Exits, History
from healthscore.pipelines.validation.observed import Observed, Window, last_and_first
from healthscore.pipelines.validation.verdict import improbable

FUTURE_DAYS = 45
"""An exit so long after the last score is more likely scheduled than seen."""


def sources_of(history: History, exits: Exits, observed: Observed, window: Window) -> dict[str, Any]:
    """What became of the rows of either file, for the section `data` of a result."""
    sources = {}
    for name, file, counted in (("scores", history, observed.scores), ("exits", exits, observed.exits)):
        first, last = last_and_first(file.day)
        sources[name] = {
            "rows_in": counted.rows_in,
            "used": counted.left,
            "quarantined": {},
            "dropped": counted.dropped,
            "accounts": int(np.unique(file.account.astype(str)).size),
            "first_day": first,
            "last_day": last,
            "columns": dict(file.columns),
        }
    types = {} if exits.type is None else {str(k): int((exits.type == k).sum()) for k in sorted(set(exits.type))}
    return {
        "data_end": date_of(window.data_end).isoformat(),
        "accounts": int(np.unique(observed.code).size),
        "exit_types": types,
        "sources": sources,
        **observed.findings,
    }


def require_meeting(history: History, exits: Exits, observed: Observed, window: Window) -> None:
    """Refuse exits none of which followed a score in time, with the days of both files.

    Raises
    ------
    InsufficientDataError
        No exit lies in the window of any score.
    """
    if (observed.label == 1).any():
        return
    (first, last), (earliest, latest) = last_and_first(history.day), last_and_first(exits.day)
    raise InsufficientDataError(
        f"0 exits followed a score {window.words}: the scores are of {first} to {last}, the exits of {earliest} to "
        f"{latest}",
        "give the scores of the time before the exits, or a longer --horizon; if a date looks wrong, --date-format",
    )


def quiet_stretches(history: History, observed: Observed, window: Window) -> list[dict[str, Any]]:
    """Stretches at either end without an exit, longer than chance: the two files may not cover the same time."""
    days, exits = history.day, observed.exit_day
    if not days.size or exits.size < 2:
        return []
    first, last = int(exits.min()), int(exits.max())
    span, found = float(last - first), []
    before, after, beyond = first - int(days.min()), window.data_end - 1 - last, last - int(days.max())
    if improbable(before, exits.size, span):
        found.append({"where": "start", "days": before, "date": date_of(first).isoformat()})
    if improbable(after, exits.size, span):
        found.append({"where": "end", "days": after, "date": date_of(last + 1).isoformat()})
    if beyond > FUTURE_DAYS:
        found.append({"where": "future", "days": beyond, "date": date_of(last).isoformat()})
    return found
