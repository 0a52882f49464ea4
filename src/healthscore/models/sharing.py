"""Fits on rows of one book that several origins ask for: made once, by whoever asks first, and the same for all.

Worked example. The backtest's origins of June and July both replay their past at an inner origin of 1 March. What was
known on 1 March does not depend on who looks back at it: the rows to learn from are the same, and so are the parts
fitted on them and what those say of the accounts of that day. Of 18 monthly dates and labels known after 91 days, 14
origins replay 45 inner ones, and 10 of these are different.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field
from hashlib import blake2b
from threading import Lock
from typing import Any, TypeVar

import numpy as np

from healthscore.models.design import Integers

Made = TypeVar("Made")


class Fits:
    """What was fitted on rows of one book (its features, outcomes and days), by everything that it follows from.

    Several threads may ask; one makes, and the others wait for it.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._made: dict[Hashable, Future[Any]] = {}

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Give what was made under this key; make it where nobody has. An error is everybody's."""
        with self._lock:
            first = key not in self._made
            made: Future[Made] = self._made.setdefault(key, Future())
        if first:
            try:
                made.set_result(make())
            except BaseException as error:
                made.set_exception(error)
        return made.result()

    def begun(self, key: Hashable) -> bool:
        """Whether somebody makes this, or has made it."""
        with self._lock:
            return key in self._made


@dataclass(frozen=True, eq=False)
class SharedRows:
    """Some rows of a book, as who fits on them sees them: at positions 0 to n-1.

    Parameters
    ----------
    rows
        Their numbers in the book, shape (n,).
    fits
        What was fitted on rows of the book so far; nothing by default.
    """

    rows: Integers
    fits: Fits = field(default_factory=Fits)

    def name(self, positions: Integers) -> bytes:
        """Tell the rows at these positions from all others of the book, whoever names them."""
        return blake2b(np.ascontiguousarray(self.rows[positions], dtype=np.int64).tobytes(), digest_size=16).digest()
