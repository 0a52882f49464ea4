"""What `init` proposes for simulated companies is a run from end to end: it checks, and can be backtested."""

from __future__ import annotations

from pathlib import Path

import pytest

from healthscore.pipelines.backtest import backtest
from healthscore.pipelines.check import check
from healthscore.pipelines.initialise import initialise
from healthscore.pipelines.simulate import simulate

SMALL = """
[report]
resamples = 100
[tracking]
enabled = false
[model]
choose = "logistic"
minimum_exits = 12
"""
"""What makes a backtest of a small company quick; everything else is as proposed."""


@pytest.mark.parametrize("world", ["saas", "b2b_services", "ecommerce"])
def test_a_proposal_can_be_backtested(world: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEALTHSCORE_DATA", raising=False)
    simulate(world, 400, 3, tmp_path / "company")
    run = initialise(tmp_path / "company" / "data", tmp_path / "run.toml").path
    run.write_text(run.read_text(encoding="utf-8") + SMALL, encoding="utf-8")
    assert check(run).ok
    measures = backtest(run).result["pooled"]["models"]["logistic"]
    assert measures["auc"]["estimate"] > 0.6
