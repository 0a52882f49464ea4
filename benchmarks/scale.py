"""What training costs as the panel grows, what a sample costs, what workers give: the figures of docs/scale.md.

    python benchmarks/scale.py memory 50000 100000 200000
    python benchmarks/scale.py sample 240000
    python benchmarks/scale.py workers 500000

Panels are seeded and synthetic: so many snapshots of accounts at twelve monthly dates, 60 features in ten components,
log-odds that are additive by component. Every training is a process of its own; its peak memory and processor time are
those that the system counts, children (the workers) apart.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

DATES = tuple(date(2024, month, 1) for month in range(1, 13))
FEATURES, COMPONENTS = 60, 10
Floats = NDArray[np.float64]

RUN = """name = "scale"
data_end = 2025-03-01

[panel]
path = "panel.parquet"
outcome = "outcome"

[panel.components]
{components}

[outcome]
kind = "recorded"
source = "panel"
horizon_days = 60

[model]
choose = "additive"
refits = 0
{model}

[tracking]
enabled = false
"""
CHILD = """
import json, resource, sys
from healthscore.pipelines.train import train
if __name__ == "__main__":
    made = train(sys.argv[1], out=sys.argv[2], workers=sys.argv[3] or None)
    used = resource.getrusage(resource.RUSAGE_SELF)
    found = {"bundle": str(made.bundle), "n": made.result["training"]["n"], "cpu_s": used.ru_utime + used.ru_stime}
    workers = resource.getrusage(resource.RUSAGE_CHILDREN)  # of the largest of them
    print(json.dumps(found | {"peak_gb": used.ru_maxrss / 1e6, "worker_peak_gb": workers.ru_maxrss / 1e6}))
"""


def drawn(rows: int, seed: int) -> tuple[Floats, NDArray[np.int64], Floats]:
    """Features (rows, 60), outcomes (rows,) and true log-odds (rows,): counts with missing values, bends, steps."""
    random = np.random.default_rng(seed)
    accounts = -(-rows // len(DATES))
    health = np.repeat(random.normal(size=accounts), len(DATES))[:rows]
    X = np.empty((rows, FEATURES))
    for column in range(FEATURES):
        part = 0.6 * health + random.normal(size=rows)
        X[:, column] = random.poisson(np.exp(1.0 + 0.5 * part)) if column % 3 else part
        if column % 7 == 6:
            X[random.random(rows) < 0.2, column] = np.nan
    z = -3.0 - 0.3 * health
    for column in range(0, FEATURES, 4):
        value = np.nan_to_num(X[:, column], nan=1.0)
        z += -0.15 * np.log1p(np.abs(value)) * np.sign(value) + 0.25 * (value < 0.5)
    return X, (random.random(rows) < 1 / (1 + np.exp(-z))).astype(np.int64), z


def write(folder: Path, rows: int, **model: int | str) -> Path:
    """Write a panel of so many snapshots and the run over it; returns the run."""
    X, y, _ = drawn(rows, seed=1)
    number = np.arange(rows)
    columns = {f"f{column:02}": X[:, column] for column in range(FEATURES)}
    table = pa.table(
        {
            "account_id": pa.array(np.char.mod("a%08d", number // len(DATES))),
            "as_of": pa.array([DATES[i] for i in range(len(DATES))]).take(pa.array(number % len(DATES))),
            "outcome": y,
            **{name: pa.array(values, from_pandas=True) for name, values in columns.items()},
        }
    )
    pq.write_table(table, folder / "panel.parquet", compression="zstd")
    width = FEATURES // COMPONENTS
    named = "\n".join(f"part{c} = {json.dumps(list(columns)[c * width : (c + 1) * width])}" for c in range(COMPONENTS))
    said = "\n".join(f"{key} = {value}" for key, value in model.items())
    (folder / "healthscore.toml").write_text(RUN.format(components=named, model=said))
    return folder / "healthscore.toml"


def trained(run: Path, out: Path, workers: str = "") -> dict[str, float | str]:
    """Train in a process of its own; what it found and took."""
    program = out.with_suffix(".py")
    program.write_text(CHILD)
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, program, run, out, workers], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr)
    found: dict[str, float | str] = json.loads(done.stdout.splitlines()[-1])
    return found


def loss(bundle: str) -> float:
    """Log-loss of a bundle on other accounts of the same world, shifted to their base rate as far as the truth goes."""
    from healthscore.models.bundle import load

    X, _, z = drawn(120_000, seed=2)
    model, truth = load(bundle).model, 1 / (1 + np.exp(-z))
    p = np.clip(model.probability(X, model.design.names), 1e-9, 1 - 1e-9)
    return float(-(truth * np.log(p) + (1 - truth) * np.log(1 - p)).mean())


def memory(folder: Path, sizes: list[int]) -> None:
    """Peak memory by snapshots, and the line through it."""
    found = []
    for rows in sizes:
        run = write(folder, rows, trees="{ count = 30 }")
        found.append(trained(run, folder / f"out{rows}"))
        print(rows, found[-1], flush=True)
    slope, intercept = np.polyfit(sizes, [float(one["peak_gb"]) for one in found], 1)
    print(f"{intercept:.2f} GB + {slope * 1e6:.2f} GB per million snapshots")


def sample(folder: Path, sizes: list[int]) -> None:
    """Log-loss by the share of the accounts that the model learned from."""
    for share in (0.05, 0.1, 0.2, 0.5, 1.0):
        run = write(folder, sizes[0], maximum_rows=int(share * sizes[0]))
        found = trained(run, folder / f"out{share}")
        print(share, found, loss(str(found["bundle"])), flush=True)


def workers(folder: Path, sizes: list[int]) -> None:
    """One process against two workers and a sample of a tenth here."""
    for address, most in (("local:2", sizes[0] // 10), ("", sizes[0]), ("", sizes[0] // 10)):
        run = write(folder, sizes[0], maximum_rows=most, trees="{ count = 120 }")
        found = trained(run, folder / f"out{address.replace(':', '')}{most}", address)
        print(address or "alone", most, found, loss(str(found["bundle"])), flush=True)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    modes = {"memory": memory, "sample": sample, "workers": workers}
    asked.add_argument("mode", choices=modes)
    asked.add_argument("rows", type=int, nargs="+")
    said = asked.parse_args()
    with tempfile.TemporaryDirectory() as place:
        modes[said.mode](Path(place), said.rows)
