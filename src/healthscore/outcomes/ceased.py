"""Accounts that were merged or split, for the outcomes that no subscription tells about: silence of theirs is no exit.

Worked example: A is merged into B on 1 April 2024 and buys nothing any more. As of 1 March, with a horizon of 60 days,
A is at risk and its label is censored; as of 1 May it has ended. A subscription would say so by its end and its type.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from healthscore.outcomes.snapshots import Label, Status
from healthscore.tables import Tables


@dataclass(frozen=True)
class Ceased:
    """When accounts ceased, and when that was known: days, shape (accounts,), far in the future for the others."""

    day: NDArray[np.int32]
    known: NDArray[np.int32]

    @classmethod
    def of(cls, tables: Tables, accounts: pa.Array) -> Ceased:
        """By the successions of the run; nobody where it has none."""
        return cls(tables.successions.ceased_by(accounts), tables.successions.ceased_on(accounts))

    def status(self, status: NDArray[np.int8], t: int) -> NDArray[np.int8]:
        """Status at `t`: whoever was known to have ceased has ended."""
        return np.where((status == Status.AT_RISK) & (self.known < t), np.int8(Status.ENDED), status)

    def label(self, label: NDArray[np.int8], end: int) -> NDArray[np.int8]:
        """Label of a window that ends before day `end`: the silence of who ceased before that says nothing."""
        return np.where((label == Label.EXITED) & (self.day < end), np.int8(Label.CENSORED), label)
