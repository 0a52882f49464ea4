"""Pairs of codes and their own codes by first appearance, such as (account, segment) -> cell.

As long as a table with a place for every possible pair is small, it is the quickest to look up; pairs such as
(account, actor), of which hardly any of the possible ones occur, are hashed.
"""

from __future__ import annotations

import numpy as np

from healthscore.features.compiled.kernel import Codes, Integers, function, pointer

MOST_PLACES = 1 << 25
"""Possible pairs up to which they have a table: 128 MB of addresses, of which only what is touched is memory."""


class Pairs:
    """A dictionary of pairs."""

    def __init__(self) -> None:
        self._places = np.zeros((64, 1024), np.int32)
        self._first, self._second = np.empty(0, np.int32), np.empty(0, np.int32)
        self._size = 0
        self._hashed: Integers | None = None

    def __len__(self) -> int:
        return self._size

    def encode(self, high: Codes, low: Codes) -> Codes:
        """Codes of pairs, -1 where one of the two is."""
        if self._hashed is None and not self._fits(int(high.max(initial=0)), int(low.max(initial=0))):
            hashed = Integers()
            hashed.encode_pairs(*self.halves())  # in the order of their codes, so that they keep them
            self._hashed = hashed
            self._places = np.zeros((0, 0), np.int32)
        if self._hashed is not None:
            codes = self._hashed.encode_pairs(high, low)
            self._size = len(self._hashed)
            return codes
        codes = np.empty(len(high), np.int32)
        self._first, self._second = (_with_room(half, self._size + len(high)) for half in (self._first, self._second))
        self._size = function("grid_encode")(
            *(len(high), pointer(high), pointer(low), self._places.shape[1], pointer(self._places), self._size),
            *(pointer(self._first), pointer(self._second), pointer(codes)),
        )
        return codes

    def halves(self) -> tuple[Codes, Codes]:
        """The first and the second of each pair, by its code."""
        if self._hashed is not None:
            return self._hashed.pairs()
        return self._first[: self._size].copy(), self._second[: self._size].copy()

    def _fits(self, high: int, low: int) -> bool:
        """Make the table hold such codes; whether it may be that large."""
        rows, columns = self._places.shape
        while rows <= low:
            rows *= 2
        while columns <= high:
            columns *= 2
        if rows * columns > MOST_PLACES:
            return False
        if (rows, columns) != self._places.shape:
            grown = np.zeros((rows, columns), np.int32)
            grown[: self._places.shape[0], : self._places.shape[1]] = self._places
            self._places = grown
        return True


def _with_room(half: Codes, size: int) -> Codes:
    if len(half) >= size:
        return half
    grown = np.empty(2 * size, np.int32)
    grown[: len(half)] = half
    return grown
