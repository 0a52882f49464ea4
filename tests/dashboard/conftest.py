"""One company whose book is shown: by its model, by its scorecard, and with names that no page may take for markup."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from healthscore.dashboard.shelf import Shelf, show
from healthscore.pipelines.book import Book, open_book
from hostile_names import HOSTILE
from two_publications import Company, copied


@pytest.fixture(autouse=True)
def main_stays() -> Iterator[None]:
    """Streamlit makes the page that it runs the main module; processes that others start later would run it first."""
    before = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = before


@pytest.fixture(scope="session")
def by_model(published: Company, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """By the model; the accounts with the lowest scores have hostile names, segments and owners, by rank."""
    with open_book(published.run) as book:
        copy = copied(book, tmp_path_factory.mktemp("hostile"))
    table = copy.publication.scores()
    names = dict(zip(table["account_id"], HOSTILE, strict=False))
    for column in ("name", "segment", "owner"):
        table[column] = table["account_id"].map(names).fillna(table[column])
    table.to_parquet(copy.directory / "scores.parquet", index=False)
    with open_book(copy.run) as book:
        yield book


@pytest.fixture(params=["by_model", "by_card"])
def book(request: pytest.FixtureRequest) -> Book:
    """Both of them, one after the other; shown."""
    found: Book = request.getfixturevalue(request.param)
    return put(found)


@pytest.fixture
def shown(by_model: Book) -> Book:
    """The model's book, shown."""
    return put(by_model)


def put(book: Book) -> Book:
    """Show a book that is open already."""
    show(Shelf(lambda: book))
    return book
