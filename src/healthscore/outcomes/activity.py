"""Who is active at a date where the outcome's own source does not say: by contracts, or by events.

The outcome of a complaint, say, asks whether an account complains; whether it was a customer at all is told by its
subscriptions, or by a purchase within the last `eligible_within_days`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from healthscore.config import Run
from healthscore.errors import ConfigurationError
from healthscore.outcomes.ceased import Ceased
from healthscore.outcomes.contracts import load_contracts
from healthscore.outcomes.occurrences import Occurrences, occurrences
from healthscore.outcomes.snapshots import Status
from healthscore.tables import Tables
from healthscore.tables.subscriptions import source_of_subscriptions


class Activity(Protocol):
    """Where accounts stand at an as-of day, by what was known then, and when they leave."""

    def status(self, t: int) -> NDArray[np.int8]:
        """`Status` of each account."""

    def exits(self, t: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Day on which each account leaves, `OPEN` for never, and whether that exit counts."""

    def value(self, t: int) -> NDArray[np.float64]:
        """Recurring revenue per month; NaN where not known."""

    def customer_for(self, t: int, days: int) -> NDArray[np.bool_]:
        """Which accounts were customers at least so many days before."""


@dataclass(frozen=True)
class Engagement:
    """Activity by events: at risk are accounts with one in the last `within` days (ever, when None).

    Nobody leaves but by a merge or a split.
    """

    events: Occurrences
    within: int | None
    ceased: Ceased

    def status(self, t: int) -> NDArray[np.int8]:
        """At risk, or not eligible, or ended by a merge or a split."""
        seen = self.events.counted(None if self.within is None else t - self.within, t, known_at=t) > 0
        return self.ceased.status(np.where(seen, np.int8(Status.AT_RISK), np.int8(Status.INELIGIBLE)), t)

    def exits(self, t: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Silence is not an exit: that is the outcome `inactivity`."""
        del t
        return self.ceased.day.astype(np.int64), np.zeros(self.events.accounts, bool)

    def value(self, t: int) -> NDArray[np.float64]:
        """Not known from events."""
        del t
        return np.full(self.events.accounts, np.nan)

    def customer_for(self, t: int, days: int) -> NDArray[np.bool_]:
        """Which accounts had an event at least so many days before."""
        began: NDArray[np.bool_] = self.events.counted(None, t - days + 1, known_at=t) > 0
        return began


def activity(
    run: Run, tables: Tables, accounts: pa.Array, as_ofs: Sequence[int], *, otherwise: str | None = None, since: int = 0
) -> Activity:
    """Tell who is active by the outcome's `active_source`, else by the run's subscriptions, else by `otherwise`.

    Parameters
    ----------
    otherwise
        A source of events that tells it where the run names none and has no subscriptions; its rows are narrowed by
        the outcome's `where`.
    since
        Days for which `customer_for` will be asked.

    Raises
    ------
    ConfigurationError
        Nothing tells who is active, or `active_source` holds neither subscriptions nor events.
    """
    outcome = run.need_outcome()
    source = outcome.active_source or source_of_subscriptions(run) or otherwise
    if source is None:
        raise ConfigurationError(
            f"outcome.active_source: {outcome.kind} of {outcome.source!r} does not say who is a customer, and the run "
            "has no subscriptions",
            "active_source = a source of subscriptions, or of events (with eligible_within_days)",
        )
    contract = run.sources[source].contract
    if contract == "subscriptions":
        return load_contracts(run, tables, source, accounts)
    if contract != "events":
        raise ConfigurationError(
            f"outcome.active_source: {source!r} holds {contract}, which does not say who is a customer at a date",
            'name a source with contract = "subscriptions" or "events"',
        )
    within = outcome.eligible_within_days
    offsets = (0, 1 - since, *(() if within is None else (-within,)))
    where = outcome.where if source == outcome.source else None
    return Engagement(
        occurrences(tables, source, where, accounts, as_ofs, offsets), within, Ceased.of(tables, accounts)
    )
