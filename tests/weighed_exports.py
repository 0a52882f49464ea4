"""Exports of a simulated company: monthly scores with their components, exits, and weights, as three tables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from healthscore.tables.simulator.company import simulate_company
from healthscore.tables.simulator.timeline import Timeline
from healthscore.tables.simulator.truth import exits_table, monthly_snapshots
from healthscore.tables.simulator.worlds import WORLDS

RATES = {"voluntary": 0.30, "involuntary": 0.0, "merged": 0.0, "paused": 0.0}
POINTS_PER_DEVIATION = 18.0


@dataclass(frozen=True)
class Export:
    """What a company exports; `truth` are the weights in per cent that an unlimited sample supports."""

    scores: pd.DataFrame
    exits: pd.DataFrame
    weights: pd.DataFrame
    truth: dict[str, float]

    def write(self, folder: Path) -> list[str]:
        """The three files as CSV, and their paths in the order of the command's arguments."""
        paths = []
        for name in ("scores", "exits", "weights"):
            getattr(self, name).to_csv(folder / f"{name}.csv", index=False)
            paths.append(str(folder / f"{name}.csv"))
        return paths


def export(world: str, accounts: int, seed: int, weights: dict[str, float] | None = None, months: int = 18) -> Export:
    """Sub-scores on the first of every month as points of 0 to 100; `weights` in per cent, the planted ones if None.

    Outcomes: gap 7, horizon 60, maturity 14 days, as the world's truth has them.
    """
    recipe = replace(WORLDS[world], annual_rates=RATES)
    company = simulate_company(recipe, accounts, Timeline(months), seed)
    account, day, state, _ = monthly_snapshots(company)
    names = list(recipe.components)
    truth = {name: 100 * (recipe.large_sample or recipe.weights)[name] for name in names}
    used = weights or {name: round(100 * recipe.weights[name]) for name in names}
    points = np.clip(50 + POINTS_PER_DEVIATION * state, 0, 100).round(1)
    ids = [f"A{number:05}" for number in range(company.population.size)]
    dates = [company.timeline.date(int(one)).isoformat() for one in np.unique(day)]
    scores = pd.DataFrame(points, columns=names)
    scores.insert(0, "account_id", [ids[number] for number in account])
    scores.insert(1, "date", np.array(dates)[np.unique(day, return_inverse=True)[1]])
    left = exits_table(company).to_pandas()
    kept = left["returned"].isna()
    code = dict(zip(company.population.ids, ids, strict=True))
    exits = pd.DataFrame(
        {
            "account_id": left.loc[kept, "account_id"].map(code),
            "date": left.loc[kept, "decided"].astype(str),
            "type": left.loc[kept, "exit_type"],
        }
    )
    table = pd.DataFrame({"component": list(used), "weight": list(used.values())})
    return Export(scores, exits, table, truth)
