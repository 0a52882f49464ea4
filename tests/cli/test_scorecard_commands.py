"""Scoring by a scorecard as a person runs it, on tables without any outcome: what is printed, and what goes wrong."""

from __future__ import annotations

import io
import json
import re
import shutil
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from healthscore.cli import main
from literal_card import literal_run

RUN = """
name = "first_steps"
data_end = 2024-03-02

[as_of]
dates = [2024-03-01]

[sources]
accounts = { contract = "accounts", path = "accounts.csv" }
visits = { contract = "events", path = "events.csv" }
surveys = { contract = "levels", path = "levels.csv" }
cases = { contract = "intervals", path = "intervals.csv" }
subscriptions = { contract = "subscriptions", path = "subscriptions.csv" }

[features]
windows = [28]

[signals]
visits = { source = "visits", component = "use", families = ["frequency"] }
survey = { source = "surveys", component = "survey" }
cases = { source = "cases", component = "support" }

[tracking]
enabled = false
"""
CARD = """
title = "Use, support, survey"

[components.use]
weight = 50
measures = [{ feature = "visits_active_days_28d", linear = [[0, 0], [10, 100]] }]

[components.support]
weight = 30
measures = [{ feature = "cases_open", linear = [[0, 100], [4, 0]], tolerance = 1 }]

[components.survey]
weight = 20
measures = [{ feature = "survey_last", linear = [[0, 0], [10, 100]] }]

[[cap]]
name = "three cases"
when = [{ feature = "cases_open", at_least = 3 }]
band = "needs attention"
"""
AS_OF = ("--as-of", "2024-03-01")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("first")
    literal_run(made)
    (made / "healthscore.toml").write_text(RUN, encoding="utf-8")
    (made / "card.toml").write_text(CARD, encoding="utf-8")
    return made


@pytest.fixture(autouse=True)
def _here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")


def run(*words: object) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main([str(word) for word in words])
        except SystemExit as stopped:
            code = stopped.code if isinstance(stopped.code, int) else 1 if stopped.code else 0
    return code, out.getvalue(), err.getvalue()


def legible(text: str) -> bool:
    return all(len(line.rstrip()) <= 80 for line in text.splitlines())


def test_scores_need_no_model_and_no_outcome(folder: Path) -> None:
    code, out, err = run("score", "--scorecard", "card.toml", *AS_OF)
    assert (code, err) == (0, "")
    flat = " ".join(out.split())
    assert "Scores of 2024-03-01 by scorecard card" in flat
    assert "needs attention 4 healthy 1 (leaving, not scored) 1 (trial, not scored) 1" in flat
    assert "use -50.0: 2 days with rows of visits" in flat
    assert "three cases -15.1: 3 rows of cases open," in flat
    assert "No probability: `healthscore validate` tells what the bands of a score meant." in flat
    assert not re.search(r"\d%", out)
    assert legible(out)
    assert list((folder / "healthscore-out" / "first_steps" / "score-card").glob("*/scores.csv"))


def test_json_has_no_number_that_is_not_known() -> None:
    code, out, err = run("score", "--scorecard", "card.toml", *AS_OF, "--json")
    assert (code, err) == (0, "")
    result = json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    assert (result["expected_exits"], result["period"], result["horizon_days"]) == (None, None, None)
    assert result["scorecard"]["weights"] == {"use": 50.0, "support": 30.0, "survey": 20.0}


def test_an_explanation_shows_sub_scores_weights_points_and_the_rule() -> None:
    code, out, err = run("explain", "b", "--scorecard", "card.toml", *AS_OF)
    assert (code, err) == (0, "")
    flat = " ".join(out.split())
    assert "health 69.9 (needs attention, grade C), rank 4, by scorecard card" in flat
    assert "all points 100.0 support 50.0 30 -15.0" in flat
    assert "rule: three cases -15.1 health 69.9" in flat
    assert "three cases: 3 rows of cases open, so at most 69.9" in flat
    assert "-15.0 3 rows of cases open (free: 1)" in flat
    assert legible(out)


def test_an_explanation_says_what_is_not_known() -> None:
    _, out, _ = run("explain", "c", "--scorecard", "card.toml", *AS_OF)
    assert "survey not known 0 0.0" in " ".join(out.split())
    assert run("explain", "g", "--scorecard", "card.toml", *AS_OF)[1] == (
        "g is leaving: it has a status, not a score\n"
    )


@pytest.mark.parametrize(
    ("words", "found", "remedy"),
    [
        (("--scorecard", "seven_component"), "no scorecard at seven_component", "did you mean the shipped scorecard"),
        (("--scorecard", "card.toml", "--model", "."), "a model and a scorecard were both given", "name the one"),
        (("--scorecard", "empty.toml"), "components.mood: neither `measures` nor `actions`", "give it `measures`"),
        (("--scorecard", "wrong.toml"), "components.use: 'visits_days_28d'; the nearest is", "give [signals.visits]"),
        (("--scorecard", "typo.toml"), "components.use.wieght: unknown key; did you mean `weight`?", "mend the keys"),
    ],
)
def test_what_does_not_fit_exits_with_2_and_says_what_to_do(
    folder: Path, words: tuple[str, ...], found: str, remedy: str
) -> None:
    (folder / "wrong.toml").write_text(CARD.replace("visits_active_days_28d", "visits_days_28d"), encoding="utf-8")
    (folder / "typo.toml").write_text(CARD.replace("weight = 50", "wieght = 50"), encoding="utf-8")
    mood = CARD.replace("weight = 20", "weight = 10") + "\n[components.mood]\nweight = 10\n"
    (folder / "empty.toml").write_text(mood, encoding="utf-8")
    code, out, err = run("score", *words, *AS_OF)
    assert (code, out) == (2, "")
    assert found in err
    assert remedy in err
    assert "Traceback" not in err


def test_dates_before_the_data_exit_with_3() -> None:
    code, out, err = run("score", "--scorecard", "card.toml", "--as-of", "2020-01-01", "--backfill")
    assert (code, out) == (3, "")
    assert "no account is a customer at 2020-01-01: the data begin on 2023-01-01" in err


def test_a_run_that_names_a_scorecard_still_scores_by_its_model(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "named")
    outcome = '\n[outcome]\nkind = "churn"\nsource = "subscriptions"\nhorizon_days = 30\n'
    path = tmp_path / "named" / "healthscore.toml"
    path.write_text('scorecard = "card.toml"\n' + RUN + outcome, encoding="utf-8")
    code, _, err = run("score", path, *AS_OF, "--out", tmp_path / "out")
    assert code == 2
    assert "holds no trained model of first_steps" in err
    assert run("score", path, *AS_OF, "--scorecard", "card.toml", "--out", tmp_path / "out")[0] == 0
