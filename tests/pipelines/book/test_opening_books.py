"""What is opened is what readers follow; nothing is written, and what is not there is said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from healthscore.errors import ConfigurationError, InsufficientDataError
from healthscore.pipelines import book as views
from healthscore.pipelines.book import Book, open_book
from healthscore.pipelines.publication.history import published as followed
from healthscore.pipelines.publication.history import series_of
from healthscore.pipelines.publish import current, plain
from published_companies import APRIL, MARCH, MAY
from two_publications import copied, write_result


def test_models_come_first_and_scorecards_are_asked_for(by_model: Book, by_card: Book) -> None:
    assert (by_model.series, by_card.series) == ("score", "score-seven_components")
    assert [one.as_of for one in by_model.history] == [MARCH, APRIL, MAY]
    assert [one.as_of for one in by_card.history] == [APRIL, MAY]
    assert by_model.directory == followed(by_model.run.out)
    assert by_card.directory == followed(by_card.run.out, series_of("seven_components"))
    assert by_card.components[:2] == ("satisfaction", "activity")


def test_without_a_model_the_scorecard_of_the_run_is_opened(by_card: Book, tmp_path: Path) -> None:
    shutil.copytree(by_card.run.out, tmp_path / "out", ignore=shutil.ignore_patterns("published"))
    assert open_book(by_card.run.model_copy(update={"out": tmp_path / "out"})).series == by_card.series


def test_nothing_published_says_what_to_do(by_card: Book, tmp_path: Path) -> None:
    run = by_card.run.model_copy(update={"out": tmp_path})
    with pytest.raises(InsufficientDataError, match=r"nothing is published by a model or by seven_components") as told:
        open_book(run)
    assert "healthscore score" in told.value.remedy
    shutil.copytree(by_card.run.out, tmp_path / "out")
    with pytest.raises(InsufficientDataError, match=r"there are scores in score, score-seven_components"):
        open_book(run.model_copy(update={"out": tmp_path / "out"}), "actions")


def test_scores_that_are_gone_are_left_out_but_for_the_newest(by_model: Book, tmp_path: Path) -> None:
    copy = copied(by_model, tmp_path)
    shutil.rmtree(copy.history[0].directory)
    assert [one.as_of for one in open_book(copy.run).history] == [APRIL, MAY]
    shutil.rmtree(copy.now.directory)
    with pytest.raises(ConfigurationError, match=r"is gone or damaged"):
        open_book(copy.run)


def test_results_of_other_commands_or_why_there_are_none(by_model: Book, tmp_path: Path) -> None:
    copy = copied(by_model, tmp_path)
    assert copy.latest("audit").why == "nothing is known of it yet: healthscore audit"
    write_result(copy.run.out, "audit", {"run": "another"})
    assert copy.latest("audit").why == "the newest result is of something else: healthscore audit"
    (Path(str(current(copy.run.out, "audit"))) / "result.json").write_text("{")
    assert "is damaged" in copy.latest("audit").why
    (Path(str(current(copy.run.out, "audit"))) / "result.json").write_text(json.dumps({"run": copy.run.name}))
    assert copy.latest("audit").result == {"run": copy.run.name}


def test_no_view_writes(book: Book) -> None:
    before = {path: path.stat().st_mtime_ns for path in book.run.out.rglob("*")}
    account = str(book.table["account_id"][0])
    shown = [
        views.glance(book),
        views.promises(book),
        views.account(book, account),
        views.peers(book, account),
        views.moved(book, account),
        views.path(book, account),
        views.latest(book, account),
        views.features(book, account).to_dict("records"),
        views.course(book, account).to_dict("records"),
        views.bands_over_time(book).to_dict("records"),
        {way: rows.to_dict("records") for way, rows in views.movers(book).items()},
        views.open_what_if(book).figures(),
    ]
    assert {path: path.stat().st_mtime_ns for path in book.run.out.rglob("*")} == before
    json.dumps(plain(shown), allow_nan=False)
