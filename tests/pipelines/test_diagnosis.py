"""Diagnostics of a backtest: recomputed from its predictions, with what each date could know, and words that fit."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from healthscore.evaluation.price import Price
from healthscore.evaluation.proportions import NOT_COMPUTABLE, Estimate
from healthscore.models.candidates import Candidates
from healthscore.pipelines import diagnosis
from healthscore.pipelines.backtest import BacktestResult
from healthscore.pipelines.calibrations import learn_calibrations, recalibrated
from healthscore.pipelines.diagnosticviews import diagnostic_view
from healthscore.pipelines.report import render_backtest
from report_samples import backtest_result

OTHERS = {"beta", "isotonic", "venn_abers"}


@pytest.fixture(scope="module")
def predictions(backtested: BacktestResult) -> pd.DataFrame:
    return pd.read_parquet(backtested.directory / "predictions.parquet")


def losses(p: Any, y: Any) -> float:
    return float(metrics.log_loss(y, p))


# The price of additivity


def test_the_price_is_that_of_the_two_kinds_of_trees(backtested: BacktestResult, predictions: pd.DataFrame) -> None:
    price, y = backtested.result["price_of_additivity"], predictions["left"]
    free, bound = predictions["probability_unconstrained"], predictions["probability_additive"]
    assert price["log_loss"]["estimate"] == pytest.approx(losses(bound, y) - losses(free, y), abs=1e-9)
    assert price["auc"]["estimate"] == pytest.approx(
        metrics.roc_auc_score(y, free) - metrics.roc_auc_score(y, bound), abs=1e-9
    )
    assert price["sentence"].startswith("Price of additivity: ")


@pytest.mark.parametrize(
    ("low", "high", "error", "words"),
    [
        (
            0.001,
            0.003,
            0.0005,
            "there is one, by more than chance explains. One component per tree adds 0.0020 (0.0010",
        ),
        (-0.001, 0.005, 0.0015, "more than one standard error, which could be chance. One component"),
        (-0.003, 0.007, 0.0025, "none shown. One component"),
        (-0.003, -0.001, 0.0005, "none, free trees predict worse. One component"),
    ],
)
def test_the_price_is_called_what_its_interval_allows(low: float, high: float, error: float, words: str) -> None:
    price = Price(Estimate(0.0, -0.1, 0.1), Estimate((low + high) / 2, low, high), error)
    assert diagnosis.price_sentence(price).startswith(f"Price of additivity: {words}")


def test_a_price_in_the_ranking_alone_is_told() -> None:
    price = Price(Estimate(0.002, 0.001, 0.004), Estimate(0.0003, -0.0005, 0.0012), 0.0004)
    assert diagnosis.price_sentence(price).startswith("Price of additivity: none shown but in the ranking. ")


def test_a_price_that_cannot_be_computed_is_not_told() -> None:
    assert "not computable" in diagnosis.price_sentence(Price(NOT_COMPUTABLE, NOT_COMPUTABLE, None))


# The choice


def test_the_choice_tells_what_it_went_by(backtested: BacktestResult) -> None:
    choice = backtested.result["choice"]
    assert choice["title"]
    assert choice["why"]
    # The small company's history is too short to compare models inside it; tests/models/test_choice.py has figures.
    assert (choice["rows"], choice["candidates"]) == (0, [])


# Calibration


def test_every_date_is_held_against_what_it_was_told(backtested: BacktestResult, predictions: pd.DataFrame) -> None:
    chosen = f"probability_{backtested.result['chosen']}"
    dates = backtested.result["calibration"]["origins"]
    assert [one["as_of"] for one in dates] == sorted(str(day) for day in predictions["as_of"].unique())
    for one in dates:
        rows = predictions[predictions["as_of"].astype(str) == one["as_of"]]
        assert (one["n"], one["events"]) == (len(rows), rows["left"].sum())
        assert one["expected"] == pytest.approx(rows[chosen].sum(), abs=1e-6)
        assert one["observed_expected"]["estimate"] == pytest.approx(rows["left"].sum() / rows[chosen].sum(), abs=1e-6)


def judged(y: np.ndarray, own: np.ndarray, **others: np.ndarray) -> Any:
    """What the section reads of a judge: every account once, half of them at either date."""
    report = SimpleNamespace(resamples=200)
    return SimpleNamespace(
        y=y,
        day=np.repeat([0, 31], len(y) // 2),
        cluster=np.arange(len(y)),
        chosen="blend",
        walk=SimpleNamespace(probability={"blend": own}, recalibrated=others),
        book=SimpleNamespace(run=SimpleNamespace(seed=1, report=report)),
    )


def test_a_date_without_exits_is_no_proof_of_zero_and_has_no_slope() -> None:
    y = np.concatenate([np.zeros(40), np.tile([0, 1], 20)]).astype(np.int8)
    own = np.where(y == 1, 0.6, np.linspace(0.1, 0.7, 80))
    quiet, busy = diagnosis.calibration_section(judged(y, own))["origins"]
    assert quiet["observed_expected"].estimate == 0.0
    assert quiet["observed_expected"].high > 0.2
    assert quiet["calibration_slope"] == NOT_COMPUTABLE
    assert busy["observed_expected"].low < 1.0 < busy["observed_expected"].high
    assert busy["calibration_slope"].estimate is not None


@pytest.mark.parametrize(
    ("rate", "n", "other", "rows", "jumped"),
    [
        (0.04, 1000, 0.01, 5000, True),  # 40 of 1,000 where 10 were due
        (0.01, 1000, 0.04, 5000, True),  # 10 where 40 were due
        (0.00, 300, 0.008, 5000, False),  # none where 2 were due
        (0.00, 2000, 0.008, 5000, True),  # none where 16 were due
        (0.02, 1000, 0.01, 5000, False),
    ],
)
def test_a_jump_is_told_from_chance(rate: float, n: int, other: float, rows: int, jumped: bool) -> None:
    assert diagnosis.jumped(rate, n, other, rows) is jumped


def test_other_calibrations_are_compared_where_they_could_be_learned() -> None:
    chance = np.random.default_rng(2)
    truth = chance.beta(2, 6, 4000)
    y = (chance.random(4000) < truth).astype(np.int8)
    first = np.arange(4000) < 2000
    own = np.where(first, 0.5, truth**0.5)
    section = diagnosis.calibration_section(judged(y, own, beta=np.where(first, np.nan, truth), isotonic=own))
    assert section["n"] == 2000
    expected = losses(truth[2000:], y[2000:]) - losses(own[2000:], y[2000:])
    beta, isotonic = section["others"]["beta"], section["others"]["isotonic"]
    assert beta.estimate == pytest.approx(expected, abs=1e-9)
    assert beta.high < 0
    assert (isotonic.estimate, isotonic.low, isotonic.high) == (0.0, 0.0, 0.0)
    assert "better than the model's own are beta by " in section["sentence"]
    assert [one["as_of"] for one in section["origins"]] == ["1970-01-01", "1970-02-01"]


def test_where_none_could_be_learned_at_some_date_nothing_is_compared() -> None:
    y, own = np.tile([0, 1], 20).astype(np.int8), np.full(40, 0.5)
    section = diagnosis.calibration_section(judged(y, own, beta=np.full(40, np.nan), isotonic=own))
    assert (section["n"], section["others"]) == (0, {})
    assert "too few outcomes" in section["sentence"]


def fitted(y: np.ndarray, logit: np.ndarray) -> Candidates:
    return Candidates({}, np.arange(len(y)), {}, {"blend": logit})


def test_a_calibration_learns_from_the_inner_rows_alone() -> None:
    chance = np.random.default_rng(1)
    logit = chance.normal(-1.0, 1.0, 4000)
    y = (chance.random(4000) < 1 / (1 + np.exp(-logit))).astype(np.int8)
    found = Candidates({}, np.arange(2000, 4000), {}, {"blend": logit[2000:]})
    learned, told = learn_calibrations(found, "blend", y), np.array([0.1, 0.3])
    y[:2000] = 1 - y[:2000]
    again = learn_calibrations(found, "blend", y)
    for name in OTHERS:
        assert learned[name](told) == pytest.approx(told, abs=0.06)
        assert again[name](told).tolist() == learned[name](told).tolist()


def test_too_few_outcomes_teach_no_calibration() -> None:
    y = np.array([1] * 29 + [0] * 400, dtype=np.int8)
    assert learn_calibrations(fitted(y, np.zeros(len(y))), "blend", y) == {}
    nothing = recalibrated({}, np.array([0.1, 0.2]))
    assert set(nothing) == OTHERS
    assert all(np.isnan(p).all() for p in nothing.values())
    y[29] = 1
    assert set(learn_calibrations(fitted(y, np.zeros(len(y))), "blend", y)) == OTHERS


def test_other_calibrations_are_called_what_their_intervals_allow() -> None:
    unsure, better = Estimate(0.001, -0.001, 0.003), Estimate(-0.02, -0.03, -0.01)
    say, said = diagnosis.calibration_sentence, "Other calibrations learned at each date (beta, Venn-Abers): "
    assert say({"beta": unsure, "venn_abers": unsure}) == f"{said}none is shown better."
    assert say({"beta": better, "venn_abers": unsure}) == (
        f"{said}better than the model's own are beta by 0.0200 (0.0100–0.0300) of log-loss."
    )
    assert "too few outcomes" in say({})


# Prevalence


def test_rates_are_held_against_those_learned_from(backtested: BacktestResult, predictions: pd.DataFrame) -> None:
    prevalence = {one["as_of"]: one for one in backtested.result["prevalence"]["origins"]}
    assert len(prevalence) == len(backtested.result["origins"])
    for origin in backtested.result["origins"]:
        one = prevalence[origin["as_of"]]
        assert one["rate"] == pytest.approx(origin["events"] / origin["n"], abs=1e-12)
        assert one["training"] == pytest.approx(origin["train"]["events"] / origin["train"]["n"], abs=1e-12)
        assert one["difference"]["estimate"] == pytest.approx(one["rate"] - one["training"], abs=1e-12)
        assert one["shifted"] == (one["difference"]["low"] > 0 or one["difference"]["high"] < 0)


def test_what_moved_is_said_among_the_warnings_and_nothing_else_is(backtested: BacktestResult) -> None:
    said = backtested.result["prevalence"]["sentence"]
    moved = [one for one in backtested.result["prevalence"]["origins"] if one["shifted"] or one["jumped"]]
    assert (said is None) == (not moved)
    assert said is None or said in backtested.result["warnings"]


def date(as_of: str, rate: float, training: float, *, shifted: bool = False, jumped: bool = False) -> dict[str, Any]:
    return {"as_of": as_of, "rate": rate, "training": training, "shifted": shifted, "jumped": jumped}


def test_a_rate_that_moved_is_told_with_its_worst_date() -> None:
    dates = [
        date("2024-01-01", 0.05, 0.04),
        date("2024-02-01", 0.08, 0.04, shifted=True),
        date("2024-03-01", 0.16, 0.04, shifted=True, jumped=True),
    ]
    said = diagnosis.prevalence_sentence("left", dates)
    assert said is not None
    assert said.startswith("the share that left moved on 2 of 3 dates, 1 of them more than threefold: ")
    assert "after 1 March 2024" in said
    assert diagnosis.prevalence_sentence("left", dates[:1]) is None
    only = diagnosis.prevalence_sentence("left", dates[1:2])
    assert only is not None
    assert only.startswith("the share that left moved: 8.0")


# The report


def test_the_report_arranges_the_diagnostics() -> None:
    view = diagnostic_view(backtest_result())
    assert view is not None
    assert [(row["title"], row["verdict"]) for row in view["candidates"]] == [
        ("Logistic", "better"),  # log-loss saved
        ("Trees", "worse"),
        ("Free trees", ""),
    ]
    assert [(row["title"], row["verdict"]) for row in view["calibrations"]] == [
        ("Beta", "worse"),  # log-loss added
        ("Isotonic", "better"),
        ("Venn-Abers", ""),
    ]
    assert [row["mark"] for row in view["dates"]] == ["", "moved", "more than threefold"]


def test_the_page_of_a_backtest_has_the_section(backtested: BacktestResult) -> None:
    page = (backtested.directory / "report.html").read_text(encoding="utf-8")
    assert 'id="diagnostics"' in page
    assert "Price of additivity" in page
    assert "Would another calibration have been better?" not in page  # too short a history to learn one


def test_many_dates_unfold() -> None:
    result, shown = backtest_result(), "Show 9 dates"
    assert shown not in render_backtest(result)
    for section in ("calibration", "prevalence"):
        rows = result[section]["origins"] * 3
        result[section]["origins"] = [{**row, "as_of": f"2024-09-{day + 1:02d}"} for day, row in enumerate(rows)]
    assert shown in render_backtest(result)


def test_a_result_without_diagnostics_has_no_such_section() -> None:
    result = {k: v for k, v in backtest_result().items() if k not in ("price_of_additivity", "calibration", "choice")}
    assert diagnostic_view(result) is None
    assert 'id="diagnostics"' not in render_backtest(result)
