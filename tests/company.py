"""A simulated company, small enough for tests: 600 accounts, eight dates, nothing recorded in MLflow."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from healthscore.pipelines.simulate import simulate

ACCOUNTS, SEED = 600, 3
SHIPPED_DATES = 'first = 2024-05-01\nlast = 2025-06-01\nevery = "month"'
FEW_DATES = "dates = [2024-05-01, 2024-07-01, 2024-08-01, 2024-10-01, 2024-11-01, 2025-01-01, 2025-02-01, 2025-04-01]"
GROWTH = 'growth = "expansion"           # beside health: who will pay more (docs/growth.md)\n'
SETTINGS = """
[model]
minimum_exits = 20
refits = 10

[tracking]
enabled = false
"""


def write_company(directory: Path, accounts: int = ACCOUNTS, *, growth: bool = False) -> Path:
    """Simulate the company; returns its run, the shipped one on fewer dates and with fewer resamples and refits.

    Without `growth` only health is scored: everything else is half as slow.
    """
    made = simulate("saas", accounts, SEED, directory)
    path = made.directory / "healthscore.toml"
    text = path.read_text(encoding="utf-8")
    text = amended(text, SHIPPED_DATES, FEW_DATES, "[report]", "[report]\nresamples = 200")
    path.write_text((text if growth else amended(text, GROWTH, "")) + SETTINGS)
    return path


def amended(text: str, *replacements: str) -> str:
    """The text with old, new, old, new ... replaced; every old one must be there."""
    for old, new in zip(replacements[::2], replacements[1::2], strict=True):
        assert old in text, old
        text = text.replace(old, new)
    return text


def copy_company(run: Path, directory: Path, *replacements: str) -> Path:
    """A company of its own with the same tables, its run's text amended; returns the run."""
    shutil.copytree(run.parent / "data", directory / "data")
    path = directory / run.name
    path.write_text(amended(run.read_text(encoding="utf-8"), *replacements), encoding="utf-8")
    return path


def rewrite(run: Path, name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Replace a table of the company by what `change` makes of it; cells of CSV files are texts."""
    path = run.parent / "data" / name
    if path.suffix == ".csv":
        change(pd.read_csv(path, dtype=str, keep_default_na=False)).to_csv(path, index=False)
    else:
        change(pd.read_parquet(path)).to_parquet(path, index=False)
