"""What people read of a recalibration, and the last look before a file is replaced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from healthscore.config import load_scorecard
from healthscore.errors import ConfigurationError
from healthscore.pipelines.happenings import words_of
from healthscore.pipelines.recalibrate import Proposal, _put
from healthscore.pipelines.recalibration.outcomes import outcome_columns, outcome_components, outcome_sentences
from healthscore.pipelines.recalibration.page import diff_lines, gain_rows, gain_title, list_words, provenance_rows
from healthscore.pipelines.recalibration.recommending import Recommendation

Estimates = tuple[float | None, float | None, float | None]
NONE: Estimates = (None, None, None)


def share(estimate: float | None, low: float | None, high: float | None) -> dict[str, float | None]:
    return {"estimate": estimate, "low": low, "high": high}


def entry(name: str, kind: str, evidence: str = "yes", **components: tuple[str, Estimates]) -> dict[str, Any]:
    return {
        "name": name,
        "title": name.replace("_", " "),
        "kind": kind,
        "own": kind == "churn",
        "words": words_of(kind),
        "evidence": evidence,
        "events": 90,
        "exiting": 40,
        "components": {
            part: {"label": part, "verdict": verdict, "validated": share(*ends)}
            for part, (verdict, ends) in components.items()
        },
    }


ENTRIES = [
    entry("churn", "churn", use=("supported", (60.4, 51.0, 69.6)), tickets=("not shown", (9.0, -2.0, 20.0))),
    entry(
        "expansion",
        "expansion",
        use=("supported", (116.0, 56.2, 5000.0)),
        tickets=("wrong direction", (-16.0, None, None)),
    ),
    entry("price_cut", "contraction", "too few exits", use=("not shown", NONE), tickets=("not shown", NONE)),
    entry("complaint", "complaint", "no skill", use=("not shown", NONE), tickets=("not shown", NONE)),
]


def test_signals_before_each_outcome_in_words() -> None:
    assert outcome_sentences(ENTRIES) == [
        "Before churn: fewer points in use.",
        "Before expansion: more points in use and fewer points in tickets.",
        "Before price cut: 40 accounts paid less, too few to judge weights by.",
        "Before complaint: no evidence (no skill; 40 accounts complained).",
    ]
    assert outcome_sentences(ENTRIES[:1]) == []


def test_an_interval_whose_end_says_nothing_has_one_end() -> None:
    columns = outcome_columns(ENTRIES)
    assert outcome_components(ENTRIES) == ["use", "tickets"]
    assert [cell["weight"] for cell in columns[0]["cells"]] == ["60 (51–70)", "9 (−2 to 20)"]
    assert [cell["weight"] for cell in columns[1]["cells"]] == ["from 56 up", "open"]
    assert [cell["verdict"] for cell in columns[1]["cells"]] == ["confirmed", "wrong way"]
    assert [cell["weight"] for cell in columns[2]["cells"]] == ["–", "–"]
    assert [column["judged"] for column in columns] == [True, True, False, False]


def result(decision: str = "change", capacity: int | None = 50, **gain: Any) -> dict[str, Any]:
    return {
        "decision": decision,
        "list_capacity": capacity,
        "outcome": {"words": words_of("churn")},
        "gain": {"log_loss": share(0.002, 0.001, 0.003), **gain},
        "scorecard": None,
        "recommended": None,
    }


FOUND = {
    "share": 0.033,
    "exits": 130,
    "old": share(20, 13, 28),
    "new": share(26, 18, 33),
    "difference": share(6, -1, 12),
}
REVENUE = {
    "share": 0.033,
    "old": share(0.1, 0.05, 0.2),
    "new": share(0.12, 0.05, 0.25),
    "difference": share(0.02, -0.01, 0.05),
}


def test_the_gain_in_the_list_and_in_revenue() -> None:
    found = result(churners=FOUND, revenue=REVENUE)
    assert [list(row.values()) for row in gain_rows(found)] == [
        ["leavers on the list (of 130)", "20 (13–28)", "26 (18–33)", "6 (−1 to 12)"],
        ["their revenue, as a share", "10\u202f% (5–20)", "12\u202f% (5–25)", "2 points (−1 to 5)"],
        ["log-loss saved", "", "", "0.00200 (0.00100–0.00300)"],
    ]
    assert gain_title(found) == "What the change would have found"
    assert list_words(found) == (
        "The list is the worst-scored 50 accounts of each later date (3.3\u202f% of all): "
        "what the team can work through."
    )
    tenth = result(capacity=None, churners={**FOUND, "share": 0.1})
    assert "worst-scored 10\u202f% of each later date: what" in list_words(tenth)


def test_of_weights_that_are_kept_the_tested_change_is_told() -> None:
    kept = result("keep")
    assert [row["title"] for row in gain_rows(kept)] == ["log-loss saved"]
    assert gain_title(kept) == "What other weights would have saved"
    assert "the later dates do not confirm" in list_words(kept)


def test_lines_of_a_change_by_what_they_do() -> None:
    diff = "--- a.toml\n+++ a.toml\n@@ -1,2 +1,2 @@\n [components.use]\n-weight = 40\n+weight = 50\n"
    lines = diff_lines({"recommended": {"diff": diff}})
    assert [line["sort"] for line in lines] == ["head", "head", "head", "same", "removed", "added"]


def test_provenance_of_the_weights_in_force_where_nothing_changes() -> None:
    given = {
        "run": "saas",
        "identity": "0123456789ab",
        "replaces": "ours 40/60",
        "first": "2024-05-01",
        "last": "2025-04-01",
        "data_end": "2025-07-01",
        "origins": 12,
        "events": 479,
        "intervals": {"use": [12.4, 31.6], "tickets": [None, None]},
    }
    rows = dict(provenance_rows({"recommended": None, "scorecard": {"provenance": given}}))
    assert rows["Run"] == "saas, 0123456789ab"
    assert rows["Ranges"] == "use 12 to 32 (per cent, with 95 % confidence)"
    assert provenance_rows({"recommended": None, "scorecard": {"provenance": None}}) == []


def test_a_scorecard_that_was_edited_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text("[components.use]\nweight = 40\n[components.tickets]\nweight = 60\n", encoding="utf-8")
    card, text = load_scorecard(path), path.read_text(encoding="utf-8")
    recommended = Recommendation({"use": 50.0, "tickets": 50.0}, None, (), (), 19_000)
    proposal = Proposal(recommended, "new = 1\n", text, "", {})
    _put(path, proposal, card)
    assert path.read_text(encoding="utf-8") == "new = 1\n"
    path.write_text(text + "# a remark\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="was edited while its weights were judged"):
        _put(path, proposal, card)
    assert path.read_text(encoding="utf-8").endswith("# a remark\n")
