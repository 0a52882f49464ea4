"""Churn of businesses with contracts: the subscription ends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from healthscore.config import Run
from healthscore.errors import ConfigurationError
from healthscore.outcomes.snapshots import Label, Snapshots, Status, mature
from healthscore.outcomes.spells import Spells, spells
from healthscore.tables import Tables
from healthscore.tables.subscriptions import OPEN, Subscriptions, load_subscriptions

STATUS_OF = {"active": Status.AT_RISK, "trial": Status.TRIAL, "paused": Status.PAUSED, "incomplete": Status.TRIAL}


def churn(run: Run, tables: Tables, accounts: pa.Array, as_ofs: Sequence[int], data_end: int) -> Snapshots:
    """Exit of the spell in force at t, by a type that counts, in [t + gap, t + gap + horizon).

    The risk set uses what was known at t only; the label uses everything up to the data end. Exits of other types
    within the window are censored, exits before t + gap are counted apart.
    """
    outcome = run.need_outcome()
    if run.sources[outcome.source].contract != "subscriptions":
        raise ConfigurationError(
            f"outcome.source: churn needs subscriptions, and {outcome.source!r} holds "
            f"{run.sources[outcome.source].contract}",
            'name a source with contract = "subscriptions"; for a business without contracts, kind = "inactivity"',
        )
    subscriptions = load_subscriptions(tables, outcome.source, accounts)
    lives = spells(subscriptions, outcome.grace_days, outcome.date)
    counts = _counting(lives, outcome.types, "exit_type" in tables.bound_columns(outcome.source))
    shape = (len(as_ofs), len(accounts))
    status, label = np.empty(shape, np.int8), np.empty(shape, np.int8)
    exit_day, value = np.full(shape, -1, np.int32), np.empty(shape)
    complete = mature(outcome, as_ofs, data_end)
    for i, t in enumerate(as_ofs):
        row = subscriptions.in_force(t)
        status[i] = _status(subscriptions, row, t)
        value[i] = subscriptions.at(subscriptions.value, t)
        left, counted = _exits(lives, counts, row)
        label[i] = _label(left, counted, t + outcome.gap_days, t + outcome.gap_days + outcome.horizon_days)
        if not complete[i]:
            label[i] = Label.IMMATURE
        exit_day[i] = np.where(label[i] == Label.EXITED, left, -1)
    return Snapshots(accounts, tuple(as_ofs), status, label, exit_day, value)


def _status(subscriptions: Subscriptions, row: NDArray[np.int64], t: int) -> NDArray[np.int8]:
    started = ~np.isnan(subscriptions.first_start(t))
    status = np.where(started, np.int8(Status.ENDED), np.int8(Status.NOT_STARTED))
    standing = np.flatnonzero(row >= 0)
    of_row = np.array([STATUS_OF.get(str(text).lower(), Status.PAUSED) for text in subscriptions.status], np.int8)
    status[standing] = of_row[row[standing]]
    leaving = standing[(subscriptions.notice[row[standing]] < t) & (status[standing] == Status.AT_RISK)]
    status[leaving] = Status.LEAVING
    return status


def _counting(lives: Spells, types: Sequence[str], typed: bool) -> NDArray[np.bool_]:
    """Which spells end by an exit that counts: every exit where the source has no types, and any without a type."""
    if not typed:
        return np.ones(len(lives.exit_type), bool)
    return np.isin(np.char.lower(lives.exit_type.astype(str)), [*map(str.lower, types), ""])


def _exits(
    lives: Spells, counts: NDArray[np.bool_], row: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Day on which each account's spell in force was given up, and whether that exit counts."""
    if len(lives.of_row) == 0:
        return np.full(len(row), int(OPEN)), np.zeros(len(row), bool)
    spell = lives.of_row[row]
    return np.where(row >= 0, lives.exit_day[spell], int(OPEN)), counts[spell]


def _label(left: NDArray[np.int64], counted: NDArray[np.bool_], begin: int, end: int) -> NDArray[np.int8]:
    return np.select(
        [left < begin, (left < end) & counted, left < end],
        [np.int8(Label.EXIT_IN_GAP), np.int8(Label.EXITED), np.int8(Label.CENSORED)],
        np.int8(Label.STAYED),
    )
