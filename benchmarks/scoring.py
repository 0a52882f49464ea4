"""Speed and memory of scoring: component points beside other ways to take a score apart, and a whole job.

    python benchmarks/scoring.py points --rows 200000
    python benchmarks/scoring.py job --accounts 1000000 --out bench-data/1m

`points` prints rows per CPU second of LightGBM's prediction, of the points of every component, of LightGBM's
`pred_contrib` and of `shap.TreeExplainer`, all on the same trees and one thread. `job` writes a company of so many
accounts as a ready-made panel, trains on its past, and measures `score` in a process of its own, stage by stage.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray

from healthscore.models.booster import BoosterPart, BoosterRecipe
from healthscore.models.design import Design
from healthscore.models.treesettings import BoosterSettings

Floats = NDArray[np.float64]
COMPONENTS, FEATURES, TREES = 10, 60, 300
NAMES = tuple(f"x{column:02d}" for column in range(FEATURES))
OF = tuple(f"component_{column % COMPONENTS}" for column in range(FEATURES))
PAST = (date(2025, 1, 1), date(2025, 3, 1), date(2025, 5, 1))
TODAY = date(2025, 9, 1)
LEARNED_FROM, BLOCK = 20_000, 100_000
MISSING = 0.05


def main() -> None:
    """Measure what is asked for, and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("points", "job", "child"))
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("bench-data/scoring"))
    asked = parser.parse_args()
    if asked.what == "points":
        points(asked.rows, asked.repeat)
    elif asked.what == "job":
        job(asked.out, asked.accounts, asked.repeat)
    else:
        child(asked.out)


# --- points of components --------------------------------------------------------------------------------------------


def points(rows: int, repeat: int) -> None:
    """Rows per CPU second, and the ratio to a prediction, of each way to take a score apart."""
    import shap

    random = np.random.default_rng(1)
    part = trees(random)
    X, few = drawn(random, rows), drawn(random, rows // 20)
    native = part._native
    explainer = shap.TreeExplainer(native)
    ways: dict[str, tuple[int, Callable[[], Any]]] = {
        "predict": (rows, lambda: native.predict(X, raw_score=True, num_threads=1)),
        "points of components": (rows, lambda: part.component_logit(X)),
        "pred_contrib": (len(few), lambda: native.predict(few, pred_contrib=True, num_threads=1)),
        "shap.TreeExplainer": (len(few), lambda: explainer.shap_values(few)),
    }
    print(f"{len(part.trees)} trees, {FEATURES} features, {COMPONENTS} components, one thread; {repeat} times each")
    print(f"{'way':<24}{'rows per CPU s':>16}{'median':>12}{'cost':>9}")
    first = 0.0
    for name, (count, way) in ways.items():
        seconds = [cpu_seconds(way) / count for _ in range(repeat)]
        first = first or min(seconds)
        median = 1 / statistics.median(seconds)
        print(f"{name:<24}{1 / min(seconds):>16,.0f}{median:>12,.0f}{min(seconds) / first:>9.2f}")


def trees(random: np.random.Generator) -> BoosterPart:
    """Trees of one component each, grown on rows of which a fifth of the features matters."""
    design = Design(NAMES, OF, (0,) * FEATURES)
    X = drawn(random, LEARNED_FROM)
    part = BoosterRecipe(BoosterSettings(), threads=1).path(design, X, happened(random, X), (float(TREES),), seed=1)
    found = part(float(TREES))
    assert isinstance(found, BoosterPart)  # noqa: S101 - said to the type checker
    return found


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


def cpu_seconds(work: Callable[[], Any]) -> float:
    """CPU seconds of this process for the work."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


# --- the whole job ---------------------------------------------------------------------------------------------------


def job(out: Path, accounts: int, repeat: int) -> None:
    """Wall, CPU and peak memory of scoring so many accounts, and the seconds of its stages; medians."""
    if not (out / "healthscore.toml").is_file():
        write_company(out, accounts)
        subprocess.run([sys.executable, "-m", "healthscore", "train", str(out), "--json"], check=True, stdout=-3)
    runs = [measured(out) for _ in range(repeat)]
    print(f"{accounts:,} accounts, {FEATURES} features, {TREES} trees; {os.cpu_count()} cores, {repeat} times")
    for stage in runs[0]:
        values = [run[stage] for run in runs]
        print(f"{stage:<34}{min(values):>9.1f}{statistics.median(values):>9.1f}")


def measured(out: Path) -> dict[str, float]:
    """Seconds of one job and of its stages, and its peak memory in GB."""
    begin = time.perf_counter()
    process = subprocess.Popen([sys.executable, __file__, "child", "--out", str(out)], stdout=subprocess.PIPE)
    said = process.stdout.read() if process.stdout else b""
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"the job ended with {status}")
    whole = {"wall s": time.perf_counter() - begin, "CPU s": used.ru_utime + used.ru_stime}
    stages: dict[str, float] = json.loads(said)
    return whole | {"peak memory GB": used.ru_maxrss / 1e6} | stages


def child(out: Path) -> None:
    """Score once, and say how long each stage took."""
    from healthscore import score

    stages: dict[str, float] = {}

    @contextmanager
    def timed(stage: str) -> Iterator[Callable[[float], None]]:
        begin = time.perf_counter()
        yield lambda share: None
        stages[stage] = stages.get(stage, 0.0) + time.perf_counter() - begin

    score(out / "healthscore.toml", as_of=TODAY, force=True, progress=timed)
    print(json.dumps(stages))


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


if __name__ == "__main__":
    main()
