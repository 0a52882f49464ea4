"""What training on a ready-made panel holds in memory: one process, and one with two workers that grow its trees.

python benchmarks/peaks.py RUN OUT [local:2]    # one training; says what each process took, as JSON
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from bookpanel import FEATURES, NAMES, OF, drawn, happened
from processes import measured
from speed_page import Table

DATES = tuple(date(2024, month, 1) for month in range(1, 13))
TREES = 30
SAMPLE = 24_000
"""Snapshots that the process keeps that has workers: what it fits there."""
WORKERS = "local:2"
RUN = """name = "scale"
data_end = 2025-03-01

[panel]
path = "panel.parquet"
outcome = "\\"left\\""

[panel.components]
{components}

[outcome]
kind = "recorded"
source = "panel"
horizon_days = 60

[model]
choose = "additive"
refits = 0
trees = {{ count = {trees} }}
{sample}

[tracking]
enabled = false
"""


def measure(folder: Path, sizes: list[int]) -> dict[str, Any]:
    """CPU seconds and peak memory by snapshots, of every process."""
    found = {}
    for rows in sizes:
        write_panel(folder / "panel.parquet", rows)
        alone = trained(write_run(folder, None), folder / f"alone{rows}")
        shared = trained(write_run(folder, SAMPLE), folder / f"shared{rows}", WORKERS)
        found[str(rows)] = {"alone": alone, "shared": shared}
    return {"features": FEATURES, "dates": len(DATES), "trees": TREES, "sample": SAMPLE, "sizes": found}


def write_panel(path: Path, rows: int) -> None:
    """So many snapshots of accounts at twelve dates each."""
    random = np.random.default_rng(1)
    X, number = drawn(random, rows), np.arange(rows)
    about = {
        "account_id": pa.array(np.char.mod("a%08d", number // len(DATES))),
        "as_of": pa.array(DATES).take(pa.array(number % len(DATES))),
        "left": happened(random, X),
    }
    features = {name: pa.array(X[:, i], from_pandas=True) for i, name in enumerate(NAMES)}
    pyarrow.parquet.write_table(pa.table(about | features), path, compression="zstd")


def write_run(folder: Path, sample: int | None) -> Path:
    """The run over the panel, of all its snapshots or with so many in the process that trains."""
    parts = {part: [name for name, of in zip(NAMES, OF, strict=True) if of == part] for part in OF}
    components = "\n".join(f"{part} = {json.dumps(names)}" for part, names in parts.items())
    most = "" if sample is None else f"maximum_rows = {sample}"
    path = folder / "healthscore.toml"
    path.write_text(RUN.format(components=components, trees=TREES, sample=most), encoding="utf-8")
    return path


def trained(run: Path, out: Path, *workers: str) -> dict[str, Any]:
    """Train in a process of its own; what it and its workers took."""
    ended = measured([sys.executable, __file__, run, out, *workers], OMP_NUM_THREADS="1")
    found: dict[str, Any] = json.loads(ended.output.splitlines()[-1])
    return found


def train_here(run: str, out: str, address: str = "") -> dict[str, Any]:
    """Train; what this process took, and each worker."""
    from healthscore.models.workers import workers_at
    from healthscore.pipelines.train import train

    if not address:
        train(run, out=out)
        return {"here": taken(), "workers": []}
    with workers_at(address, threads=2) as workers:  # started here, so that they can be asked when training has ended
        train(run, out=out, workers=workers.client.scheduler_info()["address"])
        return {"here": taken(), "workers": list(workers.client.run(taken).values())}


def taken() -> dict[str, float]:
    """CPU seconds of this process, and the most memory that it held, in GB (10^9); not that of who started it."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
    return {"cpu_s": round(time.process_time(), 1), "memory_gb": round(int(peak) * 1024 / 1e9, 3)}


def table(section: Mapping[str, Any]) -> Table:
    """By snapshots, and what each million more takes by the line through them."""
    sizes = [int(rows) for rows in section["sizes"]]
    columns = list(zip(*map(figures, section["sizes"].values()), strict=True))
    slopes = [float(np.polyfit(sizes, column, 1)[0]) * 1e6 for column in columns]
    rows = [(f"{size:,}", *row) for size, row in zip(sizes, zip(*columns, strict=True), strict=True)]
    headings = ("snapshots", "alone: GB", "CPU s", "with workers: GB", "of each worker", "CPU s of all")
    return Table(headings, [shown(*row) for row in (*rows, ("each million more", *slopes))])


def figures(size: Mapping[str, Any]) -> tuple[float, ...]:
    """Of one process its GB and CPU seconds; with workers its GB, those of the larger worker, CPU seconds of all."""
    alone, shared = size["alone"]["here"], size["shared"]
    everyone = [shared["here"], *shared["workers"]]
    most = max(worker["memory_gb"] for worker in shared["workers"])
    cpu_s = sum(one["cpu_s"] for one in everyone)
    return alone["memory_gb"], alone["cpu_s"], shared["here"]["memory_gb"], most, cpu_s


def shown(size: str, alone: float, cpu_s: float, here: float, worker: float, cpu_s_of_all: float) -> tuple[str, ...]:
    """A row of the table."""
    return size, f"{alone:.2f}", f"{cpu_s:.0f}", f"{here:.2f}", f"{worker:.2f}", f"{cpu_s_of_all:.0f}"


if __name__ == "__main__":
    print(json.dumps(train_here(*sys.argv[1:])))
