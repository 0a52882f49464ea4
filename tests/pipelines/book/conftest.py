"""One company for all tests of the book, and both of its books."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from healthscore.pipelines.book import Book, open_book
from two_publications import Company


@pytest.fixture(scope="session")
def by_model(published: Company) -> Iterator[Book]:
    with open_book(published.run) as book:
        yield book


@pytest.fixture(params=["by_model", "by_card"])
def book(request: pytest.FixtureRequest) -> Book:
    """Both of them, one after the other."""
    found: Book = request.getfixturevalue(request.param)
    return found
