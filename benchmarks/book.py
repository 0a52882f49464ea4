"""Write a large synthetic book: usage events, tickets (intervals), survey answers (levels), subscriptions; seeded.

    python benchmarks/book.py --events 20000000 --accounts 100000 --out bench-data/20m

Activity is skewed between accounts, users come in sessions, and use fades before an account leaves, so that accounts,
days and users repeat as they do in real logs.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray

FIRST = np.datetime64("2024-01-01", "us")
DAYS = 547  # to 2025-06-30
FEATURES = 40
SESSION = 6.0
USERS_PER_ACCOUNT = 5
DAY = 86_400_000_000
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Customers:
    """Accounts: ids, things done per day, first day, days as a customer; each of shape (accounts,)."""

    ids: pa.Array
    rate: NDArray[np.float64]
    begin: Integers
    length: Integers

    @classmethod
    def drawn(cls, random: np.random.Generator, accounts: int) -> Customers:
        """Skewed rates; nearly half were there from the first day, a third leave."""
        begin = np.where(random.random(accounts) < 0.45, 0, random.integers(0, DAYS - 30, accounts))
        leaves = random.random(accounts) < 0.35
        length = np.where(leaves, random.exponential(260, accounts) + 20, DAYS).astype(np.int64)
        ids = pa.array(np.char.add("A", np.char.zfill(np.arange(accounts).astype(str), 7)))
        return cls(ids, random.lognormal(0.0, 1.3, accounts), begin, np.minimum(length, DAYS - begin))

    def things(self, random: np.random.Generator, rows: int) -> tuple[Integers, Integers]:
        """Accounts and days of `rows` things, by each account's rate, while it is a customer."""
        weight = np.cumsum(self.rate * self.length)
        account = np.searchsorted(weight / weight[-1], random.random(rows)).astype(np.int64)
        leaves = self.length[account] + self.begin[account] < DAYS
        passed = random.random(rows) ** np.where(leaves, 1.5, 1.0)
        return account, self.begin[account] + (passed * self.length[account]).astype(np.int64)


def main() -> None:
    """Write `events/`, tickets, surveys, subscriptions, the run, and at last the accounts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    random = np.random.default_rng(asked.seed)
    (asked.out / "events").mkdir(parents=True, exist_ok=True)
    customers = Customers.drawn(random, asked.accounts)
    write_events(asked.out / "events", random, customers, asked.events)
    write_tickets(asked.out / "tickets.parquet", random, customers, asked.events // 20)
    write_surveys(asked.out / "surveys.parquet", random, customers, asked.events // 20)
    write_subscriptions(asked.out / "subscriptions.parquet", random, customers)
    (asked.out / "healthscore.toml").write_text(RUN, encoding="utf-8")
    write(asked.out / "accounts.parquet", account_id=customers.ids)


def write_events(folder: Path, random: np.random.Generator, customers: Customers, events: int) -> None:
    """Sessions of actions, a file per month, in order of time as logs are."""
    account, day = customers.things(random, int(events / SESSION))
    user = account * USERS_PER_ACCOUNT + (USERS_PER_ACCOUNT * random.random(len(account)) ** 2).astype(np.int64)
    more = random.integers(0, len(account), events - len(account))
    session = np.sort(np.concatenate([np.arange(len(account)), more]))
    second = random.integers(0, 86_000, len(account))[session] + random.integers(0, 400, events)
    time = FIRST + day[session] * DAY + second * 1_000_000
    order = np.argsort(time, kind="stable")
    session, time = session[order], time[order]
    name = np.minimum(random.zipf(1.4, events) - 1, FEATURES - 1)
    names = pa.array([f"feature_{number:02d}" for number in range(FEATURES)])
    users = pa.array(np.char.add("U", np.arange(len(customers.ids) * USERS_PER_ACCOUNT).astype(str)))
    months = time.astype("datetime64[M]").astype(np.int64)
    for month in np.unique(months):
        rows = slice(*np.searchsorted(months, [month, month + 1]))
        chosen = session[rows]
        write(
            folder / f"{np.datetime64(int(month), 'M')}.parquet",
            account_id=customers.ids.take(pa.array(account[chosen])),
            user_id=users.take(pa.array(user[chosen])),
            time=pa.array(time[rows], pa.timestamp("us", "UTC")),
            name=names.take(pa.array(name[rows])),
            quantity=random.integers(1, 50, len(chosen)),
        )


def write_tickets(path: Path, random: np.random.Generator, customers: Customers, rows: int) -> None:
    """Tickets with a promised day; one in ten is still open."""
    account, day = customers.things(random, rows)
    opened = FIRST + day * DAY + random.integers(0, DAY, rows)
    closed = opened + (random.exponential(4.0, rows) * DAY).astype(np.int64)
    write(
        path,
        account_id=customers.ids.take(pa.array(account)),
        start=pa.array(opened, pa.timestamp("us", "UTC")),
        end=pa.array(closed, pa.timestamp("us", "UTC"), mask=random.random(rows) < 0.1),
        deadline=(opened + 5 * DAY).astype("datetime64[D]"),
        kind=pa.array(["low", "normal", "high"]).take(pa.array(random.integers(0, 3, rows))),
        quantity=random.integers(1, 500, rows),
    )


def write_surveys(path: Path, random: np.random.Generator, customers: Customers, rows: int) -> None:
    """Answers from 0 to 10; every third question ran out without one."""
    account, day = customers.things(random, rows)
    write(
        path,
        account_id=customers.ids.take(pa.array(account)),
        time=pa.array(FIRST + day * DAY + random.integers(0, DAY, rows), pa.timestamp("us", "UTC")),
        value=pa.array(random.integers(0, 11, rows), mask=random.random(rows) < 0.33),
    )


def write_subscriptions(path: Path, random: np.random.Generator, customers: Customers) -> None:
    """A subscription for each account, open for those who are still customers; prices follow use, loosely."""
    first, after = FIRST.astype("datetime64[D]") + customers.begin, customers.begin + customers.length
    price = 100 * customers.rate**0.5 * random.lognormal(0.0, 0.3, len(after))
    write(
        path,
        account_id=customers.ids,
        start=pa.array(first),
        end=pa.array(FIRST.astype("datetime64[D]") + after, mask=after >= DAYS),
        value=price.round(2),
    )


def write(path: Path, **columns: object) -> None:
    """One Parquet file of the columns."""
    pa.parquet.write_table(pa.table(columns), path, compression="zstd")


RUN = """\
name = "benchmark"
title = "Events, intervals, levels, and who leaves"
data = "."
data_end = 2025-07-01

[as_of]
first = 2024-07-01
last = 2025-06-01
every = "month"

[sources.accounts]
contract = "accounts"
path = "accounts.parquet"

[sources.usage]
contract = "events"
path = "events/*.parquet"
columns = { actor_id = "user_id" }

[sources.tickets]
contract = "intervals"
path = "tickets.parquet"

[sources.surveys]
contract = "levels"
path = "surveys.parquet"

[sources.subscriptions]
contract = "subscriptions"
path = "subscriptions.parquet"

[outcome]
kind = "churn"
source = "subscriptions"
horizon_days = 60

[features]
windows = [7, 28, 91]

[signals.usage]
source = "usage"
component = "activity"
families = ["frequency", "breadth", "depth", "trend", "recency", "rhythm", "recurrence"]
key = ["feature_03", "feature_04", "feature_05"]

[signals.tickets]
source = "tickets"
component = "support"

[signals.surveys]
source = "surveys"
component = "satisfaction"
favourable_from = 9
unfavourable_to = 6
"""


if __name__ == "__main__":
    main()
