"""What happened: the only module that looks ahead of an as-of date."""

from __future__ import annotations

from healthscore.outcomes.complaint import complaint
from healthscore.outcomes.contraction import contraction
from healthscore.outcomes.contractual import churn
from healthscore.outcomes.declining_purchases import declining_purchases
from healthscore.outcomes.expansion import expansion
from healthscore.outcomes.non_renewal import non_renewal
from healthscore.outcomes.noncontractual import inactivity
from healthscore.outcomes.recorded import recorded
from healthscore.outcomes.snapshots import OutcomeFunction

OUTCOMES: dict[str, OutcomeFunction] = {
    "churn": churn,
    "non_renewal": non_renewal,
    "inactivity": inactivity,
    "declining_purchases": declining_purchases,
    "contraction": contraction,
    "expansion": expansion,
    "complaint": complaint,
    "recorded": recorded,
}
"""Outcome definitions by the name that a run's `[outcome] kind` gives."""
