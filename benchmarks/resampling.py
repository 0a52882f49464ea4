"""What intervals cost: every metric resampled by account, and the paired difference of two models.

    python benchmarks/resampling.py --accounts 100000 --dates 1 --resamples 1000 --models 2

Prints CPU seconds of each metric alone (with what it needs of the rows), of all together as a backtest asks for them,
and of the paired difference of the AUC.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from healthscore.evaluation.clustered import paired_difference, resample
from healthscore.evaluation.metrics import METRICS

Floats = NDArray[np.float64]


def main() -> None:
    """Draw scored accounts, and measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--dates", type=int, default=1)
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--models", type=int, default=2)
    parser.add_argument("--each", action="store_true", help="every metric alone, too")
    asked = parser.parse_args()
    random = np.random.default_rng(1)
    rows = asked.accounts * asked.dates
    account = np.tile(np.arange(asked.accounts), asked.dates)
    z = -3.5 + random.normal(size=asked.accounts)[account] + 0.5 * random.normal(size=rows)
    y = (random.random(rows) < 1 / (1 + np.exp(-z))).astype(np.int8)
    noise = {f"model {number}": 0.5 * (number + 1) * random.normal(size=rows) for number in range(asked.models)}
    predictions = {name: 1 / (1 + np.exp(-(z + one))) for name, one in noise.items()}
    how: dict[str, Any] = {"resamples": asked.resamples, "seed": 1, "value": random.lognormal(size=rows)}
    print(
        f"{asked.accounts:,} accounts, {rows:,} rows, {y.sum():,} churned; {asked.resamples:,} resamples, CPU seconds"
    )
    for name in METRICS if asked.each else ():
        print(f"{name:<28}{clocked(partial(resample, y, predictions, account, [name], **how)):>8.2f}")
    print(f"{'all metrics':<28}{clocked(lambda: resample(y, predictions, account, METRICS, **how)):>8.2f}")
    first, second = list(predictions.values())[:2]
    print(f"{'paired difference of AUC':<28}", end="")
    print(f"{clocked(lambda: paired_difference(y, first, second, account, 'auc', **how)):>8.2f}")


def clocked(work: Callable[[], object]) -> float:
    """CPU seconds of some work."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


if __name__ == "__main__":
    main()
