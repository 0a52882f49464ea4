"""T2: every feature equals that of an oracle in plain loops; counts exactly, other numbers to 1e-12."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import oracle
from healthscore.config import library, load_run
from healthscore.features import FAMILIES
from healthscore.tables.simulator import simulate, write
from literal import compare, oracle_signals, panel_of, run_of
from oracle import DAY

PAIRS = 2_000


def test_every_family_has_a_twin_in_the_oracle() -> None:
    assert {kind: list(twins) for kind, twins in oracle.FAMILIES.items()} == {
        kind: list(families) for kind, families in FAMILIES.items()
    }


def test_a_simulated_company_has_the_features_that_the_oracle_finds(tmp_path: Path) -> None:
    shipped = library() / "pipelines" / "saas.toml"
    write(simulate("saas", accounts=150, seed=29), tmp_path, shipped.read_text(encoding="utf-8"))
    run = load_run(tmp_path / "healthscore.toml")
    # The oracle knows no lexicon, and combinations have tests of their own.
    known = {name: signal for name, signal in run.signals.items() if run.sources[signal.source].sentiment is None}
    run = run.model_copy(update={"signals": known, "combinations": {}})
    dates = [date(2024, 1, 1) + n * DAY for n in (0, 1, 20, 45, 90, 121, 122, 200, 250, 300, 366, 440, 500, 545)]
    found = panel_of(run, dates)
    signals = oracle_signals(
        run,
        {
            "answered_at is not null": lambda row: row["answered_at"] is not None,
            "rated_at is not null": lambda row: row["rated_at"] is not None,
            "escalated_at is not null": lambda row: row["escalated_at"] is not None,
            "reopened_at is not null": lambda row: row["reopened_at"] is not None,
            "status = 'active'": lambda row: row["status"] == "active",
            "kind in ('high', 'critical')": lambda interval: interval.kind in ("high", "critical"),
            "attended": lambda event: bool(event.fields["attended"]),
            "executive": lambda event: bool(event.fields["executive"]),
        },
    )
    contracts = oracle.subscriptions(
        oracle.read_rows(run.data / "subscriptions.parquet"), notice="notice_date", value="mrr"
    )
    pairs = random.Random(29).sample(sorted(found), PAIRS)
    wrong, compared = compare(found, pairs, signals, contracts)
    assert not wrong, wrong[:5]
    assert compared == PAIRS * len(next(iter(found.values())))


# --- small random histories ------------------------------------------------------------------------------------------

BEGIN = date(2018, 9, 1)
"""Two months before São Paulo's clocks skipped a midnight."""
ACCOUNTS = ["A", "B", "C", "00042"]
CONDITIONS: dict[str, Callable[[Any], bool]] = {
    "name = 'f0' or quantity > 2": lambda e: e.name == "f0" or (e.quantity is not None and e.quantity > 2),
    "actor_id is not null": lambda e: e.actor is not None,
    "quantity < 0": lambda e: e.quantity is not None and e.quantity < 0,
    "kind = 'high'": lambda interval: interval.kind == "high",
    "quantity >= 1 and deadline is not null": lambda i: i.deadline is not None and (i.quantity or 0) >= 1,
    "name = 'nps'": lambda level: level.name == "nps",
    "value is null or value > 0": lambda level: level.value is None or level.value > 0,
}
OF_KIND = {
    "events": ["name = 'f0' or quantity > 2", "actor_id is not null", "quantity < 0"],
    "intervals": ["kind = 'high'", "quantity >= 1 and deadline is not null"],
    "levels": ["name = 'nps'", "value is null or value > 0"],
}
"""Conditions over rows of each kind."""
days = st.integers(0, 150)
moments = st.builds(
    lambda day, micros: datetime(BEGIN.year, BEGIN.month, BEGIN.day, tzinfo=UTC) + day * DAY + micros,
    days,
    st.sampled_from([0, 1, 43_200_000_000, 86_399_999_999, 10_799_999_999, 10_800_000_000]).map(
        lambda n: timedelta(microseconds=n)
    ),
)


@st.composite
def event_tables(draw: st.DrawFn) -> pa.Table:
    """Up to 40 rows: few or many names, actors in several accounts, rows without either, rows known late."""
    names = [f"f{n}" for n in range(draw(st.sampled_from([2, 100])))]
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(ACCOUNTS),
                moments,
                st.one_of(st.none(), st.sampled_from(["u1", "u2", "u3"])),
                st.one_of(st.none(), st.sampled_from(names)),
                st.one_of(st.none(), st.integers(-300, 1_000)),
                st.one_of(st.none(), st.integers(-3, 80)),
            ),
            min_size=1,
            max_size=40,
        )
    )
    late = draw(st.booleans())
    columns = {
        "account_id": pa.array([row[0] for row in rows]),
        "time": pa.array([row[1] for row in rows], pa.timestamp("us", "UTC")),
        "actor_id": pa.array([row[2] for row in rows], pa.string()),
        "name": pa.array([row[3] for row in rows], pa.string()),
        "quantity": pa.array([None if row[4] is None else Decimal(row[4]) / 100 for row in rows], pa.decimal128(12, 2)),
    }
    if late:
        known = [None if row[5] is None else row[1] + row[5] * DAY for row in rows]
        columns["known_at"] = pa.array(known, pa.timestamp("us", "UTC"))
    return pa.table(columns)


@st.composite
def subscription_tables(draw: st.DrawFn) -> pa.Table:
    """Contracts that begin, end, overlap and are recorded late, with seats or without."""
    rows: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(1, 8))):
        start = BEGIN + draw(st.integers(-100, 140)) * DAY
        end = draw(st.one_of(st.none(), st.integers(1, 120)))
        notice = draw(st.one_of(st.none(), st.integers(0, end or 60)))
        recorded = draw(st.one_of(st.none(), st.integers(-5, 60)))
        rows.append(
            {
                "account_id": draw(st.sampled_from([*ACCOUNTS, "paying and silent"])),
                "subscription_id": str(len(rows)),
                "start": start,
                "end": None if end is None else start + end * DAY,
                "notice": None if notice is None else start + notice * DAY,
                "exit_type": draw(st.sampled_from([None, "voluntary", "merged"])),
                "status": draw(st.sampled_from([None, "active", "active", "active", "trial", "paused"])),
                "seats": draw(st.one_of(st.none(), st.integers(0, 4))),
                "known_at": None if recorded is None else start + recorded * DAY,
            }
        )
    schema = {name: pa.date32() for name in ("start", "end", "notice", "known_at")} | {"seats": pa.int64()}
    return pa.table({n: pa.array([row[n] for row in rows], schema.get(n, pa.string())) for n in rows[0]})


def moment(chance: random.Random) -> datetime:
    """A moment of five months, often at the edge of a day in one of the zones."""
    micros = chance.choice([0, 1, 43_200_000_000, 86_399_999_999, 10_799_999_999, 10_800_000_000])
    day = datetime(BEGIN.year, BEGIN.month, BEGIN.day, tzinfo=UTC) + chance.randint(0, 150) * DAY
    return day + timedelta(microseconds=micros)


@st.composite
def interval_tables(draw: st.DrawFn) -> pa.Table:
    """Up to 60 intervals: open, closed, planned to end, ended and known late, due or not, with an amount or without.

    Drawn from a seed: what Hypothesis itself draws is too small for deadlines, ends and dates to meet.
    """
    chance = random.Random(draw(st.integers(0, 2**32)))
    rows = []
    for _ in range(chance.randint(1, 60)):
        start = moment(chance)
        length, late, end_late = (chance.choice([None, 0, 1, chance.randint(0, 60)]) for _ in range(3))
        end = None if length is None else start + length * DAY
        due = chance.choice([None, start + chance.randint(-3, 60) * DAY, end])
        rows.append(
            {
                "account_id": chance.choice([*ACCOUNTS, "owing and silent"]),
                "start": start,
                "end": end,
                "known_at": None if late is None else start + late * DAY,
                "end_known_at": None if end is None or end_late is None else end + end_late * DAY,
                "deadline": None if due is None else due.date(),
                "kind": chance.choice(["high", "low", None]),
                "quantity": chance.choice([None, Decimal(chance.randint(-300, 900)) / 100]),
            }
        )
    types = {name: pa.timestamp("us", "UTC") for name in ("start", "end", "known_at", "end_known_at")}
    types |= {"deadline": pa.date32(), "quantity": pa.decimal128(12, 2)}
    absent = chance.choice([[], [], ["end", "end_known_at"], ["end_known_at"], ["deadline", "known_at"], ["quantity"]])
    kept = [name for name in rows[0] if name not in absent]
    return pa.table({name: pa.array([row[name] for row in rows], types.get(name, pa.string())) for name in kept})


@st.composite
def level_tables(draw: st.DrawFn) -> pa.Table:
    """Up to 60 levels: several at one moment, asked and not answered, known late."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    rows: list[dict[str, Any]] = [
        {
            "account_id": chance.choice(ACCOUNTS),
            "time": moment(chance),
            "name": chance.choice(["nps", "csat", None]),
            "value": chance.choice([None, Decimal(chance.randint(-3, 11)), Decimal(chance.randint(-30, 110)) / 10]),
        }
        for _ in range(chance.randint(1, 60))
    ]
    rows += [row | {"value": Decimal(chance.randint(0, 10))} for row in chance.sample(rows, len(rows) // 3)]
    types = {"time": pa.timestamp("us", "UTC"), "value": pa.decimal128(12, 1)}
    columns = {name: pa.array([row[name] for row in rows], types.get(name, pa.string())) for name in rows[0]}
    if chance.random() < 0.5:
        known = [row["time"] + chance.choice([0, 0, 1, 3, 60]) * DAY for row in rows]
        columns["known_at"] = pa.array(known, pa.timestamp("us", "UTC"))
    return pa.table(columns)


@st.composite
def signals_of(draw: st.DrawFn, kind: str, source: str, number: int) -> dict[str, dict[str, Any]]:
    """Signals of one source, of any families of its kind, over any windows."""
    windows = st.lists(st.sampled_from([1, 2, 7, 28, 62, 63, 100, "all"]), min_size=1, max_size=4, unique=True)
    families = st.lists(st.sampled_from(list(FAMILIES[kind])), min_size=1, unique=True)
    signals = {}
    for n in range(number):
        signal: dict[str, Any] = {"source": source, "windows": draw(windows), "families": draw(families)}
        signal["where"] = draw(st.sampled_from([None, *OF_KIND[kind]]))
        if kind == "events" and draw(st.booleans()):
            signal["key"] = ["f0", "f7"]
        if kind == "levels" and draw(st.booleans()):
            signal |= {"favourable_from": 9, "unfavourable_to": 2}
        signals[f"{source}_{n}"] = signal
    return signals


@st.composite
def books(draw: st.DrawFn) -> dict[str, Any]:
    """Arguments of `run_of`: tables, as-of dates, signals of one source or several, a zone, outages, delays."""
    drawn = {"events": event_tables(), "intervals": interval_tables(), "levels": level_tables()}
    kinds = draw(st.lists(st.sampled_from(list(drawn)), min_size=1, unique=True))
    tables: dict[str, Any] = {kind: draw(drawn[kind]) for kind in kinds}
    sources: dict[str, dict[str, Any]] = {
        kind: {"availability_delay_days": draw(st.sampled_from([0, 0, 3]))} for kind in kinds
    }
    signals: dict[str, dict[str, Any]] = {}
    for kind in kinds:
        signals |= draw(signals_of(kind, kind, draw(st.integers(1, 3))))
    if draw(st.booleans()):
        tables["subscriptions"] = draw(subscription_tables())
    if draw(st.booleans()):
        dated = draw(st.lists(st.tuples(st.sampled_from(ACCOUNTS), days), min_size=1, max_size=10))
        tables["visits"] = "\n".join(["", "account_id  time", *(f"{a}  {BEGIN + n * DAY}" for a, n in dated)])
        sources["visits"] = {"contract": "events"}
        signals["visits"] = {"source": "visits", "families": list(FAMILIES["events"])}
    outage = draw(st.one_of(st.none(), st.tuples(days, st.integers(0, 40))))
    if outage is not None:
        sources[kinds[0]]["outages"] = [(BEGIN + outage[0] * DAY, BEGIN + sum(outage) * DAY)]
    dense = draw(st.booleans())  # more as-of dates, and so segments, than a word has bits
    chosen = (
        range(draw(st.integers(0, 60)), 140) if dense else draw(st.sets(st.integers(-3, 170), min_size=1, max_size=4))
    )
    return {
        "tables": tables,
        "as_of": sorted(BEGIN + n * DAY for n in chosen),
        "signals": signals,
        "sources": sources,
        "timezone": draw(st.sampled_from(["UTC", "America/Sao_Paulo", "Asia/Kolkata", "Pacific/Apia"])),
        "threads": draw(st.sampled_from([1, 2])),
    }


@settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(book=books())
def test_small_random_histories_have_the_features_that_the_oracle_finds(book: dict[str, Any]) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        run = run_of(folder, **book)
        signals = oracle_signals(run, CONDITIONS)
        contracts = None
        if "subscriptions" in run.sources:
            rows = oracle.read_rows(folder / "subscriptions.parquet")
            contracts = oracle.subscriptions(rows, zone=run.timezone)
        found = panel_of(run)
        pairs = sorted(found)
        wrong, _ = compare(found, random.Random(1).sample(pairs, min(len(pairs), 60)), signals, contracts)
        assert not wrong, wrong[:5]
    finally:
        shutil.rmtree(folder)
