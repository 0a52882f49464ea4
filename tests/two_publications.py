"""A small company whose scores are published twice, by a model and by its scorecard, and results that lie beside."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

import healthscore
from company import amended, rewrite, write_company
from healthscore.pipelines.book import Book, open_book
from healthscore.pipelines.publish import run_directory, write_json
from published_companies import APRIL, MARCH, MAY

CARD = "seven_components"
HOSTILE = {"A-000016": "=cmd()", "A-000017": "<script>alert(1)</script>", "A-000015": "+49 30\n=1+1"}


@dataclass(frozen=True)
class Company:
    """A run, and the model that scored it."""

    run: Path
    bundle: Path


def publish_twice(folder: Path) -> Company:
    """Three dates by a model, the two last of them by the scorecard as well; some accounts have hostile names."""
    run = write_company(folder / "saas", 400)
    run.write_text(amended(run.read_text(encoding="utf-8"), "refits = 10", "refits = 2"), encoding="utf-8")
    rewrite(run, "accounts.parquet", _with_hostile_names)
    bundle = healthscore.train(run).bundle
    for day in (MARCH, APRIL, MAY):
        healthscore.score(run, as_of=day, model=bundle)
    for day in (APRIL, MAY):
        healthscore.score(run, as_of=day, scorecard=CARD)
    return Company(run, bundle)


def copied(book: Book, folder: Path) -> Book:
    """The same book, of which results may be added or removed."""
    shutil.copytree(book.run.out, folder / "out")
    return open_book(book.run.model_copy(update={"out": folder / "out"}), book.run.scorecard if book.by_card else None)


def write_result(out: Path, verb: str, result: Mapping[str, object]) -> None:
    """A result of another command, as far as a book reads it."""
    with run_directory(out, verb, "0123456789ab", record={"verb": verb}) as directory:
        write_json(directory / "result.json", result)


def _with_hostile_names(accounts: pd.DataFrame) -> pd.DataFrame:
    return accounts.assign(name=accounts["account_id"].map(HOSTILE).fillna(accounts["name"]))
