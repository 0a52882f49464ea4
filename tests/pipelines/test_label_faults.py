"""Faults of labels that only a whole run shows: a date on which nothing happened, a life after a life."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from healthscore.config import load_run
from healthscore.pipelines.backtest import backtest
from healthscore.pipelines.build import build_book
from healthscore.tables import open_tables

RUN = """
name = "labels"
data = "."
data_end = 2025-01-01
[as_of]
dates = {dates}
[sources.contracts]
contract = "subscriptions"
path = "contracts.parquet"
[sources.visits]
contract = "events"
path = "visits.parquet"
[features]
windows = [28]
families = ["frequency"]
[signals.visits]
source = "visits"
component = "activity"
[outcome]
kind = "churn"
source = "contracts"
horizon_days = 30
grace_days = 10
[model]
minimum_exits = 10
[report]
resamples = 100
[tracking]
enabled = false
"""
FIRST = date(2023, 10, 1)


def write(folder: Path, contracts: list[tuple[str, date, date | None]], dates: list[str]) -> Path:
    """A run over the contracts, whose accounts visit at random, less before they leave."""
    rng = np.random.default_rng(2)
    visits = []
    for account, start, end in contracts:
        rate = rng.uniform(0.1, 0.5)
        for day in range((date(2025, 1, 1) - start).days):
            there = start + timedelta(days=day)
            near = end is not None and 0 < (end - there).days < 50
            if (end is None or there < end) and rng.random() < rate * (0.3 if near else 1.0):
                visits.append((account, there))
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(contracts, columns=["account_id", "start", "end"]).to_parquet(folder / "contracts.parquet")
    pd.DataFrame(visits, columns=["account_id", "time"]).to_parquet(folder / "visits.parquet")
    path = folder / "healthscore.toml"
    path.write_text(RUN.format(dates=f"[{', '.join(dates)}]"), encoding="utf-8")
    return path


def test_a_date_on_which_nothing_happened_has_figures_that_say_so(tmp_path: Path) -> None:
    """fault 52: at an origin without events a metric is not computable, and the file holds no NaN."""
    exits = [date(2024, month, 10) + timedelta(days=n % 15) for month in (2, 3, 4, 5, 6, 8, 9) for n in range(14)]
    contracts: list[tuple[str, date, date | None]] = [(f"a{n}", FIRST, end) for n, end in enumerate(exits)]
    contracts += [(f"b{n}", FIRST, None) for n in range(100)]
    dates = [f"2024-{month:02d}-01" for month in range(2, 10)]
    made = backtest(write(tmp_path, contracts, dates))
    july = next(origin for origin in made.result["origins"] if origin["as_of"] == "2024-07-01")
    assert (july["events"], july["n"]) == (0, 128)
    for figures in july["models"].values():
        assert {figures[name] for name in ("auc", "pr_auc", "lift_10", "capture_10")} == {None}
        assert figures["log_loss"] > 0
    text = (made.directory / "result.json").read_text(encoding="utf-8")
    json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


def test_an_account_that_came_back_after_the_grace_is_lost_once_and_at_risk_again(tmp_path: Path) -> None:
    """fault 46: outside the grace period a return begins a second life, and both are learned from."""
    path = write(
        tmp_path,
        [("back", FIRST, date(2024, 2, 20)), ("back", date(2024, 3, 2), None), ("late", FIRST, date(2024, 2, 20))],
        ["2024-02-01", "2024-03-01", "2024-03-10"],
    )
    run = load_run(path)
    with open_tables(run) as tables:
        book = build_book(run, tables)
    ids = book.accounts["account_id"].to_numpy()[book.panel.account]
    rows = dict(zip(zip(ids, book.panel.day - book.panel.day[0], strict=True), book.label, strict=True))
    assert rows == {("back", 0): 1, ("late", 0): 1, ("back", 38): 0}
