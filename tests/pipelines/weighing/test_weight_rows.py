"""Rows, segments and views of weights: texts that the terminal and the reports share."""

from __future__ import annotations

from typing import Any

import pytest

from healthscore.cli.weights import show_weights
from healthscore.pipelines.weighing.rows import segment_sentence, segment_table, weight_rows
from healthscore.pipelines.weighing.view import weight_tiles, weight_view
from weight_samples import NOTHING, weighed_result


def segment(name: str, differs: str, *weights: float) -> dict[str, Any]:
    shares = dict(zip(("usage", "tickets", "survey", "sponsor"), weights, strict=True))
    return {
        "segment": name,
        "n": 500,
        "events": 80,
        "exiting": 61,
        "own": dict.fromkeys(shares, NOTHING),
        "pooled": shares,
        "p": 0.03,
        "differs": differs,
    }


def test_a_row_per_component_as_it_is_written() -> None:
    usage, tickets, _, sponsor = weight_rows(weighed_result())
    assert usage == {
        "name": "Usage",
        "now": "40",
        "moves": "40",
        "learned": "31",
        "confirmed": "26 (19–33)",
        "verdict": "confirmed",
        "tone": "good",
        "recommended": "50",
        "changed": True,
        "alone": "0.64 (0.60–0.68)",
        "leads": "yes",
        "loss": "0.0031 (0.0012–0.0050)",
    }
    assert (tickets["confirmed"], tickets["verdict"]) == ("8 (−2 to 17)", "not shown")
    assert (sponsor["confirmed"], sponsor["changed"]) == ("open", False)


def test_without_evidence_nothing_is_shown_as_learned() -> None:
    rows = weight_rows(weighed_result("no evidence", "no skill"))
    assert {row["learned"] for row in rows} == {"–"}
    assert rows[0]["moves"] == "40"


@pytest.mark.parametrize(
    ("differs", "sentence"),
    [
        ((), ""),
        (("not shown", "not shown"), "No segment is shown to need weights of its own."),
        (
            ("too few", "not shown"),
            "No segment is shown to need weights of its own. Too few exits to say: S0.",
        ),
        (
            ("differs", "too few", "differs"),
            "S0 and S2: history weighs components otherwise there than elsewhere. Too few exits to say: S1.",
        ),
    ],
)
def test_what_is_said_of_segments(differs: tuple[str, ...], sentence: str) -> None:
    segments = [segment(f"S{place}", said, 40, 30, 20, 10) for place, said in enumerate(differs)]
    assert segment_sentence(weighed_result(weight_segments=segments)) == sentence


def test_a_table_of_segments_only_where_they_have_weights_of_their_own() -> None:
    same = [segment("Small", "not shown", 40, 30, 20, 10), segment("Large", "too few", 40.2, 30, 19.8, 10)]
    assert segment_table(weighed_result(weight_segments=same)) is None
    assert segment_table(weighed_result()) is None
    other = [segment("Small", "differs", 40, 30, 20, 10), segment("Large", "too few", 60, 30, 20, -10)]
    assert segment_table(weighed_result(weight_segments=other)) == {
        "segments": ["Small", "Large"],
        "exiting": ["61", "61"],
        "differs": ["differs", "too few exits"],
        "rows": [
            {"name": "Usage", "weights": ["40", "60"]},
            {"name": "Tickets", "weights": ["30", "30"]},
            {"name": "Survey", "weights": ["20", "20"]},
            {"name": "Sponsor", "weights": ["10", "−10"]},
        ],
    }


def test_a_result_without_weights_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert weight_view({"decision": "keep"}) is None
    show_weights({})
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("decision", "why", "columns"),
    [
        ("change", "later dates agree", "component now moves learned confirmed by history verdict new"),
        ("keep", "nothing to change", "component now moves learned confirmed by history verdict new"),
        ("no evidence", "too few exits", "component now moves"),
    ],
)
def test_the_terminal_shows_the_columns_that_there_are(
    decision: str, why: str, columns: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    segments = [segment("Small", "differs", 40, 30, 20, 10), segment("Large", "too few", 60, 30, 20, -10)]
    show_weights(weighed_result(decision, why, weight_segments=segments))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == weighed_result(decision, why)["verdict_sentences"][0][: len(lines[0])]
    assert columns.split() in [line.split() for line in lines]
    assert ("open: any fits." in " ".join(lines)) == (decision != "no evidence")
    assert "Weights per segment, in %" in lines


def test_tiles_of_every_decision() -> None:
    assert [one["value"] for one in weight_tiles(weighed_result())] == ["1 of 4", "8 more", "240"]
    assert [one["value"] for one in weight_tiles(weighed_result("keep", "nothing to change"))] == ["1 of 4", "240"]
    assert [one["value"] for one in weight_tiles(weighed_result("no evidence", "no skill"))] == []


def test_the_tile_of_a_change_says_more_or_fewer_and_of_which_list() -> None:
    fewer = weighed_result()
    fewer["gain"]["churners"] |= {"difference": {"estimate": -1.0, "low": -3.0, "high": 1.0}, "capacity": 40}
    assert weight_tiles(fewer)[1] == {
        "value": "1 fewer",
        "range": "of 122 leavers (3 fewer to 1 more)",
        "what": "among the 40 worst-scored accounts of each later date, by the new weights",
    }
    (_, more, _) = weight_tiles(weighed_result())
    assert more["range"] == "of 122 leavers (2–13)"
    assert more["what"] == "among the worst-scored 10\u202f% of accounts of each later date, by the new weights"
