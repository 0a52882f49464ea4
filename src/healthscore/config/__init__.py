"""A run: one TOML file that says what runs, on which tables, for which outcome.

A run may `include` others (its own values win), so that features, scorecards and runs can be shared. Relative paths are
relative to the file that they are written in; a source's `path` is relative to the run's `data` root.
"""

from __future__ import annotations

from healthscore.config.bands import Bands, CardBands, Letters
from healthscore.config.dates import AsOf
from healthscore.config.loading import library, load_run, load_scorecard, shipped_runs, shipped_scorecards
from healthscore.config.playbooks import PathToGreen, Playbook, Worklist
from healthscore.config.run import PANEL, Run
from healthscore.config.scorecards import Action, Cap, Component, Measure, Provenance, Purpose, Scorecard, Variant
from healthscore.config.section import Window, known_zone
from healthscore.config.sections import Checks, Outcome, Tracking
from healthscore.config.signals import Combination, Condition, Features, Signal
from healthscore.config.sources import Lookup, PanelTable, Sentiment, Source
from healthscore.config.trend import Trend

__all__ = [
    "PANEL",
    "Action",
    "AsOf",
    "Bands",
    "Cap",
    "CardBands",
    "Checks",
    "Combination",
    "Component",
    "Condition",
    "Features",
    "Letters",
    "Lookup",
    "Measure",
    "Outcome",
    "PanelTable",
    "PathToGreen",
    "Playbook",
    "Provenance",
    "Purpose",
    "Run",
    "Scorecard",
    "Sentiment",
    "Signal",
    "Source",
    "Tracking",
    "Trend",
    "Variant",
    "Window",
    "Worklist",
    "known_zone",
    "library",
    "load_run",
    "load_scorecard",
    "shipped_runs",
    "shipped_scorecards",
]
