"""Components alone, and leavers found by other weights: hand-computed figures."""

from __future__ import annotations

import numpy as np
import pytest

from healthscore.evaluation.announced import churners_found
from healthscore.models.weights.rows import WeightRows
from healthscore.pipelines.weighing.alone import alone_figures
from healthscore.pipelines.weighing.gain import found_gain


def test_a_component_alone_leads_or_not() -> None:
    random = np.random.default_rng(2)
    y = (random.random(600) < 0.3).astype(np.int8)
    s = np.column_stack([50 - 20 * y, 50 + 20 * y, np.full(600, 50)]) + random.normal(0, 20, (600, 3))
    s[:, 2] = 50.0
    rows = WeightRows(
        ("falls", "rises", "still"), s, y, np.zeros(600, np.int64), np.zeros(600, np.int64), np.arange(600)
    )
    found = alone_figures(rows, np.ones((600, 3), np.bool_), resamples=200, seed=1)
    assert {name: one["leads"] for name, one in found.items()} == {
        "falls": "yes",
        "rises": "opposite",
        "still": "not shown",
    }
    assert found["still"]["auc"]["estimate"] == 0.5
    assert found["falls"]["auc"]["low"] > 0.5 > found["rises"]["auc"]["high"]


def test_without_leavers_nothing_leads() -> None:
    rows = WeightRows(
        ("a",), np.ones((5, 1)), np.zeros(5, np.int8), np.zeros(5, np.int64), np.zeros(5, np.int64), np.arange(5)
    )
    nothing = {"a": {"auc": {"estimate": None, "low": None, "high": None}, "leads": "not shown"}}
    for known in (np.ones((5, 1), np.bool_), np.zeros((5, 1), np.bool_)):
        assert alone_figures(rows, known, resamples=20, seed=1) == nothing


def test_what_is_filled_in_speaks_for_no_component() -> None:
    """A survey that nobody but every tenth account answered, at random: the rest was filled with what usage says."""
    random = np.random.default_rng(4)
    y = (random.random(800) < 0.3).astype(np.int8)
    usage = 50 - 20 * y + random.normal(0, 15, 800)
    answered = np.arange(800) % 10 == 0
    survey = np.where(answered, random.uniform(0, 100, 800), usage)
    known = np.column_stack([np.ones(800, np.bool_), answered])
    zeros = np.zeros(800, np.int64)
    rows = WeightRows(("usage", "survey"), np.column_stack([usage, survey]), y, zeros, zeros, np.arange(800))
    everything = alone_figures(rows, np.ones((800, 2), np.bool_), resamples=200, seed=1)
    assert everything["survey"]["leads"] == "yes"
    found = alone_figures(rows, known, resamples=200, seed=1)
    assert found["usage"] == everything["usage"]
    assert found["survey"]["leads"] == "not shown"
    y, points = y[answered], survey[answered]
    pairs = points[y == 1][:, None] < points[y == 0]
    assert found["survey"]["auc"]["estimate"] == pytest.approx(pairs.mean())


def test_all_components_are_tested_together_wherever_each_is_known() -> None:
    """A component that would pass for itself does not beside others, although none is known on the same rows."""
    random = np.random.default_rng(2)
    y = (np.arange(400) % 4 == 0).astype(np.int8)
    s = random.normal(50, 15, (400, 6))
    s[:, 0] -= 3.5 * y
    known = np.ones((400, 6), np.bool_)
    known[np.arange(6), np.arange(6)] = False
    zeros = np.zeros(400, np.int64)
    rows = WeightRows(tuple("abcdef"), s, y, zeros, zeros, np.arange(400))
    single = WeightRows(("a",), s[:, :1], y, zeros, zeros, np.arange(400))
    assert alone_figures(single, known[:, :1], resamples=300, seed=1)["a"]["leads"] == "yes"
    assert alone_figures(rows, known, resamples=300, seed=1)["a"]["leads"] == "not shown"


def test_leavers_found_by_old_and_new() -> None:
    # Twenty accounts at two dates; the worst tenth are 2. Accounts 0 and 1 leave, seen at both dates; 2 leaves later.
    day = np.repeat([0, 30], 20)
    account = np.tile(np.arange(20), 2)
    y = np.isin(account, (0, 1)).astype(np.int8)
    y[(account == 2) & (day == 30)] = 1
    old = account.astype(float)  # holds accounts 0 and 1 at both dates
    new = np.where(account == 1, 50.0, account.astype(float))  # holds 0 and 2
    found = found_gain(y, old, new, day, account, account, value=10.0 * (account + 1), resamples=100, seed=1)
    assert found["churners"]["exits"] == 3
    assert [found["churners"][key]["estimate"] for key in ("old", "new", "difference")] == pytest.approx([2, 2, 0])
    # account 0 is worth 10, 1 is worth 20, 2 is worth 30, each once
    assert found["revenue"]["old"]["estimate"] == pytest.approx(30 / 60)
    assert found["revenue"]["new"]["estimate"] == pytest.approx(40 / 60)
    single = churners_found(y, -old, day, account, account)
    assert found["churners"]["old"]["estimate"] == pytest.approx(single.rate.times(single.n).estimate)


def test_nobody_to_find() -> None:
    nobody = np.zeros(4)
    assert found_gain(nobody, nobody, nobody, nobody, nobody, np.arange(4), resamples=10, seed=1) == {
        "churners": None,
        "revenue": None,
    }
    left = np.ones(4)
    worthless = found_gain(left, nobody, nobody, nobody, np.arange(4), np.arange(4), value=nobody, resamples=10, seed=1)
    assert worthless["revenue"] is None
