"""Names as bits and counters: many names, no names, names that are integers or untidy, and more rows than a counter
holds give what plain loops give."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from healthscore.asof import day_of
from healthscore.config import load_run
from healthscore.features import names
from healthscore.features.cells import collect
from healthscore.features.panel import PanelPlan
from healthscore.features.planning import plan_signals
from healthscore.pipelines.build import account_ids, as_ofs_of
from healthscore.tables import open_tables

RUN = """
name = "names"
timezone = "UTC"
data_end = 2024-09-01

[as_of]
first = {first}
last = {last}
every = "{every}"

[features]
windows = [7, 30]
tenure = false

[sources.events]
contract = "events"
path = "events.parquet"
timezone = "UTC"
columns = {{ time = "time", actor_id = "user", name = "what", quantity = "much", known_at = "known" }}

[signals.every]
source = "events"
component = "activity"
families = ["frequency", "breadth", "depth", "recurrence", "recency"]
key = ["{key}", "1"]

[signals.one]
source = "events"
component = "activity"
where = "name = '{key}'"
families = ["frequency", "breadth"]

[signals.counted]
source = "events"
component = "activity"
where = "name = '{key}'"
families = ["frequency"]
measures = ["count"]

[signals.nameless]
source = "events"
component = "activity"
where = "name IS NULL OR name = '{key}'"
families = ["frequency"]
measures = ["count"]

[signals.users]
source = "events"
component = "activity"
where = "name <> '{key}' AND actor_id IS NOT NULL"
families = ["frequency"]
measures = ["count"]
"""
FIRST, LAST = date(2024, 1, 1), date(2024, 7, 1)
Row = dict[str, Any]


def rows_of(count: int, kinds: int, seed: int, *, late: bool = True) -> list[Row]:
    """Random events of 5 accounts: null names, actors and quantities among them, some of them known late."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        time = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=int(random.integers(0, 182 * 86_400)))
        delay = int(random.integers(1, 40)) if late and random.random() < 0.2 else 0
        row: Row = {"account": int(random.integers(1, 6)), "time": time, "known": time + timedelta(days=delay)}
        row["name"] = None if random.random() < 0.1 else int(random.integers(0, kinds))
        row["actor"] = None if random.random() < 0.1 else int(random.integers(0, 8))
        row["quantity"] = None if random.random() < 0.1 else round(float(random.normal()), 2)
        found.append(row)
    return found


def expected(rows: list[Row], account: int, t: date, days: int) -> dict[str, float]:
    """What the signals measure over one window, in plain loops."""

    def day(moment: datetime) -> date:
        return moment.date()

    seen = [r for r in rows if r["account"] == account and day(r["time"]) < t and day(r["known"]) < t]
    seen = [r for r in seen if day(r["time"]) >= t - timedelta(days=days)]
    given = [r["name"] for r in seen if r["name"] is not None]
    ones = [r for r in seen if r["name"] == 1]
    return {
        f"every_count_{days}d": len(seen),
        f"every_active_days_{days}d": len({day(r["time"]) for r in seen}),
        f"every_users_{days}d": len({r["actor"] for r in seen} - {None}),
        f"every_kinds_{days}d": len(set(given)),
        f"every_repeated_{days}d": len(given) - len(set(given)),
        f"every_quantity_{days}d": sum(r["quantity"] or 0 for r in seen),
        f"every_key_count_{days}d": len(ones),
        f"one_count_{days}d": len(ones),
        f"one_active_days_{days}d": len({day(r["time"]) for r in ones}),
        f"one_users_{days}d": len({r["actor"] for r in ones} - {None}),
        f"one_kinds_{days}d": len({r["name"] for r in ones}),
        f"counted_count_{days}d": len(ones),
        f"nameless_count_{days}d": len(ones) + sum(r["name"] is None for r in seen),
        f"users_count_{days}d": sum(r["name"] not in (None, 1) and r["actor"] is not None for r in seen),
    }


def as_text(value: int | None) -> str | None:
    return None if value is None else f"name {value}"


def untidy(value: int | None) -> str | None:
    return None if value is None else f" name {value}\t"


def write(folder: Path, rows: list[Row], spelled: Callable[[int | None], Any], **options: str) -> None:
    columns = {
        "account_id": [r["account"] for r in rows] if spelled is int_or_none else [f"A{r['account']}" for r in rows],
        "user": [spelled(r["actor"]) for r in rows],
        "what": [spelled(r["name"]) for r in rows],
        "much": [r["quantity"] for r in rows],
        "time": [r["time"].replace(tzinfo=None) for r in rows],
        "known": [r["known"].replace(tzinfo=None) for r in rows],
    }
    pq.write_table(pa.table(columns), folder / "events.parquet")
    key = "1" if spelled is int_or_none else "name 1"
    options = {"first": "2024-03-01", "last": "2024-07-01", "every": "month", "key": key} | options
    (folder / "healthscore.toml").write_text(RUN.format(**options), encoding="utf-8")


def int_or_none(value: int | None) -> int | None:
    return value


def held_against_loops(folder: Path, rows: list[Row]) -> None:
    run = load_run(folder)
    with open_tables(run) as tables:
        accounts = account_ids(run, tables)
        plan = PanelPlan(run, tables, accounts, as_ofs_of(run, tables))
        panel = plan.build(plan.seen())
    found = panel.table().to_pandas()
    assert len(found)
    for row in found.to_dict("records"):
        for days in (7, 30):
            wanted = expected(rows, int(row["account_id"].removeprefix("A")), row["as_of"], days)
            assert {name: row[name] for name in wanted} == pytest.approx(wanted), (row["account_id"], row["as_of"])


@pytest.mark.parametrize("spelled", [as_text, untidy, int_or_none])
@pytest.mark.parametrize("kinds", [3, 63, 130])
def test_names_as_bits_are_names(tmp_path: Path, spelled: Callable[[int | None], Any], kinds: int) -> None:
    rows = rows_of(600, kinds, seed=kinds)
    write(tmp_path, rows, spelled)
    held_against_loops(tmp_path, rows)


def test_more_names_than_bits_are_sightings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "MOST_WORDS", 0)
    rows = rows_of(400, 40, seed=1)
    write(tmp_path, rows, as_text)
    held_against_loops(tmp_path, rows)


def test_more_rows_than_a_counter_holds_are_counted_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("healthscore.features.cells.WIDTHS", (1, 2, 31))
    rows = rows_of(400, 3, seed=2)
    write(tmp_path, rows, as_text)
    held_against_loops(tmp_path, rows)


def test_more_segments_than_bits(tmp_path: Path) -> None:
    rows = rows_of(400, 70, seed=3)
    write(tmp_path, rows, int_or_none, first="2024-02-02", every="week")
    run = load_run(tmp_path)
    with open_tables(run) as tables:
        plans = plan_signals(run, tables)
        found = collect(tables, plans, as_ofs_of(run, tables), account_ids(run, tables))
    assert len(found[0].segments) > 62
    assert found[0].sightings["actor_id"].words.shape[1] == 2
    held_against_loops(tmp_path, rows)


def test_accounts_outside_the_list_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, rows_of(200, 3, seed=4), int_or_none)
    run = load_run(tmp_path)
    with open_tables(run) as tables:
        days = [day_of(date(2024, 7, 1))]
        every = collect(tables, plan_signals(run, tables), days, pa.array(["1", "2", "3", "4", "5"]))
        some = collect(tables, plan_signals(run, tables), days, pa.array(["4", "2", "02", "x"]))
    for whole, part in zip(every, some, strict=True):
        assert set(part.cells.account) == {0, 1}
        assert part.cells.measures["count"].sum() == sum(
            whole.cells.measures["count"][whole.cells.account == code].sum() for code in (1, 3)
        )
        assert set(part.seen(0, days[0])) == {0, 1}
