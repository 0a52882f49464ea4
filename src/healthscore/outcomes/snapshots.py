"""Snapshots: who was at risk at each as-of date, and what became of them.

Worked example with gap 7, horizon 60 and maturity 14: the snapshot of 2024-03-01 asks for exits in
[2024-03-08, 2024-05-07) and is mature from 2024-05-21 on, the day `known_from`. An account that left on 2024-03-04 left
in the gap: counted, not trained on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from healthscore.config import Outcome, Run
from healthscore.evaluation.folds import label_known
from healthscore.tables import Tables


class Status(IntEnum):
    """Where an account stands at an as-of date, by what was known then."""

    AT_RISK = 0
    NOT_STARTED = 1
    ENDED = 2
    TRIAL = 3
    PAUSED = 4
    LEAVING = 5
    INELIGIBLE = 6
    NO_FEATURES = 7


class Label(IntEnum):
    """What became of an account at risk. Negative: not known, or not usable; never to be read as "stayed"."""

    STAYED = 0
    EXITED = 1
    IMMATURE = -1
    EXIT_IN_GAP = -2
    CENSORED = -3
    NOT_RECORDED = -4


@dataclass(frozen=True)
class Snapshot:
    """Every account at one as-of date, as an outcome finds it; `Snapshots.collect` then drops what is immature.

    Attributes
    ----------
    status, label
        int8, shape (accounts,): `Status`, and `Label` by everything that the data hold.
    exit_day
        Shape (accounts,): day on which it happened, wherever the label is EXITED.
    known_from
        Shape (accounts,), or one number for all: first day on which the data show the outcome whole.
    value
        Shape (accounts,): recurring revenue per month in force, NaN where not known.
    """

    status: NDArray[np.int8]
    label: NDArray[np.int8]
    exit_day: NDArray[np.integer]
    known_from: NDArray[np.integer] | int
    value: NDArray[np.float64]


@dataclass(frozen=True)
class Snapshots:
    """Every account at every as-of date.

    Attributes
    ----------
    accounts, as_ofs
        Ids, and as-of days: the two axes.
    status, label
        int8, shape (as-of days, accounts): `Status`, and `Label` (meaningful where the status is AT_RISK).
    exit_day
        int32, same shape: day of the exit for label EXITED, else -1.
    value
        float64, same shape: recurring revenue per month in force; NaN where not known.
    known_from
        int32, same shape: day from which the label may be used for training. It follows from what was known at the
        as-of date, never from what became of the account.
    """

    accounts: pa.Array
    as_ofs: tuple[int, ...]
    status: NDArray[np.int8]
    label: NDArray[np.int8]
    exit_day: NDArray[np.int32]
    value: NDArray[np.float64]
    known_from: NDArray[np.int32]

    @classmethod
    def collect(
        cls, accounts: pa.Array, as_ofs: Sequence[int], data_end: int, look: Callable[[int, int], Snapshot]
    ) -> Snapshots:
        """Ask for the snapshot of every as-of date: `look(index, day)`.

        What is not known by the data end is IMMATURE, whatever the outcome found: never 0, and never 1 either.
        """
        shape = (len(as_ofs), len(accounts))
        found = cls(
            accounts,
            tuple(as_ofs),
            status=np.empty(shape, np.int8),
            label=np.empty(shape, np.int8),
            exit_day=np.empty(shape, np.int32),
            value=np.empty(shape),
            known_from=np.empty(shape, np.int32),
        )
        for index, t in enumerate(as_ofs):
            snapshot = look(index, t)
            for field in fields(snapshot):
                getattr(found, field.name)[index] = getattr(snapshot, field.name)
        found.label[found.known_from > data_end] = Label.IMMATURE
        found.exit_day[found.label != Label.EXITED] = -1
        return found

    @property
    def at_risk(self) -> NDArray[np.bool_]:
        """The risk set: active at the as-of date, no notice known before it."""
        risk: NDArray[np.bool_] = self.status == Status.AT_RISK
        return risk

    @property
    def labelled(self) -> NDArray[np.bool_]:
        """Snapshots whose outcome is known: at risk, mature, not censored."""
        return self.at_risk & (self.label >= 0)

    def counts(self) -> list[dict[str, int]]:
        """Per as-of date: how many snapshots have each status, and how many of those at risk each label."""
        rows = []
        for status, label in zip(self.status, self.label, strict=True):
            row = {item.name.lower(): int((status == item).sum()) for item in Status}
            risk = status == Status.AT_RISK
            row |= {item.name.lower(): int((risk & (label == item)).sum()) for item in Label}
            rows.append(row)
        return rows


OutcomeFunction = Callable[[Run, Tables, pa.Array, Sequence[int], int], Snapshots]
"""(run, tables, accounts, as-of days, data end as a day) -> snapshots."""


def window_of(outcome: Outcome, t: int) -> tuple[int, int]:
    """First day of the window after as-of day `t`, and the first day after it: ``[t + gap, t + gap + horizon)``."""
    return t + outcome.gap_days, t + outcome.gap_days + outcome.horizon_days


def final_day(outcome: Outcome, t: int) -> int:
    """Day from which the data show all of that window and what is still recorded after it."""
    return label_known(t, gap=outcome.gap_days, horizon=outcome.horizon_days, maturity=outcome.maturity)
