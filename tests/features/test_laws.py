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
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from canaries import CANARIES, known_by
from feature_book import (
    ACCOUNTS,
    BEGIN,
    DAY,
    DELAY,
    GRID,
    HAPPENED,
    MAKERS,
    SCHEMAS,
    SIGNALS,
    Rows,
    T,
    book_of_rows,
    midnight,
)
from healthscore.config import Run
from healthscore.features import FAMILIES, panel
from literal import Cells, fates_of, panel_of, run_of, snapshots_of

Family = tuple[str, str]
"""A kind of signal, and a family of it."""
EVERY_FAMILY = [(kind, family) for kind, families in FAMILIES.items() for family in families]


@pytest.fixture(scope="module")
def book() -> Rows:
    return book_of_rows()


def run_on(
    folder: Path,
    rows: Rows,
    kind: str,
    family: str,
    *,
    as_of: Sequence[date] = GRID,
    pieces: int = 1,
    **sections: Any,
) -> Run:
    """A run that measures one family of the signals of its kind; each table is written in several files."""
    # Where there is a table of accounts, rows of others are faults, and the laws are also about unheard-of accounts.
    shown = ("accounts",) if kind == "accounts" else (*HAPPENED, "subscriptions")
    tables: dict[str, pa.Table] = {name: pa.Table.from_pylist(rows[name], SCHEMAS[name]) for name in shown}
    corrected = {
        "corrections": True,
        "deduplicate_by": ["id"],
        "outages": [(date(2024, 2, 10), date(2024, 2, 20))],
    }
    declared: dict[str, dict[str, Any]] = {
        "accounts": {"attributes": {"plan": "plan", "employees": "employees"}},
        "events": corrected,
        "visits": {"contract": "events", "availability_delay_days": DELAY.days},
        "intervals": corrected,
        "levels": corrected,
        "subscriptions": {},
    }
    sources = {name: declared[name] for name in shown}
    sections.setdefault("features", {"windows": [7, 30, 91, "all"]})
    signals = {name: signal | {"families": [family]} for name, signal in SIGNALS[kind].items()}
    if pieces > 1:
        sources = {name: source | {"path": f"{name}-*.parquet"} for name, source in sources.items()}
    run = run_of(folder, tables, as_of=as_of, signals=signals, sources=sources, **sections)
    if pieces > 1:
        for name, whole in tables.items():
            (folder / f"{name}.parquet").unlink()
            step = -(-whole.num_rows // pieces)
            for piece in range(pieces):
                pyarrow.parquet.write_table(whole.slice(piece * step, step), folder / f"{name}-{piece}.parquet")
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


@pytest.fixture(scope="module", params=EVERY_FAMILY, ids=lambda family: f"{family[0]}-{family[1]}")
def family(request: pytest.FixtureRequest) -> Family:
    assert isinstance(request.param, tuple)
    return request.param


@pytest.fixture(scope="module")
def base(family: Family, book: Rows, tmp_path_factory: pytest.TempPathFactory) -> Cells:
    """Features of one family on the untouched book."""
    found = panel_of(run_on(tmp_path_factory.mktemp("base"), book, *family))
    values = [value for cells in found.values() for value in cells.values()]
    assert sum(value not in (None, 0) for value in values) > len(values) / 10, "a law about nothing proves nothing"
    return found


def test_every_kind_of_signal_is_in_the_book() -> None:
    assert {kind for kind, _ in EVERY_FAMILY} == set(SIGNALS)


# --- T1: the leak canary ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("canary", CANARIES)
def test_rows_known_at_or_after_the_as_of_date_change_nothing(
    tmp_path: Path, book: Rows, base: Cells, family: Family, canary: str
) -> None:
    found = panel_of(run_on(tmp_path, CANARIES[canary](book, T), *family))
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
    before = fates_of(snapshots_of(run_on(tmp_path / "a", book, "events", "recency", outcome=outcome), end))
    changed = CANARIES[canary](book, T)
    after = fates_of(snapshots_of(run_on(tmp_path / "b", changed, "events", "recency", outcome=outcome), end))
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
    tmp_path: Path, book: Rows, base: Cells, family: Family, pieces: int, threads: int
) -> None:
    run = run_on(tmp_path, shuffled(book), *family, pieces=pieces, threads=threads)
    assert_identical(panel_of(run), base)


@pytest.mark.parametrize("outcome", ["churn", "inactivity"])
def test_neither_the_order_of_rows_nor_files_matter_to_outcomes(tmp_path: Path, book: Rows, outcome: str) -> None:
    source = {"churn": "subscriptions", "inactivity": "events"}[outcome]
    declared = {"kind": outcome, "source": source, "gap_days": 3, "horizon_days": 20, "grace_days": 10}
    end = date(2024, 8, 1)
    one = snapshots_of(run_on(tmp_path / "a", book, "events", "recency", outcome=declared), end)
    other = snapshots_of(run_on(tmp_path / "b", shuffled(book), "events", "recency", outcome=declared, pieces=4), end)
    assert fates_of(one) == fates_of(other)


def test_accounts_are_independent_of_the_chunk_that_they_are_computed_in(
    tmp_path: Path, book: Rows, base: Cells, family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_on(tmp_path, book, *family)
    monkeypatch.setattr(panel, "CHUNK_VALUES", 1)
    monkeypatch.setattr(panel, "SMALLEST_CHUNK", 7)
    assert_identical(panel_of(run), base)


def test_an_account_has_the_features_that_it_has_alone(tmp_path: Path, book: Rows, base: Cells, family: Family) -> None:
    # Coverage belongs to the source, so its first rows stay, whoever made them; a correction may move a row to another
    # account, so all versions of a row stay.
    some = set(ACCOUNTS[:3])
    alone = {}
    for name, content in book.items():
        early = midnight(BEGIN + 10 * DAY) if name in MAKERS else BEGIN + 10 * DAY
        time = HAPPENED.get(name)
        kept = [row for row in content if row["account_id"] in some or (time and row[time] < early)]
        ids = {row["id"] for row in kept if "id" in row}
        alone[name] = [row for row in content if row.get("id") in ids] if ids else kept
    found = panel_of(run_on(tmp_path, alone, *family))
    assert_identical(found, base, [(account, t) for account, t in base if account in some])


# --- time ------------------------------------------------------------------------------------------------------------


def test_a_date_alone_has_the_features_that_it_has_among_many(
    tmp_path: Path, book: Rows, base: Cells, family: Family
) -> None:
    run = run_on(tmp_path, book, *family)
    for t in GRID:
        assert_identical(panel_of(run, [t]), {row: cells for row, cells in base.items() if row[1] == t})
    dense = sorted({*GRID, *(BEGIN + n * DAY for n in range(0, 140, 2))})
    assert_identical(panel_of(run, dense), base)


def test_todays_tables_replay_what_was_computed_then(tmp_path: Path, book: Rows, base: Cells, family: Family) -> None:
    for t in GRID:
        found = panel_of(run_on(tmp_path / t.isoformat(), known_by(book, t), *family, as_of=[t]))
        assert_identical(base, found)


def test_everything_moved_by_371_days_is_the_same(tmp_path: Path, book: Rows, base: Cells, family: Family) -> None:
    by = 371 * DAY

    def moved(row: dict[str, Any]) -> dict[str, Any]:
        return {name: value + by if isinstance(value, date) else value for name, value in row.items()}

    rows = {name: [moved(row) for row in content] for name, content in book.items()}
    run = run_on(tmp_path, rows, *family, as_of=[t + by for t in GRID])
    sources = {
        name: source.model_copy(update={"outages": tuple((first + by, last + by) for first, last in source.outages)})
        for name, source in run.sources.items()
    }
    run = run.model_copy(update={"sources": sources})
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
    opened = [
        f"a{n % 9}  2018-{n % 9 + 2:02d}-04T22:30:00  2018-11-0{n % 5 + 1}T23:59:59.999999  2018-11-0{n % 7 + 1}"
        for n in range(40)
    ]
    told = [f"a{n % 9}  2018-{n % 9 + 2:02d}-04T{n % 24:02d}:59:59.999999  {n % 11}" for n in range(40)]
    run = run_of(
        folder,
        {
            "events": "\n".join(["", "account_id  time  actor_id  quantity", *lines]),
            "intervals": "\n".join(["", "account_id  start  end  deadline", *opened]),
            "levels": "\n".join(["", "account_id  time  value", *told]),
        },
        as_of=[date(2018, 3, 1), date(2018, 11, 4), date(2018, 11, 5), date(2018, 12, 1)],
        timezone="America/Sao_Paulo",
        sources={name: {"timezone": "Asia/Kolkata"} for name in ("events", "intervals", "levels")},
        signals={
            kind: {"source": kind, "families": list(FAMILIES[kind]), "windows": [1, 7, 30, "all"]}
            for kind in ("events", "intervals", "levels")
        },
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
