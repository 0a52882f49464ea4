"""Laws that hold for every feature family, those to come included.

What is known later, the order of rows, how files are split, threads, chunks, the machine's clock, the other accounts
and the other dates of a grid change no bit of any feature.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from healthscore.config import Run
from healthscore.features import FAMILIES, panel
from literal import Cells, fates_of, panel_of, run_of, snapshots_of

DAY = timedelta(days=1)
BEGIN = date(2024, 1, 1)
T = date(2024, 5, 1)
GRID = [date(2024, 2, 1), date(2024, 3, 1), date(2024, 4, 1), T]
ACCOUNTS = [f"a{n:02d}" for n in range(40)]
Rows = dict[str, list[dict[str, Any]]]
DELAY = 2 * DAY
"""After which visits are known."""
KNOWN = {
    "events": lambda row: max(row["time"], row["known_at"]).date(),
    "visits": lambda row: row["time"] + DELAY,
    "subscriptions": lambda row: max(row["start"], row["known_at"] or row["start"]),
}
"""Day on which a row of each table becomes known: it is seen from the next as-of date on."""
SCHEMAS = {
    "events": pa.schema(
        {
            "account_id": pa.string(),
            "time": pa.timestamp("us", "UTC"),
            "actor_id": pa.string(),
            "name": pa.string(),
            "quantity": pa.float64(),
            "known_at": pa.timestamp("us", "UTC"),
        }
    ),
    "visits": pa.schema({"account_id": pa.string(), "time": pa.date32(), "name": pa.string()}),
    "subscriptions": pa.schema(
        {
            "account_id": pa.string(),
            "start": pa.date32(),
            "end": pa.date32(),
            "notice": pa.date32(),
            "seats": pa.int64(),
            "value": pa.float64(),
            "status": pa.string(),
            "exit_type": pa.string(),
            "known_at": pa.date32(),
        }
    ),
}


# --- a book of rows --------------------------------------------------------------------------------------------------


def event(chance: random.Random, low: date, high: date) -> dict[str, Any]:
    """An event between two dates, known at once or up to 50 days later."""
    span = (high - low).days * 86_400_000_000
    time = datetime(low.year, low.month, low.day, tzinfo=UTC) + timedelta(microseconds=chance.randrange(span))
    late = chance.choice([0, 0, 0, 1, 7, 50]) * DAY
    return {
        "account_id": chance.choice(ACCOUNTS),
        "time": time,
        "actor_id": chance.choice([None, *(f"u{n}" for n in range(9))]),
        "name": chance.choice([None, *(f"f{n}" for n in range(90))]),
        "quantity": chance.choice([None, round(chance.uniform(-5, 100), 2)]),
        "known_at": time + late,
    }


def contract(chance: random.Random, account: str, start: date) -> dict[str, Any]:
    """A contract from a date on, open or not, with notice or not."""
    length = chance.choice([None, None, 30, 60, 200])
    notice = chance.choice([None, None, 10, 25])
    return {
        "account_id": account,
        "start": start,
        "end": None if length is None else start + length * DAY,
        "notice": None if notice is None else start + notice * DAY,
        "seats": chance.randint(1, 12),
        "value": round(chance.uniform(10, 500), 2),
        "status": chance.choice(["active", "active", "active", "trial"]),
        "exit_type": chance.choice([None, "voluntary", "merged"]),
        "known_at": chance.choice([None, None, start + 20 * DAY]),
    }


@pytest.fixture(scope="module")
def book() -> Rows:
    chance = random.Random(7)
    starts = [BEGIN + chance.randrange(-200, 160) * DAY for _ in range(60)]
    return {
        "events": [event(chance, BEGIN, date(2024, 7, 1)) for _ in range(1_500)],
        "visits": [
            {
                "account_id": chance.choice(ACCOUNTS),
                "time": BEGIN + chance.randrange(170) * DAY,
                "name": chance.choice(["call", "visit", None]),
            }
            for _ in range(300)
        ],
        "subscriptions": [contract(chance, chance.choice(ACCOUNTS), start) for start in starts],
    }


def run_on(
    folder: Path,
    rows: Rows,
    families: Sequence[str],
    *,
    as_of: Sequence[date] = GRID,
    pieces: int = 1,
    **sections: Any,
) -> Run:
    """A run on the rows, each table written in several files."""
    tables: dict[str, pa.Table] = {}
    for name, content in rows.items():
        whole = pa.Table.from_pylist(content, SCHEMAS[name])
        tables[name] = whole
    sources: dict[str, dict[str, Any]] = {
        "events": {"outages": [(date(2024, 2, 10), date(2024, 2, 20))]},
        "visits": {"contract": "events", "availability_delay_days": DELAY.days},
        "subscriptions": {},
    }
    sections.setdefault("features", {"windows": [7, 30, 91, "all"], "families": list(families)})
    signals = {
        "usage": {"key": ["f1", "f2", "f3"]},
        "large": {"where": "quantity > 50"},
        "visits": {"source": "visits"},
    }
    if pieces > 1:
        for name in rows:
            sources[name] = sources[name] | {"path": f"{name}-*.parquet"}
    run = run_of(folder, tables, as_of=as_of, signals=signals, sources=sources, **sections)
    if pieces > 1:
        for name, whole in tables.items():
            (folder / f"{name}.parquet").unlink()
            step = -(-whole.num_rows // pieces)
            for piece in range(pieces):
                pa.parquet.write_table(whole.slice(piece * step, step), folder / f"{name}-{piece}.parquet")
    return run


def assert_identical(found: Cells, expected: Cells, rows: Sequence[tuple[str, date]] | None = None) -> None:
    """Bit-equal in every cell of the rows (those of `expected`)."""
    wanted = list(expected) if rows is None else list(rows)
    different = [
        (row, name, found[row][name], value)
        for row in wanted
        for name, value in expected[row].items()
        if found[row][name] != value
    ]
    assert wanted
    assert not different, f"{len(different)} cells differ, such as {different[:3]}"


@pytest.fixture(scope="module", params=list(FAMILIES["events"]))
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def base(family: str, book: Rows, tmp_path_factory: pytest.TempPathFactory) -> Cells:
    """Features of one family on the untouched book."""
    found = panel_of(run_on(tmp_path_factory.mktemp("base"), book, [family]))
    values = [value for cells in found.values() for value in cells.values()]
    assert sum(value not in (None, 0) for value in values) > len(values) / 10, "a law about nothing proves nothing"
    return found


# --- T1: the leak canary ---------------------------------------------------------------------------------------------


def later_added(rows: Rows, t: date) -> Rows:
    """Rows that nobody knew at t, in every table: of the future, and of the past but known from t on."""
    chance = random.Random(8)
    events = [event(chance, t, t + 90 * DAY) for _ in range(400)]
    backfilled = [event(chance, BEGIN - 300 * DAY, t) for _ in range(400)]
    known_from = datetime(t.year, t.month, t.day, tzinfo=UTC)
    for n, row in enumerate(backfilled):
        row["known_at"] = known_from + timedelta(days=n % 5)
    for row in events[:200]:
        row["account_id"] = f"unheard of {row['account_id']}"
        row["quantity"] = 0.123456
    visits = [
        {"account_id": chance.choice(ACCOUNTS), "time": t - DELAY + (n % 60) * DAY, "name": f"new {n}"}
        for n in range(100)
    ]
    signed = [contract(chance, account, t + (n % 40) * DAY) for n, account in enumerate(ACCOUNTS)]
    recorded = [
        contract(chance, account, t - 100 * DAY) | {"known_at": t + n * DAY} for n, account in enumerate(ACCOUNTS)
    ]
    return {
        "events": rows["events"] + events + backfilled,
        "visits": rows["visits"] + visits,
        "subscriptions": rows["subscriptions"] + signed + recorded,
    }


def later_deleted(rows: Rows, t: date) -> Rows:
    """Without any row that was not known at t; ends and notices from t on had not happened."""
    kept = {name: [row for row in content if KNOWN[name](row) < t] for name, content in rows.items()}
    kept["subscriptions"] = [_cut(row, t) for row in kept["subscriptions"]]
    return kept


def later_altered(rows: Rows, t: date) -> Rows:
    """Every cell of a row that was not known at t says something else; ends and notices from t on too."""
    chance = random.Random(9)
    altered: Rows = {"events": [], "visits": [], "subscriptions": []}
    for row in rows["events"]:
        if KNOWN["events"](row) >= t:
            other = event(chance, BEGIN, t)
            other["known_at"] = datetime(t.year, t.month, t.day, tzinfo=UTC) + chance.randrange(90) * DAY
            row = other
        altered["events"].append(row)
    for row in rows["visits"]:
        late = KNOWN["visits"](row) >= t
        altered["visits"].append(row | {"account_id": chance.choice(ACCOUNTS), "name": "altered"} if late else row)
    for row in rows["subscriptions"]:
        if KNOWN["subscriptions"](row) >= t:
            row = contract(chance, chance.choice(ACCOUNTS), t + chance.randrange(60) * DAY)
        elif row["end"] is None or row["end"] >= t:
            row = _cut(row, t) | {"end": chance.choice([None, t, t + 1 * DAY, t + 99 * DAY])}
        altered["subscriptions"].append(row)
    return altered


def _cut(row: dict[str, Any], t: date) -> dict[str, Any]:
    """A contract as it was known at t: without an end, notice or type of exit that lay ahead."""
    ahead = {name: None for name in ("end", "notice") if row[name] is not None and row[name] >= t}
    return row | ahead | ({"exit_type": None} if ahead else {})


CANARIES: dict[str, Callable[[Rows, date], Rows]] = {
    "add": later_added,
    "delete": later_deleted,
    "alter": later_altered,
}


@pytest.mark.parametrize("canary", CANARIES)
def test_rows_known_at_or_after_the_as_of_date_change_nothing(
    tmp_path: Path, book: Rows, base: Cells, family: str, canary: str
) -> None:
    found = panel_of(run_on(tmp_path, CANARIES[canary](book, T), [family]))
    # An account of which nothing at all was known is not there without its rows.
    rows = [row for row in base if row in found]
    assert len(rows) > 0.9 * len(base)
    assert_identical(found, base, rows)


@pytest.mark.parametrize("canary", CANARIES)
@pytest.mark.parametrize(
    "outcome",
    [
        {"kind": "churn", "source": "subscriptions", "gap_days": 7, "horizon_days": 30, "grace_days": 14},
        {"kind": "inactivity", "source": "events", "horizon_days": 30, "eligible_within_days": 20},
    ],
    ids=lambda outcome: str(outcome["kind"]),
)
def test_rows_known_at_or_after_the_as_of_date_change_no_status(
    tmp_path: Path, book: Rows, outcome: dict[str, Any], canary: str
) -> None:
    end = date(2024, 8, 1)
    before = fates_of(snapshots_of(run_on(tmp_path / "a", book, ["recency"], outcome=outcome), end))
    changed = CANARIES[canary](book, T)
    after = fates_of(snapshots_of(run_on(tmp_path / "b", changed, ["recency"], outcome=outcome), end))
    shared = before.keys() & after.keys()
    assert len(shared) > 0.9 * len(before)
    assert {row: before[row][0] for row in shared} == {row: after[row][0] for row in shared}
    assert len({before[row][0] for row in shared}) > 1


# --- order, files, threads, chunks -----------------------------------------------------------------------------------


def shuffled(rows: Rows) -> Rows:
    chance = random.Random(10)
    return {name: chance.sample(content, len(content)) for name, content in rows.items()}


@pytest.mark.parametrize(("pieces", "threads"), [(1, 1), (5, 1), (5, 2)])
def test_neither_the_order_of_rows_nor_files_nor_threads_matter(
    tmp_path: Path, book: Rows, base: Cells, family: str, pieces: int, threads: int
) -> None:
    run = run_on(tmp_path, shuffled(book), [family], pieces=pieces, threads=threads)
    assert_identical(panel_of(run), base)


@pytest.mark.parametrize("outcome", ["churn", "inactivity"])
def test_neither_the_order_of_rows_nor_files_matter_to_outcomes(tmp_path: Path, book: Rows, outcome: str) -> None:
    source = {"churn": "subscriptions", "inactivity": "events"}[outcome]
    declared = {"kind": outcome, "source": source, "gap_days": 3, "horizon_days": 20, "grace_days": 10}
    end = date(2024, 8, 1)
    one = snapshots_of(run_on(tmp_path / "a", book, ["recency"], outcome=declared), end)
    other = snapshots_of(run_on(tmp_path / "b", shuffled(book), ["recency"], outcome=declared, pieces=4), end)
    assert fates_of(one) == fates_of(other)


def test_accounts_are_independent_of_the_chunk_that_they_are_computed_in(
    tmp_path: Path, book: Rows, base: Cells, family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_on(tmp_path, book, [family])
    monkeypatch.setattr(panel, "CHUNK_VALUES", 1)
    monkeypatch.setattr(panel, "SMALLEST_CHUNK", 7)
    assert_identical(panel_of(run), base)


def test_an_account_has_the_features_that_it_has_alone(tmp_path: Path, book: Rows, base: Cells, family: str) -> None:
    # Coverage belongs to the source, so its first row stays, whoever made it.
    some = set(ACCOUNTS[:3])
    alone = {
        "events": [r for r in book["events"] if r["account_id"] in some],
        "visits": [r for r in book["visits"] if r["account_id"] in some],
        "subscriptions": [r for r in book["subscriptions"] if r["account_id"] in some],
    }
    for name in ("events", "visits"):
        for t in GRID:
            first = min((row for row in book[name] if KNOWN[name](row) < t), key=lambda row: row["time"])
            if first not in alone[name]:
                alone[name].append(first)
    found = panel_of(run_on(tmp_path, alone, [family]))
    kept = [(account, t) for account, t in base if account in some]
    assert_identical(found, base, kept)


# --- time ------------------------------------------------------------------------------------------------------------


def test_a_date_alone_has_the_features_that_it_has_among_many(
    tmp_path: Path, book: Rows, base: Cells, family: str
) -> None:
    run = run_on(tmp_path, book, [family])
    for t in GRID:
        assert_identical(panel_of(run, [t]), {row: cells for row, cells in base.items() if row[1] == t})
    dense = sorted({*GRID, *(BEGIN + n * DAY for n in range(0, 140, 2))})
    assert_identical(panel_of(run, dense), base)


def test_todays_tables_replay_what_was_computed_then(tmp_path: Path, book: Rows, base: Cells, family: str) -> None:
    for t in GRID:
        then = {name: [row for row in rows if KNOWN[name](row) < t] for name, rows in book.items()}
        then["subscriptions"] = [_cut(row, t) for row in then["subscriptions"]]
        found = panel_of(run_on(tmp_path / t.isoformat(), then, [family], as_of=[t]))
        assert_identical(base, found)


def test_everything_moved_by_371_days_is_the_same(tmp_path: Path, book: Rows, base: Cells, family: str) -> None:
    by = 371 * DAY

    def moved(row: dict[str, Any]) -> dict[str, Any]:
        return {name: value + by if isinstance(value, date) else value for name, value in row.items()}

    rows = {name: [moved(row) for row in content] for name, content in book.items()}
    run = run_on(tmp_path, rows, [family], as_of=[t + by for t in GRID])
    outages = {"outages": ((date(2024, 2, 10) + by, date(2024, 2, 20) + by),)}
    events = run.sources["events"].model_copy(update=outages)
    run = run.model_copy(update={"sources": run.sources | {"events": events}})
    found = {(account, t - by): cells for (account, t), cells in panel_of(run).items()}
    assert_identical(found, base)


# --- the machine -----------------------------------------------------------------------------------------------------

DIGEST = """
import json, sys
from pathlib import Path
import test_laws
print(test_laws.digest(Path(sys.argv[1])))
"""


def digest(folder: Path) -> str:
    """Fingerprint of all features of all families, on clock times of one zone counted in days of another."""
    chance = random.Random(11)
    lines = [
        f"a{chance.randrange(9)}  2018-{m:02d}-{d:02d}T{h:02d}:59:59.999999  u{chance.randrange(5)}  {m * d * h}"
        for m, d, h in itertools.product((1, 2, 9, 10, 11), (1, 3, 4, 17, 18, 28), (1, 3, 22, 23))
    ]
    run = run_of(
        folder,
        {"events": "\n".join(["", "account_id  time  actor_id  quantity", *lines])},
        as_of=[date(2018, 3, 1), date(2018, 11, 4), date(2018, 11, 5), date(2018, 12, 1)],
        timezone="America/Sao_Paulo",
        sources={"events": {"timezone": "Asia/Kolkata"}},
        signals={"usage": {"families": list(FAMILIES["events"]), "windows": [1, 7, 30, "all"]}},
    )
    cells = {f"{account} {t}": values for (account, t), values in panel_of(run).items()}
    return hashlib.sha256(json.dumps(cells, sort_keys=True).encode()).hexdigest()


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Apia"])
def test_the_machines_own_zone_does_not_matter(tmp_path: Path, zone: str) -> None:
    here = digest(tmp_path / "here")
    environment = os.environ | {"TZ": zone, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": str(len(zone))}
    command = [sys.executable, "-c", DIGEST, str(tmp_path / "there")]
    there = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert there.stdout.strip() == here
