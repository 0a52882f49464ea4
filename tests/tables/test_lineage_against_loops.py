"""Whose rows count for whom, once more in plain loops: parents and successions together, on random families."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from healthscore.asof import day_of
from table_workspace import Workspace

BEGIN = date(2024, 1, 1)
TYPES = {"merge": "merged", "split": "split"}


@dataclass(frozen=True)
class Step:
    """A row of successions."""

    account: str
    successor: str
    day: int
    known: int
    kind: str


@dataclass(frozen=True)
class Family:
    """Accounts with their parents ("" for none), and who ceased."""

    parents: dict[str, str]
    steps: list[Step]

    def top(self, account: str) -> str:
        while self.parents[account]:
            account = self.parents[account]
        return account

    def above(self, account: str) -> Iterator[str]:
        """The account, its parent, and so on to the top."""
        while account:
            yield account
            account = self.parents[account]

    def ceased(self, account: str) -> Step | None:
        """What was known first of what happened to the account or to anything above it."""
        above = set(self.above(account))
        mine = [step for step in self.steps if step.account in above]
        return min(mine, key=lambda step: (step.known, step.account, step.successor), default=None)

    def heirs(self, account: str) -> dict[str, int]:
        """Top parents for which the account's rows count too, and from which day on: every path of merges, tried."""
        found: dict[str, int] = {}

        def follow(node: str, known: int) -> None:
            for place in self.above(node):
                for step in self.steps:
                    if step.account == place and step.kind == "merge":
                        day, heir = max(known, step.known), self.top(step.successor)
                        found[heir] = min(found.get(heir, day), day)
                        follow(step.successor, day)

        follow(account, -(10**9))
        found.pop(self.top(account), None)
        return found


def text(day: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()


def random_family(seed: int) -> Family:
    """Parents and successors come later in the list of ids, so that there are no circles."""
    chance, begin = random.Random(seed), day_of(BEGIN)
    ids = [f"a{n:02d}" for n in range(60)]
    parents = {ids[n]: chance.choice(["", "", *ids[n + 1 : n + 6]]) for n in range(len(ids))}
    steps = []
    for n in sorted(chance.sample(range(len(ids) - 8), 20)):
        day = begin + chance.randrange(200)
        kind, later = chance.choice(["merge", "merge", "split"]), ids[n + 1 : n + 8]
        for successor in chance.sample(later, 2 if kind == "split" else 1):
            steps.append(Step(ids[n], successor, day, day + chance.choice([0, 0, 30]), kind))
    return Family(parents, steps)


def rows(seed: int, family: Family) -> list[tuple[str, int, int]]:
    """(account, day, day on which it was known)."""
    chance, begin = random.Random(seed), day_of(BEGIN)
    days = [(chance.choice(list(family.parents)), begin + chance.randrange(220)) for _ in range(150)]
    return [(account, day, day + chance.choice([0, 0, 9])) for account, day in days]


def expected_rows(family: Family, given: list[tuple[str, int, int]]) -> Iterator[tuple[str, int, int]]:
    for account, day, known in given:
        yield family.top(account), day, known
        for heir, heir_day in family.heirs(account).items():
            yield heir, day, max(known, heir_day)


@pytest.mark.parametrize("seed", range(6))
def test_rows_count_for_those_of_plain_loops(workspace: Workspace, seed: int) -> None:
    family = random_family(seed)
    given = rows(seed, family)
    shuffled = random.Random(seed).sample(family.steps, len(family.steps))
    tables = {
        "accounts": ["account_id,parent_id", *(f"{account},{parent}" for account, parent in family.parents.items())],
        "successions": [
            "account_id,successor_id,date,kind,known_at",
            *(f"{s.account},{s.successor},{text(s.day)},{s.kind},{text(s.known)}" for s in shuffled),
        ],
        "events": ["account_id,time,known_at", *(f"{a},{text(day)},{text(known)}" for a, day, known in given)],
        "subscriptions": ["account_id,start", *(f"{account},2023-01-01" for account in family.parents)],
    }
    opened = workspace.open(
        {name: {"path": workspace.csv(f"{name}.csv", *lines), "contract": name} for name, lines in tables.items()}
    )
    found = [tuple(row.values()) for row in workspace.rows(opened, "events", "account_id, day, known_day")]
    assert found == sorted(expected_rows(family, given))
    ends = [tuple(row.values()) for row in workspace.rows(opened, "subscriptions", 'account_id, "end", exit_type')]
    steps = [(family.top(account), family.ceased(account)) for account in family.parents]
    wanted = [(top, None, None) if s is None else (top, s.known, TYPES[s.kind]) for top, s in steps]
    assert sorted(ends, key=str) == sorted(wanted, key=str)
