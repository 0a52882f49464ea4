"""Response: what was asked for and not answered."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from literal import entry_of, expect, panel_of, run_of

SURVEYS = """
account_id  time        value
A           2024-02-01  9
A           2024-02-10  -
A           2024-02-23  -
B           2024-02-20  8
C           2024-03-01  -
"""


def test_questions_without_an_answer_and_days_since_the_last_question(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        {"levels": SURVEYS},
        as_of=["2024-03-01"],
        signals={"nps": {"source": "levels", "families": ["response"], "windows": [7, 28]}},
        features={"tenure": False},
    )
    expect(
        panel_of(run),
        """
        account  as_of       nps_unanswered_7d  nps_unanswered_28d  nps_asked
        A        2024-03-01  1                  2                   7
        B        2024-03-01  0                  0                   10
        C        2024-03-01  0                  0                   -
        """,
    )


def test_response_is_measured_only_where_a_signal_or_the_run_asks_for_it(tmp_path: Path) -> None:
    run = run_of(tmp_path, {"levels": SURVEYS}, as_of=["2024-03-01"], signals={"nps": {"source": "levels"}})
    assert not [name for name in panel_of(run)["A", date(2024, 3, 1)] if "unanswered" in name]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("nps_unanswered_28d", 2, "2 survey answers asked for in the last 28 days and not given"),
        ("nps_asked", 1, "1 day since survey answers were last asked for"),
    ],
)
def test_sentences_for_people_about_questions(tmp_path: Path, name: str, value: float, said: str) -> None:
    signal = {"source": "levels", "families": ["response"], "windows": [28], "label": "survey answers"}
    run = run_of(tmp_path, {"levels": SURVEYS}, as_of=["2024-03-01"], signals={"nps": signal})
    assert entry_of(run, name).say(value) == said
