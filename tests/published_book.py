"""A literal publication of four accounts, and runs that deliver it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from healthscore.config import Run, load_run
from healthscore.pipelines.publish import write_json

BANDS = ("at risk", "needs attention", "healthy")
HEALTH = "SELECT account_id, as_of, health, band FROM health_scores ORDER BY as_of, account_id"
MAY = [
    ("A-1", date(2025, 5, 1), 12.5, "at risk"),
    ("A-2", date(2025, 5, 1), 55.0, "needs attention"),
    ("A-3", date(2025, 5, 1), 91.3, "healthy"),
    ("A-4", date(2025, 5, 1), None, None),
]
"""The book as a table holds it, and the query that reads it."""
TABLES = '[sources.accounts]\npath = "accounts.csv"\ncontract = "accounts"\n'
PLAYBOOK = '[playbooks.call]\naction = "Call"\nbands = ["at risk"]\n'
OUTCOME = """
[sources.subscriptions]
path = "subscriptions.csv"
contract = "subscriptions"
[outcome]
kind = "contractual"
source = "subscriptions"
horizon_days = 90
"""


def book(as_of: date = date(2025, 5, 1), **changes: Mapping[str, Any]) -> pd.DataFrame:
    """The publication: three scored accounts, and one with a status; `changes` are columns of single accounts."""
    frame = pd.DataFrame(
        {
            "account_id": ["A-1", "A-2", "A-3", "A-4"],
            "name": ["=cmd()", 'Müller & Söhne, "Köln"', "Line\nbreak", None],
            "status": ["scored", "scored", "scored", "trial"],
            "as_of": [as_of] * 4,
            "rank": pd.array([1, 2, 3, None], dtype="Int64"),
            "health": [12.5, 55.0, 91.3, None],
            "band": ["at risk", "needs attention", "healthy", None],
            "steady_band": ["at risk", "needs attention", "healthy", None],
            "change": [-3.2, 0.0, 1e-7, None],
            "reference": pd.array([False, True, None, None], dtype="boolean"),
            "trend": ["fell by 20.0 points in a month", None, None, None],
            "trend_rules": ["drop;decline", None, None, None],
        }
    ).set_index("account_id", drop=False)
    for account, cells in changes.items():
        for column, value in cells.items():
            frame.loc[account.replace("_", "-"), column] = value
    return frame.reset_index(drop=True)


def publish(out: Path, identity: str, frame: pd.DataFrame, card: str | None = None) -> Path:
    """Write a publication as the pipeline does, with as much of it as deliveries read."""
    folder = out / ("published" if card is None else f"published-{card}")
    directory = folder / identity
    directory.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(directory / "scores.parquet", index=False)
    write_json(directory / "result.json", {"as_of": frame["as_of"].iloc[0], "bands": dict.fromkeys(BANDS, 1)})
    (folder / "CURRENT").write_text(identity + "\n")
    return directory


def run_of(folder: Path, deliveries: str, outcome: str = OUTCOME) -> Run:
    """A run with these deliveries, whose results lie in `folder/out`."""
    path = folder / "healthscore.toml"
    path.write_text(f'out = "out"\n{TABLES}{outcome}{deliveries}', encoding="utf-8")
    return load_run(path)


def receipts(out: Path, stream: str) -> list[dict[str, Any]]:
    """Every receipt of a stream, oldest first."""
    return [json.loads(path.read_text()) for path in sorted((out / "deliveries/receipts" / stream).glob("*.json"))]


def waiting(out: Path) -> list[str]:
    """Everything that waits, as stream/number."""
    return sorted(f"{path.parent.name}/{path.stem}" for path in (out / "deliveries/outbox").glob("*/[0-9]*.json"))
