"""Groups of rows, and their aggregates in arrays that grow with the groups."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from healthscore.features.compiled.kernel import Codes, function, pointer
from healthscore.features.compiled.pairs import Pairs

SMALLEST = 1 << 14
Words = NDArray[np.int64]
Counts = NDArray[np.int32]


class SumTooLargeError(Exception):
    """A sum does not fit 64 bits, or a count 32."""


class Chosen:
    """Rows of a batch that are aggregated: those that have a group and fulfil a condition.

    Parameters
    ----------
    group
        Shape (rows,): code of each row's group, -1 for none.
    mask, wanted
        Shape (rows,): bits of each row, and those that must be among them; every row when `mask` is None.
    """

    def __init__(self, group: Codes, mask: Words | None = None, wanted: int = 0) -> None:
        self._group, self._rows = group, np.empty(0, np.int32)
        self.count, self._every = len(group), mask is None and int(group.min(initial=0)) >= 0
        if not self._every:
            self._rows = np.empty(len(group), np.int32)
            bits = None if mask is None else pointer(mask)
            self.count = int(function("select_rows")(len(group), pointer(group), bits, wanted, pointer(self._rows)))

    def aggregate(self, how: str, values: Codes | Words | NDArray[np.bool_] | None, into: Counts | Words) -> None:
        """Run one of the functions of aggregates.c over the rows; into counts where it counts, else into words.

        Raises
        ------
        SumTooLargeError
            A sum does not fit.
        """
        given = [] if values is None else [pointer(values)]
        rows = None if self._every else pointer(self._rows)
        fits = function(how)(self.count, rows, pointer(self._group), *given, pointer(into))
        if how == "add_values" and not fits:
            raise SumTooLargeError


class Groups:
    """Pairs of codes, and an array of each aggregate by the pair's code."""

    def __init__(self) -> None:
        self._pairs = Pairs()
        self._arrays: dict[str, NDArray[Any]] = {}
        self._room = SMALLEST

    def encode(self, high: Codes, low: Codes) -> Codes:
        """Codes of the pairs; the arrays have room for all of them."""
        codes = self._pairs.encode(high, low)
        while self._room < len(self._pairs):
            self._room *= 4  # room that is not used costs addresses only
        return codes

    def counts(self, name: str) -> Counts:
        """The array of an aggregate that counts: 0 where nothing was counted."""
        return self._array(name, np.int32)

    def words(self, name: str) -> Words:
        """The array of an aggregate that sums, or is a set of bits: 0 where nothing was added."""
        return self._array(name, np.int64)

    def _array(self, name: str, dtype: type[np.int32] | type[np.int64]) -> NDArray[Any]:
        found = self._arrays.get(name)
        if found is None or len(found) < self._room:
            grown = np.zeros(self._room, dtype)
            if found is not None:
                grown[: len(found)] = found
            self._arrays[name] = found = grown
        return found

    def count_bits(self, group: Codes, mask: Words, names: dict[int, str]) -> None:
        """Count the rows of each group whose masks have a bit: bit -> name of its aggregate."""
        places = np.zeros(64, np.int64)
        for bit, name in names.items():
            places[bit] = pointer(self.counts(name))
        wanted = sum(1 << bit for bit in names)
        function("count_bits")(len(group), pointer(group), pointer(mask), wanted, pointer(places))

    def pairs(self) -> tuple[Codes, Codes]:
        """First and second code of each group."""
        return self._pairs.halves()

    def column(self, name: str) -> pa.Array:
        """An aggregate, a row per group; 0 where nothing was ever added."""
        kind = self._arrays[name].dtype.type if name in self._arrays else np.int64
        return pa.array(self._array(name, kind)[: len(self._pairs)])

    @property
    def names(self) -> list[str]:
        """The aggregates that there are."""
        return list(self._arrays)
