"""Scoring with a handcrafted scorecard: sub-scores, weights, what is missing, hard rules, bands.

`uncapped = sum_c w_c s_c` of the filled sub-scores, `score` the same after the caps.

Worked example. Activity 80 points at weight 50, support 60 at 30, survey 20: not known. Re-weighted, the 20 go to the
others as 50 to 30: (50 * 80 + 30 * 60) / 80 = 72.5, which is also what the survey is filled with. Neutral, the survey
has 50 points: 40 + 18 + 10 = 68. A cap in the band that ends at 70 makes 69.9 of 72.5 and leaves 68 as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from healthscore.config import Component, Scorecard, Variant
from healthscore.errors import ConfigurationError, InputError, InsufficientDataError
from healthscore.models.design import Flags, Integers, Matrix, Vector
from healthscore.models.drivers import Drivers, apportion
from healthscore.models.health import GRADES, Bands, tenths
from healthscore.models.subscores import CardRows, Segments, subscore

NEUTRAL = 50.0
FULL = 100.0


@dataclass(frozen=True, eq=False)
class CardScores:
    """Scores of n rows by a scorecard of C components.

    Parameters
    ----------
    subscores
        Points of 0 to 100, shape (n, C); NaN where nothing of a component is known.
    weights
        Weights in force, shape (n, C), after variant and missing policy; each row sums to 1, or is NaN where nothing
        that has a weight is known.
    filled
        Sub-scores with what is missing filled in, shape (n, C), so that with the weights of the row's variant as the
        scorecard states them the weighted sum is `uncapped`.
    uncapped, score
        Weighted sum before and after the caps, shape (n,), 0 to 100, not rounded; NaN where nothing is known.
    cap, variant
        Position in `card.cap` of the cap that lowered the score, and in `card.variant`, shape (n,); -1 for none.
    limit
        What the caps that hold allow at most, shape (n,); 100 where none holds.
    """

    components: tuple[str, ...]
    subscores: Matrix
    weights: Matrix
    filled: Matrix
    uncapped: Vector
    score: Vector
    cap: Integers
    variant: Integers
    limit: Vector

    def where(self, chosen: Flags | Integers) -> CardScores:
        """Only the chosen rows."""
        names = ("subscores", "weights", "filled", "uncapped", "score", "cap", "variant", "limit")
        return replace(self, **{name: getattr(self, name)[chosen] for name in names})


def score_card(card: Scorecard, names: Sequence[str], X: Matrix, segment: Segments | None = None) -> CardScores:
    """Score n rows of features.

    Parameters
    ----------
    card
        The scorecard.
    names, X
        Names of p features, and their values, shape (n, p), NaN where not known.
    segment
        Segment of each row, shape (n,); needed where a variant names segments.

    Raises
    ------
    ConfigurationError
        The scorecard reads a feature, or segments, that are not there, or has a component that is made of nothing.
    """
    rows = CardRows(card.name, list(names), X, segment)
    parts = [subscore(rows, name, component) for name, component in card.components.items()]
    return _weighed(card, np.column_stack(parts), rows)


def score_subscores(
    card: Scorecard,
    subscores: Matrix,
    names: Sequence[str] = (),
    X: Matrix | None = None,
    segment: Segments | None = None,
) -> CardScores:
    """Score n rows whose sub-scores are known already, shape (n, C), in the order of `card.components`.

    `names`, `X` and `segment` are what caps and variants read, as in `score_card`.
    """
    values = np.empty((len(subscores), 0)) if X is None else X
    return _weighed(card, subscores, CardRows(card.name, list(names), values, segment))


def capped(card: Scorecard, scores: CardScores, uncapped: Vector) -> Vector:
    """Apply the caps of these rows to another weighted sum of theirs, shape (n,): that of weights under test."""
    if len(uncapped) != len(scores.limit):
        raise InputError(
            f"scorecard {card.name!r}: {len(uncapped)} sums for {len(scores.limit)} rows", "give one sum per row"
        )
    return np.minimum(uncapped, scores.limit)


def card_drivers(card: Scorecard, scores: CardScores) -> Drivers:
    """Say in points what each component takes away from 100, and what the cap does; the rows add up as displayed.

    Raises
    ------
    InputError
        A row has no score, and so nothing that explains it; leave it out by `CardScores.where`.
    """
    if np.isnan(scores.score).any():
        raise InputError(
            f"scorecard {card.name!r}: {int(np.isnan(scores.score).sum())} rows have no score", "leave them out"
        )
    points = scores.weights * (scores.filled - FULL)
    cut = scores.score - scores.uncapped
    shown, base = tenths(scores.score), int(tenths(FULL))
    rows = apportion(np.column_stack([points, cut]), shown - base)
    return Drivers(scores.components, scores.score, FULL, points, cut, shown, base, rows[:, :-1], rows[:, -1])


def card_bands(card: Scorecard, reference: Vector | None = None, variant: int = -1) -> Bands:
    """Bands of the scorecard, or of one of its variants.

    Parameters
    ----------
    card
        The scorecard.
    reference
        Scores of the reference date, of which bands by quartiles are made; NaN ones do not count.
    variant
        Position in `card.variant`, -1 for the scorecard's own bands.

    Raises
    ------
    ConfigurationError
        Bands are by quartiles and there are no reference scores, or so many equal ones that no quartiles divide them.
    """
    bands = card.bands
    if bands.quartiles_of is None:
        own = card.variant[variant].edges if variant >= 0 else None
        return Bands(bands.names, own or bands.edges, bands.colours)
    known = np.array([]) if reference is None else reference[~np.isnan(reference)]
    if not len(known):
        raise InsufficientDataError(
            f"scorecard {card.name!r}: nobody has a score on {bands.quartiles_of}, whose quartiles are the bands",
            "choose another date for `quartiles_of`, or give `edges`",
        )
    cuts = (0.25, 0.75) if len(bands.names) == 3 else (0.25, 0.5, 0.75)
    edges = tenths(np.quantile(known, cuts)) / 10.0
    if np.any(np.diff([0.0, *edges, FULL]) <= 0):
        raise ConfigurationError(
            f"scorecard {card.name!r}: the quartiles of {bands.quartiles_of} are {', '.join(map(str, edges))}: too "
            "many accounts have the same score",
            "choose another date for `quartiles_of`, or give `edges`",
        )
    return Bands(bands.names, tuple(float(edge) for edge in edges), bands.colours)


def band_numbers(card: Scorecard, scores: CardScores, reference: Vector | None = None) -> Integers:
    """Number of each row's band by the edges of its variant, 0 the lowest; -1 where there is no score."""
    numbers = np.full(len(scores.score), -1, dtype=np.int64)
    known = ~np.isnan(scores.score)
    for variant in np.unique(scores.variant[known]):
        rows = known & (scores.variant == variant)
        numbers[rows] = card_bands(card, reference, int(variant)).index(scores.score[rows])
    return numbers


def card_letters(card: Scorecard) -> Bands:
    """Letters of the scorecard; those of every health score where it says nothing."""
    if card.letters is None:
        return GRADES
    return Bands(card.letters.names, card.letters.edges, ("",) * len(card.letters.names))


def _weighed(card: Scorecard, subscores: Matrix, rows: CardRows) -> CardScores:
    variant = _variants(card, rows)
    stated = np.array([list(card.weights_of(one).values()) for one in (*card.variant, None)])[variant]
    lent = np.array([_points_of_missing(card, component) for component in card.components.values()])
    missing = np.isnan(subscores)
    filled = np.where(missing, lent, subscores)
    counting = np.where(np.isnan(filled), 0.0, stated)  # in per cent: whole weights and points add up without noise
    counting[np.where(missing, 0.0, stated).sum(axis=1) == 0] = 0.0
    total = counting.sum(axis=1)
    known = total > 0
    total = np.where(known, total, np.nan)
    mean = np.where(counting > 0, filled * counting, 0.0).sum(axis=1) / total
    filled = np.where(np.isnan(filled) | ~known[:, None], mean[:, None], filled)
    limit, lowest = _limits(card, rows, variant)
    uncapped = np.clip(mean, 0.0, FULL)
    return CardScores(
        components=tuple(card.components),
        subscores=subscores,
        weights=counting / total[:, None],
        filled=filled,
        uncapped=uncapped,
        score=np.minimum(uncapped, limit),
        cap=np.where(limit < uncapped, lowest, -1),
        variant=variant,
        limit=limit,
    )


def _points_of_missing(card: Scorecard, component: Component) -> float:
    """What a component has where nothing of it is known; NaN where its weight goes to the others."""
    policy = card.missing if component.missing is None else component.missing
    if policy == "reweight":
        return float("nan")
    return NEUTRAL if policy == "neutral" else float(policy)


def _variants(card: Scorecard, rows: CardRows) -> Integers:
    """Position of the first variant that fits each row, -1 for none."""
    found = np.full(len(rows.X), -1, dtype=np.int64)
    for position, variant in enumerate(card.variant):
        found[(found < 0) & _fits(variant, rows)] = position
    return found


def _fits(variant: Variant, rows: CardRows) -> Flags:
    where = f"variant {variant.name!r}"
    fits = rows.all_holding(variant.when, where)
    if not variant.segments:
        return fits
    if rows.segment is None:
        raise ConfigurationError(
            f"scorecard {rows.card!r}: {where} is for segments, and the accounts have none",
            "give the accounts a column `segment`, or say `when` instead of `segments`",
        )
    return fits & np.isin(rows.segment.astype(str), variant.segments)


def _limits(card: Scorecard, rows: CardRows, variant: Integers) -> tuple[Vector, Integers]:
    """The lowest limit that holds for each row, 100 where none does, and the position of its cap."""
    limit, lowest = np.full(len(rows.X), FULL), np.full(len(rows.X), -1, dtype=np.int64)
    for position, cap in enumerate(card.cap):
        holds = rows.all_holding(cap.when, f"cap {cap.name!r}")
        if cap.band is None:
            allowed = np.full(len(rows.X), cap.score)
        else:
            edges = [card_bands(card, None, one).edges for one in (*range(len(card.variant)), -1)]
            tops = (tenths([each[card.bands.names.index(cap.band)] for each in edges]) - 1) / 10.0
            allowed = tops[variant]
        lower = holds & (allowed < limit)
        limit[lower], lowest[lower] = allowed[lower], position
    return limit, lowest
