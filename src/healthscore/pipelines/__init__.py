"""Compositions of the stages below, one per command."""

from __future__ import annotations

PIPELINES: dict[str, str] = {
    "simulate": "simulate",
    "init": "initialise",
    "check": "check",
    "validate": "validate",
    "features": "panel",
    "train": "train",
    "backtest": "backtest",
    "tune": "tune",
    "recalibrate": "recalibrate",
    "score": "score",
    "explain": "explain",
    "deliver": "deliver",
    "audit": "audit",
    "report": "report",
}
"""Command -> name of the public function that does it."""
