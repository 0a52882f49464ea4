"""Spells: uninterrupted lives of accounts; leaving and coming back within the grace period is one life."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from healthscore.tables.subscriptions import OPEN, Subscriptions


@dataclass(frozen=True)
class Spells:
    """Spells, and the one that each subscription row belongs to.

    Attributes
    ----------
    of_row
        Shape (subscription rows,): number of the row's spell.
    exit_day
        Shape (spells,): day on which the spell was given up, `OPEN` where it was not.
    exit_type
        Shape (spells,): type of the exit, "" where none is given.
    """

    of_row: NDArray[np.int64]
    exit_day: NDArray[np.int64]
    exit_type: NDArray[np.object_]


def spells(subscriptions: Subscriptions, grace_days: int, date: str) -> Spells:
    """Join rows of an account whose start lies at most `grace_days` after the end of what came before.

    Parameters
    ----------
    subscriptions
        Rows sorted by account and start.
    grace_days
        Longest interruption, in days, that does not end a spell.
    date
        ``"decision"``: the earlier of notice and end of the row that ends last; ``"effective"``: its end.
    """
    rows = len(subscriptions.account)
    if rows == 0:
        return Spells(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, object))
    # Ends so far within the account, without a loop: lifting each account above the ones before it keeps the running
    # maximum from leaking across accounts.
    lift = subscriptions.account.astype(np.int64) * (int(OPEN) + 1)
    reached = np.maximum.accumulate(subscriptions.end + lift) - lift
    same = np.diff(subscriptions.account) == 0
    resumed = subscriptions.start[1:] <= reached[:-1] + grace_days
    of_row = np.concatenate([[0], np.cumsum(~(same & resumed))]).astype(np.int64)
    ending = _last_to_end(of_row, subscriptions.end)
    end, notice = subscriptions.end[ending].astype(np.int64), subscriptions.notice[ending].astype(np.int64)
    exit_day = np.minimum(end, notice) if date == "decision" else end
    return Spells(of_row, exit_day, subscriptions.exit_type[ending])


def _last_to_end(of_row: NDArray[np.int64], end: NDArray[np.int32]) -> NDArray[np.int64]:
    """Row of each spell that ends last; of several, the one that started last."""
    order = np.lexsort((np.arange(len(end)), end, of_row))
    return order[np.flatnonzero(np.diff(np.append(of_row[order], -1)))]
