"""Progress of long steps, told to whoever listens; the library itself prints nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Advance = Callable[[float], None]
"""Told the share of a step that is done, 0 to 1."""
Progress = Callable[[str], AbstractContextManager[Advance]]
"""Opened with a step's name; gives the step's `Advance`."""


@contextmanager
def silent(step: str) -> Iterator[Advance]:
    """Tell nobody."""
    yield lambda share: None
