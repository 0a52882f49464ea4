"""What the rows of every kind of signal offer to the panel: chunks of accounts, and their state at an as-of date."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from healthscore.features.history import Values


class State(Protocol):
    """What can be known of a signal at one as-of day, for the accounts of a chunk."""

    def first_day(self) -> Values:
        """Day of the account's first row; NaN where there is none."""


class Chunk(Protocol):
    """A signal's rows of a range of accounts."""

    def at(self, index: int, t: int, seats: Values | None) -> State:
        """The state at as-of day `t`, the `index`-th of the grid; the dates are asked for in rising order."""


class SignalRows(Protocol):
    """What was read of one signal, for all accounts and every as-of date of the grid."""

    @property
    def width(self) -> int:
        """Values per account in the largest array of a chunk: the wider, the fewer accounts to a chunk."""

    def seen(self, index: int, t: int) -> NDArray[np.int32]:
        """Codes of the accounts with a row known before as-of day `t`, the `index`-th of the grid."""

    def chunk(self, low: int, high: int) -> Chunk:
        """The rows of the accounts [low, high)."""
