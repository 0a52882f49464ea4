"""A company with two segments whose exits go with different components, as a ready-made panel; and its scorecards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from drawn_rows import drawn_rows
from healthscore.asof import date_of, day_of
from healthscore.models.weights.rows import WeightRows

COMPONENTS = ("tickets", "usage", "survey", "contact")
MANY, FEW = (1.2, 0.6, 0.3, 0.1), (0.1, 0.3, 0.6, 1.2)
"""Log-odds of staying per deviation, in the segment smb, and in the other one."""
RIGHT = (55, 25, 15, 5)
"""Weights that fit `MANY` about as well as any in steps of 5."""
FIRST, DATES = date(2024, 1, 1), 9
RUN = """\
name = "varied"
title = "Two segments"
scorecard = "ours.toml"
timezone = "UTC"
data = "."
data_end = 2025-01-01

[panel]
path = "panel.csv"
outcome = "left"
healthy = ["tickets", "usage", "survey", "contact"]

[panel.components]
tickets = ["tickets"]
usage = ["usage"]
survey = ["survey"]
contact = ["contact"]

[sources.accounts]
contract = "accounts"
path = "accounts.csv"

[outcome]
kind = "recorded"
source = "panel"
horizon_days = 28

[report]
resamples = 200

[tracking]
enabled = false
"""


def segmented_rows(
    betas: Sequence[Sequence[float]], accounts: Sequence[int], seed: int = 1, *, dates: int = DATES
) -> WeightRows:
    """Rows of segments s0, s1, ... with coefficients and accounts of their own."""
    parts = [
        drawn_rows(own, accounts=size, seed=100 * seed + number, dates=dates)
        for number, (own, size) in enumerate(zip(betas, accounts, strict=True))
    ]
    first = np.concatenate([[0], np.cumsum(accounts)])
    return replace(
        parts[0],
        s=np.concatenate([part.s for part in parts]),
        y=np.concatenate([part.y for part in parts]),
        day=np.concatenate([part.day for part in parts]),
        known=np.concatenate([part.known for part in parts]),
        cluster=np.concatenate([part.cluster + start for part, start in zip(parts, first, strict=False)]),
        segment=np.concatenate([np.full(len(part.y), f"s{number}", dtype=object) for number, part in enumerate(parts)]),
    )


def card_text(weights: Sequence[float] = RIGHT, more: str = "") -> str:
    """A scorecard that reads the points as they stand."""
    parts = [
        f"[components.{name}]\nweight = {weight}\n"
        f'measures = [{{ feature = "{name}", linear = [[0, 0], [100, 100]] }}]\n'
        for name, weight in zip(COMPONENTS, weights, strict=True)
    ]
    return "# ours\n" + "\n".join(parts) + more


def write_varied(
    folder: Path, weights: Sequence[float] = RIGHT, more: str = "", accounts: Sequence[int] = (900, 700), seed: int = 1
) -> Path:
    """Write the panel, the run and its scorecard `ours.toml`; returns the run."""
    rows = segmented_rows((MANY, FEW), accounts, seed)
    ids = np.array([f"a{number:04d}" for number in rows.cluster])
    panel = pd.DataFrame(np.clip(rows.s, 0.0, 100.0).round(3), columns=list(COMPONENTS))
    panel.insert(0, "account_id", ids)
    panel.insert(1, "as_of", [date_of(day_of(FIRST) + int(day)).isoformat() for day in rows.day])
    panel["left"] = rows.y
    panel.to_csv(folder / "panel.csv", index=False)
    segment = np.where(np.asarray(rows.segment == "s0"), "smb", "Enterprise (EU)")
    named = pd.DataFrame({"account_id": ids, "segment": segment}).drop_duplicates("account_id")
    named.to_csv(folder / "accounts.csv", index=False)
    (folder / "ours.toml").write_text(card_text(weights, more), encoding="utf-8")
    (folder / "run.toml").write_text(RUN, encoding="utf-8")
    return folder / "run.toml"
