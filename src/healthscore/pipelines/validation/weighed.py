"""The weights of a score history, held against the accounts that left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from healthscore.asof import day_of
from healthscore.errors import InputError
from healthscore.evaluation.announced import TARGETED_SHARE
from healthscore.models.design import Flags
from healthscore.models.weights.judgement import Judgement
from healthscore.models.weights.rows import WeightRows
from healthscore.pipelines.happenings import words_of
from healthscore.pipelines.validation.components import Components
from healthscore.pipelines.validation.histories import History
from healthscore.pipelines.validation.judged import Scored, ranked_together
from healthscore.pipelines.validation.makeup import makeup_notes, require_one_direction, score_made_of
from healthscore.pipelines.validation.observed import Observed, Window
from healthscore.pipelines.validation.spreadsheets import quoted
from healthscore.pipelines.weighing.alone import alone_figures
from healthscore.pipelines.weighing.gain import found_gain
from healthscore.pipelines.weighing.judging import judge_with_shares
from healthscore.pipelines.weighing.result import weighing_result
from healthscore.pipelines.weighing.sentences import weighing_warnings
from healthscore.pipelines.wording import listed, percent, plural

FEWEST_SPARE = 2
"""Columns of numbers beside the score from which on they may be its components."""
FEWEST_MOVED = 10
"""Accounts that need to have had other points in a component than most, for its weight to be looked for."""
SAME = 0.05
"""Points below which a component is the score."""


def weigh(
    history: History,
    observed: Observed,
    rows: Scored,
    window: Window,
    *,
    riskier: bool,
    capacity: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Judge the weights of a history that was read with them; the keys of `weighing_result`, empty without weights.

    `capacity` is how many `accounts` the team can look after, and their `share` of the book, where it is known.
    """
    parts = history.components
    if parts is None:
        return {}
    weighed, usable = _rows(parts, observed, rows, window, riskier)
    judgement = judge_with_shares(weighed, seed=rows.seed, later_than=_learned_by(parts))
    names = dict(zip(parts.weighting.names, parts.weighting.labels, strict=True))
    known = ~np.isnan(parts.points[_judged(observed)][usable])
    alone = alone_figures(weighed, known, resamples=rows.resamples, seed=rows.seed)
    found = _found(judgement, weighed, rows, usable, capacity or {})
    return {
        **weighing_result(judgement, labels=names, alone=alone, found=found),
        "weighting": _source(history, parts),
    }


def say_which_way(result: dict[str, Any]) -> None:
    """Put into the answer that points run the wrong way: no weights of 0 or more can show what such points tell."""
    if result.get("decision") == "no evidence" and result["headline"]["verdict"] == "reversed":
        way_out = f"Where fewer is healthier, say so in {result['weighting']['source']}, by a scale such as 100-0."
        if result["weighting"]["score"] == "given":
            way_out = "If they count risk, say --higher-is-riskier."
        result["verdict_sentences"].insert(
            1,
            "But accounts that left had more points, by more than chance explains: the points run the wrong way. "
            + way_out,
        )


def check_components(history: History) -> None:
    """Refuse a component that is the score, and components that fall where the score rises.

    Raises
    ------
    InputError
        On every row a component has the points of the score, or what gives the score is their opposite.
    """
    parts = history.components
    if parts is None or not history.given:
        return
    for place, name in enumerate(parts.weighting.names):
        if np.abs(parts.points[:, place] - history.score).max(initial=0.0) <= SAME < 100 * history.score.size:
            raise InputError(
                f"the component {name!r} of {parts.weighting.source} is the score itself: the column "
                f"{parts.columns[place]!r} equals {history.columns['score']!r} on every row",
                "leave the component out, or say which column is the score: --score-column NAME",
            )
    require_one_direction(history.score, parts)


def weighing_notes(history: History, result: dict[str, Any]) -> list[str]:
    """What a reader should know about the weights, or that they could be judged as well."""
    parts = history.components
    if parts is None:
        if len(history.spare) < FEWEST_SPARE:
            return []
        return [
            f"The scores have more columns of numbers: {quoted(history.spare)}. If the score is made of them, a third "
            "file with their weights (columns component, weight) has the weights judged as well."
        ]
    moved = [_accounts_moved(history, parts, place) for place in range(len(parts.columns))]
    still = [label for label, accounts in zip(parts.weighting.labels, moved, strict=True) if not accounts]
    labels = dict(zip(parts.weighting.names, parts.weighting.labels, strict=True))
    notes = [*parts.weighting.aside, *makeup_notes(result["weighting"], labels), *_blank(parts, result)]
    if still:
        notes.append(
            f"{listed(still)}: always the same points, so nothing can be said of the weight; leave out what never "
            "moves, and share its weight among the others."
        )
    notes += [
        f"{label}: only {plural(moved[place], 'account')} ever had other points than most, too few to weigh it by; "
        "leave it out, and share its weight among the others."
        for place, label in enumerate(parts.weighting.labels)
        if 0 < moved[place] < FEWEST_MOVED
    ]
    return [*notes, *weighing_warnings(result, words_of("churn"))]


def _rows(
    parts: Components, observed: Observed, rows: Scored, window: Window, riskier: bool
) -> tuple[WeightRows, Flags]:
    """Rows whose outcome and components are known, and which of the scored rows they are."""
    filled = parts.filled[_judged(observed)]
    usable = np.asarray(~np.isnan(filled).any(axis=1), dtype=np.bool_)
    points = filled[usable]
    return WeightRows(
        components=parts.weighting.names,
        s=100.0 - points if riskier else points,
        y=rows.label[usable],
        day=rows.day[usable],
        known=rows.day[usable] + window.length,
        cluster=rows.account[usable].astype(np.int64),
        weights=parts.weighting.weights,
        segment=None if rows.segment is None else _named(rows.segment[usable]),
    ), usable


def _judged(observed: Observed) -> NDArray[np.intp]:
    """Rows of the history whose outcome is known."""
    return observed.row[observed.label >= 0]


def _learned_by(parts: Components) -> int | None:
    """Last day whose scores may have shaped the weights in force; None where people chose them."""
    provenance = parts.weighting.card.provenance
    return None if provenance is None else day_of(provenance.data_end) - 1


def _named(segment: NDArray[np.object_]) -> NDArray[np.object_]:
    """Segments, None where the file has a blank."""
    return np.array([name or None for name in segment], dtype=object)


def _found(
    judgement: Judgement, weighed: WeightRows, rows: Scored, usable: Flags, capacity: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Leavers on the later dates that the team's list held by old and new weights, where they are to change."""
    new = [one.recommended for one in judgement.components]
    if judgement.decision != "change" or judgement.split_day is None or None in new or weighed.weights is None:
        return None
    later = weighed.day >= judgement.split_day
    exits, value = rows.exit[usable][later], None if rows.value is None else rows.value[usable][later]
    return found_gain(
        weighed.y[later],
        weighed.s[later] @ weighed.weights,
        weighed.s[later] @ np.array(new, dtype=np.float64),
        ranked_together(weighed.day[later]),
        exits,
        weighed.cluster[later],
        value=value,
        share=capacity.get("share", TARGETED_SHARE),
        capacity=capacity.get("accounts"),
        resamples=rows.resamples,
        seed=rows.seed,
    )


def _source(history: History, parts: Components) -> dict[str, Any]:
    """Where the weights came from, and whether they make the score."""
    missing = np.isnan(parts.points).mean(axis=0) if len(parts.points) else np.zeros(len(parts.columns))
    names = parts.weighting.names
    return {
        "source": parts.weighting.source,
        "score": "given" if history.given else "weighted sum",
        "columns": dict(zip(names, parts.columns, strict=True)),
        "blank": {name: float(share) for name, share in zip(names, missing, strict=True) if share > 0},
        "differing": score_made_of(history.score, parts) if history.given else None,
    }


def _blank(parts: Components, result: dict[str, Any]) -> list[str]:
    blank = result["weighting"]["blank"]
    if not blank:
        return []
    card = parts.weighting.card
    policies = {card.missing if part.missing is None else part.missing for part in card.components.values()}
    then = "where the other components count" if policies == {"reweight"} else "filled as the scorecard says"
    said = listed([f"{result['components'][name]['label']} on {percent(share)}" for name, share in blank.items()])
    return [f"Blank: {said} of the rows, {then}."]


def _accounts_moved(history: History, parts: Components, place: int) -> int:
    """Count the accounts that ever had other points in a component than those that are most often given."""
    points = parts.points[:, place]
    known = ~np.isnan(points)
    if not known.any():
        return 0
    values, counts = np.unique(points[known], return_counts=True)
    other = history.account[known][points[known] != values[counts.argmax()]]
    return int(np.unique(other.astype(str)).size)
