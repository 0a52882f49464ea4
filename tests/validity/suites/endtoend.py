"""End to end: a company's raw tables, its run, and `healthscore recalibrate` on them, as a person would do it.

The scorecard is the one that the run ships with, weighed 20/20/20/15/10/10/5 by hand. Its sub-scores are made of noisy
signals, of which some show several of the planted states at once, so the planted weights are not its truth; that is
what all seeds say together. In three worlds the run is also held against history without a scorecard: weights of the
sub-scores that a model learns.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from healthscore.tables.simulator import WORLDS
from validity.lines import Line, share_line
from validity.suite import Outcome, Suite
from validity.worlds import FIRST_SEED

ACCOUNTS = 2_000
"""Customers of a company: some 270 to 350 leave."""
SEEDS = 20
NAMES = (
    "null",
    "additive",
    "learned-shapes",
    "interactions",
    "interventions",
    "drift",
    "involuntary",
    "reactivation",
)
LEARNED_NAMES = ("null", "additive", "learned-shapes")
JUDGES = (
    "models",
    "evaluation",
    "features",
    "outcomes",
    "tables",
    "asof.py",
    "pipelines/cards.py",
    "pipelines/cardparts.py",
    "pipelines/recalibrate.py",
    "pipelines/recalibration",
    "pipelines/build.py",
    "validity:suites/endtoend.py",
    "shipped:pipelines/saas.toml",
    "shipped:features/saas.toml",
    "shipped:models/seven_components.toml",
)
COMMAND = Path(sys.executable).with_name("healthscore")


def measure_world(world: str, carded: bool, number: int) -> Outcome:
    """Simulate, recalibrate (`carded`: the scorecard; else what a model learns), and keep what was decided."""
    with TemporaryDirectory(prefix="validity-") as folder:
        place = Path(folder) / "company"
        _command("simulate", "--world", world, "--accounts", ACCOUNTS, "--seed", FIRST_SEED + number, "--out", place)
        path = place / "healthscore.toml"
        path.write_text(plain_run(path.read_text(encoding="utf-8"), carded), encoding="utf-8")
        result = _command("recalibrate", path)
    return {
        "exiting": result["exiting_accounts"],
        "decision": result["decision"],
        "why": result["why"],
        "components": {
            name: {key: one[key] for key in ("validated", "verdict", "handcrafted", "recommended", "shap_share")}
            for name, one in result["components"].items()
        },
        "gain": result["gain"],
    }


def plain_run(text: str, carded: bool) -> str:
    """The run on one thread, recorded nowhere, and without the outcomes beside its own (or its scorecard)."""
    without = re.sub(r"(?ms)^\[outcomes\..*?(?=^\[(?!outcomes\.)|\Z)", "", text)
    without = re.sub(r"(?m)^growth = .*\n", "", without)  # it is one of them
    without = re.sub(r"(?m)^growth = .*\n", "", without)
    if not carded:
        without = re.sub(r"(?m)^scorecard = .*\n", "", without)
    return f"threads = 1\n{without}\n[tracking]\nenabled = false\n"


def _command(*words: object) -> Any:
    """Run a command of the package and read the JSON that it prints."""
    arguments = [str(COMMAND), *(str(word) for word in words), "--json"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, env=os.environ | {"COLUMNS": "200"})
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments[1:])}: {done.stderr[-2000:] or done.stdout[-2000:]}")
    return json.loads(done.stdout)


def world_lines(world: str, carded: bool, said: Sequence[Outcome]) -> list[Line]:
    """Decisions, verdicts, and how the intervals and the changes of single seeds fit what all seeds say."""
    place = world if carded else f"{world}, learned"
    decisions = Counter(one["decision"] for one in said)
    seeds, exits = len(said), np.mean([one["exiting"] for one in said])
    lines = [
        Line(
            place,
            f"decision ({exits:,.0f} exits)",
            "-",
            ", ".join(f"{name} {decisions[name]}" for name in ("keep", "change", "no evidence")),
            "",
            seeds,
            None,
        )
    ]
    if not any(WORLDS[world].weights.values()):
        changed = [one["decision"] == "change" for one in said]
        return [*lines, share_line(place, "a change is recommended where nothing predicts", changed, high=0.09)]
    together = _together(said)
    return [
        *lines,
        _verdict_line(place, said),
        _coverage_line(place, "the weight that all seeds say", said, together),
        _coverage_line(place, "the planted large-sample weight of the state", said, _planted(world, said)),
        *([_needless_line(place, said, together)] if carded else [_top_line(place, world, said)]),
    ]


def _needless_line(place: str, said: Sequence[Outcome], together: dict[str, float]) -> Line:
    """Count the changes that lead away from what all seeds say together."""
    return share_line(
        place,
        "a change leads away from what all seeds say",
        [_distance(one, "recommended", together) > _distance(one, "handcrafted", together) for one in said],
    )


def _top_line(place: str, world: str, said: Sequence[Outcome]) -> Line:
    """Count how often the component planted as the most important one is found to be so."""
    planted = max(WORLDS[world].weights, key=WORLDS[world].weights.__getitem__)

    def largest(one: Outcome) -> str:
        weights: dict[str, float] = {
            name: component["validated"]["estimate"] or 0.0 for name, component in one["components"].items()
        }
        return max(weights, key=weights.__getitem__)

    held = [largest(one) == planted for one in said]
    return share_line(place, f"`{planted}`, planted as the first, is the first", held, low=0.95)


def _together(said: Sequence[Outcome]) -> dict[str, float]:
    """Mean of the estimates over all seeds, in per cent, by component."""
    estimates: dict[str, list[float]] = {}
    for one in said:
        for name, component in one["components"].items():
            if (estimate := component["validated"]["estimate"]) is not None:
                estimates.setdefault(name, []).append(estimate)
    return {name: float(np.mean(each)) for name, each in estimates.items()}


def _planted(world: str, said: Sequence[Outcome]) -> dict[str, float]:
    truth = WORLDS[world].large_sample or {}
    return {name: 100.0 * weight for name, weight in truth.items() if name in said[0]["components"]}


def _verdict_line(world: str, said: Sequence[Outcome]) -> Line:
    verdicts: dict[str, Counter[str]] = {}
    for one in said:
        for name, component in one["components"].items():
            verdicts.setdefault(name, Counter())[component["verdict"]] += 1
    told = [
        f"{name} {count['supported']}"
        + (f" (wrong direction {count['wrong direction']})" * bool(count["wrong direction"]))
        for name, count in verdicts.items()
    ]
    return Line(world, f"supported, of {len(said)}", "-", ", ".join(told), "", len(said), None)


def _coverage_line(world: str, what: str, said: Sequence[Outcome], truth: dict[str, float]) -> Line:
    """How often intervals hold these weights, all components together."""
    held = [
        bounds["low"] <= weight <= bounds["high"]
        for one in said
        for name, weight in truth.items()
        if (bounds := one["components"][name]["validated"])["low"] is not None
    ]
    return share_line(world, f"intervals of validated weights hold {what}", held, unit=" intervals")


def _distance(one: Outcome, which: str, weights: dict[str, float]) -> float:
    """Sum of absolute differences in points; 0 where nothing changes."""
    if one["decision"] != "change":
        return 0.0
    return float(sum(abs(one["components"][name][which] - weight) for name, weight in weights.items()))


def _suite(world: str, carded: bool) -> Suite:
    return Suite(
        f"end to end {world}" if carded else f"end to end learned {world}",
        partial(measure_world, world, carded),
        partial(world_lines, world, carded),
        JUDGES,
        seeds=SEEDS,
        end_to_end=True,
    )


SUITES = (*(_suite(world, True) for world in NAMES), *(_suite(world, False) for world in LEARNED_NAMES))
