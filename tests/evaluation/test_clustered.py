"""Account-clustered resampling: equal to a plain loop, honest in coverage (T10, T11 in small), independent of order."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom

from healthscore.errors import ConfigurationError, InputError
from healthscore.evaluation.clustered import intervals, paired_difference, resample
from healthscore.evaluation.metrics import METRICS, Metric, top_metrics
from healthscore.evaluation.proportions import NOT_COMPUTABLE

RESAMPLED = [name for name, metric in METRICS.items() if metric.interval]


class Book:
    """Accounts scored at several dates: a lasting leaning towards churn, and three models that see part of it."""

    def __init__(self, seed: int, accounts: int = 150, dates: int = 5, rounded: bool = True) -> None:
        chance = np.random.default_rng(seed)
        self.account = np.repeat(np.arange(accounts), dates)
        lasting = np.repeat(chance.normal(size=accounts), dates)
        passing = chance.normal(0.0, 0.5, self.account.size)
        z = -1.0 + lasting + passing
        # One draw of luck per account: its outcomes at the dates go together, far from independent.
        luck = np.repeat(chance.random(accounts), dates)
        self.y: NDArray[np.int8] = (luck < 1 / (1 + np.exp(-z))).astype(np.int8)
        noise = chance.normal(0.0, 0.7, (3, self.account.size))
        p = 1 / (1 + np.exp(-(z + noise)))
        self.models = {name: np.round(one, 2) if rounded else one for name, one in zip("abc", p, strict=True)}
        self.value = chance.gamma(2.0, 50.0, self.account.size)
        self.weight = chance.integers(1, 3, self.account.size).astype(float)


def naive(book: Book, model: str, metric: Metric, resamples: int, seed: int) -> NDArray[np.float64]:
    """The oracle: draw accounts, copy their rows as often as drawn, compute the metric on the copies."""
    chance = np.random.default_rng(seed)
    accounts = np.unique(book.account)
    rows_of = [np.flatnonzero(book.account == account) for account in accounts]
    figures = []
    for _ in range(resamples):
        drawn = chance.integers(0, accounts.size, accounts.size)
        rows = np.concatenate([rows_of[one] for one in drawn])
        figure = metric.function(book.y[rows], book.models[model][rows], book.weight[rows], book.value[rows])
        figures.append(np.nan if figure is None else figure)
    return np.array(figures)


@pytest.mark.parametrize("rounded", [True, False])
@pytest.mark.parametrize("name", RESAMPLED)
def test_resamples_equal_a_plain_loop_that_copies_rows(name: str, rounded: bool) -> None:
    book = Book(1, accounts=300, rounded=rounded)
    said = resample(
        book.y, book.models, book.account, [name], resamples=30, seed=5, value=book.value, weight=book.weight
    )
    # The calibration line takes one corrected Newton step from the full fit instead of a fit per resample.
    tolerance = 0.02 if name.startswith("calibration") else 1e-12
    for model in book.models:
        expected = naive(book, model, METRICS[name], 30, 5)
        np.testing.assert_allclose(said.draws[model][name], expected, atol=tolerance, rtol=0)
        assert said.estimates[model][name] == METRICS[name].function(
            book.y, book.models[model], book.weight, book.value
        )


def test_one_step_gives_the_interval_of_the_calibration_slopes_full_fit() -> None:
    book = Book(2, accounts=400)
    full = np.quantile(naive(book, "a", METRICS["calibration_slope"], 300, 8), [0.025, 0.975])
    said = resample(book.y, book.models, book.account, ["calibration_slope"], resamples=300, seed=8, weight=book.weight)
    interval = said.interval("a", "calibration_slope")
    assert [interval.low, interval.high] == pytest.approx(full, abs=0.02 * (full[1] - full[0]))


def test_a_metric_without_a_fast_way_is_resampled_one_by_one() -> None:
    slow = Metric("slow", "", "", METRICS["auc"].function, higher_is_better=True)
    book = Book(3)
    said = resample(book.y, book.models, book.account, [slow, "auc"], resamples=20, seed=1)
    np.testing.assert_allclose(said.draws["b"]["slow"], said.draws["b"]["auc"], atol=1e-12)


def test_chunks_do_not_change_the_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    book = Book(4)
    whole = intervals(book.y, book.models, book.account, ["auc", "lift_10"], resamples=50, seed=2)
    monkeypatch.setattr("healthscore.evaluation.clustered.CHUNK_CELLS", 7 * book.y.size)
    parts = intervals(book.y, book.models, book.account, ["auc", "lift_10"], resamples=50, seed=2)
    for model, figures in whole.items():
        for metric, estimate in figures.items():
            assert parts[model][metric].as_dict() == pytest.approx(estimate.as_dict(), abs=1e-12)


def test_same_seed_same_interval_other_seed_another() -> None:
    book = Book(5)
    first, second, third = (
        intervals(book.y, book.models, book.account, RESAMPLED, resamples=40, seed=seed) for seed in (1, 1, 2)
    )
    assert first == second
    assert first != third


@pytest.mark.parametrize("kind", ["numbers", "texts", "tuples", "mixed"])
def test_neither_the_order_of_the_rows_nor_the_kind_of_id_changes_the_interval(kind: str) -> None:
    book = Book(6)
    accounts = book.account.tolist()
    ids: ArrayLike = accounts
    if kind == "texts":
        ids = [f"A{i:05}" for i in accounts]
    elif kind == "tuples":
        ids = [(1, i) for i in accounts]
    elif kind == "mixed":
        ids = np.array([i if i < 100 else f"A{i}" for i in accounts], dtype=object)
    order = np.random.default_rng(0).permutation(book.y.size)
    shuffled = np.asarray(ids)[order]
    straight = intervals(book.y, book.models, ids, RESAMPLED, resamples=30, seed=3, value=book.value)
    mixed = intervals(
        book.y[order],
        {model: p[order] for model, p in book.models.items()},
        shuffled,
        RESAMPLED,
        resamples=30,
        seed=3,
        value=book.value[order],
    )
    for model in book.models:
        for metric in RESAMPLED:
            assert mixed[model][metric].as_dict() == pytest.approx(straight[model][metric].as_dict(), abs=1e-9)
    if kind in {"numbers", "texts"}:
        plain = intervals(book.y, book.models, book.account, ["auc"], resamples=30, seed=3)
        assert straight["a"]["auc"] == plain["a"]["auc"]


def test_one_account_has_figures_and_no_interval() -> None:
    answer = intervals([0, 1, 0], {"m": [0.1, 0.5, 0.3]}, ["A", "A", "A"], ["auc", "log_loss"], resamples=20, seed=1)
    assert answer["m"]["auc"].as_dict() == {"estimate": 1.0, "low": None, "high": None}
    assert answer["m"]["log_loss"].low is None


def test_where_resamples_often_have_no_churner_there_is_no_interval() -> None:
    y = [1, 0, 0, 0, 0, 0]  # 33 % of the resamples miss the only churner
    answer = intervals(y, {"m": [0.5, 0.1, 0.2, 0.3, 0.4, 0.6]}, range(6), ["auc", "brier"], resamples=200, seed=1)
    assert answer["m"]["auc"].as_dict() == {"estimate": 0.8, "low": None, "high": None}
    assert answer["m"]["brier"].low is not None


@pytest.mark.parametrize("y", [[], [0, 0, 0]])
def test_not_computable_is_none_and_never_nan(y: list[int]) -> None:
    p = [0.1, 0.2, 0.3][: len(y)]
    answer = intervals(y, {"m": p}, range(len(y)), ["auc", "capture_10", "calibration_slope"], resamples=20, seed=1)
    for estimate in answer["m"].values():
        assert estimate.as_dict() == {"estimate": None, "low": None, "high": None}


def test_calibration_error_has_no_interval_because_resampling_adds_to_it() -> None:
    book = Book(7)
    estimate = intervals(book.y, book.models, book.account, ["ece"], resamples=20, seed=1)["a"]["ece"]
    assert estimate.estimate is not None
    assert estimate.low is None


def test_rows_of_weight_zero_bring_no_accounts() -> None:
    book = Book(8)
    weight = (book.account % 3 > 0).astype(float)
    there = weight > 0
    narrowed = intervals(
        book.y[there],
        {model: p[there] for model, p in book.models.items()},
        book.account[there],
        ["auc", "brier"],
        resamples=20,
        seed=1,
    )
    assert (
        intervals(book.y, book.models, book.account, ["auc", "brier"], resamples=20, seed=1, weight=weight) == narrowed
    )


def test_differences_are_paired() -> None:
    book = Book(9)
    twin = {"first": book.models["a"], "second": book.models["a"].copy(), "other": book.models["b"]}
    said = resample(book.y, twin, book.account, ["log_loss"], resamples=100, seed=1)
    same = said.interval("first", "log_loss", minus="second")
    assert (same.estimate, same.low, same.high) == (0.0, 0.0, 0.0)
    paired = said.standard_error("first", "log_loss", minus="other")
    alone = said.standard_error("first", "log_loss")
    assert paired is not None
    assert alone is not None
    assert paired < alone  # what the models share cancels
    assert said.differences("first")["other"]["log_loss"] == paired_difference(
        book.y, twin["first"], twin["other"], book.account, "log_loss", resamples=100, seed=1
    )


def test_one_sided_bounds_leave_five_percent_on_one_side() -> None:
    book = Book(10)
    said = resample(book.y, book.models, book.account, ["auc"], resamples=400, seed=1)
    low, high = said.lower_bound("a", "auc"), said.upper_bound("a", "auc")
    assert [low, high] == pytest.approx(np.quantile(said.draws["a"]["auc"], [0.05, 0.95]), abs=1e-12)
    assert said.lower_bound("a", "auc", minus="b") == pytest.approx(
        np.quantile(said.draws["a"]["auc"] - said.draws["b"]["auc"], 0.05), abs=1e-12
    )


def test_a_teams_capacity_is_a_metric_like_any_other() -> None:
    book = Book(12)
    lift, capture, revenue = top_metrics(0.1, "capacity")
    answer = intervals(
        book.y, book.models, book.account, [capture, lift, revenue, "capture_10"], resamples=20, seed=1,
        value=book.value,
    )["a"]  # fmt: skip
    assert answer["capture_capacity"] == answer["capture_10"]
    assert list(answer) == ["capture_capacity", "lift_capacity", "revenue_capture_capacity", "capture_10"]


def test_a_misspelt_metric_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(ConfigurationError, match="did you mean `log_loss`"):
        intervals([0, 1], {"m": [0.1, 0.2]}, [1, 2], ["logloss"], seed=1)


def test_points_of_a_scorecard_have_intervals_where_ranking_is_enough() -> None:
    book = Book(13)
    both = {"model": book.models["a"], "scorecard": 100 * book.models["a"] - 30}
    names = ["auc", "capture_10", "log_loss", "brier_skill", "observed_expected", "calibration_slope"]
    answer = intervals(book.y, both, book.account, names, resamples=20, seed=1)
    assert answer["scorecard"]["auc"] == answer["model"]["auc"]
    assert answer["scorecard"]["capture_10"] == answer["model"]["capture_10"]
    assert all(answer["scorecard"][name] == NOT_COMPUTABLE for name in names[2:])


def test_one_account_id_per_row() -> None:
    with pytest.raises(InputError, match="3 account ids for 2 rows"):
        intervals([0, 1], {"m": [0.1, 0.2]}, [1, 2, 3], ["auc"], seed=1)


# --- coverage, in small: T10 and T11 (the 200-seed suites are run by command) -------------------------------------

SEEDS = 40
COVERED_AT_LEAST = int(binom.ppf(0.001, SEEDS, 0.95))
"""An honest 95 % interval falls below this in one of a thousand suites."""


@pytest.fixture(scope="module")
def suite() -> tuple[dict[str, float], list[dict[str, tuple[float, float]]], list[bool]]:
    """True figures of model a from a very large book, 40 small books' intervals, and a against its equal b."""
    large = Book(999, accounts=100_000, rounded=False)
    names = ["auc", "log_loss", "brier", "capture_10", "pr_auc", "observed_expected", "calibration_slope"]
    truth = {name: METRICS[name].function(large.y, large.models["a"]) for name in names}
    found, called = [], []
    for seed in range(SEEDS):
        book = Book(seed, accounts=250, rounded=False)
        said = resample(book.y, book.models, book.account, names, resamples=300, seed=seed)
        found.append({name: said.interval("a", name) for name in names})
        called.append(said.interval("a", "log_loss", minus="b").excludes(0.0))
    bounds = [{name: (e.low or 0.0, e.high or 0.0) for name, e in one.items()} for one in found]
    return {name: figure or 0.0 for name, figure in truth.items()}, bounds, called


@pytest.mark.parametrize(
    "name", ["auc", "log_loss", "brier", "capture_10", "pr_auc", "observed_expected", "calibration_slope"]
)
def test_clustered_intervals_cover_the_truth(
    name: str, suite: tuple[dict[str, float], list[dict[str, tuple[float, float]]], list[bool]]
) -> None:
    truth, found, _ = suite
    covered = sum(one[name][0] <= truth[name] <= one[name][1] for one in found)
    assert covered >= COVERED_AT_LEAST, f"{covered} of {SEEDS}"


def test_intervals_that_ignore_accounts_do_not_cover() -> None:
    """The reason for all this: the same book with every row its own account."""
    large = Book(999, accounts=50_000, dates=12, rounded=False)
    truth = METRICS["log_loss"].function(large.y, large.models["a"])
    assert truth is not None
    covered = 0
    for seed in range(SEEDS):
        book = Book(seed, accounts=250, dates=12, rounded=False)
        rows = range(book.y.size)
        one = intervals(book.y, {"a": book.models["a"]}, rows, ["log_loss"], resamples=100, seed=seed)["a"]["log_loss"]
        covered += (one.low or 0.0) <= truth <= (one.high or 0.0)
    assert covered < COVERED_AT_LEAST


def test_two_equal_models_are_rarely_called_different(
    suite: tuple[dict[str, float], list[dict[str, tuple[float, float]]], list[bool]],
) -> None:
    assert sum(suite[2]) <= int(binom.ppf(0.999, SEEDS, 0.05))
