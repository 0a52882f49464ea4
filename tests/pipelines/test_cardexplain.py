"""One account by a scorecard, and scorecards that do not fit the run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from healthscore.config import load_scorecard
from healthscore.errors import ConfigurationError, InsufficientDataError
from healthscore.pipelines.backtest import backtest
from healthscore.pipelines.explain import explain
from healthscore.pipelines.recalibrate import recalibrate
from healthscore.pipelines.score import score
from healthscore.pipelines.validaterun import validate_run
from literal_card import ACTIONS, AS_OF, CARD, card_of, literal_run

# --- one account -----------------------------------------------------------------------------------------------------


def test_an_explanation_takes_the_accounts_score_apart(tmp_path: Path) -> None:
    told = explain("b", literal_run(tmp_path), as_of=AS_OF, scorecard=card_of()).result
    assert (told["health"], told["base"], told["capped"], told["cap"]) == (69.9, 100.0, -15.1, "three cases")
    assert (told["variant"], told["missing"], told["probability"]) == (None, None, None)
    assert told["components"] == {"use": 0.0, "support": -15.0, "survey": 0.0}
    assert told["scorecard"] == {
        "use": {"subscore": 100.0, "weight": 50.0},
        "support": {"subscore": 50.0, "weight": 30.0},
        "survey": {"subscore": 100.0, "weight": 20.0},
    }
    assert told["features"][0] == {
        "component": "support",
        "feature": "cases_open",
        "value": 3.0,
        "points": -15.0,
        "sentence": "3 rows of cases open (free: 1)",
    }
    assert [row["day"] for row in told["latest"]["intervals"]] == ["2024-02-22", "2024-02-21", "2024-02-20"]
    assert told["latest"]["intervals"][0]["end"] is None  # closed on 3 March
    assert told["model"] == "scorecard literal_card"


def test_an_explanation_names_actions_and_what_is_not_known(tmp_path: Path) -> None:
    components = {"deeds": ACTIONS, "survey": {**CARD["components"]["survey"], "weight": 50}}
    card = card_of(components=components, missing="neutral", variant=[], cap=[])
    told = explain("c", literal_run(tmp_path), as_of=AS_OF, scorecard=card).result
    assert {(f["feature"], f["points"], f["sentence"]) for f in told["features"]} == {
        ("survey_last", -25.0, "no rows of survey so far (units)"),
        ("", -25.0, "50 points to start with, and 0 of 2 actions that add to them"),
        ("cases_open", -10.0, "has open cases (2 rows of cases open)"),
        ("visits_active_days_28d", 0.0, "2 days with rows of visits in the last 28 days"),
    }
    assert told["scorecard"]["survey"] == {"subscore": None, "weight": 50.0}
    assert told["missing"] == "survey"


def test_an_account_with_a_status_is_explained_by_it(tmp_path: Path) -> None:
    told = explain("g", literal_run(tmp_path), as_of=AS_OF, scorecard=card_of()).result
    assert (told["status"], told["health"], told["features"], told["components"]) == ("leaving", None, [], {})


# --- what cannot be --------------------------------------------------------------------------------------------------


def test_features_that_the_run_does_not_measure_are_all_told(tmp_path: Path) -> None:
    components = {
        "use": {"weight": 60, "measures": [{"feature": "visits_active_days_30d", "linear": [[0, 0], [10, 100]]}]},
        "money": {"weight": 40, "measures": [{"feature": "invoices_overdue", "steps": [[0, 100], [1, 0]]}]},
    }
    cap = [{"name": "old", "when": [{"feature": "tenure_day", "at_least": 9}], "score": 50}]
    with pytest.raises(ConfigurationError) as refused:
        score(literal_run(tmp_path), as_of=AS_OF, scorecard=card_of(components=components, variant=[], cap=cap))
    assert refused.value.what.splitlines() == [
        "scorecard 'literal_card' reads features that the run 'literal' does not measure:",
        "  components.use: 'visits_active_days_30d'; the nearest is 'visits_active_days_28d'",
        "  components.money: 'invoices_overdue'",
        "  cap 'old': 'tenure_day'; the nearest is 'tenure_days'",
    ]
    assert "give [signals.visits] the families and windows of visits_active_days_30d" in refused.value.remedy
    assert "add to the run the signals that give invoices_overdue, tenure_day (docs/signals.md)" in refused.value.remedy
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", [score, explain, validate_run, recalibrate, backtest])
def test_they_are_told_before_any_feature_is_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[..., object]
) -> None:
    (tmp_path / "card.toml").write_text(
        '[components.use]\nweight = 100\nmeasures = [{ feature = "visits", linear = [[0, 0], [9, 100]] }]\n',
        encoding="utf-8",
    )
    outcome = {"kind": "churn", "source": "subscriptions", "horizon_days": 30}
    run = literal_run(tmp_path, outcome=outcome, scorecard=load_scorecard(tmp_path / "card.toml"))
    monkeypatch.setattr("healthscore.features.panel.read_signals", lambda *_: pytest.fail("rows were read"))
    asked: dict[Callable[..., object], dict[str, Any]] = {score: {}, explain: {"account": "a"}}
    settings = {**asked[command], "as_of": AS_OF, "scorecard": run.scorecard} if command in asked else {}
    with pytest.raises(ConfigurationError, match=r"does not measure:\n  components\.use: 'visits'"):
        command(run=run, **settings)


def test_tenure_is_no_signals_feature(tmp_path: Path) -> None:
    run = literal_run(tmp_path)
    run = run.model_copy(update={"features": run.features.model_copy(update={"tenure": False})})
    with pytest.raises(ConfigurationError, match="variant 'beginner': 'tenure_days'") as refused:
        score(run, as_of=AS_OF, scorecard=card_of())
    assert refused.value.remedy.startswith("set `tenure = true` in [features], or name other features in the scorecard")


def test_a_component_made_of_nothing_is_refused(tmp_path: Path) -> None:
    components = {"use": {**CARD["components"]["use"], "weight": 60}, "mood": {"weight": 40}}
    with pytest.raises(ConfigurationError, match=r"components\.mood: neither `measures` nor `actions`"):
        score(literal_run(tmp_path), as_of=AS_OF, scorecard=card_of(components=components, variant=[]))


def test_an_unknown_scorecard_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no scorecard at seven_component") as refused:
        score(literal_run(tmp_path), as_of=AS_OF, scorecard="seven_component")
    assert refused.value.remedy == "did you mean the shipped scorecard 'seven_components'?"


def test_a_model_and_a_scorecard_do_not_both_score(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="a model and a scorecard were both given"):
        score(literal_run(tmp_path), as_of=AS_OF, scorecard=card_of(), model=tmp_path)


def test_a_date_before_the_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        InsufficientDataError, match="no account is a customer at 2020-01-01: the data begin on 2023-01"
    ):
        score(literal_run(tmp_path), as_of=date(2020, 1, 1), scorecard=card_of())


def test_a_date_after_the_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InsufficientDataError, match="more than half of the window of 28 days is not known"):
        score(literal_run(tmp_path), as_of=date(2024, 6, 1), scorecard=card_of())
