"""What the book tells, kept for as long as the same book is shown: a change of a widget asks for most of it again."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from healthscore.pipelines.book import Book

Told = TypeVar("Told")
KEPT = 256
"""Answers that are kept: filters that somebody tried, accounts that somebody opened."""


def kept(view: Callable[..., Told], book: Book, *arguments: Any) -> Told:
    """What a view of the book tells; asked once for the same files of the publication and arguments."""
    found: Told = _cached()(book.edition, view.__module__, view.__qualname__, arguments, view, book)
    return found


@cache
def _cached() -> Callable[..., Any]:
    import streamlit as st

    @st.cache_data(max_entries=KEPT, show_spinner=False)
    def told(edition: str, module: str, name: str, arguments: Any, _view: Callable[..., Any], _book: Book) -> Any:
        return _view(_book, *arguments)

    return told
