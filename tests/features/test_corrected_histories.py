"""Corrections seen from features: every as-of date sees the versions that were known then, and no others."""

from __future__ import annotations

import random
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from healthscore.features import FAMILIES
from literal import compare, expect, oracle_signals, panel_of, run_of
from oracle import DAY

EVENTS = {"events": {"corrections": True}}
SIGNALS: dict[str, Any] = {"orders": {"windows": ["all"], "families": ["frequency", "breadth", "depth", "recency"]}}

ORDERS = """
event_id  account_id  time        actor_id  name  quantity  known_at    retracted
7         A           2024-01-02  u1        book  5         2024-01-03  -
7         A           2024-01-02  u2        pen   8         2024-02-10  -
8         A           2024-01-20  u1        book  1         2024-01-20  -
9         A           2024-01-25  u3        book  2         2024-01-25  -
9         -           -           -         -     -         2024-02-20  true
"""
SEEN = """
account  as_of       orders_count_ever  orders_quantity_ever  orders_users_ever  orders_kinds_ever  orders_recency
A        2024-01-15  1                  5                     1                  1                  13
A        2024-02-01  3                  8                     2                  1                  7
A        2024-02-10  3                  8                     2                  1                  16
A        2024-02-11  3                  11                    3                  2                  17
A        2024-03-01  2                  9                     2                  2                  41
"""
DATES = ["2024-01-15", "2024-02-01", "2024-02-10", "2024-02-11", "2024-03-01"]


def test_every_date_sees_the_version_that_was_known_then(tmp_path: Path) -> None:
    run = run_of(tmp_path, {"events": ORDERS}, as_of=DATES, sources=EVENTS, signals=SIGNALS)
    expect(panel_of(run), SEEN)


@pytest.mark.parametrize("as_of", DATES)
def test_todays_table_scored_as_of_a_date_gives_what_that_days_export_gave(tmp_path: Path, as_of: str) -> None:
    """T3: the export of that morning held the rows that were known by then."""
    header, *lines = ORDERS.strip().splitlines()
    export = "\n".join(["", header, *(line for line in lines if line.split()[6] < as_of)])
    then, today = (
        panel_of(run_of(tmp_path / name, {"events": table}, as_of=[as_of], sources=EVENTS, signals=SIGNALS))
        for name, table in (("then", export), ("today", ORDERS))
    )
    assert then == today


def test_dates_asked_for_together_see_what_each_sees_alone(tmp_path: Path) -> None:
    together = panel_of(run_of(tmp_path / "all", {"events": ORDERS}, as_of=DATES, sources=EVENTS, signals=SIGNALS))
    for as_of in DATES:
        alone = run_of(tmp_path / as_of, {"events": ORDERS}, as_of=[as_of], sources=EVENTS, signals=SIGNALS)
        assert panel_of(alone).items() <= together.items()


def test_a_correction_may_move_an_event_to_another_day_and_account(tmp_path: Path) -> None:
    moved = """
    event_id  account_id  time        quantity  known_at
    1         A           2024-01-02  1         2024-01-02
    1         B           2023-12-01  1         2024-02-10
    2         B           2024-01-05  1         2024-01-05
    """
    signals: dict[str, Any] = {"orders": {"windows": [28], "families": ["frequency", "recency"]}}
    run = run_of(
        tmp_path, {"events": _flush(moved)}, as_of=["2024-01-20", "2024-03-01"], sources=EVENTS, signals=signals
    )
    found = panel_of(run)
    expect(
        found,
        """
        account  as_of       orders_count_28d  orders_recency  tenure_days
        A        2024-01-20  1                 18              18
        A        2024-03-01  0                 -               -
        B        2024-01-20  1                 15              15
        B        2024-03-01  0                 56              91
        """,
    )


def test_the_sources_first_day_is_what_was_known(tmp_path: Path) -> None:
    """The row that made the source begin on 1 October was withdrawn, so that later the window of 90 days is missing."""
    rows = """
    event_id  account_id  time        known_at    retracted
    1         A           2023-10-01  2023-10-01  -
    1         A           2023-10-01  2024-01-05  true
    2         A           2023-12-20  2023-12-20  -
    """
    signals: dict[str, Any] = {"orders": {"windows": [60], "families": ["frequency"]}}
    run = run_of(
        tmp_path, {"events": _flush(rows)}, as_of=["2024-01-05", "2024-01-06"], sources=EVENTS, signals=signals
    )
    expect(
        panel_of(run),
        """
        account  as_of       orders_count_60d
        A        2024-01-05  1
        A        2024-01-06  -
        """,
    )


def _flush(table: str) -> str:
    return "\n".join(line.strip() for line in table.splitlines())


# --- random histories, against the oracle ----------------------------------------------------------------------------

BEGIN = datetime(2018, 9, 1, tzinfo=UTC)
MOMENT = pa.timestamp("us", "UTC")
TYPES = {
    "time": MOMENT, "start": MOMENT, "end": MOMENT, "known_at": MOMENT, "end_known_at": MOMENT, "retracted": pa.bool_(),
    "deadline": pa.date32(), "quantity": pa.decimal128(12, 2), "value": pa.decimal128(12, 2),
}  # fmt: skip


def instants(draw: st.DrawFn, first: int, last: int) -> datetime:
    hours = draw(st.integers(first * 4, last * 4)) * 6
    return BEGIN + timedelta(hours=hours)


@st.composite
def version_rows(draw: st.DrawFn, kind: str) -> list[dict[str, Any]]:
    """Up to 12 things of up to four versions: changed, moved, withdrawn, come back, copied, known out of order."""
    rows: list[dict[str, Any]] = []
    for thing in range(draw(st.integers(1, 12))):
        copied: dict[str, Any] | None = None
        for version in range(draw(st.integers(1, 4))):
            time = instants(draw, 0, 120)
            said: dict[str, Any] = {"account_id": draw(st.sampled_from(["A", "B"]))}
            amount = draw(st.one_of(st.none(), st.integers(-200, 200)))
            number = None if amount is None else Decimal(amount) / 100
            name = draw(st.sampled_from(["f0", "f1", None]))
            if kind == "events":
                said |= {"time": time, "name": name, "quantity": number, "actor_id": draw(st.sampled_from(["u", "v"]))}
            elif kind == "levels":
                said |= {"time": time, "name": name, "value": number}
            else:
                lasting = draw(st.one_of(st.none(), st.integers(0, 40)))
                end = None if lasting is None else time + lasting * DAY
                said |= {"start": time, "end": end, "kind": name, "quantity": number, "deadline": time.date() + 9 * DAY}
            if copied is not None and draw(st.booleans()):
                said = copied
            copied = said
            # Versions of a thing are known at different moments, a few of them on one day.
            known = BEGIN + draw(st.integers(-5, 130)) * DAY + timedelta(hours=5 * version)
            withdrawn = draw(st.sampled_from([None, None, False, True]))
            rows.append({"thing": f"t{thing}", **said, "known_at": known, "retracted": withdrawn})
    first = {"thing": None, **rows[0], "known_at": None, "retracted": None} | {"thing": None}
    return [first, *draw(st.permutations(rows))]


@st.composite
def books(draw: st.DrawFn) -> dict[str, Any]:
    """Arguments of `run_of`: one source of a kind, whose rows have versions."""
    kind = draw(st.sampled_from(["events", "events", "intervals", "levels"]))
    rows = draw(version_rows(kind))
    columns = {name: pa.array([row[name] for row in rows], TYPES.get(name, pa.string())) for name in rows[0]}
    windows = st.lists(st.sampled_from([1, 7, 28, 63, "all"]), min_size=1, max_size=3, unique=True)
    dense = draw(st.booleans())
    chosen = range(20, 130) if dense else draw(st.sets(st.integers(-3, 140), min_size=1, max_size=5))
    return {
        "tables": {kind: pa.table(columns)},
        "as_of": sorted(BEGIN.date() + n * DAY for n in chosen),
        "signals": {"signal": {"source": kind, "windows": draw(windows), "families": list(FAMILIES[kind])}},
        "sources": {
            kind: {
                "corrections": True,
                "deduplicate_by": ["thing"],
                "availability_delay_days": draw(st.sampled_from([0, 0, 2])),
            }
        },
        "timezone": draw(st.sampled_from(["UTC", "America/Sao_Paulo", "Asia/Kolkata"])),
    }


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(book=books())
def test_histories_with_corrections_have_the_features_that_the_oracle_finds(book: dict[str, Any]) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        run = run_of(folder, **book)
        found = panel_of(run)
        pairs = sorted(found)
        chosen = random.Random(1).sample(pairs, min(len(pairs), 60))
        wrong, _ = compare(found, chosen, oracle_signals(run, {}), None)
        assert not wrong, wrong[:5]
    finally:
        shutil.rmtree(folder)


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(book=books(), day=st.integers(10, 120))
def test_replaying_a_date_with_todays_table_gives_what_was_seen_then(book: dict[str, Any], day: int) -> None:
    """T3: rows that became known on the as-of date or later change nothing."""
    folder, t = Path(tempfile.mkdtemp()), BEGIN.date() + day * DAY
    try:
        kind, today = next(iter(book["tables"].items()))
        delay = book["sources"][kind]["availability_delay_days"]
        midnight = datetime(t.year, t.month, t.day, tzinfo=UTC) - delay * DAY
        then = today.filter(pc.fill_null(pc.less(today["known_at"], pa.scalar(midnight, MOMENT)), True))
        panels = []
        for name, table in (("today", today), ("then", then)):
            at = {**book, "tables": {kind: table}, "as_of": [t], "timezone": "UTC"}
            panels.append(panel_of(run_of(folder / name, **at)))
        # An account of which all that was ever said was put right before it came true is in no table of today.
        changed = {key for key in panels[1] if panels[0].get(key, panels[1][key]) != panels[1][key]}
        assert not changed
    finally:
        shutil.rmtree(folder)
