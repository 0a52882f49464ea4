"""Outcomes in words, for headlines and reports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Happening:
    """What a kind of outcome is called.

    Attributes
    ----------
    happens
        In "... in the 60 days after the score".
    found
        What the worst-scored accounts hold a share of, in "Of 31 ...".
    dated
        Whether it happens on a day of its own, so that several scores may announce the same one; if not, each score
        that it followed counts.
    """

    happens: str
    found: str
    dated: bool


HAPPENINGS: dict[str, Happening] = {
    "churn": Happening("the account leaves", "accounts that left in the test period", dated=True),
    "non_renewal": Happening("the renewal is lost", "renewals that were lost in the test period", dated=True),
    "inactivity": Happening("no activity", "scores that were followed by silence", dated=False),
    "declining_purchases": Happening(
        "purchases decline", "scores that were followed by a decline of purchases", dated=False
    ),
    "contraction": Happening("revenue falls", "falls of revenue in the test period", dated=True),
    "expansion": Happening("revenue grows", "expansions in the test period", dated=True),
    "complaint": Happening("a complaint comes", "complaints in the test period", dated=True),
    "recorded": Happening("the recorded outcome", "scores that were followed by the recorded outcome", dated=False),
}
"""By the name that a run's `[outcome] kind` gives."""
