"""Two ways to the same panel: grouped by the engine's SQL, and by the compiled scan. Each is the other's oracle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from healthscore.asof import day_of
from healthscore.config import Run
from healthscore.errors import ConfigurationError
from healthscore.features import eventrows
from healthscore.features.cells import BySql
from healthscore.features.compiled import reading
from healthscore.features.compiled import scan as compiled_scan
from healthscore.features.compiled.kernel import library
from healthscore.features.ready import plan_panel
from healthscore.pipelines.publish import run_identity
from healthscore.tables import open_tables
from literal import accounts_of, run_of

needs_library = pytest.mark.skipif(library() is None, reason="the compiled scan was not built: there is no C compiler")

BEGIN = date(2023, 1, 1)
DAYS = 400
FAMILIES = ["frequency", "breadth", "depth", "trend", "recency", "rhythm", "recurrence"]
SIGNALS: dict[str, dict[str, Any]] = {
    "every": {"families": FAMILIES, "key": ["name 1", "nobody"]},
    "one_name": {"where": "name = 'name 1'", "families": ["frequency", "breadth"]},
    "no_name": {"where": "name IS NULL", "families": ["frequency", "breadth", "recency"]},
    "large": {"where": "quantity > 1", "families": ["frequency", "breadth", "depth"]},
    "both": {"where": "name <> 'name 2' AND quantity < 3", "families": ["frequency"], "key": ["name 0"]},
    "counted": {"where": "name IN ('name 0', 'name 2')", "families": ["frequency"], "measures": ["count"]},
}
IDS = ["int32", "int64", "uint64", "text", "mixed texts"]


def ids_of(kind: str, numbers: NDArray[np.int64], absent: NDArray[np.bool_] | None = None) -> pa.Array:
    """Ids of a type: integers of some width, also such as need all of it, or texts of all lengths."""
    if kind == "text":
        values = [f"id {n}" for n in numbers.tolist()]
    elif kind == "mixed texts":
        values = [("", "é", "客户", "a longer text than eight bytes ")[n % 4] + f"x{n}" for n in numbers.tolist()]
    else:
        values = [n + (2**63 if kind == "uint64" else -(2**40) if kind == "int64" else 0) for n in numbers.tolist()]
    kinds = {"int32": pa.int32(), "int64": pa.int64(), "uint64": pa.uint64()}
    return pa.array(values, kinds.get(kind, pa.string()), mask=absent)


@st.composite
def books(draw: st.DrawFn) -> dict[str, Any]:
    """Arguments of `run_of`: random events of some accounts, some of whose columns are missing, rows late or replaced.

    Drawn from a seed: what Hypothesis itself draws is too small for more names, or segments, than a word has bits.
    """
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows, names = draw(st.sampled_from([1, 30, 800])), draw(st.sampled_from([1, 3, 70, 400]))
    account = chance.integers(0, draw(st.sampled_from([1, 5, 40])), rows)
    actor = chance.integers(0, draw(st.sampled_from([2, 60])), rows)
    name = chance.integers(0, names, rows)
    nothing = chance.random((3, rows)) < draw(st.sampled_from([0.0, 0.2, 1.0]))
    day = [BEGIN + timedelta(days=int(n)) for n in chance.integers(0, DAYS, rows)]
    columns = {
        "account_id": ids_of(draw(st.sampled_from(IDS)), account),
        "actor_id": ids_of(draw(st.sampled_from(IDS)), actor, nothing[0]),
        "name": pa.array([f"name {n}" for n in name.tolist()], mask=nothing[1]),
        "quantity": pa.array(np.round(chance.normal(1, 2, rows), 2), mask=nothing[2]),
        "time": pa.array(day, pa.date32()),
    }
    source: dict[str, Any] = {"timezone": "UTC"}
    versions = draw(st.sampled_from(["none", "late", "replaced"]))
    if versions != "none":
        late = [d + timedelta(days=int(n)) for d, n in zip(day, chance.integers(0, 90, rows), strict=True)]
        columns["known_at"] = pa.array(late, pa.date32())
    if versions == "replaced":
        columns["event_id"] = pa.array([f"e{n}" for n in chance.integers(0, max(rows * 2 // 3, 1), rows)])
        source["corrections"] = True
    every = draw(st.sampled_from([200, 30, 9]))  # the more as-of dates, the more segments: up to several words
    return {
        "tables": {"events": pa.table(columns)},
        "as_of": [BEGIN + timedelta(days=n) for n in range(60, DAYS + 40, every)],
        "sources": {"events": source},
        "signals": {name: {"windows": [7, 28, "all"]} | signal for name, signal in SIGNALS.items()},
    }


def panels(run: Run, scans: Sequence[str], kept: slice = slice(None)) -> list[NDArray[np.float64]]:
    """The panel of the run, with some of its accounts, by each of the scans."""
    found = []
    for scan in scans:
        with open_tables(run.model_copy(update={"scan": scan})) as tables:
            days = [day_of(t) for t in run.as_of.dates] if run.as_of else []
            accounts = accounts_of(run, tables)[kept]
            plan = plan_panel(run, tables, accounts, days)
            found.append(plan.build(plan.seen()).X)
    return found


@needs_library
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(book=books(), batch=st.sampled_from([50, 122_880]), outside=st.booleans())
def test_both_scans_give_the_same_panel(
    book: dict[str, Any], batch: int, outside: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    run = run_of(tmp_path_factory.mktemp("book"), **book)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "BATCH_ROWS", batch)
        kept = slice(None, None, 2) if outside else slice(None)
        by_sql, compiled = panels(run, ["sql", "compiled"], kept)
    np.testing.assert_array_equal(compiled, by_sql)


@needs_library
def test_more_conditions_than_a_word_has_bits(tmp_path: Path) -> None:
    rows = 300
    chance = np.random.default_rng(8)
    table = pa.table(
        {
            "account_id": pa.array(chance.integers(0, 4, rows)),
            "name": [f"n{n}" for n in chance.integers(0, 80, rows)],
            "quantity": chance.integers(0, 80, rows),
            "time": pa.array([BEGIN + timedelta(days=int(n)) for n in chance.integers(0, 90, rows)], pa.date32()),
        }
    )
    conditions = [f"name = 'n{n}'" for n in range(70)] + [f"quantity = {n}" for n in range(70)]
    signals = {
        f"s{n}": {"where": where, "windows": [28], "families": ["frequency"]} for n, where in enumerate(conditions)
    }
    run = run_of(tmp_path, {"events": table}, as_of=["2023-03-01", "2023-04-01"], signals=signals)
    by_sql, compiled = panels(run, ["sql", "compiled"])
    np.testing.assert_array_equal(compiled, by_sql)
    assert np.nansum(by_sql) > 0


@needs_library
@pytest.mark.parametrize("largest", [2**62, 2**60])
def test_quantities_that_do_not_fit_are_left_to_the_engine(tmp_path: Path, largest: int) -> None:
    """The engine adds up in 128 bits, so that a sum which comes back into 64 is right."""
    table = pa.table(
        {
            "account_id": ["A"] * 6,
            "quantity": pa.array([largest] * 3 + [-largest] * 3, pa.int64()),
            "time": pa.array([date(2023, 3, 1)] * 6, pa.date32()),
        }
    )
    signals = {"sums": {"windows": [28], "families": ["depth"]}}
    run = run_of(tmp_path, {"events": table}, as_of=["2023-03-05"], signals=signals)
    by_sql, compiled = panels(run, ["sql", "compiled"])
    np.testing.assert_array_equal(compiled, by_sql)


@needs_library
def test_more_rows_than_counts_can_hold_are_left_to_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_engine: list[BySql] = []

    def by_sql(*asked: Any) -> BySql:
        by_engine.append(BySql(*asked))
        return by_engine[-1]

    monkeypatch.setattr(compiled_scan, "MOST_ROWS", 0)
    monkeypatch.setattr(compiled_scan, "BySql", by_sql)
    expected, found = panels(_small(tmp_path), ["sql", "compiled"])
    np.testing.assert_array_equal(found, expected)
    assert len(by_engine) == 1


def _small(folder: Path, **settings: Any) -> Run:
    return run_of(
        folder,
        {"events": "\naccount_id time\nA 2023-01-02\n"},
        as_of=["2023-02-01"],
        signals={"all": {"windows": [28], "families": ["frequency"]}},
        **settings,
    )


def test_without_the_library_sql_stands_in_unless_the_scan_is_forced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eventrows, "library", lambda: None)
    run = _small(tmp_path)
    auto, by_sql = panels(run, ["auto", "sql"])
    np.testing.assert_array_equal(auto, by_sql)
    with pytest.raises(ConfigurationError, match="C compiler"):
        panels(run, ["compiled"])


def test_no_identity_depends_on_the_scan(tmp_path: Path) -> None:
    identities = {run_identity(_small(tmp_path, scan=scan), "features", {}) for scan in ("auto", "compiled", "sql")}
    assert len(identities) == 1


def test_a_scan_is_forced_of_duckdb_alone(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="grouped where they are"):
        _small(tmp_path, scan="compiled", engine="spark")
