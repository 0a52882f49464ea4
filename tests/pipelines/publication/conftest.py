"""A small company with a model that every test of publishing scores with."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import healthscore
from company import amended, write_company
from healthscore.pipelines.score import ScoreResult
from published_companies import APRIL, MARCH, MAY, Book


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    run = write_company(tmp_path_factory.mktemp("published") / "saas", 400)
    run.write_text(amended(run.read_text(encoding="utf-8"), "refits = 10", "refits = 2"), encoding="utf-8")
    return Book(run, healthscore.train(run).bundle)


@pytest.fixture(scope="session")
def history(book: Book, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[date, ScoreResult]]:
    """Where three dates were scored, in their order, and what was made of each; tests that change it copy it."""
    out = tmp_path_factory.mktemp("history")
    return out, {day: book.score(out, day) for day in (MARCH, APRIL, MAY)}
