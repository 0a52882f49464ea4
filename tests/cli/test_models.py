"""`healthscore models` as a person reads it, at 80 columns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import healthscore
from displayed import said
from healthscore.cli import main
from healthscore.models.health import ScoreScale
from healthscore.pipelines.registry.promotion import Promotion
from healthscore.pipelines.registry.scales import crosswalk
from healthscore.pipelines.registry.wording import sentences_of

RUN = """
name = "small"
data_end = 2024-07-01
[sources.usage]
contract = "events"
path = "usage.csv"
[outcome]
kind = "churn"
source = "usage"
horizon_days = 60
"""


Capture = pytest.CaptureFixture[str]


def run(capsys: Capture, *arguments: object) -> tuple[int, str, str]:
    """Run the command line in this process: exit code, standard output, standard error."""
    code = 0
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as stopped:
        code = stopped.code if isinstance(stopped.code, int) else 1 if stopped.code else 0
    said = capsys.readouterr()
    return code, said.out, said.err


def legible(text: str) -> bool:
    """Nothing is wider than the terminal."""
    return all(len(line.rstrip()) <= 80 for line in text.splitlines())


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "healthscore.toml"
    path.write_text(RUN)
    return path


def estimate(value: float, off: float = 0.03) -> dict[str, float]:
    return {"estimate": value, "low": value - off, "high": value + off}


def outcome_of(decision: str, *, method: str = "frozen champion", new_scale: bool = False) -> dict[str, Any]:
    """A result of a promotion, as `promote` gives it."""
    figures = {"auc": estimate(0.7955), "log_loss": estimate(0.1091), "lift_10": estimate(4.2, 1.3)}
    base = method == "base rate"
    walk = {"from": 1, "to": 2, "scores": {"bundle": crosswalk(ScoreScale.relative(0.04), ScoreScale.relative(0.05))}}
    result: dict[str, Any] = {
        "run": "small",
        "decision": decision,
        "version": 2,
        "before": None if base else 1,
        "champion": 2 if decision == "promoted" else None if base else 1,
        "forced": False,
        "why": None,
        "uncompared": None,
        "comparison": {
            "method": method,
            "rival": "base_rate" if base else "champion",
            "origins": ["2024-11-01", "2025-04-01"],
            "n": 1818,
            "events": 49,
            "exiting_accounts": 45,
            "exiting_since_champion": 45,
            "models": {"challenger": figures, "base_rate" if base else "champion": figures},
            "difference": {"log_loss": estimate(0.0013, 0.0018)},
            "upper_bound": 0.0029,
            "margin": {"share": 0.01, "log_loss": 0.0011},
        },
        "scale": {
            "scale": 2 if new_scale else 1,
            "before": None if base else 1,
            "crosswalk": walk if new_scale else None,
        },
        "movement": {
            "as_of": "2025-04-01",
            "accounts": 471,
            "changed": 107,
            "bands": {"before": {"red": 74, "green": 397}, "after": {"red": 58, "green": 413}},
        },
        "bundle": "models/2/bundle",
        "warnings": [],
    }
    return result | {"sentences": sentences_of(result)}


def test_without_a_version_the_list_says_how_to_get_one(small: Path, capsys: Capture) -> None:
    code, out, err = run(capsys, "models", "list", small)
    assert (code, err) == (0, "")
    assert "`healthscore train` registers one" in out
    assert json.loads(run(capsys, "models", "list", small, "--json")[1])["versions"] == []


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("promote",), "has no challenger"),
        (("promote", "--version", 3), "has no version 3"),
        (("promote", "--force"), "no reason is given"),
        (("promote", "--margin", 2), "is no share"),
        (("rollback", "--why", "odd"), "there is no champion"),
    ],
)
def test_what_cannot_be_done_is_refused(small: Path, words: tuple[object, ...], fault: str, capsys: Capture) -> None:
    code, out, err = run(capsys, "models", words[0], small, *words[1:])
    assert (code, out) == (2, "")
    assert fault in err
    assert "remedy: " in err


def test_a_rollback_without_a_reason_is_not_even_tried(small: Path, capsys: Capture) -> None:
    code, _, err = run(capsys, "models", "rollback", small)
    assert code == 2
    assert "--why" in err


@pytest.mark.parametrize(
    "result",
    [
        outcome_of("promoted"),
        outcome_of("promoted", new_scale=True),
        outcome_of("kept"),
        outcome_of("kept", method="both recipes"),
        outcome_of("promoted", method="one recipe"),
        outcome_of("promoted", method="base rate"),
    ],
)
def test_a_promotion_is_told_in_words_that_fit(
    small: Path, monkeypatch: pytest.MonkeyPatch, result: dict[str, Any], capsys: Capture
) -> None:
    monkeypatch.setattr(healthscore, "promote", lambda *given, **also: Promotion(result), raising=False)
    code, out, err = run(capsys, "models", "promote", small)
    assert (code, err) == (0, "")  # a decision against it is no error
    assert legible(out)
    shown = " ".join(out.split())
    assert "0.1091 (0.0791–0.1391)" in shown
    assert ("is the champion" in shown) == (result["decision"] == "promoted")
    assert ("stays the champion" in shown) == (result["decision"] == "kept")
    assert ("Crosswalk" in shown) == (result["scale"]["scale"] == 2)
    seen = said(Promotion(result))
    kept = result["decision"] == "kept"
    assert ("Version 2 is not promoted" if kept else "Version 2 is the champion") in seen.splitlines()
    assert "0.1091 (0.0791–0.1391)" in seen
    assert all(sentence in seen.splitlines() for sentence in result["sentences"])
    assert ("The same risk on both scales" in seen) == (result["scale"]["scale"] == 2)


def test_the_history_fits_the_terminal(small: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    about = {"author": "ada", "forced": True, "at": "2025-07-01", "comparison": None, "why": None}
    compared = {"difference": {"log_loss": estimate(0.0013)}}
    found = {
        "run": "small",
        "versions": [
            {"version": 1, "alias": "champion", "model": "unconstrained", "features": 1024}
            | {"known_until": "2025-06-21", "scale": None}
        ],
        "events": [
            about | {"event": "registered", "version": 2},
            about | {"event": "promoted", "version": 2, "why": "usage ends with June, and the old model reads it"},
            about | {"event": "kept", "version": 3, "forced": False, "comparison": compared},
            about | {"event": "rolled back", "version": 1, "why": "the team saw odd scores"},
        ],
    }
    monkeypatch.setattr(healthscore, "versions", lambda *given, **also: found, raising=False)
    _, out, _ = run(capsys, "models", "list", small)
    assert legible(out)
    shown = " ".join(out.split())
    assert "1 champion unconstrained 1024 2025-06-21 own" in shown
    assert "2025-07-01 3 not promoted 0.0013 ada" in shown
    assert "registered" not in shown


@pytest.mark.parametrize("command", ["list", "promote", "rollback"])
def test_the_commands_explain_themselves(command: str, capsys: Capture) -> None:
    code, out, err = run(capsys, "models", command, "--help")
    assert (code, err) == (0, "")
    assert f"Usage: healthscore models {command}" in out
    assert "--json" in out
    assert legible(out)
