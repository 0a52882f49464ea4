"""`healthscore audit` as a scheduler runs it: what is printed, and the exit code of each verdict."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import healthscore
from healthscore.cli import main
from healthscore.errors import InsufficientDataError
from healthscore.pipelines.audit import AuditResult
from healthscore.pipelines.auditing.verdict import EXIT_CODES

AUC = {"estimate": 0.721, "low": 0.674, "high": 0.769}


def result(verdict: str, previous: dict[str, Any] | None = None) -> dict[str, Any]:
    """A result as far as the terminal shows it."""
    said = {
        "verdict": verdict,
        "headline": f"{verdict.capitalize()} the score.",
        "reasons": ["Because."],
        "notes": ["Also."],
    }
    return {
        "as_of": "2025-07-01",
        "verdict": said | {"judged": True, "exit_code": EXIT_CODES[verdict]},
        "outcome": {"words": {"events": "exits"}},
        "pooled": {"models": {"score": {"auc": AUC}}},
        "promised": {"open": [{"as_of": "2025-06-01", "exits": AUC, "auc": AUC}]},
        "needs": {"dates": [{"as_of": "2025-06-01", "bands": {"at risk": 1_060, "healthy": 260}}]},
        "leavers": {"sentences": ["They used it less."]},
        "previous": previous,
    }


def run(monkeypatch: pytest.MonkeyPatch, made: dict[str, Any], *arguments: str) -> tuple[int, str]:
    """Run the command on a result that is there."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(
        healthscore,
        "audit",
        lambda *_, **__: AuditResult(Path("out/audit/1"), made, {"dates": pd.DataFrame()}),
        raising=False,
    )
    out, code = io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        try:
            main(["audit", *arguments])
        except SystemExit as stopped:
            code = stopped.code if isinstance(stopped.code, int) else 1 if stopped.code else 0
    return code, out.getvalue()


@pytest.mark.parametrize(("verdict", "code"), [("keep", 0), ("recalibrate", 5), ("retrain", 5), ("do not trust", 5)])
def test_the_exit_code_is_that_of_the_verdict(monkeypatch: pytest.MonkeyPatch, verdict: str, code: int) -> None:
    found, out = run(monkeypatch, result(verdict))
    assert found == code
    assert f"{verdict.upper()}  {verdict.capitalize()} the score." in out
    assert "0.721 (0.674–0.769)" in out
    assert "2025-06-01, the newest scores: 1,060 at risk, 260 healthy" in out
    assert "note: Also." in out
    assert all(len(line) <= 80 for line in out.splitlines())


def test_json_is_one_object_and_the_code_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    code, out = run(monkeypatch, result("retrain"), "--json")
    assert code == 5
    assert json.loads(out)["verdict"]["verdict"] == "retrain"


def test_the_last_audit_stands_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    figure = {"key": "auc", "title": "AUC", "kind": "number", "digits": 3, "then": AUC, "now": AUC | {"estimate": 0.7}}
    before = {"as_of": "2025-04-01", "verdict": "keep", "figures": [figure]}
    _, out = run(monkeypatch, result("keep", before))
    assert "The audit of 2025-04-01 said: keep" in out
    assert "0.700 (0.674–0.769)" in out


def test_nothing_published_is_exit_code_3(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> AuditResult:
        raise InsufficientDataError("nothing was published", "score")

    monkeypatch.setattr(healthscore, "audit", refuse, raising=False)
    with redirect_stderr(io.StringIO()), pytest.raises(SystemExit) as stopped:
        main(["audit"])
    assert stopped.value.code == 3
