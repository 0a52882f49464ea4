"""Random histories for the tests of outcomes, and how what is found in them differs from what the oracle says."""

from __future__ import annotations

import random
import shutil
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

import oracle
from healthscore.config import Run
from literal import fates_of, run_of, snapshots_of
from oracle import DAY

BEGIN = date(2024, 1, 1)
DATES = [BEGIN + n * DAY for n in range(0, 200, 13)]
END = date(2024, 7, 1)


ACCOUNTS = [f"A{n}" for n in range(40)]


@st.composite
def contracts(draw: st.DrawFn) -> pa.Table:
    """Contracts: short and long, one after the other, overlapping or interrupted, with notice, of several types.

    Drawn from a seed: what Hypothesis itself draws is too small and too alike for every outcome to occur.
    """
    chance = random.Random(draw(st.integers(0, 2**32)))
    rows: list[dict[str, Any]] = []
    for account in ACCOUNTS:
        after = BEGIN + chance.randint(-90, 60) * DAY
        for _ in range(chance.choice([1, 2, 2, 3, 4])):
            start = after + chance.choice([0, 0, 0, 1, 5, 14, 15, -20, -3, 60]) * DAY
            length = chance.choice([None, 1, 30, 60, 90, 120, chance.randint(2, 150)])
            notice = chance.randint(0, length or 100) if chance.random() < 0.3 else None
            renewal = chance.choice([None, length, length, length, chance.randint(1, 150)])
            rows.append(
                {
                    "account_id": account,
                    "subscription_id": str(len(rows)),
                    "start": start,
                    "end": None if length is None else start + length * DAY,
                    "notice": None if notice is None else start + notice * DAY,
                    "exit_type": chance.choice([None, "voluntary", "Involuntary", "merged"]),
                    "status": chance.choice(
                        [None, "active", "active", "active", "active", "Active", "trial", "paused"]
                    ),
                    "known_at": start + chance.randint(1, 40) * DAY if chance.random() < 0.3 else None,
                    "value": chance.choice([None, "0", "20.05", "90", "99.99", "100", "100", "110", "121"]),
                    "renewal": None if renewal is None else start + renewal * DAY,
                }
            )
            after = rows[-1]["end"] or start + chance.randint(10, 100) * DAY
    dated = dict.fromkeys(("start", "end", "notice", "known_at", "renewal"), pa.date32())
    return pa.table({n: pa.array([row[n] for row in rows], dated.get(n, pa.string())) for n in rows[0]})


@st.composite
def purchases(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows of events, of each account at a rate that changes once; some recorded late, some of a negative quantity."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    rows = []
    for account in ACCOUNTS:
        before, after = (chance.choice([0.0, 0.01, 0.05, 0.2]) for _ in range(2))
        change = chance.randint(-60, 220)
        for day in range(-60, 221):
            if chance.random() < (before if day < change else after):
                known = BEGIN + (day + (chance.randint(1, 50) if chance.random() < 0.2 else 0)) * DAY
                rows.append(
                    {
                        "account_id": account,
                        "time": BEGIN + day * DAY,
                        "known_at": known,
                        "quantity": chance.randint(-2, 9),
                    }
                )
    return rows


def differences(
    run: Run, data_end: date, as_of: list[date], expected: dict[tuple[str, date], oracle.Fate]
) -> list[str]:
    """Snapshots that differ from the oracle's, in words. Labels matter only at risk."""
    found = fates_of(snapshots_of(run, data_end, as_of))
    assert found.keys() == expected.keys()
    wrong = []
    for row, fate in expected.items():
        status, label, exit_day = found[row]
        same = status == fate.status and (status != "at_risk" or (label, exit_day) == (fate.label, fate.exit_day))
        if not same:
            wrong.append(f"{row}: {found[row]}, and the oracle says {fate}")
    return wrong


def differences_on_files(
    tables: dict[str, pa.Table],
    outcome: dict[str, Any],
    expected: dict[tuple[str, date], oracle.Fate],
    sources: dict[str, dict[str, Any]] | None = None,
) -> list[str]:
    """The same on tables that are written to files."""
    folder = Path(tempfile.mkdtemp())
    try:
        run = run_of(folder, tables, as_of=DATES, outcome=outcome, sources=sources)
        return differences(run, END, DATES, expected)
    finally:
        shutil.rmtree(folder)
