"""Weights of its own for a segment that differs: proposed only where its own later dates confirm them.

A variant for every segment would fit the past and serve nobody. Three things must come together: history weighs the
components otherwise in the segment than elsewhere (`segments`, Holm), its own earlier rows ask for other weights than
the scorecard gives it, and its own later rows confirm these, with 95 % confidence one-sided (`judge_weights`).

What the segment's weights are drawn towards are the scorecard's: those recommended for all other accounts, from which
the change is the smallest that does as well as the segment's own best fit, within one standard error of the difference.
The partially pooled weights of `segments` would be the other choice. They are the better *estimate* and the worse
*recommendation*. Measured on three segments of equal size, one of which differs by 0.8 in all, 20 books each: with 80
exiting accounts in the segment, partially pooled weights (from its earlier dates, in steps of 5 points) passed the gate
in 30 % of books and were 0.54 away from the truth on average, the smallest change in 55 % and 0.34 away; with 200 and
390 exits both pass in 90 to 100 % and are equally near (0.28 and 0.18). The shrinkage learns from how segments vary,
which three segments say little about, and where none varies it moved weights more (0.16 against 0.03 with 80 exits).

All of it together proposed a variant in 14 of 1,680 books of two or three segments with the same truth (80 to 200
exits each, weights in force right, equal or reversed). The one of three segments that differs by 0.8 got its variant in
15, 52, 88 and 100 % of 40 books each with 80, 140, 200 and 390 exits per segment, and no other segment got one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from healthscore.models.design import Flags, Vector
from healthscore.models.weights.judgement import Judgement
from healthscore.models.weights.rows import WeightRows
from healthscore.models.weights.segments import SegmentWeights, segment_weights

Judge = Callable[[WeightRows], Judgement]


@dataclass(frozen=True, eq=False)
class SegmentVariants:
    """A scorecard with weights of their own for some segments.

    Parameters
    ----------
    card
        Judgement of the scorecard's own weights on all accounts but those of `proposed`; its `segments` are of all.
    proposed
        By segment, the judgement of its accounts, and their rows; `handcrafted` is what the scorecard would give them
        otherwise, which is `card`'s recommendation.
    refused
        The judgement of segments that differ, and whose own weights are not confirmed by their later dates.
    kept
        Rows to which the scorecard's own weights apply, shape (n,).
    """

    card: Judgement
    proposed: Mapping[str, tuple[Judgement, WeightRows]]
    refused: Mapping[str, Judgement]
    kept: Flags


def segment_variants(
    rows: WeightRows, whole: Judgement, judge: Judge, reachable: Flags | None = None
) -> SegmentVariants:
    """Find the segments that need weights of their own.

    Parameters
    ----------
    rows
        Accounts to which a scorecard's own weights apply.
    whole
        The judgement of all these rows.
    judge
        Judges rows by the weights that they carry (`judge_weights`).
    reachable
        Rows that a variant for their segment would count for, shape (n,): those that no other variant has taken. All
        by default.

    Notes
    -----
    The segment that differs most is tried first, of two that differ from each other alone the one with fewer exits:
    the scorecard is for the many. The scorecard is judged without it, the segment against what is recommended for the
    others. Where that is no *change*, or the others alone have no evidence to compare with, the segment stays where it
    is. Then the remaining segments are tested among themselves: those that differed from nothing but the one that was
    tried differ no more. All variants together are judged against the final weights of the scorecard.
    """
    kept = np.ones(len(rows.y), dtype=np.bool_)
    found = SegmentVariants(whole, {}, {}, kept)
    if rows.segment is None or rows.weights is None:
        return found
    names = np.array(["" if one is None else str(one) for one in rows.segment], dtype=np.str_)
    given = np.array([one is not None for one in rows.segment], dtype=np.bool_)
    able = given if reachable is None else given & reachable
    segments, untried = whole.segments, np.ones(len(rows.y), dtype=np.bool_)
    while (name := _most_differing(segments)) is not None:
        members = {each: able & (names == each) for each in (*found.proposed, name)}
        found = _with_variants(rows, found, members, judge)
        untried &= ~(given & (names == name))
        segments = tuple(segment_weights(rows.where(untried)))
    return replace(found, card=replace(found.card, segments=whole.segments))


def recommended_shares(judgement: Judgement) -> Vector:
    """Weights to use from now on, shape (C,): those in force where nothing else is recommended."""
    given = [one.handcrafted if one.recommended is None else one.recommended for one in judgement.components]
    return np.array(given, dtype=np.float64)


def _most_differing(segments: Sequence[SegmentWeights]) -> str | None:
    """The segment to try next; None where none differs."""
    differing = [one for one in segments if one.differs == "differs" and one.p is not None]
    # Either of two halves against the other is one test: equal but for rounding.
    ranked = sorted(differing, key=lambda one: (float(f"{one.p:.2g}"), one.exiting, one.segment))
    return ranked[0].segment if ranked else None


def _with_variants(
    rows: WeightRows, before: SegmentVariants, members: Mapping[str, Flags], judge: Judge
) -> SegmentVariants:
    """The scorecard with variants for these segments; as before where the last, new one is not confirmed."""
    kept = ~np.logical_or.reduce([*members.values()])
    card = judge(rows.where(kept))
    if card.decision == "no evidence":
        return before
    weights = recommended_shares(card)
    own = {name: replace(rows.where(one), weights=weights, segment=None) for name, one in members.items()}
    judged = {name: (judge(one), one) for name, one in own.items()}
    if all(one.decision == "change" for one, _ in judged.values()):
        return SegmentVariants(card, judged, before.refused, kept)
    newest = next(reversed(judged))
    return replace(before, refused={**before.refused, newest: judged[newest][0]})
