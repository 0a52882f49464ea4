"""Names of a source as codes: bit sets of the names in a cell, and counters of the rows with certain names.

Worked example: a source has the names "export", "login" and "upload". Their codes are 0, 1 and 2, a cell with log-ins
and uploads has the bit set 0b110, and the distinct names of a window are the bits of its cells' sets ORed.

What depends on a row's name only is asked once for each name. Counts of such conditions share words: with 15 bits each,
four counters fit into one, so that one sum does for four signals. Whether a cell had more rows than a counter holds,
its number of rows tells; then the counters are made wider and the rows are counted again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from healthscore.asof import WORD_BITS
from healthscore.tables import Tables
from healthscore.tables.engine import Engine, EngineError
from healthscore.tables.segmented import SegmentedSource

MOST_WORDS = 4
"""Words of a bit set, per cell; a source with more names is reduced to sightings of each (account, name)."""
WIDTHS = (15, 31, 62)
"""Bits of a counter, as many counters to a word as fit; the next width is taken where a cell has too many rows."""


@dataclass(frozen=True)
class Names:
    """The names of a source, and which of them meet which conditions.

    Attributes
    ----------
    keys
        Shape (names,): the column of names, or what stands for it in GROUP BY.
    holds
        SQL of a condition -> for which names it holds, bool of shape (names,); only conditions that need nothing of a
        row but its name, and that never hold for a row without one.
    table
        Name of the table that `join` joins.
    """

    keys: pa.Array
    holds: dict[str, NDArray[np.bool_]]
    table: str

    @classmethod
    def of(cls, tables: Tables, source: str, rows: SegmentedSource, conditions: Sequence[str]) -> Names | None:
        """Ask a source for its names, and them for the conditions; None where there are too many, or none."""
        key, most = rows.keyed.key("name"), MOST_WORDS * WORD_BITS + 1
        asked = [condition for condition in dict.fromkeys(conditions) if needs_name_alone(tables.engine, condition)]
        holds = "".join(
            f", COALESCE(CAST({condition} AS BOOLEAN), FALSE) AS h_{i}" for i, condition in enumerate(asked)
        )
        distinct = (
            f"SELECT DISTINCT {key} AS _name, name FROM {rows.keyed.relation} WHERE name IS NOT NULL LIMIT {most}"
        )
        # In the order of the keys, so that codes do not depend on the engine.
        found = tables.engine.query(f"SELECT _name{holds} FROM ({distinct}) AS e ORDER BY _name")
        none = tables.engine.query(f"SELECT TRUE AS _none{holds} FROM (SELECT CAST(NULL AS VARCHAR) AS name) AS e")
        if not 0 < found.num_rows < most:
            return None
        kept = {
            condition: np.asarray(found[f"h_{i}"].to_numpy(), bool)
            for i, condition in enumerate(asked)
            if not none[f"h_{i}"][0].as_py()
        }
        return cls(found["_name"].combine_chunks(), kept, f"names_{source}")

    @property
    def words(self) -> int:
        """Words of a bit set."""
        return -(-len(self.keys) // WORD_BITS)

    @property
    def join(self) -> str:
        """SQL that joins the names as `n` with rows `e`, whose key of names `{key}` stands for."""
        return f" LEFT JOIN {self.table} AS n ON {{key}} = n._name"

    def register(self, engine: Engine, counted: Sequence[str], width: int) -> int:
        """Make the table of names with counters of `width` bits for the conditions; how many words of them it has."""
        codes = np.arange(len(self.keys))
        columns = {
            f"_bits_{k}": np.where(codes // WORD_BITS == k, np.int64(1) << (codes % WORD_BITS), 0)
            for k in range(self.words)
        }
        per_word = WORD_BITS // width
        packed = np.zeros((-(-len(counted) // per_word), len(codes)), np.int64)
        for i, condition in enumerate(counted):
            packed[i // per_word] |= self.holds[condition].astype(np.int64) << (width * (i % per_word))
        columns |= {f"_counts_{k}": word for k, word in enumerate(packed)}
        engine.register(self.table, pa.table({"_name": self.keys, **columns}))
        return len(packed)


def unpacked(words: Sequence[NDArray[np.int64]], counter: int, width: int) -> NDArray[np.int32] | NDArray[np.int64]:
    """The values of the `counter`-th of the counters that lie in `words`, `width` bits each."""
    word, place = divmod(counter, WORD_BITS // width)
    values: NDArray[np.int64] = (words[word] >> (width * place)) & ((1 << width) - 1)
    return values.astype(np.int32) if width < np.iinfo(np.int32).bits else values


def needs_name_alone(engine: Engine, condition: str) -> bool:
    """Whether a condition needs nothing of a row but its name: the engine is told of no other column."""
    try:
        engine.describe(f"SELECT {condition} AS holds FROM (SELECT CAST(NULL AS VARCHAR) AS name) AS e")
    except EngineError:
        return False
    return True
