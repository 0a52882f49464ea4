"""Whether a scorecard fits a run and its accounts: features not measured, accounts of which little is known."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np

from healthscore.asof import date_of
from healthscore.config import Run, Scorecard
from healthscore.errors import ConfigurationError, InsufficientDataError
from healthscore.features.ready import panel_features
from healthscore.models.scorecard import CardScores
from healthscore.pipelines.build import Book
from healthscore.pipelines.cardparts import CardParts
from healthscore.tables import Tables

MUCH = 0.5
"""Share of the weight that may be missing: from there on, a score says more of what is known than of the account."""
MANY = 0.5
"""Share of the accounts from which on a component that they lack looks like a source that is incomplete."""
TENURE = "tenure_days"
"""The feature that no signal gives."""
DIFFERENT = 10
"""Accounts among which at least two differ, unless something is wrong; fewer may be alike."""


def need_features(run: Run, tables: Tables) -> None:
    """Refuse a scorecard of the run that reads what the run does not measure, with everything that it lacks.

    This follows from the run and the columns of its tables: it is said before any feature is computed.

    Raises
    ------
    ConfigurationError
        Names scorecard, component, feature, the nearest that there is, and what to add to the run.
    """
    card = run.scorecard
    if card is None:
        return
    names = [feature.name for feature in panel_features(run, tables)]
    lacking = [(where, feature) for where, feature in _read_by(card) if feature not in names]
    if not lacking:
        return
    faults = []
    for where, feature in dict.fromkeys(lacking):
        nearest = difflib.get_close_matches(feature, names, n=1)
        faults.append(f"  {where}: {feature!r}" + (f"; the nearest is {nearest[0]!r}" if nearest else ""))
    raise ConfigurationError(
        f"scorecard {card.name!r} reads features that the run {run.name!r} does not measure:\n" + "\n".join(faults),
        _remedy(run, list(dict.fromkeys(feature for _, feature in lacking)))
        + f", or name other features in {card.path.name if card.path else 'the scorecard'}; "
        "`healthscore features` lists those that the run measures",
    )


def _read_by(card: Scorecard) -> Iterator[tuple[str, str]]:
    """Every place of the scorecard that reads a feature, with the feature."""
    for name, component in card.components.items():
        yield from ((f"components.{name}", measure.feature) for measure in component.measures)
        yield from ((f"components.{name}", action.when.feature) for action in component.actions)
    for cap in card.cap:
        yield from ((f"cap {cap.name!r}", condition.feature) for condition in cap.when)
    for variant in card.variant:
        yield from ((f"variant {variant.name!r}", condition.feature) for condition in variant.when)


def _remedy(run: Run, features: Sequence[str]) -> str:
    """What to add to the run, so that it measures features of these names."""
    if run.panel is not None:
        return f"add the columns {', '.join(features)} to [panel.components]"
    beside: dict[str, list[str]] = {}
    for feature in features:
        signal = max((name for name in run.signals if feature.startswith(f"{name}_")), key=len, default="")
        beside.setdefault(signal, []).append(feature)
    told = ["set `tenure = true` in [features]"] if TENURE in beside.get("", ()) else []
    beside[""] = [feature for feature in beside.get("", ()) if feature != TENURE]
    told += [
        f"give [signals.{signal}] the families and windows of {', '.join(named)}"
        if signal
        else f"add to the run the signals that give {', '.join(named)} (docs/signals.md)"
        for signal, named in beside.items()
        if named
    ]
    return "; ".join(told)


def need_known(book: Book, tables: Tables, as_of: date) -> None:
    """Refuse a date before anything is known of anybody.

    Raises
    ------
    InsufficientDataError
        Says when the data begin.
    """
    if len(book.label):
        return
    begun = [report.first_day for report in tables.reports.values() if report.first_day is not None]
    begins = f": the data begin on {date_of(min(begun))}" if begun and min(begun) >= book.snapshots.as_ofs[0] else ""
    raise InsufficientDataError(
        f"{book.run.name}: no account is a customer at {as_of}{begins}",
        "choose a date that the tables cover, or look at `healthscore check`",
    )


def doubts(card: Scorecard, scores: CardScores) -> list[str]:
    """Per account why its score is of low confidence: most of its weight is on what is not known; else empty."""
    stated = np.array([list(card.weights_of(variant).values()) for variant in (*card.variant, None)])[scores.variant]
    missing = np.isnan(scores.subscores) & (stated > 0)
    lacking = np.where(missing, stated, 0.0).sum(axis=1)
    names = np.array(scores.components, object)
    return [
        f"nothing is known of {', '.join(names[gone])}: {weight:.0f}% of the weight" if weight >= 100 * MUCH else ""
        for gone, weight in zip(missing, lacking, strict=True)
    ]


def card_warnings(parts: CardParts, as_of: date) -> list[str]:
    """What is odd about the book as a whole, or about the scorecard at the date."""
    card, scores, n = parts.card, parts.scores, len(parts.X)
    said = []
    if card.purpose is not None and card.purpose.review is not None and card.purpose.review <= as_of:
        said.append(f"{card.purpose.owner} was to look at this scorecard again on {card.purpose.review}")
    gone = np.isnan(scores.subscores).mean(axis=0)
    for position in np.flatnonzero(gone > MANY).tolist():
        said.append(f"nothing is known of {parts.label(position)} for {gone[position]:.0%} of the accounts")
    for position, variant in enumerate(card.variant):
        if variant.segments and not (scores.variant == position).any():
            said.append(f"variant {variant.name!r} is for {', '.join(variant.segments)}, and counts for no account")
    if n >= DIFFERENT and np.ptp(scores.score) == 0:
        said.append(f"all {n:,} accounts have the same score: what the scorecard reads does not differ among them")
    return said
