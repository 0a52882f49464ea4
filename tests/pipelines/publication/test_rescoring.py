"""A few accounts scored again after a key event: theirs as in a whole job, the others' as they stood."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import healthscore
from company import copy_company, rewrite
from healthscore.errors import ConfigurationError
from healthscore.pipelines.publication.history import scored_dates
from healthscore.pipelines.publish import MANIFEST, RECORD
from healthscore.pipelines.runs.reproduce import reproduce
from healthscore.pipelines.score import ScoreResult
from published_companies import APRIL, MARCH, MAY, Book

History = tuple[Path, dict[date, ScoreResult]]


def some(made: ScoreResult) -> list[str]:
    """The first, the last (which may have a status instead of a score), and one between."""
    ids = list(made.scores["account_id"])
    return [ids[-1], ids[0], ids[len(ids) // 2]]


def test_on_the_same_date_they_are_as_in_a_whole_job_to_the_last_byte(
    book: Book, history: History, tmp_path: Path
) -> None:
    whole = book.score(tmp_path, MAY)
    again = book.score(tmp_path, MAY, accounts=some(whole))
    assert again.directory != whole.directory
    for path in whole.directory.iterdir():
        if path.suffix == ".csv":
            assert (again.directory / path.name).read_bytes() == path.read_bytes(), path.name
        elif path.suffix == ".parquet":
            pd.testing.assert_frame_equal(pd.read_parquet(again.directory / path.name), pd.read_parquet(path))
    mine, theirs = (json.loads((one.directory / "result.json").read_text()) for one in (again, whole))
    assert mine.pop("rescored") == {"accounts": 3, "from": whole.directory.name, "from_as_of": "2025-05-01"}
    assert mine.pop("identity") != theirs.pop("identity")
    assert mine == theirs


def test_on_a_later_date_the_others_keep_their_rows_and_their_date(
    book: Book, history: History, tmp_path: Path
) -> None:
    before, whole = book.score(tmp_path, APRIL), history[1][MAY]
    named = some(before)
    again = book.score(tmp_path, MAY, accounts=named)
    rows, was, later = (one.scores.set_index("account_id") for one in (again, before, whole))
    others = rows.index.difference(named)
    moving = ["rank", "percentile"]
    pd.testing.assert_frame_equal(rows.loc[others].drop(columns=moving), was.loc[others].drop(columns=moving))
    there = [name for name in named if name in later.index]
    pd.testing.assert_frame_equal(rows.loc[there].drop(columns=moving), later.loc[there].drop(columns=moving))
    assert set(rows.loc[there, "as_of"]) == {MAY}
    assert set(rows.loc[others, "as_of"]) == {APRIL}
    scored = rows[rows["status"] == "scored"]
    assert scored["rank"].astype(int).to_list() == scored["log_odds"].rank(ascending=False, method="min").to_list()
    assert again.result["accounts"] == len(scored)
    assert pd.read_parquet(again.published / "scores.parquet")["account_id"].to_list() == list(rows.index)


def test_again_it_is_nothing_to_do_and_the_next_whole_job_supersedes_it(
    book: Book, history: History, tmp_path: Path
) -> None:
    book.score(tmp_path, APRIL)
    named = some(history[1][APRIL])
    first = book.score(tmp_path, MAY, accounts=named)
    again = book.score(tmp_path, MAY, accounts=[*named, named[0]])
    assert again.result["already_published"]
    assert again.directory == first.directory
    whole = book.score(tmp_path, MAY)
    assert [one.directory for one in scored_dates(tmp_path)] == [
        tmp_path / "score" / history[1][APRIL].directory.name,
        whole.directory,
    ]
    own = {RECORD, MANIFEST}
    wanted = {path.name: path.read_bytes() for path in history[1][MAY].directory.iterdir() if path.name not in own}
    assert {name: (whole.directory / name).read_bytes() for name in wanted} == wanted


def test_what_happened_since_changes_the_account_and_nobody_else(book: Book, tmp_path: Path) -> None:
    run = copy_company(book.run, tmp_path)
    before = book.score(tmp_path / "out", MAY, run=run)
    account = before.scores.loc[before.scores["status"] == "scored", "account_id"].iloc[-1]
    rewrite(run, "tickets.csv", lambda rows: rows[rows["account_id"] != account])
    again = book.score(tmp_path / "out", MAY, run=run, accounts=[account])
    old, new = (one.scores.set_index("account_id")["health"] for one in (before, again))
    changed = old.index[(old != new.reindex(old.index)) & old.notna()]
    assert set(changed) <= {account}


def test_it_is_made_again_from_its_record_and_the_scores_that_the_others_kept(
    book: Book, history: History, tmp_path: Path
) -> None:
    before = book.score(tmp_path, APRIL)
    again = book.score(tmp_path, MAY, accounts=some(before))
    found = reproduce(again.directory)
    assert found.identical, found.result
    before.directory.rename(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match=f"kept the scores of {before.directory.name}, which are gone") as told:
        reproduce(again.directory)
    assert "from a copy" in told.value.remedy


@pytest.mark.parametrize("account", ["nobody", "../../etc/passwd", "A-000005 "])
def test_an_unknown_account_is_refused(book: Book, history: History, tmp_path: Path, account: str) -> None:
    with pytest.raises(ConfigurationError, match="has no account"):
        book.score(tmp_path, MAY, accounts=[account])


def test_without_scores_of_the_same_model_the_whole_book_is_asked_for(
    book: Book, history: History, tmp_path: Path
) -> None:
    named = some(history[1][MAY])
    with pytest.raises(ConfigurationError, match="no scores stand on 2025-03-01") as refused:
        book.score(tmp_path, MARCH, accounts=named)
    assert "score the whole book" in refused.value.remedy
    with pytest.raises(ConfigurationError, match="--accounts needs a model"):
        healthscore.score(book.run, as_of=MAY, scorecard="seven_components", out=tmp_path, accounts=named)
