"""Conditions of a pass, as bits of a mask per row.

What depends on a row's name only is asked once for each name, not for each row: of 20 million rows with 40 names, the
engine compares 40. Everything else is computed by the engine row by row, and arrives as one integer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from healthscore.asof import WORD_BITS
from healthscore.features.compiled.kernel import Integers, Texts
from healthscore.features.names import needs_name_alone
from healthscore.tables.engine import Engine

ALWAYS = "TRUE"
"""The condition of a signal that takes every row."""
COUNT = "holds_"
"""What the counts of conditions begin with."""
ASKED = "names_of_scan"
Mask = NDArray[np.int64]


class Conditions:
    """The distinct conditions of some signals.

    Parameters
    ----------
    engine
        Computes them.
    asked
        SQL over a source's rows; repetitions and `ALWAYS` are left out.
    """

    def __init__(self, engine: Engine, asked: Sequence[str]) -> None:
        self._engine = engine
        self._sql = [sql for sql in dict.fromkeys(asked) if sql != ALWAYS]
        self._of_name = [needs_name_alone(engine, sql) for sql in self._sql]
        self._words = range(-(-len(self._sql) // WORD_BITS))
        self._known = [np.zeros(0, np.int64) for _ in self._words]

    @property
    def of_names(self) -> bool:
        """Whether any of them is asked of names."""
        return any(self._of_name)

    def columns(self) -> dict[str, str]:
        """SQL of what the rows must bring along, by column name."""
        wanted = {f"mask_{k}": self._bits(k, of_name=False) for k in self._words}
        return {column: sql for column, sql in wanted.items() if sql}

    def learn(self, names: Integers | Texts) -> None:
        """Ask the conditions of the names that were not there before, and first of all of NULL."""
        known = len(self._known[0])
        if known == len(names) + 1:
            return
        fresh = names.keys(max(known - 1, 0)).cast(pa.string())
        asked = fresh if known else pa.concat_arrays([pa.nulls(1, pa.string()), fresh])
        self._engine.register(ASKED, pa.table({"name": asked, "_place": np.arange(len(asked))}))
        bits = ", ".join(f"{self._bits(k, of_name=True) or 0} AS mask_{k}" for k in self._words)
        found = self._engine.query(f"SELECT {bits} FROM {ASKED} AS e ORDER BY _place")
        self._known = [
            np.append(of_word, found[f"mask_{k}"].cast(pa.int64()).to_numpy()) for k, of_word in enumerate(self._known)
        ]

    def masks(self, batch: pa.RecordBatch, name: NDArray[np.int32] | None) -> list[Mask]:
        """For each word of bits: shape (rows,), the bits of the conditions that hold."""
        result = []
        for k in self._words:
            column = f"mask_{k}"
            mask = batch.column(column).to_numpy() if column in batch.schema.names else None
            if name is not None and self._bits(k, of_name=True):
                of_name = self._known[k][name + 1]
                mask = of_name if mask is None else of_name | mask
            result.append(np.zeros(batch.num_rows, np.int64) if mask is None else mask)
        return result

    @property
    def counted(self) -> dict[int, dict[int, str]]:
        """For each word of bits: bit -> name of the count of the rows for which its condition holds."""
        return {k: {bit: f"{COUNT}{k * WORD_BITS + bit}" for bit in range(len(self._mine(k)))} for k in self._words}

    def count_of(self, sql: str) -> str | None:
        """Name of the count of the rows for which a condition holds; None for `ALWAYS`."""
        return None if sql == ALWAYS else f"{COUNT}{self._sql.index(sql)}"

    def place(self, sql: str) -> tuple[int, int]:
        """Word of a condition, and its bit as a number; 0 for `ALWAYS`."""
        if sql == ALWAYS:
            return 0, 0
        word, bit = divmod(self._sql.index(sql), WORD_BITS)
        return word, 1 << bit

    def _mine(self, word: int) -> range:
        first = word * WORD_BITS
        return range(first, min(first + WORD_BITS, len(self._sql)))

    def _bits(self, word: int, *, of_name: bool) -> str:
        return " | ".join(
            f"(CASE WHEN {self._sql[i]} THEN CAST({1 << bit} AS BIGINT) ELSE 0 END)"
            for bit, i in enumerate(self._mine(word))
            if self._of_name[i] == of_name
        )
