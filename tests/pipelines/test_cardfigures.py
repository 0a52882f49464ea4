"""A scorecard in a backtest: a contender beside the models, its bands, its components alone, its hard rules."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from carded import CARD, RUN, drawn, write_carded
from healthscore.config import load_scorecard
from healthscore.models.scorecard import score_card
from healthscore.models.weights.rows import WeightRows
from healthscore.pipelines.backtest import BacktestResult, backtest
from healthscore.pipelines.cardfigures import CardRows
from healthscore.pipelines.weighing.alone import alone_figures

MODELS = {"blend", "additive", "unconstrained", "logistic", "recency", "base_rate", "scorecard"}
NAN = np.nan
#         days  open  left
ROWS = [
    (20.0, 0.0, 0),  # 100
    (15.0, 1.0, 0),  # 75
    (10.0, NAN, 0),  # 50, by use alone
    (5.0, 4.0, 1),  # 15
    (0.0, 0.0, 1),  # 40, held at 30
    (0.0, 0.0, 1),
    (0.0, 1.0, 0),  # 30 already: the rule lowers nothing
    (NAN, NAN, 1),  # nothing is known
]


def literal(tmp_path: Path, *, gain: bool = False) -> CardRows:
    (tmp_path / "card.toml").write_text(CARD, encoding="utf-8")
    card = load_scorecard(tmp_path / "card.toml")
    X, y = np.array([row[:2] for row in ROWS]), np.array([row[2] for row in ROWS], dtype=np.int8)
    accounts = np.arange(len(ROWS))
    return CardRows(card, score_card(card, ("days", "open"), X), y, accounts * 0, accounts, gain, 200, 1)


def test_components_alone_are_judged_where_they_are_known(tmp_path: Path) -> None:
    found = literal(tmp_path).section()["components"]
    # use: those that left had 25, 0, 0, the others 100, 75, 50, 0 points: 9 wins and 2 ties of 12
    assert found["use"]["alone"]["auc"]["estimate"] == pytest.approx(10 / 12)
    # tickets: 0, 100, 100 against 100, 75, 75: 3 wins and 2 ties of 9
    assert found["tickets"]["alone"]["auc"]["estimate"] == pytest.approx(4 / 9)
    assert [found[name]["missing"] for name in ("use", "tickets")] == [1 / 8, 2 / 8]
    assert [found[name]["weight"] for name in ("use", "tickets")] == [60, 40]
    assert found["tickets"]["label"] == "open tickets"


def test_of_a_gain_healthy_points_are_what_leads(tmp_path: Path) -> None:
    found = literal(tmp_path, gain=True).section()["components"]
    assert found["use"]["alone"]["auc"]["estimate"] == pytest.approx(2 / 12)


def test_a_hard_rule_is_held_against_what_became_of_those_it_bound(tmp_path: Path) -> None:
    section = literal(tmp_path).section()
    (cap,) = section["caps"]
    assert (cap["name"], cap["at_most"], cap["n"], cap["events"], cap["accounts"]) == ("silent", 30, 2, 2, 2)
    assert cap["share"] == 2 / 7
    assert cap["rate"]["estimate"] == 1
    assert cap["others"].estimate == 1 / 5
    # With the rule: 15, 30, 30 left; 100, 75, 50, 30 did not: 10 wins and 2 ties. Without: 15, 40, 40: 10 wins.
    assert section["capping"]["auc"].estimate == pytest.approx(11 / 12 - 10 / 12)
    assert section["unscored"]["n"] == 1
    assert section["unscored"]["rate"].estimate == 1


def test_components_of_a_card_are_tested_together(tmp_path: Path) -> None:
    """By itself the use of these accounts leads; beside tickets that say nothing, two tests share the 5 %."""
    (tmp_path / "card.toml").write_text(CARD, encoding="utf-8")
    card = load_scorecard(tmp_path / "card.toml")
    random = np.random.default_rng(3)
    y = (np.arange(120) % 3 == 0).astype(np.int8)
    X = np.column_stack([np.clip(10 - 1.8 * y + random.normal(0, 5, 120), 0, 20), random.integers(0, 5, 120)])
    X[:5, 1] = NAN
    accounts = np.arange(120)
    rows = CardRows(card, score_card(card, ("days", "open"), X), y, accounts * 0, accounts, False, 300, 1)
    known = np.ones((120, 1), np.bool_)
    alone = WeightRows(("use",), rows.scores.subscores[:, :1], y, accounts * 0, accounts * 0, accounts)
    assert alone_figures(alone, known, resamples=300, seed=1)["use"]["leads"] == "yes"
    found = rows.alone()
    assert [found[name]["leads"] for name in ("use", "tickets")] == ["not shown", "not shown"]


def test_a_scorecard_without_rules_says_nothing_of_them(tmp_path: Path) -> None:
    (tmp_path / "card.toml").write_text(CARD.split("[[cap]]")[0], encoding="utf-8")
    card = load_scorecard(tmp_path / "card.toml")
    scores = score_card(card, ("days", "open"), np.array([[1.0, 1.0], [2.0, 0.0]]))
    two = np.arange(2)
    section = CardRows(card, scores, np.array([0, 1], np.int8), two, two, False, 100, 1).section()
    assert section["caps"] == []
    assert section["capping"] is None


# --- in a backtest ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tested(tmp_path_factory: pytest.TempPathFactory) -> BacktestResult:
    """A book whose truth is the scorecard."""
    quartiles = CARD.replace("[[cap]]", "[bands]\nquartiles_of = 2024-08-01\n\n[[cap]]")
    return backtest(write_carded(tmp_path_factory.mktemp("carded"), drawn(150, intercept=2.0), quartiles))


def test_a_scorecard_that_is_the_truth_beats_recency_and_is_never_chosen(tested: BacktestResult) -> None:
    result = tested.result
    assert set(result["pooled"]["models"]) == MODELS
    assert result["chosen"] not in ("scorecard", "recency", "base_rate")
    rows = tested.predictions
    figures = {name: found["auc"]["estimate"] for name, found in result["pooled"]["models"].items()}
    assert figures["scorecard"] > figures["recency"] + 0.2
    said = result["headline"]["scorecard"]
    assert said["rule"]["better"] is True
    assert said["rule"]["log_loss"]["high"] < 0 < said["rule"]["auc"]["low"]
    assert said["model"]["better"] is not True
    assert said["model"]["log_loss"] == result["differences"]["scorecard"]["log_loss"]
    sentences = result["headline"]["sentences"]
    assert "the scorecard" in sentences[2]
    assert sentences[3].startswith("The scorecard predicts better than ")
    for part in ("differences", "curves"):
        assert "scorecard" in (result[part].get("roc") or result[part])
    assert all("scorecard" in origin["models"] for origin in result["origins"])
    assert result["churners"]["models"]["scorecard"]["held"]["estimate"] > 0
    assert rows["probability_scorecard"].between(0, 1).all()
    # Within a date, a lower score is a higher probability.
    for _, date in rows.groupby("as_of"):
        order = date.sort_values("scorecard")
        assert (order["probability_scorecard"].diff().dropna() <= 1e-3).all()


def test_its_bands_partition_the_rows_and_say_what_they_meant(tested: BacktestResult) -> None:
    section, rows = tested.result["scorecard"], tested.predictions
    assert set(section) >= {
        *("name", "title", "purpose", "weights", "variants", "unscored", "components", "caps", "capping"),
        *("figures", "bands", "bands_by", "lead_time", "segments"),
    }
    assert section["figures"] == tested.result["pooled"]["models"]["scorecard"]
    assert section["bands_by"] == "quartiles"
    for band in section["bands"]:
        inside = rows[rows["scorecard_band"] == band["name"]]
        assert (band["n"], band["events"]) == (len(inside), inside["left"].sum())
        assert band["rate"]["estimate"] == pytest.approx(inside["left"].mean(), abs=1e-12)
        assert band["probability"] == pytest.approx(inside["probability_scorecard"].mean(), abs=1e-12)
    assert sum(band["n"] for band in section["bands"]) == tested.result["pooled"]["n"]


def test_without_a_scorecard_there_is_no_section(tmp_path: Path, tested: BacktestResult) -> None:
    run = RUN.replace('scorecard = "card.toml"', "")
    result = backtest(write_carded(tmp_path, drawn(150, intercept=2.0), run=run)).result
    assert result["scorecard"] is None
    assert "scorecard" not in result["headline"]
    models = {name: found for name, found in tested.result["pooled"]["models"].items() if name != "scorecard"}
    assert result["pooled"]["models"] == models, "the models are the same with a scorecard beside them"
