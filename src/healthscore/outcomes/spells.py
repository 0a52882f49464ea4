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
    end
        Shape (spells,): first day no longer covered, `OPEN` where there is none.
    exit_type
        Shape (spells,): type of the exit, "" where none is given: that of the row that ends last.
    """

    of_row: NDArray[np.int64]
    exit_day: NDArray[np.int64]
    end: NDArray[np.int64]
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
        ``"decision"``: the day on which the last of its rows was given up, each by the earlier of its notice and its
        end, so that an account with an active row without notice has not been given up; ``"effective"``: its end.
    """
    rows = len(subscriptions.account)
    if rows == 0:
        nothing = np.empty(0, np.int64)
        return Spells(nothing, nothing, nothing, np.empty(0, object))
    # Ends so far within the account, without a loop: lifting each account above the ones before it keeps the running
    # maximum from leaking across accounts.
    lift = subscriptions.account.astype(np.int64) * (int(OPEN) + 1)
    reached = np.maximum.accumulate(subscriptions.end + lift) - lift
    same = np.diff(subscriptions.account) == 0
    resumed = subscriptions.start[1:] <= reached[:-1] + grace_days
    of_row = np.concatenate([[0], np.cumsum(~(same & resumed))]).astype(np.int64)
    ending = _last_to_end(of_row, subscriptions.end)
    end = subscriptions.end[ending].astype(np.int64)
    given_up = np.minimum(subscriptions.end, subscriptions.notice).astype(np.int64)
    first_rows = np.flatnonzero(np.diff(of_row, prepend=-1))
    exit_day = np.maximum.reduceat(given_up, first_rows) if date == "decision" else end
    return Spells(of_row, exit_day, end, subscriptions.exit_type[ending])


def _last_to_end(of_row: NDArray[np.int64], end: NDArray[np.int32]) -> NDArray[np.int64]:
    """Row of each spell that ends last; of several, the one that started last."""
    order = np.lexsort((np.arange(len(end)), end, of_row))
    return order[np.flatnonzero(np.diff(np.append(of_row[order], -1)))]
