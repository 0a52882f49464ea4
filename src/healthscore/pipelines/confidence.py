"""How far a score can be relied on: accounts of which little is known, or unlike those that the model learned from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from healthscore.errors import InputError
from healthscore.features.dictionary import Feature
from healthscore.models.design import Design
from healthscore.models.drivers import Drivers
from healthscore.models.seen import Seen

Floats = NDArray[np.float64]
Told = defaultdict[int, list[str]]
"""What is said of a row; few rows have anything said of them."""
SHIFTED = 0.25
"""Stability index above which the scores of a book are not those that the model was trained on (Siddiqi, 2006)."""
ENOUGH = 100
"""Accounts below which chance alone moves the index that far."""
DIFFERENT = 10
"""Accounts among which at least two differ, unless something is wrong; fewer may be alike."""
SHOWN = 3
TENURE = "tenure_days"
MUCH = 0.5
"""Share of features above which what is missing says more of a score than what is known."""
MANY = 0.2
"""Share of a book above which values that nothing was learned from are a matter of the dates or a source."""
BLOCK_ROWS = 65_536
"""Accounts that are looked at at a time."""
CARRIES = 5.0
"""Points, either way, from which on a component that is hardly known makes a score doubtful: a third of the step that
halves the odds."""


def categories(features: Sequence[Feature]) -> list[list[int]]:
    """Columns of the names of each category: the 0/1 features of an account's attribute."""
    named: dict[str, list[int]] = {}
    for column, feature in enumerate(features):
        if feature.family == "attributes" and feature.unit == "0 or 1":
            named.setdefault(feature.signal, []).append(column)
    return list(named.values())


def doubts(
    seen: Seen | None,
    X: Floats,
    features: Sequence[Feature],
    design: Design,
    drivers: Drivers,
    window: int,
    whole: Floats | None = None,
) -> list[str]:
    """Per account why its score is of low confidence; empty where nothing speaks against it.

    Parameters
    ----------
    seen
        What the model has seen; nobody is unlike it where the bundle does not say.
    X
        Features of the accounts, shape (n, p).
    features
        What the columns are.
    design
        Which component each belongs to.
    drivers
        Points of the accounts, of which some rest on nothing.
    window
        Days of the shortest window of the signals.
    whole
        Features of the whole book, where the accounts are a part of it: what many lack is told of the book.
    """
    whole = X if whole is None else whole
    lacked = np.flatnonzero(seen.missing_more(whole)) if seen is not None else np.array([], np.int64)
    shares = np.isnan(whole[:, lacked]).mean(axis=0)
    said = [""] * len(X)
    for start in range(0, len(X), BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        told: Told = defaultdict(list)
        _new(told, X[rows], features, window)
        _hardly_known(told, X[rows], design, drivers.points_tenths[rows], drivers.groups)
        if seen is not None:
            _unlike(told, seen, X[rows], features)
            _lacking(
                told,
                X[rows],
                [
                    (column, _less_known(seen, features, column, now))
                    for column, now in zip(lacked.tolist(), shares.tolist(), strict=True)
                ],
            )
        for row, reasons in told.items():
            said[start + row] = _shortened(reasons)
    return said


def _new(told: Told, X: Floats, features: Sequence[Feature], window: int) -> None:
    """Accounts that are customers for less than a window; nobody where the run does not measure tenure."""
    columns = [column for column, feature in enumerate(features) if feature.name == TENURE]
    for column in columns:
        for row in np.flatnonzero(X[:, column] < window).tolist():
            told[row].append(f"new: a customer for {X[row, column]:g} days, and the shortest window has {window}")


def _hardly_known(told: Told, X: Floats, design: Design, tenths: NDArray[np.int64], groups: Sequence[str]) -> None:
    """Accounts that lack most features, or most of a component that moves their score by much."""
    absent = np.isnan(X)
    share = absent[:, ~design.is_context].mean(axis=1)
    for row in np.flatnonzero(share > MUCH).tolist():
        told[row].append(f"{share[row]:.0%} of the features are missing")
    for group, name in enumerate(groups):
        lacking = absent[:, design.group_of == group].mean(axis=1)
        points = tenths[:, group] / 10.0
        for row in np.flatnonzero((lacking > MUCH) & (np.abs(points) >= CARRIES) & (share <= MUCH)).tolist():
            told[row].append(f"{lacking[row]:.0%} of {name} is missing, and counts {points[row]:+.1f}")


def _unlike(told: Told, seen: Seen, X: Floats, features: Sequence[Feature]) -> None:
    """Accounts of an unknown category, or far outside the range."""
    for row, group in np.argwhere(seen.unseen(X)).tolist():
        signal = features[seen.wholes[group][0]].signal
        told[row].append(f"{signal} is none of those that the model learned from")
    for row, column in np.argwhere(seen.beyond(X)).tolist():
        told[row].append(f"{features[column].name} is {X[row, column]:,g}, learned from {_span(seen, column)}")


def _lacking(told: Told, X: Floats, texts: Sequence[tuple[int, str]]) -> None:
    """Accounts without a feature that hardly any lacked when the model was trained."""
    for column, text in texts:
        for row in np.flatnonzero(np.isnan(X[:, column])).tolist():
            told[row].append(text)


def _less_known(seen: Seen, features: Sequence[Feature], column: int, now: float) -> str:
    then = seen.missing[column]
    return f"{features[column].name} is missing, as for {now:.0%} of the accounts ({then:.0%} when trained)"


def _span(seen: Seen, column: int) -> str:
    if np.isnan(seen.low[column]):
        return "none"
    return f"{seen.low[column]:,g} to {seen.high[column]:,g}"


def _shortened(reasons: Sequence[str]) -> str:
    more = f"; and {len(reasons) - SHOWN} more" if len(reasons) > SHOWN else ""
    return "; ".join(reasons[:SHOWN]) + more


def alarms(seen: Seen | None, X: Floats, logit: Floats, features: Sequence[Feature]) -> list[str]:
    """What is odd about the book as a whole: features that many lack, scores that are distributed otherwise."""
    if seen is None:
        return []
    said = [
        f"{features[column].name} is missing for {np.isnan(X[:, column]).mean():.0%} of the accounts, and was for "
        f"{seen.missing[column]:.0%} when the model was trained: is a source incomplete?"
        for column in np.flatnonzero(seen.missing_more(X)).tolist()
    ]
    beyond = sum(seen.beyond(X[start : start + BLOCK_ROWS]).sum(axis=0) for start in range(0, len(X), BLOCK_ROWS))
    shares = np.asarray(beyond) / max(len(X), 1)
    # Invoices of the first of a month are never pending on the first of a month: whoever learned on those dates alone
    # has not seen the other days.
    many = np.flatnonzero(shares > MANY).tolist()
    if many:
        told = [f"{features[column].name} ({_span(seen, column)})" for column in many[:SHOWN]]
        more = f" and {len(many) - SHOWN} more" if len(many) > SHOWN else ""
        said.append(
            f"up to {shares.max():.0%} of the accounts lie far outside of what the model learned from in "
            f"{', '.join(told)}{more}: train on dates like those that are scored ([as_of] every), or look at the source"
        )
    index = seen.score_drift(logit)
    if len(X) >= ENOUGH and index > SHIFTED:
        moved = np.argsort(-seen.drift(X), kind="stable")[:SHOWN].tolist()
        names = ", ".join(features[column].name for column in moved)
        said.append(
            f"these accounts are not scored like those that the model was trained on (stability index {index:.2f}, "
            f"alarm above {SHIFTED}); what moved most: {names}. Look at the sources, then train again"
        )
    return said


def refuse_identical(run: str, logit: Floats) -> None:
    """Refuse scores that tell nobody from anybody.

    Raises
    ------
    InputError
        All accounts have one score.
    """
    if len(logit) >= DIFFERENT and np.ptp(logit) == 0:
        raise InputError(
            f"all {len(logit):,} accounts have the same score by the model of {run}: their features do not differ, "
            "or the model found nothing to go by",
            "see by `healthscore check` whether the sources hold rows before the date; if they do, train again",
        )
