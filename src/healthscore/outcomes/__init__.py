"""What happened: the only module that looks ahead of an as-of date."""

from __future__ import annotations

from healthscore.outcomes.contractual import churn
from healthscore.outcomes.noncontractual import inactivity
from healthscore.outcomes.recorded import recorded
from healthscore.outcomes.snapshots import OutcomeFunction

OUTCOMES: dict[str, OutcomeFunction] = {"churn": churn, "inactivity": inactivity, "recorded": recorded}
"""Outcome definitions by the name that a run's `[outcome] kind` gives."""
