"""Both pages of the published company: by its model and by its scorecard."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from healthscore.pipelines.book import Book, open_book
from healthscore.pipelines.bookreport.page import render_book
from healthscore.pipelines.bookreport.variants import tried_weights
from healthscore.pipelines.report import write_report
from opened_pages import Shown
from two_publications import CARD, Company


@pytest.fixture(scope="session")
def by_model(published: Company, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """The scores by the model, of a run without a scorecard: no other weights; one account is set by a person."""
    folder = tmp_path_factory.mktemp("by-model")
    shutil.copytree(published.run.parent, folder / "run")
    with open_book(folder / "run" / published.run.name) as book:
        table = book.publication.scores()
        said = {
            "health": 80.0,
            "band": "healthy",
            "author": "<i>Ana</i>",
            "reason": "</script><img src=x onerror=alert(1)>",
        }
        for name, value in said.items():
            table[f"override_{name}"] = table["account_id"].map({"A-000015": value})
        table.to_parquet(book.directory / "scores.parquet", index=False)
        yield _shown(book, folder)


@pytest.fixture(scope="session")
def by_card(published: Company, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with open_book(published.run, CARD) as book:
        yield _shown(book, tmp_path_factory.mktemp("by-card"))


@pytest.fixture(params=["by_model", "by_card"])
def shown(request: pytest.FixtureRequest) -> Shown:
    found: Shown = request.getfixturevalue(request.param)
    return found


def _shown(book: Book, folder: Path) -> Shown:
    tried = tried_weights(book)
    write_report(render_book(book, tried), folder / "report.html")
    return Shown(book, tried, folder / "report.html")
