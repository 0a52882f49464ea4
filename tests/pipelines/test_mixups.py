"""Files in one another's place, or the wrong ones: said as a person would say it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from healthscore.errors import InputError
from healthscore.pipelines.validate import validate
from healthscore.pipelines.validation.meanings import EXIT_COLUMNS, SCORE_COLUMNS
from healthscore.pipelines.validation.mixups import looks_like
from healthscore.pipelines.validation.spreadsheets import open_sheet

FILES = {
    "scores.csv": "Account ID,Snapshot Date,Health Score,usage,tickets\na1,2024-01-01,50,60,35\n",
    "exits.csv": "Account ID,Churn Date\na1,2024-02-01\n",
    "weights.csv": "component,weight\nusage,60\ntickets,40\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("scores weights exits", "(exits|weights).csv was given as the (weights|exits) and looks like (exits|weights)"),
        ("scores weights", "weights.csv was given as the exits and looks like weights: its columns are 'component'"),
        ("exits scores", "exits.csv was given as the scores and looks like exits"),
        ("exits scores weights", "exits.csv was given as the scores and looks like exits"),
        ("scores scores", "scores.csv was given as the scores and as the exits"),
    ],
)
def test_files_in_the_wrong_order(folder: Path, given: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as refused:
        validate(*(folder / f"{name}.csv" for name in given.split()))
    assert str(refused.value).endswith(("the order is: scores, exits, weights", "who left, and when: account_id, date"))


def test_one_frame_twice_is_no_pair() -> None:
    frame = pd.DataFrame({"account_id": ["a1"], "date": ["2024-01-01"], "score": [50.0]})
    with pytest.raises(InputError, match="one table was given as the scores and as the exits"):
        validate(frame, frame)


@pytest.mark.parametrize(
    ("names", "role"),
    [
        (["Name", "share of score"], None),
        (["Name", "Weight %"], "weights"),
        (["customer", "month", "health"], "scores"),
        (["customer", "churned at", "mrr"], "exits"),
        (["colour", "date"], None),
    ],
)
def test_what_a_file_looks_like(names: list[str], role: str | None) -> None:
    assert looks_like(names) == role


def test_all_that_is_missing_is_said_at_once() -> None:
    frame = pd.DataFrame({"Kunde": ["a1"], "Stichtag": ["2024-01-01"], "score": [50.0]})
    with pytest.raises(InputError) as refused:
        open_sheet(frame, "scores", SCORE_COLUMNS)
    assert "scores: no column looks like account_id or date; there are 'Kunde', 'Stichtag', 'score'" in str(
        refused.value
    )
    assert str(refused.value).endswith("say which ones they are: --account-column NAME --date-column NAME")


def test_a_path_with_a_typo_names_the_file_beside_it(folder: Path) -> None:
    with pytest.raises(InputError, match=r"there is no file .*exit\.csv\n  remedy: did you mean .*exits\.csv\?"):
        open_sheet(folder / "exit.csv", "exits", EXIT_COLUMNS)
    with pytest.raises(InputError, match="mend the path"):
        open_sheet(folder / "nowhere" / "exits.csv", "exits", EXIT_COLUMNS)


def test_components_without_a_column_are_named_together(folder: Path) -> None:
    (folder / "weights.csv").write_text("component,weight\nProduct usage,60\nticket,40\n", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        validate(folder / "scores.csv", folder / "exits.csv", folder / "weights.csv")
    assert "no column for the components 'Product usage', 'ticket' of weights.csv" in str(refused.value)
    assert "did you mean 'usage', 'tickets'? Write the components in weights.csv as" in str(refused.value)
