"""The history of scores: the last whole run of each date, oldest date first."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from healthscore.errors import HealthScoreError
from healthscore.pipelines.publication.history import (
    Scored,
    is_whole,
    publications_of,
    published,
    scored_dates,
    series_of,
    standing_at,
)
from healthscore.pipelines.publish import run_directory, write_json

MAY, JUNE = date(2025, 5, 1), date(2025, 6, 1)


def scored(out: Path, as_of: date, name: str, health: float, series: str = "score") -> None:
    """A run of scores as `score` leaves it, and its line in the file of its date."""
    with run_directory(out, series, name, record={"identity": name}) as directory:
        pd.DataFrame({"account_id": ["a"], "health": [health]}).to_parquet(directory / "scores.parquet", index=False)
        write_json(directory / "result.json", {"as_of": as_of})
    pointer = out / series / "dates" / as_of.isoformat()
    pointer.parent.mkdir(exist_ok=True)
    with pointer.open("a") as file:
        file.write(name + "\n")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    scored(tmp_path, JUNE, "aaa", 60.0)
    scored(tmp_path, MAY, "bbb", 70.0)
    scored(tmp_path, JUNE, "aaa-2", 61.0)
    return tmp_path


def test_nothing_was_scored_before_anything_was(tmp_path: Path) -> None:
    assert scored_dates(tmp_path) == []
    assert standing_at(tmp_path, MAY) is None
    assert published(tmp_path) is None


def test_the_last_line_of_each_date_stands_and_dates_rise(out: Path) -> None:
    assert scored_dates(out) == [
        Scored(MAY, "bbb", out / "score" / "bbb"),
        Scored(JUNE, "aaa", out / "score" / "aaa-2"),
    ]
    assert [one.scores(["health"])["health"].item() for one in scored_dates(out)] == [70.0, 61.0]
    assert [one.result()["as_of"] for one in scored_dates(out)] == ["2025-05-01", "2025-06-01"]
    assert scored_dates(out)[1].record() == {"identity": "aaa-2"}


def test_a_run_that_is_not_whole_does_not_stand(out: Path) -> None:
    (out / "score" / "aaa-2" / "result.json").write_text("torn")
    assert not is_whole(out / "score" / "aaa-2")
    assert [one.directory.name for one in scored_dates(out)] == ["bbb", "aaa"]


def test_what_else_lies_among_the_dates_is_no_date(out: Path) -> None:
    (out / "score" / "dates" / "2025-05-01.partial").write_text("zzz\n")
    (out / "score" / "dates" / ".2025-07-01.x").write_text("zzz\n")
    assert [one.as_of for one in scored_dates(out)] == [MAY, JUNE]


def test_scorecards_have_series_of_their_own(out: Path) -> None:
    scored(out, JUNE, "ccc", 10.0, series_of("classic"))
    assert [one.identity for one in scored_dates(out, "score-classic")] == ["ccc"]
    assert len(scored_dates(out)) == 2
    assert (series_of(None), publications_of("score"), publications_of("score-classic")) == (
        "score",
        "published",
        "published-classic",
    )


def test_features_that_were_not_kept_are_asked_for(out: Path) -> None:
    with pytest.raises(HealthScoreError, match="keeps no features") as refused:
        scored_dates(out)[0].features()
    assert "--as-of 2025-05-01 --backfill --force" in refused.value.remedy
