"""A book of two features with a scorecard, as a ready-made panel: rows are literal, or drawn with a known truth."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

CARD = """
title = "Use and tickets"

[components.use]
weight = 60
measures = [{ feature = "days", linear = [[0, 0], [20, 100]] }]

[components.tickets]
weight = 40
label = "open tickets"
measures = [{ feature = "open", linear = [[0, 100], [4, 0]] }]

[[cap]]
name = "silent"
when = [{ feature = "days", at_most = 0 }]
score = 30
"""
RUN = """
name = "carded"
title = "A book with a scorecard"
data = "."
data_end = 2030-01-01
scorecard = "card.toml"

[panel]
path = "panel.csv"
components = { use = ["days", "seen_recency"], tickets = ["open"] }
healthy = ["days"]
risky = ["open"]
outcome = "left"

[outcome]
kind = "recorded"
source = "panel"
horizon_days = 30

[report]
resamples = 200

[tracking]
enabled = false

[model]
minimum_exits = 20
"""
MONTHS = tuple(date(2024, month, 1) for month in range(1, 9))


def write_carded(folder: Path, rows: pd.DataFrame, card: str = CARD, run: str = RUN) -> Path:
    """Write panel, scorecard and run; `rows` has account_id, as_of, days, open, left. Returns the run.

    A column `seen_recency` that says nothing stands where a simple rule would look.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = rows.assign(seen_recency=np.random.default_rng(9).integers(0, 30, len(rows)))
    rows.to_csv(folder / "panel.csv", index=False)
    (folder / "card.toml").write_text(card, encoding="utf-8")
    path = folder / "healthscore.toml"
    path.write_text(run, encoding="utf-8")
    return path


def drawn(accounts: int, *, intercept: float = 1.0, slope: float = 0.08, seed: int = 1) -> pd.DataFrame:
    """Rows of eight months in which the scorecard is the truth: logit P(left) = intercept - slope * score."""
    generator = np.random.default_rng(seed)
    months = []
    for month in MONTHS:
        days, tickets = generator.integers(1, 21, accounts), generator.integers(0, 5, accounts)
        score = 0.6 * 5.0 * days + 0.4 * (100.0 - 25.0 * tickets)
        left = generator.random(accounts) < 1.0 / (1.0 + np.exp(slope * score - intercept))
        ids = [f"a{i:04}" for i in range(accounts)]
        months.append(
            pd.DataFrame({"account_id": ids, "as_of": month, "days": days, "open": tickets, "left": left.astype(int)})
        )
    return pd.concat(months, ignore_index=True)
