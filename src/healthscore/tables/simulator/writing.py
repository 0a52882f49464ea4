"""A simulated company as files: a workspace that the other commands can be pointed at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from healthscore.tables.simulator.world import World


def write(world: World, directory: Path | str, run_toml: str) -> dict[str, Path]:
    """Write the raw tables under `data/`, the truth beside them, and the run.

    ::

        healthscore.toml            the text given as `run_toml`
        data/<table>.parquet|csv    what the company knows
        truth.json                  what was planted
        truth/<table>.parquet       sub-scores by month and exits: for tests, never for a run

    Existing files of these names are replaced. Returns the path of each file by name (`events`, `truth`, `run`, ...).
    """
    root = Path(directory)
    (root / "data").mkdir(parents=True, exist_ok=True)
    (root / "truth").mkdir(exist_ok=True)
    paths: dict[str, Path] = {}
    for name, table in world.tables.items():
        text = name in world.csv
        paths[name] = root / "data" / f"{name}.{'csv' if text else 'parquet'}"
        if text:
            pa.csv.write_csv(as_text(table), paths[name])
        else:
            _write_parquet(table, paths[name])
    for name, table in world.truth_tables.items():
        paths[name] = root / "truth" / f"{name}.parquet"
        _write_parquet(table, paths[name])
    paths["truth"] = root / "truth.json"
    paths["truth"].write_text(json.dumps(world.truth, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    paths["run"] = root / "healthscore.toml"
    paths["run"].write_text(run_toml, encoding="utf-8")
    return paths


def as_text(table: Any) -> Any:
    """Turn instants into ISO 8601 text with a Z (`2024-03-05T10:11:12Z`), which every reader understands alike."""
    for position, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            column = table.column(position).combine_chunks()
            missing = np.asarray(column.is_null())
            seconds = column.cast(pa.int64()).fill_null(0).to_numpy().astype("datetime64[us]").astype("datetime64[s]")
            written = np.char.add(np.datetime_as_string(seconds), "Z")
            table = table.set_column(position, field.name, pa.array(written, type=pa.string(), mask=missing))
    return table


def _write_parquet(table: Any, path: Path) -> None:
    """Write one Parquet file that says in its own types that instants are UTC."""
    pa.parquet.write_table(table, path, compression="zstd")
