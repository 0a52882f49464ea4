"""Events as a kind of signal: the engine reduces them to cells, and a chunk of cells is a history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from healthscore.errors import ConfigurationError
from healthscore.features.cells import SignalCells, collect
from healthscore.features.compiled.kernel import library
from healthscore.features.compiled.scan import compiled_grouping
from healthscore.features.history import Chunk
from healthscore.features.signals import SignalPlan
from healthscore.tables import Tables


@dataclass(frozen=True)
class EventRows:
    """The events of one signal, reduced to cells."""

    signal: SignalCells

    @property
    def width(self) -> int:
        """Segments: a chunk holds each measure of every segment and account."""
        return len(self.signal.segments)

    def seen(self, index: int, t: int) -> NDArray[np.int32]:
        """Codes of the accounts with an event known before as-of day `t`, the `index`-th of the grid."""
        return self.signal.seen(index, t)

    def chunk(self, low: int, high: int) -> Chunk:
        """The cells of the accounts [low, high)."""
        return Chunk(self.signal, low, high)


def read_events(
    tables: Tables, plans: Sequence[SignalPlan], as_ofs: Sequence[int], accounts: pa.Array
) -> list[EventRows]:
    """Reduce the events of one source's signals to cells.

    Raises
    ------
    ConfigurationError
        The run forces the compiled scan, and there is none.
    """
    if tables.scan == "compiled" and library() is None:
        raise ConfigurationError(
            'scan = "compiled", but the compiled scan was not built: there was no C compiler at installation',
            "install healthscore again beside a C compiler, or leave `scan` out: SQL gives the same numbers",
        )
    grouping = None if tables.scan == "sql" or library() is None else compiled_grouping
    return [EventRows(cells) for cells in collect(tables, plans, as_ofs, accounts, grouping)]
