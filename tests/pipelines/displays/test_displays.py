"""Displays in notebooks say what results hold, in the words of the reports; names that users gave stay texts."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from displayed import Parsed, said
from healthscore.display import Bar, Display
from healthscore.pipelines.check import check
from healthscore.pipelines.displays.judged import backtest_display, tune_display
from healthscore.pipelines.displays.learning import train_display
from healthscore.pipelines.displays.weights import recalibration_display, validation_display
from healthscore.pipelines.explain import Explanation, explain
from healthscore.pipelines.happenings import words_of
from healthscore.pipelines.panel import panel
from healthscore.pipelines.score import ScoreResult, score
from healthscore.pipelines.wording import NARROW
from literal_card import ACCOUNTS, AS_OF, TABLES, card_of, literal_run
from report_samples import PAYLOADS, backtest_result, figure, poisoned, validation_result
from weight_samples import weighed_result

HOSTILE = "<script>alert(1)</script>"
OUTCOME = backtest_result()["outcome"] | {"words": words_of("churn")}
SETTINGS = {
    "learning_rate": 0.05,
    "leaves": 4,
    "minimum_rows_in_leaf": 20,
    "minimum_information_in_leaf": 3.0,
    "l2": 10.0,
}


def trained_result() -> dict[str, Any]:
    return {
        "run": "saas",
        "version": 3,
        "outcome": OUTCOME,
        "choice": {
            "title": "Blend",
            "why": "no candidate did better",
            "candidates": [{"title": "Trees", "gain": figure(-0.01, 0.004), "better": False}],
        },
        "training": {
            "first": "2024-05-01",
            "last": "2025-04-01",
            "known_until": "2025-06-21",
            "n": 6976,
            "events": 202,
            "exiting_accounts": 109,
        },
        "features": 105,
        "components": ["activity", "support"],
        "scale": {"anchor_score": 55.0, "anchor_probability": 0.026, "points_to_halve_odds": 15.0},
        "uncertainty": {"median_half_width": 12.34, "band_stability": 0.55},
        "warnings": ["109 accounts left: below 200"],
    }


def tuned_result() -> dict[str, Any]:
    trial = {"number": 0, "settings": SETTINGS, "log_loss": 0.1175, "trees": 200, "folds": 4, "given_up": False}
    past = {"known_until": "2025-01-21", "n": 3967, "folds": 4, "folds_of": "dates", "sample": None}
    return {
        **{key: backtest_result()[key] for key in ("run", "title", "outcome")},
        "decision": "keep",
        "why": "Keep the defaults.",
        "judged": None,
        "judged_dates": ["2025-02-01"],
        "past": past,
        "trials": {"finished": 2, "given_up": 0, "asked": 2, "stopped": False},
        "default": trial,
        "best": trial | {"number": 1, "settings": SETTINGS | {"leaves": 8}},
        "study": [trial],
        "warnings": [],
    }


def recalibrated_result() -> dict[str, Any]:
    card = {"as_it_is": {"auc": figure(0.7, 0.05), "churners": {"exits": 0}, "bands": []}, "provenance": None}
    own = {
        "outcome": OUTCOME,
        "scorecard": card,
        "gate": {"not_before": None, "sentence": "Only dates from 2024 on test new weights."},
        "recommended": None,
        "outcomes": {},
        "outcome_sentences": [],
        "list_capacity": None,
    }
    return {key: validation_result()[key] for key in ("run", "title", "warnings")} | weighed_result() | own


def lines(display: Display) -> list[str]:
    return Parsed(display.html()).said


def test_a_backtest_shows_its_answer_the_models_and_the_bands() -> None:
    shown = lines(backtest_display(backtest_result()))
    assert shown[:2] == [
        "Backtest of a health score · Acme Cloud",
        "Confirmed by what happened: The score beats the best simple rule.",
    ]
    assert "Blend, the score" in shown
    assert shown[shown.index("Recency alone") + 1] == "0.740 (0.720–0.760)"
    start = shown.index("at risk")
    assert shown[start : start + 4] == ["at risk", "0 to 40", "500", f"17.2{NARROW}% (14.2–20.2)"]


def test_bands_have_bars_as_long_as_their_rates() -> None:
    bands = backtest_display(backtest_result()).tables[1]
    bars = [cell for row in bands.rows for cell in row if isinstance(cell, Bar)]
    assert [bar.tone for bar in bars] == ["risk", "caution", "good"]
    rates = [86 / 500, 75 / 2200, 23 / 1900]
    assert [bar.width / bars[0].width for bar in bars] == pytest.approx([rate / rates[0] for rate in rates], abs=1e-3)


def test_a_model_says_what_it_learned_from() -> None:
    shown = lines(train_display(trained_result()))
    assert shown[:3] == ["Trained model, version 3 · saas", "Blend", "No candidate did better."]
    told = dict(pairwise(shown))
    assert told["exits"] == "202, of 109 accounts"
    assert told["scale"] == f"score 55 at 2.6{NARROW}%; half the odds for every 15 points"
    assert told["95 % interval"] == "half of the scores to within 12.3 points"
    assert told["Trees"] == "−0.0100 (−0.0140 to −0.0060)"
    assert shown[-1] == "Note: 109 accounts left: below 200"
    unsure = lines(train_display(trained_result() | {"uncertainty": None}))
    assert "95 % interval" not in unsure


def test_a_study_says_whether_it_pays_and_what_it_saw() -> None:
    shown = lines(tune_display(tuned_result()))
    assert shown[1] == "Keep the defaults: Tuned trees are not used."
    assert any("before the first judged date, 1 February 2025: 3,967 snapshots." in text for text in shown)
    leaves = shown.index("leaves of a tree")
    assert shown[leaves + 1 : leaves + 3] == ["4", "8"]


@pytest.mark.parametrize("whose", ["recalibration", "validation"])
def test_weights_stand_beside_what_history_says(whose: str) -> None:
    shown = {
        "recalibration": lambda: lines(recalibration_display(recalibrated_result())),
        "validation": lambda: lines(validation_display(validation_result() | weighed_result() | {"variants": {}})),
    }[whose]()
    heads = ["component", "weight now", "recommended", "confirmed by history (95 %)", "verdict", "moves", "learned"]
    start = shown.index("component")
    assert shown[start : start + 7] == heads
    rows = [shown[start + 7 * row : start + 7 * row + 5] for row in range(1, 5)]
    assert rows == [
        ["Usage", "40", "50", "26 (19–33)", "confirmed"],
        ["Tickets", "30", "20", "8 (−2 to 17)", "not shown"],
        ["Survey", "20", "20", "−12 (−20 to −4)", "wrong way"],
        ["Sponsor", "10", "10", "open", "not shown"],
    ]


def test_a_validation_without_weights_shows_its_bands() -> None:
    shown = lines(validation_display(validation_result()))
    assert "What the bands meant" in shown
    assert "weight now" not in shown


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_texts_in_results_stay_texts(payload: str) -> None:
    samples: list[tuple[Callable[[Any], Display], dict[str, Any]]] = [
        (train_display, trained_result()),
        (recalibration_display, recalibrated_result()),
    ]
    for show, sample in samples:
        page, honest = Parsed(show(poisoned(sample, payload)).html()), Parsed(show(sample).html())
        assert {tag for tag, _ in page.tags} == {tag for tag, _ in honest.tags}
        assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]


# --- a literal book, by a scorecard ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("literal")


@pytest.fixture(scope="module")
def tables() -> dict[str, str]:
    """Accounts with names, one of them hostile."""
    header, *rows = ACCOUNTS.strip().split("\n")
    named = [f"{row} {HOSTILE if row.startswith('b ') else 'Acme'}" for row in rows]
    return {**TABLES, "accounts": "\n".join(["", f"{header} name", *named, ""])}


@pytest.fixture(scope="module")
def made(folder: Path, tables: dict[str, str]) -> ScoreResult:
    return score(literal_run(folder, tables), as_of=AS_OF, scorecard=card_of())


@pytest.fixture(scope="module")
def explained(made: ScoreResult, folder: Path, tables: dict[str, str]) -> Explanation:
    return explain("b", literal_run(folder, tables), as_of=AS_OF, scorecard=card_of())


def test_scores_show_bands_and_who_is_most_at_risk(made: ScoreResult) -> None:
    shown = said(made).split("\n")
    rows = shown[shown.index("Bands") + 4 :]
    told = {rows[place]: int(rows[place + 2]) for place in (0, 3, 6)}
    assert told == made.result["bands"]
    worst = made.scores.iloc[0]
    place = shown.index(worst["account_id"])
    assert shown[place + 2] == worst["band"]
    assert shown[place + 4] == f"{worst['health']:.1f}"
    assert f"{sum(made.result['bands'].values())}" in shown[:4]


def test_an_explanation_is_a_sum_that_adds_up(explained: Explanation) -> None:
    shown = said(explained).split("\n")
    assert shown[1] == "69.9 points: needs attention, grade C"
    heads = ["component", "sub-score", "weight in %", "points"]
    start = shown.index("component")
    assert shown[start : start + 4] == heads
    rows = shown[start + 4 :]
    assert rows[:2] == ["all points", "100.0"]
    assert rows[2:6] == ["support", "50.0", "30", "−15.0"]
    assert rows[rows.index("rule: three cases") + 1] == "−15.1"
    assert rows[rows.index("score") + 1] == "69.9"
    assert "so at most 69.9" in said(explained)


def test_a_hostile_name_stays_text(explained: Explanation, made: ScoreResult) -> None:
    for one in (explained, made):
        assert HOSTILE in said(one)
        assert "script" not in {tag for tag, _ in Parsed(one._repr_html_()).tags}


def test_an_account_with_a_status_has_that_alone(made: ScoreResult, folder: Path, tables: dict[str, str]) -> None:
    gone = explain("g", literal_run(folder, tables), as_of=AS_OF, scorecard=card_of())
    assert gone.result["health"] is None
    assert said(gone).split("\n")[1:] == [f"{gone.result['status']}: it has a status, not a score"]


def test_a_check_shows_findings_and_rows(folder: Path, tables: dict[str, str]) -> None:
    shown = said(check(literal_run(folder, tables))).split("\n")
    assert shown[1] == "Nothing stands in the way"
    start = shown.index("events", shown.index("source"))
    assert shown[start + 1] == shown[start + 2] != "0"


def test_a_check_with_errors_says_how_to_mend_them(tmp_path: Path, tables: dict[str, str]) -> None:
    bad = {**tables, "levels": tables["levels"].replace("2024-02-05", "never")}
    shown = said(check(literal_run(tmp_path, bad)))
    assert "in the way of a run" in shown
    assert "error" in shown.split("\n")
    assert "remedy" in shown.split("\n")


def test_a_panel_lists_its_features(folder: Path, tables: dict[str, str]) -> None:
    made = panel(literal_run(folder, tables))
    shown = said(made).split("\n")
    assert shown[1:3] == [str(len(made.result["features"])), "features"]
    assert made.result["features"][0]["name"] in shown


def test_results_are_short_as_plain_text_too(made: ScoreResult, explained: Explanation) -> None:
    assert repr(made) == f"<ScoreResult {made.directory.name}>"
    assert repr(explained) == f"<Explanation {explained.directory.name}>"
