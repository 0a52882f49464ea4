"""Sentiment: what people wrote as a level from -1 to 1, the same every time, whatever they wrote."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

from healthscore.tables import Tables
from table_workspace import Workspace

SURVEY: dict[str, Any] = {
    "path": "survey.parquet",
    "contract": "levels",
    "sentiment": {"text": "comment", "language": "en"},
}


def opened(workspace: Workspace, *comments: str | None, **columns: Any) -> Tables:
    workspace.parquet(
        "survey.parquet",
        account_id=[f"{n:05}" for n in range(len(comments))],
        time=["2024-01-01"] * len(comments),
        comment=pa.array(comments, pa.string()),
        **columns,
    )
    return workspace.open({"survey": SURVEY})


def levels(tables: Tables) -> list[float | None]:
    """Levels of the comments, in their order."""
    scale = 10 ** tables.scale("survey", "value")
    found = tables.engine.query(f"SELECT value FROM {tables.relation('survey')} ORDER BY account_id").to_pylist()
    return [None if row["value"] is None else row["value"] / scale for row in found]


@pytest.mark.parametrize(
    ("comment", "level"),
    [
        ("VADER is smart, handsome, and funny.", 0.8316),
        ("VADER is smart, handsome, and funny!", 0.8439),
        ("VADER is very smart, handsome, and funny.", 0.8545),
        ("VADER is not smart, handsome, nor funny.", -0.7424),
        ("The book was good.", 0.4404),
        ("The book was kind of good.", 0.3832),
        ("At least it isn't a horrible book.", 0.431),
        ("Today SUX!", -0.5461),
        ("The invoice is attached.", 0.0),
    ],
)
def test_a_sentence_has_the_compound_score_that_its_authors_publish(
    workspace: Workspace, comment: str, level: float
) -> None:
    """Golden values: the examples in the README of VADER (Hutto and Gilbert 2014)."""
    assert levels(opened(workspace, comment)) == [level]


def test_negation_turns_and_intensifiers_strengthen(workspace: Workspace) -> None:
    good, not_good, bad, really_bad, neutral = levels(
        opened(
            workspace, "The new report is good.", "The new report is not good.", "The new report is bad.",
            "The new report is really bad!", "Our renewal meeting is on Monday.",
        )
    )  # fmt: skip
    assert (good, not_good, bad) == (0.4404, -0.3412, -0.5423)
    assert -1 <= (really_bad or 0) < -0.5423
    assert neutral == 0


def test_what_follows_a_but_weighs_more(workspace: Workspace) -> None:
    first, second = levels(
        opened(workspace, "It works fine, but the reports are useless.", "The reports are useless, but it works fine.")
    )
    # fine 0.8 and useless -1.8, halved before the but and half as much again after it; x / sqrt(x^2 + 15)
    assert (first, second) == (round(-2.3 / math.sqrt(20.29), 4), round(0.3 / math.sqrt(15.09), 4))


@pytest.mark.parametrize(
    "blank", [None, "", "   ", "\t\n", "\u00a0"], ids=["missing", "empty", "blanks", "tabs", "nbsp"]
)
def test_a_blank_comment_has_no_value(workspace: Workspace, blank: str | None) -> None:
    """Asked, and nothing was said: no neutral answer."""
    assert levels(opened(workspace, blank, "good")) == [None, 0.4404]


def test_hostile_comments_are_read_like_others(workspace: Workspace) -> None:
    hostile = [
        'it\'s "good"; DROP TABLE survey; --',
        "'); SELECT 1",
        "good\x00bad",
        "😀" * 25_000,
        "this is not very good but bad " * 3_400,
        "'\"" * 50_000,
        "ا\u202eevil\u202c",
        "a" * 100_000,
        "%s {0} {comment} \\",
        "<script>alert('love')</script>",
    ]
    found = levels(opened(workspace, *hostile))
    assert all(level is not None and -1 <= level <= 1 for level in found)
    assert found[3] == 1.0


def test_long_comments_are_read_from_their_beginning(workspace: Workspace) -> None:
    reply, answered = "We love it. ", "This is terrible, we hate it. " * 100
    long, short = levels(opened(workspace, (reply * 90)[:1_000] + answered, (reply * 90)[:1_000]))
    assert long == short


def test_rows_in_another_order_and_repeated_have_the_same_levels(workspace: Workspace) -> None:
    comments = [f"{word} {number % 7}" for number, word in enumerate(["good", "bad", "not good", "awful"] * 50)]
    first = levels(opened(workspace, *comments))
    again = levels(opened(workspace, *reversed(comments)))
    assert first == again[::-1]
    assert {level for comment, level in zip(comments, first, strict=True) if comment.startswith("bad")} == {-0.5423}


def test_every_text_is_judged_once(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[str] = []

    def judge(text: str) -> float:
        judged.append(text)
        return 0.5

    monkeypatch.setattr("healthscore.tables.sentiment.LEXICONS", {"en": lambda: judge})
    assert levels(opened(workspace, *["good", " good", "bad"] * 100)) == [0.5] * 300
    assert sorted(judged) == ["bad", "good"]


def test_more_texts_than_a_batch_holds_are_all_judged(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("healthscore.tables.sentiment.TEXTS_AT_ONCE", 7)
    assert levels(opened(workspace, *[f"good {number}" for number in range(50)])) == [0.4404] * 50


def test_the_files_own_value_is_left_alone(workspace: Workspace) -> None:
    """One file, two sources: the answer on a scale, and what was written beside it."""
    workspace.csv(
        "survey.csv",
        "account_id,time,value,comment",
        'a,2024-01-01,3,"not good, really"',
        "a,2024-02-01,9,",
        "a,2024-03-01,,great",
    )
    tables = workspace.open(
        {
            "nps": {"path": "survey.csv", "contract": "levels"},
            "comments": {**SURVEY, "path": "survey.csv", "where": "value <> '9'"},
        }
    )
    assert [row["value"] for row in workspace.rows(tables, "nps", "instant, value")] == [3, 9, None]
    assert [row["value"] for row in workspace.rows(tables, "comments", "instant, value")] == [-3412]
    assert tables.scale("comments", "value") == 4


def test_a_column_that_is_not_there_is_told_with_the_nearest(workspace: Workspace) -> None:
    workspace.csv("survey.csv", "account_id,time,comments", "a,2024-01-01,good")
    fault = workspace.refusal({"survey": {**SURVEY, "path": "survey.csv"}})["missing_column"]
    assert (fault.source, fault.column) == ("survey", "comment")
    assert "did you mean 'comments'" in fault.rule
    assert 'text = "comments"' in fault.remedy


def test_a_column_of_numbers_is_no_comment(workspace: Workspace) -> None:
    workspace.parquet("survey.parquet", account_id=["a"], time=["2024-01-01"], comment=[1.5])
    fault = workspace.refusal({"survey": SURVEY})["wrong_type"]
    assert "comment is DOUBLE" in fault.rule


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sentiment": {"text": "comment", "language": "de"}}, "language"),
        ({"sentiment": {"text": "comment"}}, "language"),
        ({"contract": "events"}, 'contract = "levels"'),
        ({"columns": {"value": "score"}}, "columns.value"),
    ],
    ids=["an unknown language", "no language", "no levels", "a value beside it"],
)
def test_what_cannot_be_meant_is_refused(workspace: Workspace, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        workspace.run({"survey": {**SURVEY, **changes}})


def test_the_lexicon_is_read_only_where_it_is_used() -> None:
    loaded = "import healthscore.tables.opening, sys; print('vaderSentiment' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
