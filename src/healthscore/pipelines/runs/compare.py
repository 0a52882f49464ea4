"""What two finished runs have different: inputs, configuration, versions, and the figures that came of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from healthscore.config import Run
from healthscore.display import Display, Displayed
from healthscore.pipelines.runs.finding import Finished, finished
from healthscore.pipelines.runs.flat import differing, flat

SECTIONS = ("arguments", "configuration", "inputs", "read", "versions", "platform")
"""Sections of `run.json` that are compared key by key; seed and threads are in the configuration."""

_METRICS = "auc|pr_auc|log_loss|log_loss_skill|brier|lift_10|capture_10|revenue_capture_10|calibration_slope"
SHOWN: Mapping[str, str] = {
    "backtest": rf"pooled\.(n|events|accounts|rate)|chosen\.({_METRICS}|observed_expected)",
    "validate": rf"pooled\.(n|events|exits|rate)|pooled\.models\.score\.({_METRICS})",
    "train": r"training\.(n|events|exiting_accounts)|calibration\..*|reference\..*|features|uncertainty\.[^.]+",
    "score": r"accounts|bands\.[^.]+|mean_health|expected_exits|low_confidence",
    "explain": r"health|probability|base|components\..*",
    "recalibrate": r"exiting_accounts|components\.[^.]+\.(handcrafted|recommended|validated)|gain\.log_loss",
    "features": r"accounts|rows",
    "check": r"exiting_accounts|sources\.[^.]+\.(rows_in|used|accounts)",
}
"""Command -> the figures that people compare first; `chosen` stands for the model that was chosen."""


@dataclass(frozen=True, repr=False)
class RunComparison(Displayed):
    """Two finished runs side by side; `result` is the JSON object of the command."""

    result: dict[str, Any]

    def display(self) -> Display:
        """What a notebook shows."""
        from healthscore.pipelines.displays.kept import comparison_display

        return comparison_display(self.result, self.shown(), SECTIONS)

    @property
    def same(self) -> bool:
        """Whether nothing differs: not what was read, nor what came of it."""
        return bool(self.result["same"])

    def shown(self) -> dict[str, tuple[Any, Any]]:
        """The figures that people compare first: those of the commands' own list, or all where there are few."""
        patterns = {SHOWN.get(one["verb"], "") for one in self.result["runs"]}
        first = re.compile("|".join(sorted(patterns - {""})) or r"[^.]+(\.[^.]+)?")
        return {key: (pair["a"], pair["b"]) for key, pair in self.result["figures"].items() if first.fullmatch(key)}


def compare_runs(
    a: str | Path, b: str | Path, run: Run | str | Path | None = None, *, out: str | Path | None = None
) -> RunComparison:
    """Lay two finished runs side by side.

    Parameters
    ----------
    a, b
        Names of runs, or their directories.
    run, out
        Where to look for them, see `finding.finished`.

    Raises
    ------
    ConfigurationError
        There is no such run, or its record is damaged.
    """
    one, other = finished(a, run, out=out), finished(b, run, out=out)
    found = {section: _pairs(one.record.get(section) or {}, other.record.get(section) or {}) for section in SECTIONS}
    code = one.record.get("code") == other.record.get("code")
    figures = _figures(one, other)
    moved = [key for key, pair in figures.items() if pair["a"] != pair["b"]]
    result = {
        "runs": [_about(one), _about(other)],
        "same": code and not moved and not any(found.values()),
        **found,
        "same_code": code,
        "figures": figures,
        "moved": moved,
    }
    return RunComparison(result)


def _about(done: Finished) -> dict[str, Any]:
    name = (done.record.get("configuration") or {}).get("name")
    return {"identity": done.identity, "verb": done.verb, "run": name, "directory": str(done.directory)}


def _pairs(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {key: {"a": a, "b": b} for key, (a, b) in differing(one, other).items()}


def _figures(one: Finished, other: Finished) -> dict[str, dict[str, Any]]:
    """Every figure that either result has, with its interval where it has one."""
    before, after = _figures_of(one.result()), _figures_of(other.result())
    return {key: {"a": before.get(key), "b": after.get(key)} for key in dict.fromkeys([*before, *after])}


def _figures_of(result: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers and estimates by their keys; those of the chosen model once more under `chosen`."""
    found = {key: value for key, value in flat(result, intervals=True) if _is_figure(value)}
    chosen = f"pooled.models.{result.get('chosen')}."
    return found | {
        f"chosen.{key.removeprefix(chosen)}": value for key, value in found.items() if key.startswith(chosen)
    }


def _is_figure(value: Any) -> bool:
    if isinstance(value, Mapping):
        return bool(value)
    return isinstance(value, (int, float)) and not isinstance(value, bool)
