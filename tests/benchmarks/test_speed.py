"""The harness of the benchmarks: what it measures, that the peers' features equal ours, and the page. No times."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from comparison import DATES, agree
from contestants import CHECKS, Data, ways
from equality import differences
from job import OUTSIDE, VERBS
from processes import Cost, measured, median, steps
from speed_page import further, goals, page, shown
from task import dates_of

DOCS = Path(__file__).parents[2] / "docs"
PEERS = os.environ.get("HEALTHSCORE_PEERS")
EVENTS = 20_000

# --- processes -------------------------------------------------------------------------------------------------------


def line(event: str, step: str, seconds: float = 0, cpu: float = 0, memory: float = 0) -> str:
    return json.dumps({"event": event, "step": step, "seconds": seconds, "cpu_seconds": cpu, "peak_memory_gb": memory})


def test_a_step_is_told_without_the_steps_inside_it() -> None:
    log = [
        line("step_begins", "outer"),
        line("step_begins", "inner"),
        line("step_ends", "inner", 2, 3, 0.5),
        line("step_begins", "inner"),
        line("step_ends", "inner", 1, 1, 0.6),
        line("step_ends", "outer", 10, 8, 0.75),
        json.dumps({"event": "ends", "seconds": 11}),
    ]
    assert steps("\n".join(log)) == {"inner": Cost(3, 4, 0.6), "outer": Cost(7, 4, 0.75)}


def test_a_process_is_measured_with_its_children_and_its_output() -> None:
    child = "sum(range(3_000_000))"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{child}']); print('done', end='')"
    ended = measured([sys.executable, "-c", parent])
    alone = measured([sys.executable, "-c", "pass"])
    assert ended.output == "done"
    assert ended.cost.cpu_s > alone.cost.cpu_s
    assert 0.005 < alone.cost.memory_gb < 20  # gigabytes
    with pytest.raises(SystemExit, match="exit code 3"):
        measured([sys.executable, "-c", "raise SystemExit(3)"])


def test_costs_have_medians_and_parts() -> None:
    assert median([Cost(1, 9, 5), Cost(2, 8, 4), Cost(3, 1, 6)]) == Cost(2, 8, 5)
    assert Cost(5, 4, 3).without(Cost(2, 1, 2)) == Cost(3, 3, 3)
    assert Cost(3, 3, 3).with_part(Cost(2, 1, 2)) == Cost(5, 4, 3)


# --- the task, and when two results are equal ------------------------------------------------------------------------


def test_dates_are_the_first_days_of_months() -> None:
    assert dates_of(1) == [date(2025, 7, 1)]
    assert dates_of(8)[0] == date(2024, 12, 1)


THEIRS = {"account_id": [10, 9], "as_of": [date(2025, 7, 1)] * 2, "recency": [4, 1], "ev_7": [3, 0], "prev_7": [5, 0]}
THEIRS |= {"val_7": [0.3, 0.0], "types_7": [2, 0], "k00_7": [1, 0]}
OURS: dict[str, list[Any]] = {"account_id": ["9", "10"], "as_of": [date(2025, 7, 1)] * 2, "all_recency": [1.0, 4.0]}
OURS |= {"all_count_7d": [0.0, 3.0], "all_trend_7d": [0.0, math.log(3.5 / 5.5)], "all_quantity_7d": [0, 0.1 + 0.2]}
OURS |= {"all_kinds_7d": [0.0, 2.0], "k00_count_7d": [0.0, 1.0]}


def differing(tmp_path: Path, **ours: list[Any]) -> list[str]:
    """What differs where some of our columns say something else."""
    pq.write_table(pa.table(OURS | ours), tmp_path / "ours.parquet")
    pq.write_table(pa.table(THEIRS), tmp_path / "theirs.parquet")
    return differences(tmp_path / "ours.parquet", tmp_path / "theirs.parquet")


@pytest.mark.parametrize(
    ("ours", "wrong"),
    [
        ({}, []),
        ({"all_recency": [1.0, 5.0]}, ["recency"]),
        ({"all_count_7d": [0.0, None]}, ["ev_7", "prev_7"]),
        ({"all_trend_7d": [0.0, math.log(3.5 / 6.5)]}, ["prev_7"]),
        ({"all_trend_7d": [0.0, -0.45]}, ["prev_7"]),
        ({"all_quantity_7d": [0.0, 0.30001]}, ["val_7"]),
        ({"all_kinds_7d": [2.0, 0.0]}, ["types_7"]),
        ({"k00_count_7d": [0.0, 1.1]}, ["k00_7"]),
        ({"account_id": ["9", "11"]}, ["rows"]),
        ({"as_of": [date(2025, 7, 1), date(2025, 6, 1)]}, ["rows"]),
    ],
)
def test_what_differs_is_named(tmp_path: Path, ours: dict[str, list[Any]], wrong: list[str]) -> None:
    assert differing(tmp_path, **ours) == wrong


@pytest.mark.skipif(PEERS is None, reason="the folder of the peers' programs is not named (HEALTHSCORE_PEERS)")
def test_the_peers_plans_give_our_features(tmp_path: Path) -> None:
    data = Data(tmp_path / "events", EVENTS, Path(PEERS or ""), Path(sys.executable)).make()
    contestants = {key: one for key, one in data.contestants(DATES).items() if not key.startswith("scan")}
    agreed = agree(contestants)
    assert {"duckdb_loop", "duckdb_smart", "pandas_naive"} <= set(agreed)
    if "polars_lazy" not in agreed:
        pytest.skip("all others agree; Polars is not installed here")


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Data:
    return Data(tmp_path_factory.mktemp("own") / "events", EVENTS, None, Path(sys.executable)).make()


@pytest.mark.parametrize("way", ways())
def test_without_peers_our_own_rows_are_measured_on_our_own_events(alone: Data, way: str) -> None:
    contestants = alone.contestants(DATES)
    assert list(contestants) == list(ways())
    turn = contestants[way].turn()
    assert turn.checks is not None
    assert turn.compared == turn.cost.without(turn.checks)
    written = pq.read_table(contestants[way].output)
    assert written.num_columns == 51
    assert written["as_of"].unique().to_pylist() == dates_of(DATES)


# --- the page --------------------------------------------------------------------------------------------------------

FIGURES: Mapping[str, Mapping[str, Any]] = (
    json.loads((DOCS / "speed.json").read_text(encoding="utf-8")) if (DOCS / "speed.json").is_file() else {}
)


def test_the_page_shows_the_figures_that_were_measured() -> None:
    assert set(FIGURES) == {"features", "scale", "job"}
    assert (DOCS / "speed.md").read_text(encoding="utf-8") == page(FIGURES)


def test_what_the_readme_shows_of_them_is_what_the_page_shows() -> None:
    titles = tuple(f"| {row['title']}" for row in FIGURES["features"]["contestants"].values())
    of_page, of_readme = (
        [row for row in path.read_text(encoding="utf-8").splitlines() if row.startswith(titles)]
        for path in (DOCS / "speed.md", DOCS.parent / "README.md")
    )
    assert of_readme
    assert set(of_readme) <= set(of_page)


@pytest.mark.parametrize("what", FIGURES)
def test_tables_fit_a_terminal(what: str) -> None:
    assert [row for table in shown(what, FIGURES[what]) for row in table.splitlines() if len(row) > 80] == []


def test_a_goal_is_held_against_the_best_plan_and_a_missed_one_is_seen() -> None:
    medians = {"sql": Cost(10, 10, 2), "polars_lazy": Cost(15, 18, 1), "duckdb_loop": Cost(9, 30, 1)}
    medians["duckdb_smart"] = Cost(9, 19, 1)
    assert list(goals(medians)) == [
        ("SQL: less CPU than the best of Polars", "1.8 times", "1.80 times", "yes"),
        ("SQL: less CPU than the best of DuckDB", "2.0 times", "1.90 times", "**missed**"),
        ("SQL: less wall than the best of Polars", "1.5 times", "1.50 times", "yes"),
        ("SQL: memory at most", "1.8 GB", "2.00 GB", "**missed**"),
    ]


def test_more_events_are_told_by_what_a_further_million_costs() -> None:
    cpu = {("sql", 2_000_000, 12): 6.0, ("sql", 20_000_000, 12): 33.0, ("sql", 20_000_000, 1): 20.0}
    assert further(cpu).startswith("A further million events costs 1.50 CPU s from 2 to 20 million (SQL)")


def test_the_job_tells_every_command_and_step() -> None:
    assert [command["verb"] for command in FIGURES["job"]["commands"]] == list(VERBS)
    for command in FIGURES["job"]["commands"]:
        parts = command["steps"].values()
        assert {CHECKS, OUTSIDE} <= set(command["steps"])
        assert sum(part["cpu_s"] for part in parts) == pytest.approx(command["whole"]["cpu_s"], abs=0.05)
