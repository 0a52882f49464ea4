"""Our package beside the peers' plans on one table, and with the number of events and of as-of dates."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from contestants import PLANS, POLARS, Contestant, Data, Ours, Peer, Turn, versions, ways
from processes import Cost, measured

HERE = Path(__file__).parent
DATES = 12


def measure_features(data: list[Data], rounds: int) -> dict[str, Any]:
    """Every contestant on the first of the tables, `rounds` times in turns, after one turn in which all must agree."""
    [table] = data
    contestants = table.contestants(DATES)
    equal = agree(contestants)
    turns = alternate(contestants, rounds)
    return {
        "events": table.events,
        "dates": DATES,
        "equal": equal,
        "versions": {} if table.peers is None else versions(table.python),
        "contestants": recorded(contestants, turns),
        "write": written(contestants, rounds),
    }


def measure_scale(data: list[Data], rounds: int) -> dict[str, Any]:
    """Our package by the number of events at 12 dates, and by the number of dates on the middle one of the tables.

    Beside it Polars, where it is there.
    """
    cases = [(table, DATES) for table in data] + [(data[len(data) // 2], 1)]
    opening = data[0].opening(DATES)
    contestants: dict[str, Contestant] = {
        f"{way} {table.events} {dates}": Ours(title, table, dates, way, opening)
        for table, dates in cases
        for way, title in ways().items()
    }
    contestants |= {
        f"polars {table.events} {dates}": Peer(PLANS[POLARS][0], table, dates, POLARS)
        for table, dates in cases
        if POLARS in table.plans()
    }
    turns = alternate(contestants, rounds)
    rows = recorded(contestants, turns)
    for key, row in rows.items():
        row["way"], row["events"], row["dates"] = key.split()[0], *map(int, key.split()[1:])
    return {"cases": rows}


def agree(contestants: dict[str, Contestant]) -> list[str]:
    """Let each compute once; the keys of the peers whose features equal ours, by every way of ours.

    Raises:
        SystemExit: some do not.
    """
    for contestant in contestants.values():
        contestant.turn()
    ours = [one for one in contestants.values() if isinstance(one, Ours)]
    computing = [key for key, one in contestants.items() if not isinstance(one, Ours) and not key.startswith("scan")]
    for key in computing:
        for one in ours:
            command = [sys.executable, HERE / "equality.py", one.output, contestants[key].output]
            wrong = json.loads(measured(command).output)
            if wrong:
                raise SystemExit(f"{one.title} and {contestants[key].title} differ in {', '.join(wrong)}")
    return computing


def alternate(contestants: dict[str, Contestant], rounds: int) -> dict[str, list[Turn]]:
    """Turns of each, one after the other; every second round backwards, so that nobody always follows the same."""
    turns: dict[str, list[Turn]] = {key: [] for key in contestants}
    for number in range(rounds):
        for key in list(contestants)[:: -1 if number % 2 else 1]:
            turns[key].append(contestants[key].turn())
            cost = turns[key][-1].compared
            said = f"turn {number + 1}, {key}: {cost.cpu_s:.1f} CPU s, {cost.wall_s:.1f} s, {cost.memory_gb:.2f} GB"
            print(said, file=sys.stderr, flush=True)  # what a long sitting has found stays, should it be stopped
    return turns


def recorded(contestants: dict[str, Contestant], turns: dict[str, list[Turn]]) -> dict[str, dict[str, Any]]:
    """Of each its title and what every turn took: what is compared, and the checks of ours apart."""
    return {
        key: {"title": contestants[key].title, "turns": [turn.compared.rounded() for turn in made]}
        | ({"checks": [turn.checks.rounded() for turn in made if turn.checks]} if made[0].checks else {})
        for key, made in turns.items()
    }


def written(contestants: dict[str, Contestant], rounds: int) -> list[dict[str, float]]:
    """What it takes to write the features alone, as Parquet: with a scan, the limit."""
    command = [sys.executable, HERE / "limits.py", "write", contestants["sql"].output]
    return [Cost(**json.loads(measured(command).output)).rounded() for _ in range(rounds)]
