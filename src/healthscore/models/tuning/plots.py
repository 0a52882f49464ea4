"""Optuna's own plots of a study, as plotly specifications."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from healthscore.models.tuning.space import SPACE
from healthscore.models.tuning.study import Trial, best, study_of

if TYPE_CHECKING:
    import optuna

Spec = dict[str, Any]
MEASURED = "log-loss"
OTHERS = "another setting"
COLOURS = {"best found": "#1f6fb2", "default": "#e08a1e", OTHERS: "#b5b8bd"}
ROOM = 0.1
"""Share of an axis beside its ends, where another mark would lie over the label of the end."""
COMPLETE_FOR_IMPORTANCE = 10
"""Trials that went through all folds below which nothing is said of how much a setting matters."""


def plots(trials: Sequence[Trial], called: Mapping[str, str], seed: int) -> dict[str, Spec]:
    """The history, every setting against the loss, all settings side by side, losses by fold, and what mattered.

    `called` says how the plots name each setting, in 20 characters at most: longer names are cut.
    """
    from optuna import visualization as shown
    from optuna.importance import FanovaImportanceEvaluator

    study = study_of(trials, called)
    drawn: dict[str, Callable[[optuna.Study], Any]] = {
        "history": lambda study: shown.plot_optimization_history(study, target_name=MEASURED),
        "slices": lambda study: shown.plot_slice(study, target_name=MEASURED),
        "parallel": lambda study: shown.plot_parallel_coordinate(study, target_name=MEASURED),
        "folds": shown.plot_intermediate_values,
    }
    if len([trial for trial in trials if not trial.pruned]) >= COMPLETE_FOR_IMPORTANCE:
        evaluator = FanovaImportanceEvaluator(seed=seed)
        drawn["importance"] = lambda study: shown.plot_param_importances(
            study, evaluator=evaluator, target_name=MEASURED
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Optuna's own, on what it will call something else
        specs = {name: _spec(draw(study)) for name, draw in drawn.items()}
    _two_named(specs["folds"]["data"], best(trials).number)
    axes = specs["folds"]["layout"]
    axes["xaxis"] = {"title": {"text": "folds measured before"}, "dtick": 1}
    axes["yaxis"] = {"title": {"text": f"mean {MEASURED} so far"}}
    _sparse(specs["slices"]["layout"], called)
    marks = specs["parallel"]["layout"].get("annotations", [])
    specs["parallel"]["layout"]["annotations"] = [
        mark for mark in marks if mark["y"] in (0, 1) or ROOM < mark["y"] < 1 - ROOM
    ]
    return specs


def _two_named(lines: list[Spec], chosen: int) -> None:
    """Name the default and the best of the losses by fold; the others stand in grey behind them, as one."""
    names = {chosen: "best found", 0: "default"}
    told = set[str]()
    for line in lines:
        number = int(line["name"].removeprefix("Trial"))
        name = names.get(number, OTHERS)
        drawn = {"width": 1 if name == OTHERS else 3, "color": COLOURS[name]}
        line |= {"name": name, "mode": "lines+markers", "line": drawn, "showlegend": name not in told}
        line.pop("marker", None)
        told.add(name)
    lines.sort(key=lambda line: line["name"] in names.values())  # what is drawn last is on top


def _sparse(layout: Spec, called: Mapping[str, str]) -> None:
    """Mark the ends and the middle of each setting's range only: five axes share the width of a page."""
    ranges = {called[name]: ends for name, ends in SPACE.items()}
    for axis in (value for key, value in layout.items() if key.startswith("xaxis")):
        low, high, _ = ranges[axis["title"]["text"]]
        axis |= {"tickvals": [float(f"{tick:.1g}") for tick in (low, (low * high) ** 0.5, high)], "tickangle": 0}
        axis |= {"title": {"text": axis["title"]["text"], "font": {"size": 11}}}
        axis |= {"range": [math.log10(low) - 0.1, math.log10(high) + 0.1]}


def _spec(figure: Any) -> Spec:
    """Its data and layout, without what the page decides: title, size, and the colours of plotly's own template."""
    spec: Spec = json.loads(figure.to_json())
    for part in ("template", "title", "width", "height"):
        spec["layout"].pop(part, None)
    return {"data": spec["data"], "layout": spec["layout"]}
