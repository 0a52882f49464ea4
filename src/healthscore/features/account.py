"""Features of the account itself: how long it has been a customer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from healthscore.config import Run
from healthscore.features.dictionary import Feature
from healthscore.features.history import Values


@dataclass(frozen=True)
class AccountState:
    """What is known of the accounts of a chunk at as-of day `t`, whatever the signal.

    Attributes
    ----------
    since
        First day of the first subscription known before `t`, else the first active day of any signal; NaN for neither.
    """

    t: int
    since: Values


def account_features(run: Run) -> Iterator[Feature]:
    """Tenure, unless the run leaves it out (in a book of one acquisition cohort it is nothing but the calendar)."""
    if run.features.tenure:
        yield Feature(
            name="tenure_days",
            component=run.features.tenure_component,
            family="account",
            signal="",
            window="",
            unit="days",
            zero="never: a customer since yesterday counts 1",
            missing="no start and no activity known",
            sentence="a customer for {value} days",
            healthy=0,
            compute=lambda state: state.t - state.since,
        )
