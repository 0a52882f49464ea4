"""Rows in the bins of histograms, made from the training rows alone, and shared by all trees that grow on the same.

LightGBM could cut a fold out of one large data set (`subset`), but the edges of its bins would then know of later rows.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from healthscore.models.design import Design, Labels, Matrix, Vector


@dataclass(frozen=True, eq=False)
class BinnedRows:
    """Rows that trees grow on, in LightGBM's bins (`data`), which only `maximum_bins` of the settings shapes.

    So trees of any other settings can grow on the same. `observed` is that of `BoosterPart`.
    """

    design: Design
    data: Any
    y: Labels
    observed: Vector
    seed: int


class LastBins:
    """The rows that were put into bins last, for other trees on the very same arrays; forgotten with the features."""

    def __init__(self) -> None:
        self._arrays: tuple[weakref.ref[Any] | None, ...] = ()
        self._how: Hashable = None
        self._rows: BinnedRows | None = None

    def of(
        self, arrays: tuple[Matrix, Labels, Vector | None], how: Hashable, make: Callable[[], BinnedRows]
    ) -> BinnedRows:
        """Give the bins of these very arrays, put there in this way; `make` them where the last were others."""
        same = len(self._arrays) == len(arrays) and all(
            (None if last is None else last()) is one for last, one in zip(self._arrays, arrays, strict=True)
        )
        if self._rows is None or not same or how != self._how:
            self._rows = make()
            self._how = how
            self._arrays = tuple(None if one is None else weakref.ref(one, self._forget) for one in arrays)
        return self._rows

    def _forget(self, _: object) -> None:
        self._rows = None
