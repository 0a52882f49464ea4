"""The book that is shown: opened once for everybody who looks, and again as soon as something newer is published."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import RLock

from healthscore.pipelines.book import Book, WhatIf, open_what_if
from healthscore.pipelines.book.opening import edition_of
from healthscore.pipelines.progress import Progress
from healthscore.pipelines.publication.history import published


@dataclass(eq=False)
class Shelf:
    """The newest book, and the past of its run where somebody asked what other weights would have been worth.

    Attributes
    ----------
    open
        Opens the book as it is published now.
    """

    open: Callable[[], Book]
    _book: Book | None = None
    _what_if: WhatIf | None = None
    _lock: RLock = field(default_factory=RLock)
    _reading: RLock = field(default_factory=RLock)

    def book(self) -> Book:
        """The book, as it is published now.

        Raises
        ------
        HealthScoreError
            Nothing is published any more, or it is damaged.
        """
        with self._lock:
            held = self._book
            if held is not None and _is_current(held):
                return held
            opened = self._book = self.open()
            self._what_if = None
        if held is not None:
            held.close()  # waits for whoever reads its tables, and lets nobody else wait
        return opened

    def what_if(self) -> WhatIf | None:
        """The past of the book's run, if it has been read."""
        return self._what_if

    def read_past(self, progress: Progress) -> WhatIf:
        """Read the past of the book's run, once for everybody, while the book is shown. Raises as `open_what_if`."""
        with self._reading:
            book, held = self.book(), self._what_if
            if held is not None:
                return held
            read = open_what_if(book, progress)
            with self._lock:
                if self._book is book:  # another that was published meanwhile may have another past
                    self._what_if = read
            return read

    def close(self) -> None:
        """Release what the book holds."""
        with self._lock:
            if self._book is not None:
                self._book.close()
                self._book = None


def _is_current(book: Book) -> bool:
    """Whether the book is what is published, and its files are those that were opened."""
    current = published(book.run.out, book.series) == book.directory
    return current and edition_of(book.directory, book.history) == book.edition


_shelves: list[Shelf] = []
"""The one of this process: Streamlit runs its script in the process that started it, and hands it nothing but texts."""


def show(shelf: Shelf) -> None:
    """Show this shelf from now on."""
    with suppress(IndexError):
        _shelves.pop()
    _shelves.append(shelf)


def shown() -> Shelf:
    """The shelf that is shown."""
    return _shelves[-1]
