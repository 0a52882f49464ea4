"""Purged walk-forward origins: train only on what was fully known, test only on what has since happened.

One worked example. Monthly snapshots, gap 7, horizon 60, maturity 14: a label of the snapshot of 1 January covers
exits in [8 January, 8 March) and is final on 22 March, 81 days later. The origin of 1 April may therefore train on
1 January and everything before it (final by 22 March), but not on 1 February (final on 24 April). And 1 April can
itself be tested only when the data reach 21 June.

Where the outcome of each account is known from a day of its own (its renewal, say), a date counts as soon as its first
label is final, and every date is used as far as its labels are: the origin of 1 April trains on the accounts of
1 February whose renewal was over by then, and on no others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from healthscore.errors import ConfigurationError


@dataclass(frozen=True)
class Fold:
    """One origin of the backtest: score the risk set at `test` with what the snapshots `train` had taught by then.

    Both in days since 1970-01-01; `train` ascending, some label of each final at `test`: `known_rows` says which.
    """

    test: int
    train: tuple[int, ...]


def label_known(day: int, *, gap: int, horizon: int, maturity: int) -> int:
    """Date the day at which the label of a snapshot is final: `s + g + H + m` (method, section 1)."""
    return day + gap + horizon + maturity


def immature(days: Iterable[int], *, gap: int, horizon: int, maturity: int, data_end: int) -> tuple[int, ...]:
    """List the snapshots whose outcome the data do not fully show yet; they are dropped and counted, never labelled 0.

    `data_end` is exclusive: the first day that the data do not show.
    """
    _check_lengths(gap, horizon, maturity)
    return tuple(
        day for day in sorted(set(days)) if label_known(day, gap=gap, horizon=horizon, maturity=maturity) > data_end
    )


def walk_forward(
    days: Iterable[int],
    *,
    gap: int,
    horizon: int,
    maturity: int,
    data_end: int,
    minimum_train: int = 1,
    train: Iterable[int] | None = None,
    test: Iterable[int] | None = None,
) -> list[Fold]:
    """Plan the backtest: for every mature snapshot `T`, the snapshots `s` with `s + g + H + m <= T` to train on.

    Parameters
    ----------
    days
        The as-of days of all snapshots, in any order; repeated days count once.
    gap, horizon, maturity
        `g`, `H`, `m` of the outcome, in days.
    data_end
        First day that the data do not show. Origins whose label is not final by then are left out; `immature` lists
        them.
    minimum_train
        Origins with fewer training snapshots are left out. 0 keeps them all, for scores that need no training.
    train, test
        Days of `days` to which training or testing is narrowed. Purging still applies to every test day on its own.

    Returns
    -------
    Folds in ascending order of their test day.

    Raises
    ------
    ConfigurationError
        A length is negative, the horizon is empty, or `train`/`test` names a day that is no snapshot.
    """
    _check_lengths(gap, horizon, maturity)
    final = {day: label_known(day, gap=gap, horizon=horizon, maturity=maturity) for day in days}
    return plan_folds(final, data_end=data_end, minimum_train=minimum_train, train=train, test=test)


def plan_folds(
    first_known: Mapping[int, int],
    *,
    data_end: int,
    minimum_train: int = 1,
    train: Iterable[int] | None = None,
    test: Iterable[int] | None = None,
) -> list[Fold]:
    """Plan the backtest of an outcome whose labels are final on days of their own; for the rest see `walk_forward`.

    Parameters
    ----------
    first_known
        As-of day of every snapshot, and the day on which the first of its labels is final.
    """
    snapshots = sorted(first_known)
    trainable = _narrow(snapshots, train, "train")
    folds = []
    for origin in _narrow(snapshots, test, "test"):
        known = tuple(day for day in trainable if first_known[day] <= origin)
        if first_known[origin] <= data_end and len(known) >= minimum_train:
            folds.append(Fold(test=origin, train=known))
    return folds


def known_rows(fold: Fold, day: NDArray[np.integer], known_from: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Which rows a fold may train on: those of its training days whose label was final at its origin.

    Parameters
    ----------
    day, known_from
        As-of day of each row, and the day on which its label is final, shape (rows,).
    """
    rows: NDArray[np.bool_] = np.isin(day, fold.train) & (known_from <= fold.test)
    return rows


def _narrow(snapshots: list[int], named: Iterable[int] | None, word: str) -> list[int]:
    """Keep the named snapshots; a named day that is no snapshot is a mistake, not an empty wish."""
    if named is None:
        return snapshots
    wanted = set(named)
    strangers = sorted(wanted.difference(snapshots))
    if strangers:
        raise ConfigurationError(
            f"split: {len(strangers)} `{word}` days are not among the {len(snapshots)} as-of days, "
            f"first: day {strangers[0]} since 1970-01-01",
            f"name as-of dates of the run under `{word}`, or add these dates to its as-of dates",
        )
    return [day for day in snapshots if day in wanted]


def _check_lengths(gap: int, horizon: int, maturity: int) -> None:
    if gap < 0 or maturity < 0 or horizon < 1:
        raise ConfigurationError(
            f"outcome: gap {gap}, horizon {horizon}, maturity {maturity} days",
            "gap and maturity are 0 days or more, the horizon 1 day or more",
        )
