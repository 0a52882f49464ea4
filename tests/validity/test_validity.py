"""A small, deterministic part of every suite, and the machinery that measures the rest (`make validity`)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import beta
from threadpoolctl import threadpool_limits

from healthscore.tables.simulator import WORLDS
from validity import runner
from validity.lines import Line, each_line, exact_limits, mean_line, share_line
from validity.page import page, rows_of
from validity.suite import Outcome, Suite, fingerprint
from validity.suites import SUITES
from validity.suites.changes import measure_decision, measure_grid
from validity.suites.endtoend import plain_run
from validity.suites.learned import measure_learned, measure_null
from validity.suites.planted import measure_pair, measure_turned, measure_weights
from validity.truths import learned_truth, ranking_truth, stored
from validity.worlds import CORRELATION, EQUAL, PLANTED, SUBSCORE_WORLDS, UNEQUAL


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Like the processes of a measurement: on a busy machine, threads wait for each other ten times as long."""
    with threadpool_limits(1):
        yield


def test_what_nothing_predicts_gets_no_weights() -> None:
    said = measure_null(1)
    assert said["auc"]["low"] <= 0.5 <= said["auc"]["high"]
    assert said["card"] != "change"
    assert said["learned"] != "change"


def test_intervals_hold_what_a_large_sample_shows() -> None:
    for suite in ("T10 additive 300", "T10 drift 300"):
        said = SUITES[suite].measure(3)
        for line in SUITES[suite].lines([said]):
            assert line.measured.startswith("1 of 1"), line


def test_equally_good_scores_are_left_equal() -> None:
    assert not any(SUITES["T11 1000"].measure(1)["different"].values())


def test_intervals_of_weights_hold_the_planted_ones() -> None:
    said = [measure_weights("additive", 1_700, number) for number in range(5)]
    lines = SUITES["T28 additive 300"].lines(said)
    assert [line.test for line in lines] == ["T28", "T28"]
    assert share_of(lines[1]) >= 0.9


def test_learned_weights_are_near_the_planted_ones() -> None:
    error, rank, top = SUITES["T29 learned-shapes"].lines([measure_learned("learned-shapes", 0)])
    assert float(error.measured.split()[0]) <= 3.0
    assert float(rank.measured) >= 0.95
    assert top.measured.startswith("1 of 1")


def test_a_correlated_pair_is_wider_and_told_jointly() -> None:
    said = measure_pair(0)
    assert min(said["wider"]) >= 1.4
    assert said["jointly"]
    assert not said["jointly apart"]


def test_right_weights_stay_and_wrong_ones_are_changed() -> None:
    assert measure_decision(SUBSCORE_WORLDS["additive"], PLANTED, 1_700, 0)["decision"] == "keep"
    said = measure_decision(SUBSCORE_WORLDS["unequal"], EQUAL, 3_000, 0)
    assert said["decision"] == "change"
    before, after = (
        sum(abs(weights[name] - truth) for name, truth in UNEQUAL.items()) for weights in (EQUAL, said["recommended"])
    )
    assert after < before


def test_a_sub_score_that_is_upside_down_is_flagged() -> None:
    verdicts = {name: one["verdict"] for name, one in measure_turned(0)["components"].items()}
    assert [name for name, verdict in verdicts.items() if verdict == "wrong direction"] == ["satisfaction"]


def test_no_change_is_farther_than_the_free_refit_or_off_the_grid() -> None:
    for line in SUITES["T33"].lines([measure_grid(0)]):
        assert line.passed, line


def share_of(line: Line) -> float:
    successes, _, tries = line.measured.replace(",", "").split()[:3]
    return int(successes) / int(tries)


@pytest.mark.parametrize("world", ["additive", "drift"])
def test_stored_truths_of_rankings_are_those_of_a_large_sample(world: str) -> None:
    again = ranking_truth(WORLDS[world], 10_000, seed=900)
    kept = stored()["ranking"][world]
    assert again["auc"] == pytest.approx(kept["auc"], abs=0.01)
    assert again["red"] == pytest.approx(kept["red"], rel=0.08)
    assert again["lift"] == pytest.approx(kept["lift"], rel=0.08)


@pytest.mark.parametrize("world", ["additive", "learned-shapes"])
def test_stored_truths_of_learned_weights_are_those_of_a_large_sample(world: str) -> None:
    assert learned_truth(WORLDS[world], 10_000, seed=900) == pytest.approx(stored()["learned"][world], abs=0.02)


def test_the_correlated_pair_correlates_as_told_among_the_accounts_at_risk() -> None:
    rows = SUBSCORE_WORLDS["correlated"].draw(8_000, 0)
    mean = {day: rows.s[rows.day == day].mean(axis=0) for day in np.unique(rows.day)}
    centred = rows.s - np.stack([mean[day] for day in rows.day])
    assert np.corrcoef(centred[:, 0], centred[:, 1])[0, 1] == pytest.approx(0.8, abs=0.01)
    assert CORRELATION > 0.8


def test_equal_weights_differ_from_the_unequal_by_six_tenths() -> None:
    assert sum(abs(UNEQUAL[name] - EQUAL[name]) for name in UNEQUAL) == pytest.approx(0.6)
    assert sum(UNEQUAL.values()) == pytest.approx(1.0)


def test_limits_are_the_exact_binomial_ones() -> None:
    low, high = exact_limits(190, 200)
    assert low == pytest.approx(beta.ppf(0.025, 190, 11))
    assert high == pytest.approx(beta.ppf(0.975, 191, 10))
    assert exact_limits(0, 200)[0] == 0.0
    assert exact_limits(200, 200)[1] == 1.0


@pytest.mark.parametrize(("held", "passed"), [(179, False), (180, True), (198, True), (199, False)])
def test_thresholds_are_those_of_the_method(held: int, passed: bool) -> None:
    outcomes = [True] * held + [False] * (200 - held)
    line = share_line("T10", "coverage", outcomes, low=0.90, high=0.99)
    assert (line.threshold, line.passed) == ("180-198", passed)
    every = each_line("T28", "coverage", {"one": outcomes, "other": [True] * 190 + [False] * 10}, low=0.90, high=0.99)
    assert (every.threshold, every.passed) == ("each 180-198", passed)


def test_at_most_eighteen_of_two_hundred() -> None:
    for changed, passed in ((18, True), (19, False)):
        line = share_line("T31", "changes", [True] * changed + [False] * (200 - changed), high=0.09)
        assert (line.threshold, line.passed) == ("at most 18", passed)


def test_a_mean_is_held_against_its_bounds() -> None:
    assert mean_line("T29", "error", [2.0, 4.0], high=3.0, unit=" points").passed
    assert not mean_line("T29", "error", [2.0, 4.1], high=3.0, unit=" points").passed


def doubled(number: int) -> Outcome:
    return {"value": 2 * number}


def value_lines(said: Sequence[Outcome]) -> list[Line]:
    return [share_line("T0", "values above 2", [one["value"] > 2 for one in said], low=0.9)]


TINY = Suite("T0", doubled, value_lines, ("errors.py",), seeds=4)


def kept(path: Path, suite: Suite, numbers: Sequence[int], version: str | None = None) -> None:
    with path.open("a", encoding="utf-8") as file:
        for number in numbers:
            line = {"suite": suite.name, "seed": number, "version": version or suite.version, "seconds": 0.1}
            file.write(json.dumps(line | {"outcome": suite.measure(number)}) + "\n")


def test_what_is_measured_is_not_measured_again(tmp_path: Path) -> None:
    path = tmp_path / "outcomes.jsonl"
    kept(path, TINY, [0, 2])
    kept(path, TINY, [1], version="of other code")
    path.write_text(path.read_text() + '{"suite": "T0", "se', encoding="utf-8")
    lines = runner.recorded(path)
    assert [key[1] for key in runner.missing([TINY], lines, None)] == [1, 3]
    assert runner.outcomes(TINY, lines, 4) == [{"value": 0}, {"value": 4}]


def test_outcomes_are_appended_by_other_processes(tmp_path: Path) -> None:
    path = tmp_path / "results" / "outcomes.jsonl"
    path.parent.mkdir()
    path.write_text('{"cut": ', encoding="utf-8")
    suite = SUITES["T10 additive 300"]
    told: list[tuple[int, int, str]] = []
    runner.run([(suite.name, 0, suite.version)], path, 1, lambda *done: told.append(done))
    lines = runner.recorded(path)
    assert runner.outcomes(suite, lines, 200) == [suite.measure(0)]
    assert told == [(1, 1, suite.name)]


def test_a_suite_is_another_when_its_code_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("validity.suite.PACKAGE", tmp_path)

    def of(text: str) -> str:
        (tmp_path / "code.py").write_text(text, encoding="utf-8")
        fingerprint.cache_clear()
        return fingerprint("code.py")

    first = of('"""Words."""\nx = 1\n')
    assert of('"""Other words."""\n\nx = 1  # the same\n') == first
    assert of('x = 1\n\ndef told_lines():\n    return "read"\n') == first
    assert of('"""Words."""\nx = 2\n') != first
    recipe = of("recipe = Recipe(strength=3.5, large_sample=0.4)\n")
    assert of("recipe = Recipe(strength=3.5, large_sample=0.39)\n") == recipe
    assert of("recipe = Recipe(strength=3.4, large_sample=0.4)\n") != recipe
    with pytest.raises(FileNotFoundError, match="no code"):
        fingerprint("nowhere.py")
    fingerprint.cache_clear()


def test_a_suite_is_another_when_a_shipped_file_says_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("validity.suite.SHIPPED", tmp_path)

    def of(text: str) -> str:
        (tmp_path / "card.toml").write_text(text, encoding="utf-8")
        fingerprint.cache_clear()
        return fingerprint("shipped:card.toml")

    first = of("weight = 20\n")
    assert of("# why\nweight = 20   # a fifth\n") == first
    assert of("weight = 25\n") != first
    fingerprint.cache_clear()


def test_the_page_shows_what_is_missed_and_what_is_unfinished(tmp_path: Path) -> None:
    path = tmp_path / "outcomes.jsonl"
    kept(path, TINY, [0, 1, 2])
    unfinished = rows_of([TINY], runner.recorded(path), None)
    assert unfinished[0]["verdict"] == "unfinished (3 of 4 seeds)"
    kept(path, TINY, [3])
    rows = rows_of([TINY], runner.recorded(path), None)
    assert rows[0]["verdict"] == "**missed**"
    text = page([TINY], rows, "one minute")
    assert "| T0 | values above 2 | at least 90 % | 2 of 4 (50.0 %) | 6.8-93.2 % | **missed** |" in text
    assert "| T0 |  | at least 90 % | 50 % | **missed** in 1 of 1 |" in text
    assert "End to end" not in text


AUDITED = {"T90", "T91", "T92"}
"""Suites of the audit, of which the method says nothing."""


def test_every_suite_of_the_method_is_there() -> None:
    promised = {"T8", "T10", "T11", "T28", "T29", "T30", "T31", "T32", "T33", "T34", *AUDITED}
    assert {name.split()[0] for name in SUITES if not SUITES[name].end_to_end} == promised
    first = [suite for name, suite in SUITES.items() if not name.endswith("again")]
    assert all(suite.seeds == (20 if suite.end_to_end else 200) for suite in first)
    assert all(suite.version for suite in SUITES.values())


def test_end_to_end_runs_are_the_shipped_ones_without_their_further_outcomes() -> None:
    text = 'name = "saas"\ngrowth = "a"\nscorecard = "s"\n[outcome]\nkind = "churn"\n# more\n[outcomes.a]\nkind = "x"\n'
    text += '[outcomes.b]\nkind = "y"\n[report]\ncapacity = 5\n'
    assert plain_run(text, carded=True) == (
        'threads = 1\nname = "saas"\nscorecard = "s"\n[outcome]\nkind = "churn"\n# more\n[report]\ncapacity = 5\n\n'
        "[tracking]\nenabled = false\n"
    )
    assert plain_run(text, carded=False) == plain_run(text, carded=True).replace('scorecard = "s"\n', "")
