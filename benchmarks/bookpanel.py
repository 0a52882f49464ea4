"""A company as a ready-made panel: features like counts of use, and who left."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray

Floats = NDArray[np.float64]
COMPONENTS, FEATURES, TREES = 10, 60, 300
NAMES = tuple(f"x{column:02d}" for column in range(FEATURES))
OF = tuple(f"component_{column % COMPONENTS}" for column in range(FEATURES))
PAST = (date(2025, 1, 1), date(2025, 3, 1), date(2025, 5, 1))
TODAY = date(2025, 9, 1)
LEARNED_FROM, BLOCK = 20_000, 100_000
MISSING = 0.05


def drawn(random: np.random.Generator, rows: int) -> Floats:
    """Features like counts of use: skewed, some missing."""
    X = random.lognormal(0, 1, (rows, FEATURES)).round(2)
    X[random.random(X.shape) < MISSING] = np.nan
    return X


def happened(random: np.random.Generator, X: Floats) -> NDArray[np.int8]:
    """Who left: about one in ten, by the same features in every draw."""
    weight = np.random.default_rng(0).normal(0, 0.3, FEATURES)
    z = np.nan_to_num(np.log(np.maximum(X, 0.01))) @ weight - 3
    return (random.random(len(X)) < 1 / (1 + np.exp(-z))).astype(np.int8)


def write_company(out: Path, accounts: int) -> None:
    """A ready-made panel: some accounts at past dates, with what became of them, and all of them today."""
    out.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(7)
    ids = pa.array(np.char.add("A", np.char.zfill(np.arange(accounts).astype(str), 7)))
    owners = np.char.add("owner ", random.integers(0, 200, accounts).astype(str))
    about = {"account_id": ids, "name": np.char.add("Company ", np.arange(accounts).astype(str)), "owner": owners}
    about["segment"] = np.array(["small", "middle", "large"])[random.integers(0, 3, accounts)]
    pyarrow.parquet.write_table(pa.table(about), out / "accounts.parquet")
    writer: Any = None
    for day, count in [*((day, min(LEARNED_FROM, accounts)) for day in PAST), (TODAY, accounts)]:
        for low in range(0, count, BLOCK):
            table = rows_of(random, ids[low : min(low + BLOCK, count)], day)
            writer = writer or pyarrow.parquet.ParquetWriter(out / "panel.parquet", table.schema)
            writer.write_table(table)
    writer.close()
    (out / "healthscore.toml").write_text(run_text(), encoding="utf-8")


def rows_of(random: np.random.Generator, ids: pa.Array, day: date) -> pa.Table:
    """Rows of the panel at one date; what became of the accounts is not known of today."""
    X = drawn(random, len(ids))
    left = pa.array(happened(random, X), mask=np.full(len(X), day == TODAY))
    about = {"account_id": ids, "as_of": pa.array([day] * len(ids)), "left": left}
    about["value"] = pa.array(random.lognormal(6, 1, len(ids)).round(2))
    return pa.table(about | {name: pa.array(X[:, i], from_pandas=True) for i, name in enumerate(NAMES)})


def run_text() -> str:
    """The run, as TOML."""
    columns = {component: [n for n, c in zip(NAMES, OF, strict=True) if c == component] for component in OF}
    components = "\n".join(f"{component} = {json.dumps(names)}" for component, names in columns.items())
    return RUN.format(components=components, dates=json.dumps([str(day) for day in PAST]).replace('"', ""), trees=TREES)


RUN = """\
name = "scoring"
data = "."
data_end = 2025-09-01

[as_of]
dates = {dates}

[sources.accounts]
contract = "accounts"
path = "accounts.parquet"

[panel]
path = "panel.parquet"
outcome = "\\"left\\""
value = "value"

[panel.components]
{components}

[outcome]
kind = "recorded"
source = "panel"
horizon_days = 60

[model]
choose = "additive"

[model.trees]
count = {trees}
"""
