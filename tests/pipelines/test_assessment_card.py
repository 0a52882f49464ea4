"""The shipped scorecard of tickets, usage and the manager's rating, on a literal book with the ratings it asks for.

Its usage and tickets are the signals of the shipped run `saas`; its ratings are declared as its own comment says.
"""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from healthscore.config import Run, load_run, shipped_scorecards
from healthscore.errors import ConfigurationError
from healthscore.pipelines.score import ScoreResult, score
from literal import run_of
from literal_card import by_account

NAME = "tickets_usage_assessment"
AS_OF = date(2024, 3, 1)
ACCOUNTS = "\naccount_id\na\nb\nc\n"
CASES = """
account_id start      end
a          2024-02-26 -
a          2023-11-10 2023-11-12
b          2024-02-10 -
b          2024-02-28 -
b          2024-02-29 -
"""
ESCALATED = """
account_id time
c          2023-11-01
b          2024-02-20
"""
RATINGS = """
account_id rated_at   rating
a          2024-01-10 2
a          2024-02-10 4
c          2024-02-10 1
c          2024-03-01 5
"""
CONTRACTS = """
account_id start
a          2023-01-01
b          2023-01-01
c          2023-01-01
"""
USED = {"a": (10, 10), "b": (4, 0), "c": (12, 20)}
"""Days with an action in the 28 days before the last 28, and in these."""


def commented() -> dict[str, Any]:
    """The source and the signal of ratings that the scorecard's first comment declares."""
    lines = shipped_scorecards()[NAME].read_text(encoding="utf-8").splitlines()
    block = [line.removeprefix("#   ") for line in lines[: lines.index("#   [sources.ratings]") + 20]]
    start = block.index("[sources.ratings]")
    stop = next(i for i, line in enumerate(block) if i > start and line.startswith("title"))
    return tomllib.loads("\n".join(block[start:stop]))


def usage() -> str:
    rows = ["c 2023-11-01"]
    for account, (before, last) in USED.items():
        for end, days in ((AS_OF - timedelta(28), before), (AS_OF, last)):
            rows += [f"{account} {end - timedelta(day)}" for day in range(days, 0, -1)]
    return "\n".join(["", "account_id time", *rows]) + "\n"


def book(folder: Path, *, rated: bool = True) -> Run:
    saas, asked = load_run("saas"), commented()
    signals = {name: saas.signals[name].model_dump(exclude_unset=True) for name in ("usage", "cases", "escalations")}
    tables = {"accounts": ACCOUNTS, "usage": usage(), "cases": CASES, "escalations": ESCALATED}
    tables |= {"subscriptions": CONTRACTS}
    sources: dict[str, Any] = {
        "usage": {"contract": "events"},
        "cases": {"contract": "intervals"},
        "escalations": {"contract": "events"},
    }
    if rated:
        signals |= asked["signals"]
        tables |= {"ratings": RATINGS}
        sources |= asked["sources"]
    return run_of(
        folder,
        tables,
        as_of=[AS_OF],
        sources=sources,
        signals=signals,
        features={"windows": list(saas.features.windows)},
        scorecard=None,
        tracking={"enabled": False},
    )


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> ScoreResult:
    return score(book(tmp_path_factory.mktemp("assessed")), as_of=AS_OF, scorecard=NAME)


# --- worked out by hand ----------------------------------------------------------------------------------------------
#
#    tickets                                     usage (twice the days, once the trend)      rating
# a  1 open, 4 days old: both free; 100          10 of 20 days: 50, as before: 70; 170 / 3   4: 75
# b  3 open: 80; 20 days old: 1700 / 30; 1: 40   none: 0, ln(0.5 / 4.5): 0                   nobody rated
# c  none, and none escalated lately: 100        20 days: 100, ln(20.5 / 12.5) > 0.4: 100    1: 0, not yet the 5


def test_points_of_every_component_are_those_worked_out_by_hand(scored: ScoreResult) -> None:
    rows = by_account(scored)
    b = (80 + 1700 / 30 + 40) / 3
    points = {"a": (100, 170 / 3, 75), "b": (b, 0, np.nan), "c": (100, 100, 0)}
    for account, expected in points.items():
        shown = [rows[account][f"subscore_{name}"] for name in ("tickets", "usage", "assessment")]
        assert shown == pytest.approx(expected, abs=0.05, nan_ok=True)
    assert rows["a"]["health"] == pytest.approx(30 + 0.4 * 170 / 3 + 0.3 * 75, abs=0.05)
    assert rows["b"]["health"] == pytest.approx(b * 30 / 70, abs=0.05)  # tickets and usage decide
    assert rows["c"]["health"] == 70.0
    assert rows["b"]["missing"] == "assessment"


def test_its_bands_are_those_of_0_to_40_41_to_70_and_71_to_100(scored: ScoreResult) -> None:
    bands = {account: row["band"] for account, row in by_account(scored).items()}
    assert bands == {"a": "healthy", "b": "at risk", "c": "needs attention"}


def test_the_reason_says_what_the_manager_thinks(scored: ScoreResult) -> None:
    row = by_account(scored)["c"]
    assert row["drivers_down"].startswith("assessment -30.0: 1, the last of the ratings by the account manager")


def test_without_ratings_the_run_is_told_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"components\.assessment: 'ratings_last'") as refused:
        score(book(tmp_path, rated=False), as_of=AS_OF, scorecard=NAME)
    assert "components.usage" not in refused.value.what
