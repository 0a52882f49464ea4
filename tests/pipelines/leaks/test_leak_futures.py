"""Other worlds: what was known at the date is as it was, everything else is not."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from healthscore.asof import day_of
from healthscore.pipelines.build import build_book
from healthscore.pipelines.leaks.futures import FUTURES, world_without
from healthscore.pipelines.leaks.material import Material
from healthscore.tables import open_tables
from literal import run_of

T = day_of(date(2024, 3, 1))
TABLES = {
    "subscriptions": """
        account_id  start       end         notice_given
        a           2023-01-01  2024-04-01  2024-03-10
        b           2023-01-01  2024-02-01  2024-01-10
        c           2024-03-05  -           -
    """,
    "events": """
        account_id  time        known_at    quantity
        a           2024-02-20  2024-02-20  5
        a           2024-02-21  2024-03-03  6
        b           2024-03-01  2024-03-01  7
    """,
    "intervals": """
        account_id  start       end
        a           2024-02-20  2024-03-03
        b           2024-01-20  2024-01-25
        b           2024-03-02  2024-03-03
    """,
}


@pytest.fixture
def worlds(tmp_path: Path) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """World -> source -> rows, ordered; the real one too."""
    run = run_of(
        tmp_path,
        TABLES,
        as_of=["2024-03-01"],
        sources={"subscriptions": {"columns": {"notice": "notice_given"}}},
        signals={
            "use": {"families": ["depth"], "windows": [28]},
            "open": {"source": "intervals", "windows": [28], "families": ["intervals"]},
        },
        outcome={"kind": "churn", "source": "subscriptions", "horizon_days": 30},
        data_end=date(2024, 6, 1),
    )
    said: dict[str, dict[str, list[dict[str, Any]]]] = {}
    with open_tables(run) as tables:
        material = Material(run, tables, build_book(run, tables))

        def rows(of: Any) -> dict[str, list[dict[str, Any]]]:
            return {
                name: of.engine.query(f"SELECT * FROM {of.relation(name)} ORDER BY ALL").to_pylist() for name in TABLES
            }

        said["real"] = rows(tables)
        for future in FUTURES:
            with world_without(material, T, future) as other:
                said[future] = rows(other)
        said["after"] = rows(tables)
    return said


def known(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows that were known at the date, without the corrections that were not."""
    seen = [row for row in rows if row["day"] < T and row["known_day"] < T]
    assert all(row["until_day"] is None or row["until_day"] >= T for row in seen)
    return [row | {"until_day": None} for row in seen]


def test_the_real_world_is_left_as_it_was(worlds: dict[str, Any]) -> None:
    assert worlds["real"] == worlds["after"]


@pytest.mark.parametrize("future", FUTURES)
def test_known_events_are_the_same_in_every_world(future: str, worlds: dict[str, Any]) -> None:
    assert known(worlds[future]["events"]) == known(worlds["real"]["events"])


def test_the_unknown_is_gone_altered_or_added_to(worlds: dict[str, Any]) -> None:
    real, cut, altered, swollen = (worlds[name]["events"] for name in ("real", *FUTURES))
    assert (len(real), len(cut), len(altered), len(swollen)) == (3, 1, 3, 4)
    assert {row["quantity"] for row in altered} == {5, 1 - 3 * 6, 1 - 3 * 7}
    assert {row["quantity"] for row in swollen} == {5, 6, 7, 1 - 3 * 5}


def test_ends_that_nobody_knew_are_open_or_others(worlds: dict[str, Any]) -> None:
    def of(name: str) -> dict[str, Any]:
        return next(r for r in worlds[name]["intervals"] if r["account_id"] == "a" and r["known_day"] < T)

    assert of("cut")["end_day"] is None
    assert of("altered")["end_day"] < T <= of("altered")["end_known_day"]
    past = [row for row in worlds["cut"]["intervals"] if row["account_id"] == "b"]
    assert past == [row for row in worlds["real"]["intervals"] if row["account_id"] == "b" and row["start_day"] < T]


def test_ends_and_notices_of_contracts_are_kept_once_they_were_known(worlds: dict[str, Any]) -> None:
    cut = {row["account_id"]: row for row in worlds["cut"]["subscriptions"]}
    real = {row["account_id"]: row for row in worlds["real"]["subscriptions"]}
    assert set(cut) == {"a", "b"}
    assert (cut["a"]["end"], cut["a"]["notice"]) == (None, None)
    assert cut["b"] == real["b"]
