"""The history of scores is append-only and the publication follows from it, whatever was done in which order."""

from __future__ import annotations

import itertools
import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import healthscore
from company import amended
from healthscore.config import load_run
from healthscore.errors import ConfigurationError, LockedError
from healthscore.pipelines.publication.history import published, scored_dates
from healthscore.pipelines.publication.pointers import computing, stand
from healthscore.pipelines.publish import MANIFEST, RECORD, attempt_of, run_directory
from healthscore.pipelines.score import ScoreResult
from published_companies import APRIL, MARCH, MAY, Book

OWN = {RECORD, MANIFEST}
"""Files that say where results lie."""


def tree(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file() and path.name not in OWN)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def times(root: Path) -> dict[str, int]:
    return {path.relative_to(root).as_posix(): path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def out(history: tuple[Path, dict[date, ScoreResult]], tmp_path: Path) -> Path:
    """A copy of the history, which may be changed."""
    return Path(shutil.copytree(history[0], tmp_path / "out"))


# --- what readers see ------------------------------------------------------------------------------------------------


def test_readers_follow_the_newest_scores_with_trend_and_actions(
    history: tuple[Path, dict[date, ScoreResult]],
) -> None:
    out, made = history
    directory = published(out)
    assert directory == made[MAY].published
    assert [one.as_of for one in scored_dates(out)] == [MARCH, APRIL, MAY]
    assert directory is not None
    table = pd.read_parquet(directory / "scores.parquet")
    scores = made[MAY].scores
    pd.testing.assert_frame_equal(table[list(scores)], scores)
    assert {"change", "trend", "trend_rules", "steady_band", "actions", "priority", "action_owner"} <= set(table)
    assert {"changes.parquet", "worklist.csv", "scores.csv", "result.json"} <= {p.name for p in directory.iterdir()}
    assert made[MAY].result["publication"]["trend"]["compared"] > 300


def test_the_same_inputs_again_are_nothing_to_do(book: Book, out: Path) -> None:
    before = times(out)
    again = book.score(out, MAY)
    assert again.result["already_published"]
    assert times(out) == before
    earlier = book.score(out, MARCH)  # no backfill: it is there
    assert earlier.result["already_published"]
    assert times(out) == before


def test_force_scores_again_and_the_same_bytes_stay_where_they_are(book: Book, out: Path) -> None:
    before = tree(out)
    again = book.score(out, MAY, force=True)
    assert not again.result["already_published"]
    assert tree(out) == before


def test_a_torn_run_is_made_again_beside_it(
    book: Book, out: Path, history: tuple[Path, dict[date, ScoreResult]]
) -> None:
    torn = out / "score" / history[1][MAY].directory.name
    (torn / "scores.parquet").write_bytes(b"torn")
    again = book.score(out, MAY)
    assert again.directory.name == f"{torn.name}-2"
    assert (torn / "scores.parquet").read_bytes() == b"torn"
    pd.testing.assert_frame_equal(again.scores, history[1][MAY].scores)
    assert scored_dates(out)[-1].directory == again.directory


def test_what_is_said_of_the_use_of_scores_makes_another_publication_of_the_same_scores(book: Book, out: Path) -> None:
    text = amended(book.run.read_text(encoding="utf-8"), "[tracking]", "[trend.drop]\npoints = 3\n\n[tracking]")
    run = book.run.with_name("other.toml")
    run.write_text(text, encoding="utf-8")
    before = published(out)
    again = book.score(out, MAY, run=run)
    assert again.result["already_published"]
    assert published(out) != before
    assert before is not None
    assert before.is_dir()


# --- the order of dates ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [(MAY, MARCH, APRIL), (APRIL, MAY, MARCH)], ids=str)
def test_backfill_in_any_order_ends_in_the_same_bytes(
    book: Book, history: tuple[Path, dict[date, ScoreResult]], tmp_path: Path, order: tuple[date, ...]
) -> None:
    healthscore.score_dates(book.run, as_of=order, model=book.bundle, out=tmp_path, backfill=True)
    found, wanted = tree(tmp_path), tree(history[0])
    of_history = {name for name in wanted if name.startswith(("score/", "published/CURRENT"))}
    assert {name: found.get(name) for name in of_history} == {name: wanted[name] for name in of_history}
    mine, theirs = published(tmp_path), published(history[0])
    assert mine is not None
    assert theirs is not None
    assert (mine.name, tree(mine)) == (theirs.name, tree(theirs))


def test_pointers_are_the_same_after_all_orders_of_four_dates(tmp_path: Path) -> None:
    days = {date(2025, month, 1): f"run{month}" for month in (1, 2, 3, 4)}
    found = set()
    for number, order in enumerate(itertools.permutations(days)):
        out = tmp_path / str(number)
        for day in order:
            with run_directory(out, "score", days[day], record={}, newest=False) as directory:
                (directory / "result.json").write_text("{}")
            stand(out, "score", day, days[day])
        found.add(tuple(sorted(tree(out).items())))
    assert len(found) == 1
    assert dict(found.pop())["score/CURRENT"] == b"run4\n"


def test_several_dates_are_a_backfill(book: Book, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="2 dates were given") as refused:
        healthscore.score_dates(book.run, as_of=[MAY, APRIL], model=book.bundle, out=tmp_path)
    assert "--backfill" in refused.value.remedy


def test_replay_of_what_was_published_differs_in_no_row(
    book: Book, history: tuple[Path, dict[date, ScoreResult]], tmp_path: Path
) -> None:  # T3
    later = book.score(tmp_path, MAY)
    replayed = book.score(tmp_path, MARCH, backfill=True)
    assert published(tmp_path) is not None
    pd.testing.assert_frame_equal(replayed.scores, history[1][MARCH].scores)
    assert scored_dates(tmp_path)[-1].directory == later.directory


# --- two jobs --------------------------------------------------------------------------------------------------------


def test_a_job_for_the_same_date_is_told_and_one_for_another_date_is_not(
    book: Book, history: tuple[Path, dict[date, ScoreResult]], tmp_path: Path
) -> None:
    with computing(tmp_path, "score", MAY):
        with pytest.raises(LockedError, match="scoring 2025-05-01 is done by another job: process") as refused:
            book.score(tmp_path, MAY)
        assert refused.value.exit_code == 75
        other = book.score(tmp_path, APRIL)
    pd.testing.assert_frame_equal(other.scores, history[1][APRIL].scores)
    assert not list(tmp_path.rglob(".*.partial"))


def test_a_scorecard_has_a_history_of_its_own(book: Book, out: Path) -> None:
    run = load_run(book.run, out=out)
    before = published(out)
    made = healthscore.score(run, as_of=APRIL, scorecard="seven_components")
    assert made.directory == attempt_of(out, "score-seven_components", made.result["identity"])
    assert made.published.parent == out / "published-seven_components"
    assert published(out) == before
