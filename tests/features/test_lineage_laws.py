"""The law of the future for parents and successions: what is known at or after a date changes nothing at that date."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from literal import Cells, fates_of, panel_of, run_of, snapshots_of

DAY = timedelta(days=1)
BEGIN, T, END = date(2024, 1, 1), date(2024, 4, 1), date(2024, 8, 1)
GRID = [date(2024, 2, 1), date(2024, 3, 1), T]
IDS = [f"a{n:02d}" for n in range(30)]
Step = tuple[str, str, date, str, date]
"""A row of successions: account, successor, day, kind, day on which it was known."""


def table(head: str, lines: list[str]) -> str:
    return "\n" + "\n".join([head, *lines]) + "\n"


def successions(chance: random.Random) -> list[Step]:
    """Merges and splits of the first accounts into later ones, some known late, some at `T` itself."""
    steps: list[Step] = []
    for n in range(16):
        day = chance.choice([BEGIN + chance.randrange(150) * DAY, T, T - DAY])
        kind = chance.choice(["merge", "merge", "split"])
        for successor in chance.sample(IDS[n + 1 : n + 9], 2 if kind == "split" else 1):
            steps.append((IDS[n], successor, day, kind, day + chance.choice([0, 0, 1, 40]) * DAY))
    return steps


def cells(folder: Path, steps: list[Step], seed: int) -> tuple[Cells, dict[tuple[str, date], str]]:
    """Features, and statuses, of every account of the book at every date."""
    chance = random.Random(seed)
    days = [BEGIN + chance.randrange(180) * DAY for _ in range(300)]
    events = [f"{chance.choice(IDS)} {day} u{chance.randrange(5)} {chance.randrange(9)}" for day in days]
    accounts = [f"{account} {chance.choice(['-', '-', *IDS[n + 1 : n + 3]])}" for n, account in enumerate(IDS)]
    run = run_of(
        folder,
        {
            "accounts": table("account_id parent_id", accounts),
            "events": table("account_id time actor_id quantity", events),
            "subscriptions": table("account_id start seats value", [f"{account} 2023-06-01 3 10" for account in IDS]),
            "successions": table(
                "account_id successor_id date kind known_at", [" ".join(map(str, step)) for step in steps]
            ),
        },
        as_of=GRID,
        signals={"usage": {"families": ["frequency", "breadth", "depth", "trend", "recency", "rhythm"]}},
        features={"windows": [14, 28]},
        outcome={"kind": "churn", "source": "subscriptions", "horizon_days": 60},
    )
    book = {line.split()[0] for line in accounts if line.endswith("-")}
    statuses = {key: fate[0] for key, fate in fates_of(snapshots_of(run, END)).items() if key[0] in book}
    return {key: row for key, row in panel_of(run).items() if key[0] in book}, statuses


def altered(chance: random.Random, step: Step) -> Step:
    account, _, day, kind, known = step
    return account, chance.choice(IDS[IDS.index(account) + 1 :]), day + 3 * DAY, kind, known + 3 * DAY


CHANGES: dict[str, Callable[[random.Random, Step], list[Step]]] = {
    "deleted": lambda chance, step: [],
    "later": lambda chance, step: [(step[0], step[1], step[2] + 30 * DAY, step[3], step[4] + 30 * DAY)],
    "to-another": lambda chance, step: [altered(chance, step)] if step[3] == "merge" else [step],
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("seed", [1, 2])
def test_successions_that_become_known_at_a_date_or_later_change_nothing_at_it(
    tmp_path: Path, change: str, seed: int
) -> None:
    chance = random.Random(seed)
    steps = successions(chance)
    mutated = [new for step in steps for new in (CHANGES[change](chance, step) if step[4] >= T else [step])]
    assert mutated != steps
    (before, stood), (after, stand) = cells(tmp_path / "a", steps, seed), cells(tmp_path / "b", mutated, seed)
    assert before == after
    assert stood == stand


def test_a_succession_that_is_known_in_time_does_change_something(tmp_path: Path) -> None:
    steps = successions(random.Random(1))
    known = [step for step in steps if step[4] >= T]
    (before, stood), (after, stand) = cells(tmp_path / "a", steps, 1), cells(tmp_path / "b", known, 1)
    assert before != after
    assert stood != stand


def test_a_part_is_measured_as_its_whole_and_a_successor_with_what_it_took_over(tmp_path: Path) -> None:
    events = table("account_id time", ["A1 2024-02-20", "A 2024-02-21", "H 2024-02-22", "B 2024-02-23", "C 2024-02-24"])
    run = run_of(
        tmp_path,
        {
            "accounts": table("account_id parent_id", ["H -", "A H", "A1 A", "B -", "C -"]),
            "events": events,
            "successions": table("account_id successor_id date", ["B C 2024-03-01"]),
        },
        as_of=["2024-03-01", "2024-03-02"],
        signals={"usage": {"families": ["frequency"], "windows": [14]}},
    )
    found = {key: value["usage_count_14d"] for key, value in panel_of(run).items()}
    first, second = date(2024, 3, 1), date(2024, 3, 2)
    assert {account: found[account, first] for account in "HBC"} == {"H": 3, "B": 1, "C": 1}
    assert {account: found[account, second] for account in "HBC"} == {"H": 3, "B": 1, "C": 2}
