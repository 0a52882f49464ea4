"""A run: one TOML file that says what runs, on which tables, for which outcome.

A run may `include` others (its own values win), so that features, scorecards and runs can be shared. Relative paths are
relative to the file that they are written in; a source's `path` is relative to the run's `data` root.
"""

from __future__ import annotations

from healthscore.config.loading import library, load_run, shipped_runs
from healthscore.config.section import Window, known_zone
from healthscore.config.sections import PANEL, AsOf, Bands, Checks, Outcome, Run, Tracking
from healthscore.config.signals import Combination, Condition, Features, Signal
from healthscore.config.sources import Lookup, PanelTable, Sentiment, Source

__all__ = [
    "PANEL",
    "AsOf",
    "Bands",
    "Checks",
    "Combination",
    "Condition",
    "Features",
    "Lookup",
    "Outcome",
    "PanelTable",
    "Run",
    "Sentiment",
    "Signal",
    "Source",
    "Tracking",
    "Window",
    "known_zone",
    "library",
    "load_run",
    "shipped_runs",
]
