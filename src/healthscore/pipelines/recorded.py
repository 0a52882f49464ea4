"""Whether a date can be scored: what the data and the model cover of the time around it."""

from __future__ import annotations

import warnings
from datetime import date

import numpy as np

from healthscore.asof import date_of, day_of
from healthscore.config import Run
from healthscore.errors import InsufficientDataError
from healthscore.models.bundle import Bundle
from healthscore.pipelines.build import Book


class StaleDataWarning(UserWarning):
    """The data end before the date that is scored."""


def require_recorded(book: Book, as_of: date) -> None:
    """Refuse a date of which too little was recorded, and warn of one that lies after the data's end.

    Days after the end are not known, and would be read as days without use.

    Raises
    ------
    InsufficientDataError
        Nobody is at risk; the data end before more than half of the shortest window; or not even half of the signals
        had been recorded.
    """
    run = book.run
    lag = day_of(as_of) - book.data_end
    shortest = shortest_window(run)
    last = date_of(book.data_end - 1)
    if 2 * lag > shortest:
        raise InsufficientDataError(
            f"{run.name}: the data end on {last}, {lag} days before {as_of}: more than half of the window of "
            f"{shortest} days is not known",
            f"bring newer tables, or score as of {date_of(book.data_end)}",
        )
    if lag > 0:
        warnings.warn(
            f"the data end on {last}; {lag} days before {as_of} are not known", StaleDataWarning, stacklevel=5
        )
    if len(book.label) == 0:
        raise InsufficientDataError(f"{run.name}: no account is at risk at {as_of}", "look at `healthscore check`")
    signals = {feature.signal for feature in book.panel.features if feature.signal}
    known = np.flatnonzero(~np.isnan(book.panel.X).all(axis=0))
    recorded = {book.panel.features[column].signal for column in known}
    if 2 * len(recorded & signals) < len(signals):
        raise InsufficientDataError(
            f"{run.name}: {len(recorded & signals)} of {len(signals)} signals had been recorded before {as_of}",
            "score a date that the tables cover",
        )


def shortest_window(run: Run) -> int:
    """Days of the shortest window of the run's signals; 1 where none has any."""
    return min((w for s in run.signals.values() for w in run.windows_of(s) if w != "all"), default=1)


def hindsight(bundle: Bundle, as_of: date) -> list[str]:
    """Say so when the model knows outcomes that lay in the future at the date."""
    trained = bundle.metadata.get("trained")
    until = trained.get("known_until") if isinstance(trained, dict) else None
    if not isinstance(until, str) or as_of >= date.fromisoformat(until):
        return []
    return [f"the model learned from outcomes up to {until}: scores of an earlier date do not test it, a backtest does"]
