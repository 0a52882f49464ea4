"""Churn models, the health score, and its drivers.

`MODELS` is the registry: a candidate is a name and the parts that it blends. Importing this package loads nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Candidate:
    """One model that a run can fit and compare.

    Parameters
    ----------
    title
        What it is called in reports.
    sentence
        What it is, for people.
    parts
        Names of the parts whose log-odds are blended; see `healthscore.models.churn.recipes`.
    """

    title: str
    sentence: str
    parts: tuple[str, ...]


MODELS: dict[str, Candidate] = {
    "blend": Candidate(
        "Blend",
        "Trees and logistic regression together, each as far as the past supports it.",
        ("additive", "logistic"),
    ),
    "additive": Candidate("Trees", "Boosted trees that look at one component at a time.", ("additive",)),
    "unconstrained": Candidate("Free trees", "Boosted trees that may mix components.", ("unconstrained",)),
    "logistic": Candidate("Logistic", "A regularised logistic regression on all signals.", ("logistic",)),
    "recency": Candidate("Recency alone", "Days since the last activity, and nothing else.", ("recency",)),
    "tenure": Candidate("Tenure alone", "How long the account has been a customer, and nothing else.", ("tenure",)),
    "base_rate": Candidate("Base rate", "The same probability for everyone.", ("base_rate",)),
}

BASELINES: tuple[str, ...] = ("recency", "tenure", "base_rate")
"""Candidates that a model must beat and that are never chosen for scoring."""
