"""A run: one TOML file that says what runs, on which tables, for which outcome.

A run may `include` others (its own values win), so that features, scorecards and runs can be shared. Relative paths are
relative to the file that they are written in; a source's `path` is relative to the run's `data` root.
"""

from __future__ import annotations

from healthscore.config.loading import library, load_run, shipped_runs
from healthscore.config.sections import (
    AsOf,
    Bands,
    Checks,
    Lookup,
    Outcome,
    Run,
    Signal,
    Source,
    Tracking,
    Window,
    known_zone,
)

__all__ = [
    "AsOf",
    "Bands",
    "Checks",
    "Lookup",
    "Outcome",
    "Run",
    "Signal",
    "Source",
    "Tracking",
    "Window",
    "known_zone",
    "library",
    "load_run",
    "shipped_runs",
]
