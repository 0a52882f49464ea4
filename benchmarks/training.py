"""What tuning costs: the search beside fitting every trial anew from a DataFrame, on the same folds and settings.

    python benchmarks/training.py --rows 1200000 --trials 10

The panel is drawn by a seed: accounts at monthly dates, features of the kinds that this package makes (counts, ratios
and trends with missing values, days since, levels), and exits within 91 days that follow the components of an account
with a memory, so that the rows of one account resemble each other.

The plain way makes a LightGBM data set of a fold's DataFrame for every trial, grows all trees there are, gives no trial
up, and measures every number of trees. Both ways end with the logistic regression that they blend with, which is fitted
once and counted apart. The plain way measures the very settings that the search tried: its best loss over them says
whether giving trials up lost anything. Times are CPU seconds of this process, and the two ways take turns trial by
trial, so other work beside it matters little.
"""

from __future__ import annotations

import argparse
import gc
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from healthscore.models.booster import BoosterRecipe, BoosterSettings
from healthscore.models.calibration import loss_with_intercepts
from healthscore.models.churn import ChurnSettings
from healthscore.models.design import Design, Vector, logit
from healthscore.models.innerfit import offsets_of
from healthscore.models.tuning.objective import TuningRows, partner_logits
from healthscore.models.tuning.search import measurer
from healthscore.models.tuning.space import settings_with
from healthscore.models.tuning.study import Trial, best
from healthscore.models.walkforward import InnerOrigin

Floats = NDArray[np.float64]
COMPONENTS = ("adoption", "breadth", "depth", "support", "sponsor", "sentiment", "billing", "account")
DATES, MONTH, HORIZON, FIRST = 12, 30, 91, 19_700
WINDOWS = (7.0, 28.0, 91.0)
MONTHLY_RATE, MEMORY = 0.012, 0.85
ROWS, GOAL = 1_200_000, 2.5
"""How many times dearer the plain way shall be with so many rows."""


def main() -> None:
    """Draw the panel, search, fit everything plainly, and print both beside each other."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--trials", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    rows = panel(asked.rows, asked.seed, asked.threads)
    folds, sample = rows.folds(), rows.sample()
    print(f"{len(rows.y):,} rows, {len(rows.design.names)} features, {int(rows.y.sum()):,} exits; "
          f"{len(folds)} folds that learn from {', '.join(f'{len(fold.train):,}' for fold in folds)} rows, "
          f"{'no sample' if sample is None else f'a sample of {len(sample.train):,}'}")  # fmt: skip
    times: dict[str, float] = defaultdict(float)
    with clocked(times, "logistic regression"):
        partner = partner_logits(rows)
    trials, plain = measured(rows, partner, asked.trials, times)
    found, ratio = best(trials), times["plain"] / times["search"]
    print(f"{'':<22}{'CPU s':>8}  best loss")
    print(f"{'search':<22}{times['search']:>8.1f}  {found.losses[-1]:.6f}  (trial {found.number}, "
          f"{sum(trial.pruned for trial in trials)} of {len(trials)} given up)")  # fmt: skip
    print(f"{'plain':<22}{times['plain']:>8.1f}  {min(plain):.6f}  (trial {int(np.argmin(plain))})")
    print(f"{'logistic regression':<22}{times['logistic regression']:>8.1f}")
    missed = asked.rows >= ROWS and ratio < GOAL
    print(f"ratio {ratio:.2f}{f', the goal of {GOAL} is missed' if missed else ''}")
    print(json.dumps({"cpu_s": times, "trials": [asdict(trial) for trial in trials], "plain": plain}))


def measured(
    rows: TuningRows, partner: list[Vector] | None, count: int, times: dict[str, float]
) -> tuple[list[Trial], list[float]]:
    """Trials as the search measures them, without its journal, and the plain loss of each one's settings.

    Both take turns, so that other work on the machine slows neither more than the other.
    """
    frame = pd.DataFrame(rows.X, columns=[f"f{column}" for column in range(rows.X.shape[1])])
    untuned, trials, plain = rows.settings.booster, list[Trial](), list[float]()
    with clocked(times, "search"):
        measure = measurer(rows, partner)
    for number in range(count):
        before = dict(times)
        with clocked(times, "search"):
            trial = measure(number, trials)
        with clocked(times, "plain"):
            settings = settings_with(trial.place, untuned) if number else untuned
            plain.append(plain_loss(rows, frame, partner, settings))
        trials.append(trial)
        searched, fitted = (times[name] - before.get(name, 0.0) for name in ("search", "plain"))
        print(f"  trial {number}: sample {trial.sample}, folds {trial.losses}, {trial.trees} trees, {searched:.1f} s; "
              f"plain {plain[-1]:.6f}, {fitted:.1f} s", flush=True)  # fmt: skip
        gc.collect()
    return trials, plain


def plain_loss(rows: TuningRows, frame: pd.DataFrame, partner: list[Vector] | None, settings: BoosterSettings) -> float:
    """Log-loss of the blend over all folds at the number of trees that served best alone, as the search has it."""
    folds = rows.folds()
    levels = [int(level) for level in settings.trees_tried]
    told = [staged(rows, frame, fold, settings, levels) for fold in folds]
    y = np.concatenate([rows.y[fold.test] for fold in folds])
    number = np.repeat(np.arange(len(folds)), [len(fold.test) for fold in folds])
    alone = [np.concatenate([one[level] for one in told]) for level in levels]
    at = int(np.argmin([loss_with_intercepts(z, y, number) for z in alone]))
    z = alone[at] if partner is None else (alone[at] + np.concatenate(partner)) / 2
    return float(loss_with_intercepts(z, y, number))


def staged(
    rows: TuningRows, frame: pd.DataFrame, fold: InnerOrigin, settings: BoosterSettings, levels: list[int]
) -> dict[int, Floats]:
    """Log-odds of a fold's test rows at every number of trees."""
    import lightgbm

    recipe = BoosterRecipe(settings, rows.additive, rows.settings.threads)
    y = rows.y[fold.train]
    parameters = recipe.parameters(rows.design, y, rows.seed)
    known = offsets_of(y, rows.day[fold.train], rows.settings)
    start = np.full(len(y), float(logit(y.mean()))) + (0.0 if known is None else known)
    data = lightgbm.Dataset(frame.iloc[fold.train], y, init_score=start, params=parameters)
    booster = lightgbm.train(parameters, data, max(levels))
    test = frame.iloc[fold.test]
    told = {}
    z, grown = np.zeros(len(test)), 0
    for level in levels:
        threads = {"num_threads": rows.settings.threads}
        z = z + booster.predict(test, raw_score=True, start_iteration=grown, num_iteration=level - grown, **threads)
        told[level], grown = z, level
    return told


def panel(rows: int, seed: int, threads: int) -> TuningRows:
    """Accounts at twelve monthly dates until they leave, their features, and whether they leave within 91 days."""
    random = np.random.default_rng(seed)
    accounts = int(rows / DATES * 1.12)
    state = random.normal(size=(accounts, len(COMPONENTS)))
    size = random.lognormal(0.0, 1.2, accounts)
    hazard, states = np.empty((DATES + 4, accounts)), []
    for month in range(DATES + 4):
        state = MEMORY * state + np.sqrt(1 - MEMORY**2) * random.normal(size=state.shape)
        states.append(state.copy())
        hazard[month] = MONTHLY_RATE * np.exp(-risk(state))
    leaves = random.random(hazard.shape) < np.clip(hazard, 0, 0.5)
    month_left = np.where(leaves.any(axis=0), leaves.argmax(axis=0), DATES + 9)
    blocks = []
    for date in range(DATES):
        here = np.flatnonzero(month_left >= date)
        y = (month_left[here] < date + 3).astype(np.int8)
        blocks.append(
            (here, y, np.full(len(here), FIRST + MONTH * date), features(random, states[date][here], size[here], date))
        )
    account, y, day = (np.concatenate([block[part] for block in blocks])[-rows:] for part in range(3))
    X = np.concatenate([block[3][0] for block in blocks])[-rows:]
    names, components, monotone = blocks[0][3][1]
    settings = ChurnSettings(threads=threads)
    design = Design(names, components, monotone)
    return TuningRows(design, X, y, day.astype(np.int64), day + HORIZON, account, seed, settings)


def risk(state: Floats) -> Floats:
    """How well an account is, from its components: bends, thresholds and one interaction."""
    s = state.T
    good = 0.7 * np.tanh(s[0]) + 0.4 * s[1] + 0.3 * np.minimum(s[2], 0) + 0.5 * (s[3] > -1) + 0.3 * s[4]
    return np.asarray(good + 0.25 * np.tanh(2 * s[5]) + 0.2 * s[6] + 0.3 * (s[0] > 0) * (s[1] > 0))


def features(
    random: np.random.Generator, state: Floats, size: Floats, date: int
) -> tuple[Floats, tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...]]]:
    """Columns of one date, shape (n, p), with their names, components and directions."""
    columns: list[NDArray[Any]] = []
    about: list[tuple[str, str, int]] = []
    n = len(state)
    for c, component in enumerate(COMPONENTS[:-1]):
        rate = size * np.exp(0.6 * state[:, c])
        counts = [random.poisson(rate * days / 28).astype(np.float64) for days in WINDOWS]
        for days, count in zip(WINDOWS, counts, strict=True):
            columns.append(count)
            about.append((f"{component}_count_{days:.0f}d", component, -1))
        with np.errstate(divide="ignore", invalid="ignore"):
            columns.append(np.where(counts[2] > 0, counts[1] / counts[2], np.nan))
        about.append((f"{component}_trend", component, 0))
        columns.append(
            np.where(counts[2] > 0, np.minimum(random.exponential(28 / np.maximum(rate, 1e-3)), 365), np.nan)
        )
        about.append((f"{component}_recency", component, 0))
        columns.append(
            np.where(
                random.random(n) < 0.4, np.nan, np.clip(np.round(7 + 2 * state[:, c] + random.normal(size=n)), 0, 10)
            )
        )
        about.append((f"{component}_level", component, 0))
    columns.append(np.log(size) + 0.1 * random.normal(size=n))
    about.append(("account_value", "account", 0))
    columns.append(random.integers(0, 1500, n) + 30.0 * date)
    about.append(("tenure_days", "account", 0))
    names, components, directions = zip(*about, strict=True)
    return np.column_stack(columns), (names, components, directions)


@contextmanager
def clocked(times: dict[str, float], name: str) -> Iterator[None]:
    """Add the CPU seconds of a block."""
    begin = time.process_time()
    yield
    times[name] += time.process_time() - begin


if __name__ == "__main__":
    main()
