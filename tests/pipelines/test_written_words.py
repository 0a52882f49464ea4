"""Numbers and dates as people write them: read where they can be meant in one way only."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from healthscore.asof import date_of, day_of
from healthscore.pipelines.validation.histories import read_exits, read_scores
from healthscore.pipelines.validation.weighting import read_weighting
from healthscore.pipelines.validation.writing import date_remedy, days_of, numbers_of


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["79.4", "80", "-1e3"], [79.4, 80.0, -1000.0]),
        (["79,4", "80", "-0,5"], [79.4, 80.0, -0.5]),
        (["0,125"], [0.125]),  # no thousands begin with a zero
        (["1234,567"], [1234.567]),
        (["1.020,50", "2.000", "500"], [1020.5, 2000.0, 500.0]),
        (["1.020", "500"], [1.02, 500.0]),
        (["1,234", "500"], [None, 500.0]),  # thousands, or decimals
        (["1,234,567"], [None]),
        (["79,4", "80.5"], [None, 80.5]),  # written in two ways
        (["79,4", "1.02,5"], [None, None]),
        (["40 %", "€5"], [None, None]),
    ],
)
def test_numbers_of_a_column(words: list[str], expected: list[float | None]) -> None:
    assert numbers_of(words) == expected


def test_words_for_nothing_are_no_numbers_in_either_way_of_writing() -> None:
    for words in (["79.4", "", "n/a"], ["79,4", "", "n/a"]):
        values = numbers_of(words)
        assert values[0] == 79.4
        assert np.isnan(np.array(values[1:], dtype=np.float64)).all()


@pytest.mark.parametrize(
    ("word", "date_format", "expected"),
    [
        ("01.02.2024", None, date(2024, 2, 1)),
        ("1.2.2024 08:30", None, date(2024, 2, 1)),
        ("01/02/2024", "%m/%d/%Y", date(2024, 1, 2)),
        ("2024-02-01", "%d/%m/%Y", date(2024, 2, 1)),  # the format is that of the other file
    ],
)
def test_days_of_a_column(word: str, date_format: str | None, expected: date) -> None:
    assert days_of([word, ""], date_format, open_end=False) == [day_of(expected), -1]


def test_a_column_has_one_form_of_dates() -> None:
    assert days_of(["01/02/2024", "2024-02-01"], "%d/%m/%Y", open_end=False) == [day_of(date(2024, 2, 1)), None]
    assert days_of(["01.02.2024", "1/2/24"], "%d/%m/%Y", open_end=False) == [None, None]


def test_days_that_there_are_not_and_open_ends() -> None:
    assert days_of(["31.02.2024", "01.13.2024", "1.1.24"], None, open_end=False) == [None, None, None]
    assert days_of(["9999-12-31", "31.12.9999"], None, open_end=True) == [-1, -1]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["25/11/2024", "01/12/2024", ""], "say how they are written: --date-format '%d/%m/%Y'"),
        (["05/11/2024"], "say how they are written: --date-format '%d/%m/%Y' or --date-format '%m/%d/%Y'"),
        (["Nov 25, 2024"], "--date-format '%b %d, %Y'"),
        (["soon"], "write dates as YYYY-MM-DD, or say how they are written: --date-format '%d/%m/%Y'"),
    ],
)
def test_the_remedy_names_the_formats_that_fit(words: list[str], says: str) -> None:
    assert date_remedy(words).endswith(says)


def test_a_spreadsheet_saved_where_commas_are_decimal_needs_no_option(tmp_path: Path) -> None:
    for name, text in {
        "scores.csv": "Customer;Date;Score;Usage;NPS;MRR\nK-1;31.01.2024;75,5;79,0;7;1.020,50\n",
        "exits.csv": "Customer;Churn date\nK-1;15.03.2024\n",
        "weights.csv": "Component;Weight;Scale\nUsage;62,5;\nNPS;37,5;10\n",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8-sig")
    scores = read_scores(tmp_path / "scores.csv", weighting=read_weighting(tmp_path / "weights.csv"))
    assert (scores.score.tolist(), date_of(int(scores.day[0]))) == ([75.5], date(2024, 1, 31))
    assert scores.value is not None
    assert scores.value.tolist() == [1020.5]
    assert scores.components is not None
    assert scores.components.weighted == pytest.approx([0.625 * 79 + 0.375 * 70])
    assert date_of(int(read_exits(tmp_path / "exits.csv").day[0])) == date(2024, 3, 15)
