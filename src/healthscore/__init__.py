"""Customer health scores that are checked against what happened.

Every command of the command line is a function here, pandas in and out where a data scientist would expect it. Names
are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from healthscore.config import Run, load_run, load_scorecard
    from healthscore.errors import (
        BundleError,
        ConfigurationError,
        HealthScoreError,
        InputError,
        InsufficientDataError,
    )
    from healthscore.pipelines.audit import audit
    from healthscore.pipelines.backtest import backtest
    from healthscore.pipelines.book import open_book
    from healthscore.pipelines.bookreport import report
    from healthscore.pipelines.check import check
    from healthscore.pipelines.deliver import deliver
    from healthscore.pipelines.explain import explain
    from healthscore.pipelines.initialise import initialise
    from healthscore.pipelines.panel import panel
    from healthscore.pipelines.plots import (
        plot_bands,
        plot_calibration,
        plot_capture,
        plot_dates,
        plot_drivers,
        plot_history,
        plot_weights,
    )
    from healthscore.pipelines.privacy.forget import forget
    from healthscore.pipelines.privacy.shareable import share
    from healthscore.pipelines.recalibrate import recalibrate
    from healthscore.pipelines.registry.promotion import promote, rollback
    from healthscore.pipelines.registry.versions import versions
    from healthscore.pipelines.runs.collecting import clean_runs
    from healthscore.pipelines.runs.compare import compare_runs
    from healthscore.pipelines.runs.listing import list_runs
    from healthscore.pipelines.runs.reproduce import reproduce
    from healthscore.pipelines.runs.verifying import verify_runs
    from healthscore.pipelines.score import score, score_dates
    from healthscore.pipelines.simulate import simulate
    from healthscore.pipelines.tracking import synchronise
    from healthscore.pipelines.train import train
    from healthscore.pipelines.tune import tune
    from healthscore.pipelines.validate import validate
    from healthscore.pipelines.validaterun import validate_run

__all__ = [
    "BundleError",
    "ConfigurationError",
    "HealthScoreError",
    "InputError",
    "InsufficientDataError",
    "Run",
    "audit",
    "backtest",
    "check",
    "clean_runs",
    "compare_runs",
    "deliver",
    "explain",
    "forget",
    "initialise",
    "list_runs",
    "load_run",
    "load_scorecard",
    "open_book",
    "panel",
    "plot_bands",
    "plot_calibration",
    "plot_capture",
    "plot_dates",
    "plot_drivers",
    "plot_history",
    "plot_weights",
    "promote",
    "recalibrate",
    "report",
    "reproduce",
    "rollback",
    "score",
    "score_dates",
    "share",
    "simulate",
    "synchronise",
    "train",
    "tune",
    "validate",
    "validate_run",
    "verify_runs",
    "versions",
]

_HOMES = {
    "forget": "pipelines.privacy.forget",
    "share": "pipelines.privacy.shareable",
    **dict.fromkeys(("Run", "load_run", "load_scorecard"), "config"),
    **dict.fromkeys(
        ("BundleError", "ConfigurationError", "HealthScoreError", "InputError", "InsufficientDataError"), "errors"
    ),
    "open_book": "pipelines.book",
    "validate_run": "pipelines.validaterun",
    **dict.fromkeys((name for name in __all__ if name.startswith("plot_")), "pipelines.plots"),
    **dict.fromkeys(("promote", "rollback"), "pipelines.registry.promotion"),
    "versions": "pipelines.registry.versions",
    "clean_runs": "pipelines.runs.collecting",
    "compare_runs": "pipelines.runs.compare",
    "list_runs": "pipelines.runs.listing",
    "report": "pipelines.bookreport",
    "reproduce": "pipelines.runs.reproduce",
    "score_dates": "pipelines.score",
    "synchronise": "pipelines.tracking",
    "verify_runs": "pipelines.runs.verifying",
}
"""Where names are defined that are not those of a pipeline."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'healthscore' has no attribute {name!r}")
    return getattr(import_module(f"healthscore.{_HOMES.get(name, f'pipelines.{name}')}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
