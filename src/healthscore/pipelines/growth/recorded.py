"""Figures of growth that are recorded with a run, among those of health: `growth.auc` and the like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def figures_of_training(growth: Mapping[str, Any] | None) -> dict[str, float | None]:
    """Of the section `growth` of a training: how well it told, inside the training past, who would expand."""
    if growth is None or growth["why"] is not None:
        return {}
    return {"growth.auc": growth["skill"]["auc"]["estimate"], "growth.reference.rate": growth["reference"]["rate"]}


def figures_of_backtest(growth: Mapping[str, Any] | None) -> dict[str, float | None]:
    """Of the section `growth` of a backtest: every figure of the chosen model, on dates it had not seen."""
    if growth is None or growth["why"] is not None:
        return {}
    figures = growth["pooled"]["models"][growth["chosen"]]
    return {f"growth.{metric}": figure["estimate"] for metric, figure in figures.items()}
