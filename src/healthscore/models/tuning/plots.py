"""Optuna's own plots of a study, as plotly specifications."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from healthscore.models.tuning.study import Trial, study_of

if TYPE_CHECKING:
    import optuna

Spec = dict[str, Any]
MEASURED = "log-loss"
COMPLETE_FOR_IMPORTANCE = 10
"""Trials that went through all folds below which nothing is said of how much a setting matters."""


def plots(trials: Sequence[Trial], seed: int) -> dict[str, Spec]:
    """The history, every setting against the loss, all settings side by side, losses by fold, and what mattered."""
    from optuna import visualization as shown
    from optuna.importance import FanovaImportanceEvaluator

    study = study_of(trials)
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
        return {name: _spec(draw(study)) for name, draw in drawn.items()}


def _spec(figure: Any) -> Spec:
    """Its data and layout, without the title and the colours of plotly's own template: the page has both."""
    spec: Spec = json.loads(figure.to_json())
    for part in ("template", "title"):
        spec["layout"].pop(part, None)
    return {"data": spec["data"], "layout": spec["layout"]}
