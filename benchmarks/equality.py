"""Whether two programs computed the same features of the task: ours by its names, a peer's by its own.

    python benchmarks/equality.py FEATURES.parquet PEERS.parquet

Prints the columns that differ, as JSON. A process of its own: whoever measures others must hold little memory.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

MEASURES = {"ev": "count", "days": "active_days", "users": "users", "types": "kinds", "val": "quantity"}
"""The peers' name of what a window holds -> that of a measure of this package."""


def differences(ours: Path, theirs: Path) -> list[str]:
    """The peers' names of what is not equal: integers exactly, values to 1e-9; "rows" alone where the rows differ.

    One column is read at a time.
    """
    order, their_order = _order(ours), _order(theirs)
    if not np.array_equal(_rows(ours, order), _rows(theirs, their_order)):
        return ["rows"]
    wrong = []
    for name in pq.read_schema(theirs).names:
        if name in ("account_id", "as_of"):
            continue
        mine, other = _ours(ours, name)[order], _numbers(theirs, name)[their_order]
        close = np.allclose(mine, other, rtol=1e-9, atol=1e-6) if name.startswith("val_") else (mine == other).all()
        if not close:
            wrong.append(name)
    return wrong


def _ours(path: Path, name: str) -> NDArray[np.float64]:
    """What this package's file says under a peer's name; missing is NaN, which equals nothing."""
    what, _, window = name.partition("_")
    if not window:
        return _numbers(path, f"all_{name}")
    if what in MEASURES:
        return _numbers(path, f"all_{MEASURES[what]}_{window}d")
    if what != "prev":
        return _numbers(path, f"{what}_count_{window}d")
    # The trend is ln((n + 1/2) / (n before + 1/2)): with the count it gives the count before, up to rounding.
    now, trend = _numbers(path, f"all_count_{window}d"), _numbers(path, f"all_trend_{window}d")
    before = (now + 0.5) / np.exp(trend) - 0.5
    whole = np.round(before)
    return np.where(np.abs(before - whole) < 1e-6, whole, np.nan)


def _numbers(path: Path, name: str) -> NDArray[np.float64]:
    column = pq.read_table(path, columns=[name])[name]
    return np.asarray(pc.fill_null(pc.cast(column, pa.float64()), np.nan))


def _ids(path: Path) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    table = pq.read_table(path, columns=["account_id", "as_of"])
    day = pc.cast(pc.cast(table["as_of"], pa.date32()), pa.int32())
    return np.asarray(pc.cast(table["account_id"], pa.int64())), np.asarray(pc.cast(day, pa.int64()))


def _order(path: Path) -> NDArray[np.int64]:
    account, day = _ids(path)
    return np.lexsort((day, account))


def _rows(path: Path, order: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.stack([column[order] for column in _ids(path)])


if __name__ == "__main__":
    print(json.dumps(differences(Path(sys.argv[1]), Path(sys.argv[2]))))
