"""Which model scores: paired gains by hand, and the rules of the choice on losses that are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from healthscore.models.candidates import Candidates
from healthscore.models.choice import choose, paired_gain

ROWS = np.array([10, 11, 12, 13, 14, 15])
"""Of the rows fitted on, those with an out-of-time prediction."""
ACCOUNTS = np.array([99] * 10 + [1, 1, 2, 2, 3, 3])


def candidates(**losses: list[float]) -> Candidates:
    """Losses as they come out of the inner walk-forward; the models themselves are not looked at."""
    return Candidates({}, ROWS, {name: np.array(loss) for name, loss in losses.items()})


def test_the_gain_and_its_error_by_hand() -> None:
    loss, other = np.array([0.5, 0.7, 0.2, 0.9]), np.array([0.4, 0.5, 0.3, 0.7])
    # Differences 0.1, 0.2 of account 1 and -0.1, 0.2 of account 2: mean 0.1.
    # Sums of deviations: 0.1 and -0.1; variance of a sum 2 x (0.01 + 0.01) / (2 - 1), over 4 rows.
    gain, error = paired_gain(loss, other, np.array([1, 1, 2, 2]))
    assert gain == pytest.approx(0.1, abs=1e-12)
    assert error == pytest.approx(math.sqrt(2 * 0.02) / 4, abs=1e-12)


def test_rows_of_their_own_have_the_classic_standard_error() -> None:
    rng = np.random.default_rng(3)
    difference = rng.normal(size=50)
    gain, error = paired_gain(difference, np.zeros(50), np.arange(50))
    assert gain == pytest.approx(difference.mean(), abs=1e-12)
    assert error == pytest.approx(difference.std(ddof=1) / math.sqrt(50), abs=1e-12)


def test_an_account_seen_often_counts_once() -> None:
    rng = np.random.default_rng(3)
    difference = rng.normal(size=50)
    once = paired_gain(difference, np.zeros(50), np.arange(50))
    often = paired_gain(np.repeat(difference, 9), np.zeros(450), np.repeat(np.arange(50), 9))
    assert often == pytest.approx(once, abs=1e-12)


def test_what_accounts_are_called_does_not_matter() -> None:
    difference, zero = np.array([0.1, 0.2, -0.1, 0.2]), np.zeros(4)
    assert paired_gain(difference, zero, np.array([900, 900, -5, -5])) == paired_gain(
        difference, zero, np.array([0, 0, 1, 1])
    )


def test_a_single_account_tells_nothing_but_its_mean() -> None:
    gain, error = paired_gain(np.array([0.3, 0.1]), np.zeros(2), np.array([7, 7]))
    assert gain == pytest.approx(0.2, abs=1e-12)
    assert error == pytest.approx(0.0, abs=1e-12)


def test_the_blend_stays_where_nothing_beats_it_by_more_than_chance() -> None:
    noisy = [0.0, 0.0, 0.9, 0.9, 0.5, 0.5]  # better in the mean, by one account alone
    chosen = choose(candidates(blend=[0.5] * 6, logistic=noisy), ACCOUNTS)
    assert chosen.name == "blend"
    assert chosen.why == "no candidate beat the blend by more than one standard error on 6 earlier outcomes"


def test_a_candidate_that_is_better_for_every_account_replaces_it() -> None:
    chosen = choose(candidates(blend=[0.5] * 6, logistic=[0.4, 0.4, 0.41, 0.41, 0.42, 0.42]), ACCOUNTS)
    # Gains 0.10, 0.09, 0.08 by account; deviations of the sums 0.02, 0, -0.02: sqrt(3 / 2 x 0.0008) / 6.
    assert chosen.name == "logistic"
    assert "beat the blend by 0.0900 of log-loss (standard error 0.0058) on 6 earlier outcomes" in chosen.why
    assert math.sqrt(1.5 * 0.0008) / 6 == pytest.approx(0.0058, abs=5e-5)


def test_of_several_better_ones_the_one_with_the_largest_gain_is_chosen() -> None:
    found = candidates(blend=[0.5] * 6, logistic=[0.4] * 6, additive=[0.3] * 6, unconstrained=[0.45] * 6)
    assert choose(found, ACCOUNTS).name == "additive"


@pytest.mark.parametrize("baseline", ["recency", "tenure", "base_rate"])
def test_a_simple_rule_is_never_chosen(baseline: str) -> None:
    assert choose(candidates(**{"blend": [0.5] * 6, baseline: [0.1] * 6}), ACCOUNTS).name == "blend"


def test_a_short_history_keeps_the_blend_and_says_why() -> None:
    nothing = Candidates({}, np.zeros(0, np.int64), {"blend": np.zeros(0), "logistic": np.zeros(0)})
    chosen = choose(nothing, ACCOUNTS)
    assert chosen.name == "blend"
    assert "too short" in chosen.why


def test_the_run_may_settle_it() -> None:
    chosen = choose(candidates(blend=[0.5] * 6, logistic=[0.4] * 6), ACCOUNTS, "unconstrained")
    assert chosen.name == "unconstrained"
    assert chosen.why.startswith("the run asks for")


def test_every_candidate_is_told_of_and_not_only_the_winner() -> None:
    losses = {"blend": [0.5] * 6, "additive": [0.6] * 6, "logistic": [0.4, 0.4, 0.41, 0.41, 0.42, 0.42]}
    chosen = choose(candidates(**losses, recency=[0.1] * 6), ACCOUNTS)
    assert [(one.name, one.better) for one in chosen.compared] == [("logistic", True), ("additive", False)]
    gain, error = chosen.compared[0].gain, math.sqrt(1.5 * 0.0008) / 6
    critical = 4.302652729911275  # Student's, 3 accounts - 1 degrees of freedom
    assert (gain.estimate, gain.low, gain.high) == pytest.approx(
        (0.09, 0.09 - critical * error, 0.09 + critical * error)
    )
    assert chosen.rows == 6
    told = chosen.as_dict()
    assert told["title"] == "Logistic"
    assert [one["title"] for one in told["candidates"]] == ["Logistic", "Trees"]
    assert told["candidates"][1]["gain"] == pytest.approx({"estimate": -0.1, "low": -0.1, "high": -0.1})


def test_what_a_run_settles_is_compared_all_the_same() -> None:
    settled = choose(candidates(blend=[0.5] * 6, logistic=[0.4] * 6), ACCOUNTS, "blend")
    assert (settled.name, [one.name for one in settled.compared]) == ("blend", ["logistic"])
