"""Features of the account itself: how long it has been a customer, whether it was split off another, its renewal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    renewal
        Next renewal, on `t` or later, of the subscriptions in force at `t`; NaN where none is known.
    founded
        Day on which the account was known to come from a split, far in the future for others.
    """

    t: int
    since: Values
    renewal: Values
    founded: NDArray[np.int32]


def account_features(run: Run, *, splits: bool = False) -> Iterator[Feature]:
    """Tenure, unless the run leaves it out (in a book of one acquisition cohort it is nothing but the calendar).

    Where a source of successions tells splits from merges (`splits`), also who came from one: such an account is new by
    its days and old by its people.

    Where renewals are predicted, also how far off the next one is. That is no merit of the account: it is context,
    which the probability follows and the score does not.
    """
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
    if splits:
        yield Feature(
            name="came_from_split",
            component=run.features.tenure_component,
            family="account",
            signal="",
            window="",
            unit="0 or 1",
            zero="it was not split off another account, as far as is known",
            missing="never missing",
            sentence="split off another account: {truth}",
            healthy=0,
            compute=lambda state: (state.founded < state.t).astype(np.float64),
        )
    if run.outcome is not None and run.outcome.kind == "non_renewal":
        yield Feature(
            name="days_to_renewal",
            component="renewal",
            family="account",
            signal="",
            window="",
            unit="days",
            zero="the renewal is due on the as-of date",
            missing="no renewal known",
            sentence="the renewal is due in {value} days",
            healthy=0,
            compute=lambda state: state.renewal - state.t,
            context=True,
        )
