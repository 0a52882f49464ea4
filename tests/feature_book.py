"""A book of rows of every kind, and the signals that measure them."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa

DAY = timedelta(days=1)
BEGIN = date(2024, 1, 1)
END = date(2024, 7, 1)
T = date(2024, 5, 1)
GRID = [date(2024, 2, 1), date(2024, 3, 1), date(2024, 4, 1), T]
ACCOUNTS = [f"a{n:02d}" for n in range(40)]
Row = dict[str, Any]
Rows = dict[str, list[Row]]
DELAY = 2 * DAY
"""After which visits are known."""
MOMENT = pa.timestamp("us", "UTC")
SCHEMAS = {
    "accounts": pa.schema(
        {
            "account_id": pa.string(),
            "valid_from": pa.date32(),
            "valid_to": pa.date32(),
            "plan": pa.string(),
            "employees": pa.int64(),
        }
    ),
    "events": pa.schema(
        {
            "id": pa.string(),
            "account_id": pa.string(),
            "time": MOMENT,
            "actor_id": pa.string(),
            "name": pa.string(),
            "quantity": pa.float64(),
            "known_at": MOMENT,
            "retracted": pa.bool_(),
        }
    ),
    "visits": pa.schema({"account_id": pa.string(), "time": pa.date32(), "name": pa.string()}),
    "intervals": pa.schema(
        {
            "id": pa.string(),
            "account_id": pa.string(),
            "start": MOMENT,
            "end": MOMENT,
            "kind": pa.string(),
            "quantity": pa.float64(),
            "deadline": pa.date32(),
            "known_at": MOMENT,
            "end_known_at": MOMENT,
            "retracted": pa.bool_(),
        }
    ),
    "levels": pa.schema(
        {
            "id": pa.string(),
            "account_id": pa.string(),
            "time": MOMENT,
            "name": pa.string(),
            "value": pa.float64(),
            "known_at": MOMENT,
            "retracted": pa.bool_(),
        }
    ),
    "subscriptions": pa.schema(
        {
            "account_id": pa.string(),
            "subscription_id": pa.string(),
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
HAPPENED = {"events": "time", "visits": "time", "intervals": "start", "levels": "time"}
"""When a row of each table happened that is measured."""
KNOWN: dict[str, Callable[[Row], date]] = {
    "accounts": lambda row: row["valid_from"],
    "events": lambda row: max(row["time"], row["known_at"]).date(),
    "visits": lambda row: row["time"] + DELAY,
    "intervals": lambda row: max(row["start"], row["known_at"]).date(),
    "levels": lambda row: max(row["time"], row["known_at"]).date(),
    "subscriptions": lambda row: max(row["start"], row["known_at"] or row["start"]),
}
"""Day on which a row of each table becomes known: it is seen from the next as-of date on."""
SIGNALS: dict[str, dict[str, dict[str, Any]]] = {
    "events": {
        "usage": {"key": ["f1", "f2", "f3"]},
        "large": {"where": "quantity > 50"},
        "visits": {"source": "visits"},
    },
    "intervals": {
        "tickets": {"source": "intervals"},
        "urgent": {"source": "intervals", "where": "kind = 'high'"},
    },
    "levels": {
        "answers": {"source": "levels", "favourable_from": 9, "unfavourable_to": 6},
        "nps": {"source": "levels", "where": "name = 'nps'"},
    },
    "accounts": {
        "plan": {"source": "accounts", "attribute": "plan", "key": ["small", "large"]},
        "employees": {"source": "accounts", "attribute": "employees"},
    },
}
"""Signals of each kind."""


# --- rows ------------------------------------------------------------------------------------------------------------


def midnight(day: date) -> datetime:
    """First instant of a day."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def instant(chance: random.Random, low: date, high: date) -> datetime:
    """A moment between two dates."""
    return midnight(low) + timedelta(microseconds=chance.randrange((high - low).days * 86_400_000_000))


def late(chance: random.Random) -> timedelta:
    """Known at once, or up to 50 days later."""
    return chance.choice([0, 0, 0, 1, 7, 50]) * DAY


def identity(chance: random.Random) -> str:
    """An id that no other row has."""
    return f"{chance.getrandbits(60):x}"


def event(chance: random.Random, low: date, high: date) -> Row:
    """An event between two dates."""
    time = instant(chance, low, high)
    return {
        "id": identity(chance),
        "account_id": chance.choice(ACCOUNTS),
        "time": time,
        "actor_id": chance.choice([None, *(f"u{n}" for n in range(9))]),
        "name": chance.choice([None, *(f"f{n}" for n in range(20))]),
        "quantity": chance.choice([None, round(chance.uniform(-5, 100), 2)]),
        "known_at": time + late(chance),
    }


def interval(chance: random.Random, low: date, high: date) -> Row:
    """An interval that begins between two dates: open or closed, with a deadline or without."""
    start = instant(chance, low, high)
    length, due = chance.choice([None, 0, 1, 5, 30, 90]), chance.choice([None, 3, 14, 60])
    end = None if length is None else start + length * DAY
    return {
        "id": identity(chance),
        "account_id": chance.choice(ACCOUNTS),
        "start": start,
        "end": end,
        "kind": chance.choice(["high", "low", None]),
        "quantity": chance.choice([None, round(chance.uniform(1, 900), 2)]),
        "deadline": None if due is None else start.date() + due * DAY,
        "known_at": start + late(chance),
        "end_known_at": None if end is None else end + late(chance),
    }


def level(chance: random.Random, low: date, high: date) -> Row:
    """A value between two dates, or a question without an answer."""
    time = instant(chance, low, high)
    return {
        "id": identity(chance),
        "account_id": chance.choice(ACCOUNTS),
        "time": time,
        "name": chance.choice(["nps", "csat", None]),
        "value": chance.choice([None, *range(11), 7.25]),
        "known_at": time + late(chance),
    }


def contract(chance: random.Random, account: str, start: date) -> Row:
    """A contract from a date on, open or not, with notice or not; an account may have several."""
    length = chance.choice([None, None, 30, 60, 200])
    notice = chance.choice([None, None, 10, 25])
    return {
        "account_id": account,
        "subscription_id": identity(chance),
        "start": start,
        "end": None if length is None else start + length * DAY,
        "notice": None if notice is None else start + notice * DAY,
        "seats": chance.randint(1, 12),
        "value": round(chance.uniform(10, 500), 2),
        "status": chance.choice(["active", "active", "active", "trial"]),
        "exit_type": chance.choice([None, "voluntary", "merged"]),
        "known_at": chance.choice([None, None, start + 20 * DAY]),
    }


MAKERS: dict[str, Callable[[random.Random, date, date], Row]] = {
    "events": event,
    "intervals": interval,
    "levels": level,
}
"""Tables whose rows carry a known-at of their own."""


def state(chance: random.Random, account: str, since: date) -> Row:
    """What an account is from a date on."""
    return {
        "account_id": account,
        "valid_from": since,
        "valid_to": None,
        "plan": chance.choice(["small", "large", "other", None]),
        "employees": chance.choice([None, chance.randrange(1, 900)]),
    }


def corrected(chance: random.Random, make: Callable[[random.Random, date, date], Row], rows: list[Row]) -> list[Row]:
    """The rows, and later versions of some of them: other contents of the same day, or the row withdrawn."""
    versions = []
    for row in chance.sample(rows, len(rows) // 5):
        time = next(name for name in ("time", "start") if name in row)
        other = make(chance, row[time].date(), row[time].date() + DAY)
        later = {"id": row["id"], "known_at": row["known_at"] + chance.randrange(1, 90) * DAY}
        versions.append(other | later | {"retracted": chance.choice([None, False, True])})
    return rows + versions


def book_of_rows() -> Rows:
    """Rows of every kind, of 40 accounts over half a year, some of them corrected later."""
    chance = random.Random(7)
    sizes = {"events": 1_500, "intervals": 600, "levels": 600}
    measured = {
        name: corrected(chance, make, [make(chance, BEGIN, END) for _ in range(sizes[name])])
        for name, make in MAKERS.items()
    }
    visits = [
        {
            "account_id": chance.choice(ACCOUNTS),
            "time": BEGIN + chance.randrange(170) * DAY,
            "name": chance.choice(["call", "visit", None]),
        }
        for _ in range(300)
    ]
    starts = [BEGIN + chance.randrange(-200, 160) * DAY for _ in range(60)]
    states: list[Row] = []
    for account in ACCOUNTS:
        for month in sorted(chance.sample(range(1, 7), 3)):
            if states and states[-1]["account_id"] == account:
                states[-1]["valid_to"] = date(2024, month, 1)
            states.append(state(chance, account, date(2024, month, 1)))
        states[-1]["valid_to"] = chance.choice([None, date(2024, 7, 15)])
    return measured | {
        "visits": visits,
        "accounts": states,
        "subscriptions": [contract(chance, chance.choice(ACCOUNTS), start) for start in starts],
    }
