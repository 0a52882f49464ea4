"""A company of fifty accounts, as small as a model can be trained on: four tables, eleven dates, a run."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

ACCOUNTS, EXITS, SEED = 50, 30, 7
FIRST, END = date(2023, 1, 1), date(2025, 1, 1)
OLD, NEW = date(2024, 10, 1), date(2024, 11, 1)
RUN = """name = "small"
data = "data"
data_end = 2025-01-01
seed = 1

[as_of]
first = 2023-06-01
last = 2024-10-01
every = "month"

[outcome]
kind = "churn"
source = "subscriptions"
horizon_days = 30

[sources.accounts]
contract = "accounts"
path = "accounts.csv"

[sources.subscriptions]
contract = "subscriptions"
path = "subscriptions.csv"

[sources.logins]
contract = "events"
path = "logins.csv"

[sources.tickets]
contract = "events"
path = "tickets.csv"

[features]
windows = [28]

[signals.logins]
source = "logins"
component = "activity"
families = ["frequency", "trend"]

[signals.tickets]
source = "tickets"
component = "support"
families = ["frequency"]

[report]
resamples = 100
capacity = 5

[model]
choose = "additive"
minimum_exits = 3
refits = 2

[tracking]
enabled = false
"""


def write_book(directory: Path, *, shuffled: int | None = None, parts: int = 1) -> Path:
    """Write the tables and the run into `directory`; returns the run.

    Parameters
    ----------
    shuffled
        Seed of another order of the rows.
    parts
        Files that the rows of the logins lie in: one, or a folder of several.
    """
    data = directory / "data"
    data.mkdir(parents=True)
    tables = _tables()
    if shuffled is not None:
        for name in tables:
            random.Random(shuffled).shuffle(tables[name])
    heads = {
        "accounts": "account_id,name,segment,owner",
        "subscriptions": "account_id,start,end,notice,value",
        "logins": "account_id,time",
        "tickets": "account_id,time",
    }
    for name, rows in tables.items():
        if name == "logins" and parts > 1:
            (data / "logins").mkdir()
            for part in range(parts):
                _write(data / "logins" / f"part-{part}.csv", heads[name], rows[part::parts])
        else:
            _write(data / f"{name}.csv", heads[name], rows)
    path = directory / "healthscore.toml"
    path.write_text(RUN if parts == 1 else RUN.replace('"logins.csv"', '"logins/*.csv"'), encoding="utf-8")
    return path


def _write(path: Path, head: str, rows: list[str]) -> None:
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")


def _tables() -> dict[str, list[str]]:
    drawn = random.Random(SEED)
    tables: dict[str, list[str]] = {"accounts": [], "subscriptions": [], "logins": [], "tickets": []}
    for number in range(ACCOUNTS):
        account = f"A{number:03}"
        segment, owner = drawn.choice(("small", "large")), drawn.choice(("Ann", "Bob"))
        tables["accounts"].append(f"{account},Company {number},{segment},{owner}")
        leaves = FIRST + timedelta(days=drawn.randrange(190, 720)) if number < EXITS else None
        end = notice = "" if leaves is None else leaves.isoformat()
        tables["subscriptions"].append(f"{account},{FIRST},{end},{notice},{100 + number}")
        day = FIRST
        while day < (leaves or END):
            fading = leaves is not None and (leaves - day).days < 45
            if drawn.random() < (0.05 if fading else 0.3):
                tables["logins"].append(f"{account},{day}T09:00:00Z")
            if drawn.random() < (0.08 if fading else 0.02):
                tables["tickets"].append(f"{account},{day}T10:00:00Z")
            day += timedelta(days=1)
    return tables
