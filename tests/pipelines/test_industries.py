"""Every kind of company: its shipped run is executed on a simulated world of that kind."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from healthscore.cli import data
from healthscore.config import load_run, shipped_runs
from healthscore.pipelines.backtest import backtest
from healthscore.pipelines.check import check
from healthscore.pipelines.simulate import simulate
from healthscore.tables.simulator import WORLDS

ACCOUNTS, SEED = 500, 4
DATES = {
    "b2b_services": ("2024-09-01", "2024-12-01", "2025-03-01", "2025-06-01", "2025-09-01", "2025-11-01"),
    "ecommerce": ("2024-08-01", "2024-11-01", "2025-02-01"),
    "finance": ("2024-06-01", "2024-08-01", "2024-10-01", "2024-12-01", "2025-02-01", "2025-03-01"),
    "insurance": ("2024-09-01", "2024-12-01", "2025-03-01", "2025-06-01", "2025-09-01", "2025-11-01"),
    "retail": ("2024-07-01", "2024-10-01", "2025-01-01", "2025-03-01"),
}
SETTINGS = """
[model]
minimum_exits = 15

[report]
capacity = 20
resamples = 200

[tracking]
enabled = false
"""


@pytest.fixture(scope="module", params=sorted(DATES))
def industry(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace of a small company, its run on fewer dates and with fewer resamples."""
    name = str(request.param)
    made = simulate(name, ACCOUNTS, SEED, tmp_path_factory.mktemp("industry") / name)
    path = made.directory / "healthscore.toml"
    head, _, tail = path.read_text(encoding="utf-8").partition("[as_of]")
    outcome = re.split(r"\n\[(?:model|report)\]", tail[tail.index("[outcome]") :])[0]
    dates = f"[as_of]\ndates = [{', '.join(DATES[name])}]\n\n"
    path.write_text(head + dates + outcome + SETTINGS, encoding="utf-8")
    return made.directory


def test_every_kind_of_company_has_a_run_of_its_name_and_is_named_by_the_help() -> None:
    kinds = {recipe.industry for recipe in WORLDS.values()}
    assert kinds == {*DATES, "saas"}
    assert kinds <= set(shipped_runs())
    assert all(kind in data.WORLDS for kind in kinds)


def test_check_finds_nothing_wrong(industry: Path) -> None:
    checked = check(industry / "healthscore.toml")
    assert checked.ok
    assert {fault["code"] for fault in checked.result["faults"] if fault["severity"] != "rule"} == set()
    assert [warning for warning in checked.result["warnings"] if "wide intervals" not in warning] == []
    assert checked.result["exiting_accounts"] >= 40


def test_the_planted_truth_names_what_the_run_measures(industry: Path) -> None:
    truth = json.loads((industry / "truth.json").read_text(encoding="utf-8"))
    assert truth["industry"] == industry.name
    assert sum(truth["weights"].values()) == pytest.approx(1.0)
    assert 0.0 in truth["weights"].values()  # something is planted as nothing, so that it can be found to be nothing
    (outage,) = truth["outages"]
    run = load_run(industry / "healthscore.toml")
    declared = [first.isoformat() for source in run.sources.values() for first, _ in source.outages]
    assert set(declared) == {outage["start"]}


def test_the_score_tells_who_leaves(industry: Path) -> None:
    result = backtest(industry / "healthscore.toml").result
    auc = result["pooled"]["models"][result["chosen"]]["auc"]
    assert auc["low"] > 0.5
    assert auc["estimate"] < 0.9
