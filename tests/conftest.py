"""Shared by all tests."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from healthscore.pipelines.book import Book, open_book
from table_workspace import Workspace
from two_publications import CARD, Company, publish_twice


@pytest.fixture(scope="session", autouse=True)
def public_data() -> str | None:
    """Where the public data lie, taken out of the environment: there it would move the tables of every other run."""
    return os.environ.pop("HEALTHSCORE_DATA", None)


@pytest.fixture(scope="session")
def real_data(public_data: str | None) -> Path:
    """Root of cdnow/, online_retail_ii/ and oulad/: HEALTHSCORE_DATA, or a shared folder beside the checkout."""
    root = Path(public_data) if public_data else Path(__file__).parents[2] / "shared" / "data"
    if not all((root / name).is_dir() for name in ("cdnow", "online_retail_ii", "oulad")):
        pytest.skip("no public data: set HEALTHSCORE_DATA to the folder of cdnow/, online_retail_ii/ and oulad/")
    return root


@pytest.fixture
def workspace(tmp_path: Path) -> Iterable[Workspace]:
    """A folder for tables; what was opened from it is closed."""
    made = Workspace(tmp_path)
    yield made
    for tables in made.opened:
        tables.close()


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A small company, its scores published by a model and by a scorecard; whoever adds to its results copies it."""
    return publish_twice(tmp_path_factory.mktemp("published"))


@pytest.fixture(scope="session")
def by_card(published: Company) -> Iterable[Book]:
    """Its book by the scorecard."""
    with open_book(published.run, CARD) as book:
        yield book
