"""Keep the weights, change them, or say that there is no evidence: one answer from everything that history holds.

Worked example. A scorecard of 40/20/20/20, monthly dates of 18 months, 260 accounts that left. The dates are split
where about as many left before as after: on the rows known by then the smallest change is looked for (45/15/20/20), on
the untouched later ones it must save log-loss, with 95 % confidence one-sided, for the answer *change*. Else the answer
is *keep*: the weights are not shown to be worse. What each component is worth is estimated on all rows, because a
scorecard was shaped by none of them.

Measured on simulated sub-scores (16 monthly dates, five or six components). A change of true weights was
recommended in 0 of 600 books of 58 to 530 exiting accounts, 320 of them with a forced split that left 17 to 66 such
accounts to the later rows. Weights that differ from the truth by 0.6 in all were changed in 28 of 40 books of 68
exiting accounts, 37 of 40 of 142, and 80 of 80 of 260. Where accounts leave by lot, no change and no new
weights in 600 books; in 3 of them chance gave skill, and the weights were kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from healthscore.evaluation.proportions import NOT_COMPUTABLE, Estimate
from healthscore.models.design import Vector
from healthscore.models.weights.dropone import drop_one
from healthscore.models.weights.gate import Gain, gain, skill
from healthscore.models.weights.joint import JointGroup
from healthscore.models.weights.minimal import free_refit, minimal_change
from healthscore.models.weights.rows import WeightRows
from healthscore.models.weights.segments import SegmentWeights, segment_weights
from healthscore.models.weights.shares import spread_shares
from healthscore.models.weights.snapping import on_grid, snap
from healthscore.models.weights.splitting import NO_ROWS, RowCount, counted, split_day, split_rows
from healthscore.models.weights.validated import ValidatedComponent, validate_weights

MINIMUM_EXITING = 50
"""Different accounts that left, below which nothing is said about weights."""

Decision = Literal["keep", "change", "no evidence"]
Why = Literal[
    "too few exits",
    "no later dates",
    "no skill",
    "no component shown",
    "nothing to change",
    "not shown to be worse",
    "later dates agree",
    "no weights in force",
]


@dataclass(frozen=True)
class ComponentJudgement:
    """The three numbers of a component beside its handcrafted and its recommended weight; shares of 0 to 1.

    Parameters
    ----------
    shap_share
        Share of the spread of a learned model's contributions; a description.
    effective
        Share of the spread of the handcrafted score; a description.
    validated
        What history says, with interval and verdict.
    drop_one
        Log-loss per later row (nats) that is lost without it.
    handcrafted, recommended
        The weight in force; the one to use from now on: None where there is no evidence.
    """

    name: str
    shap_share: float | None
    effective: float | None
    validated: ValidatedComponent | None
    drop_one: Estimate | None
    handcrafted: float | None
    recommended: float | None


@dataclass(frozen=True, eq=False)
class Judgement:
    """The answer, and what it rests on.

    Parameters
    ----------
    decision, why
        The answer, and its reason.
    components, joint
        Every component, and correlated ones also as one.
    split_day
        The later rows start on this as-of day; None where the history cannot be split.
    learning, later
        What the change was learned on, and what it was tested on.
    skill
        Share of the log-loss of intercepts alone that is taken away on later rows, by `handcrafted` and `refit`.
    gain
        What the recommended weights save on later rows; None where none differ from those in force.
    exiting
        Different accounts to which it happened, in all rows.
    segments
        Weights by segment; empty without segments.
    """

    decision: Decision
    why: Why
    components: tuple[ComponentJudgement, ...]
    joint: tuple[JointGroup, ...]
    split_day: int | None
    learning: RowCount
    later: RowCount
    skill: dict[str, Estimate]
    gain: Gain | None
    exiting: int
    segments: tuple[SegmentWeights, ...]


def judge_weights(rows: WeightRows, *, later_than: int | None = None, shap_share: Vector | None = None) -> Judgement:
    """Judge the weights of a scorecard, or find weights for learned sub-scores.

    Parameters
    ----------
    rows
        Sub-scores at past dates with what became of the accounts. Learned sub-scores come with rows later than
        anything that they were learned on, and without weights.
    later_than
        Day up to which the outcomes shaped the weights in force (the `data_end` of a scorecard that was recalibrated
        before): the test is on later as-of days only.
    shap_share
        SHAP shares to show beside, shape (C,).

    Notes
    -----
    - Fewer than 50 different exiting accounts: no evidence, *too few exits*.
    - No as-of day with exits known before it and exits after it: *no later dates*.
    - No evidence, *no skill*, unless the handcrafted weights or the refit of the learning rows have an interval of
      log-loss skill above 0 on the later rows.
    - *change* if the smallest change, snapped to steps of 5 points, differs from the weights in force and the one-sided
      95 % bound of what it saves on the later rows is above 0; else *keep*.
    - Without weights in force there is nothing to compare with: given skill, the validated weights of the supported
      components are recommended, in steps of 5 points.
    """
    exiting = rows.exiting
    if exiting < MINIMUM_EXITING:
        return _no_evidence(rows, "too few exits", None, shap_share)
    day = split_day(rows, later_than)
    if day is None:
        return _no_evidence(rows, "no later dates", None, shap_share)
    learning, later = split_rows(rows, day)
    skills = _skills(learning, later)
    if not any(one.low is not None and one.low > 0 for one in skills.values()):
        return _no_evidence(rows, "no skill", day, shap_share, skills)
    validated = validate_weights(rows)
    decision, why, weights, saved = (
        _without_weights(validated.components) if rows.weights is None else _against(learning, later, rows.weights)
    )
    return Judgement(
        decision,
        why,
        _components(rows, day, shap_share, validated.components, drop_one(learning, later), weights),
        validated.joint,
        day,
        counted(learning),
        counted(later),
        skills,
        saved,
        exiting,
        () if rows.segment is None else tuple(segment_weights(rows)),
    )


def _skills(learning: WeightRows, later: WeightRows) -> dict[str, Estimate]:
    skills = {}
    if learning.weights is not None:
        skills["handcrafted"] = skill(later, learning.weights)
    theta = free_refit(learning)
    skills["refit"] = skill(later, theta) if theta.any() else NOT_COMPUTABLE
    return skills


def _against(learning: WeightRows, later: WeightRows, w0: Vector) -> tuple[Decision, Why, Vector, Gain | None]:
    """Decide whether the smallest change passes the gate; the weights to use from now on."""
    change = minimal_change(learning)
    weights = snap(w0, change.weights, farthest=float(np.abs(change.free - w0).sum()))
    if np.array_equal(weights, w0):
        return "keep", "nothing to change", w0, None
    saved = gain(later, w0, weights)
    if saved is None or not saved.shown:
        return "keep", "not shown to be worse", w0, saved
    return "change", "later dates agree", weights, saved


def _without_weights(
    components: tuple[ValidatedComponent, ...],
) -> tuple[Decision, Why, Vector | None, None]:
    """Weights of the supported components, where there were none before."""
    betas = np.array([one.beta.estimate or 0.0 if one.verdict == "supported" else 0.0 for one in components])
    if not betas.any():
        return "no evidence", "no component shown", None, None
    return "change", "no weights in force", on_grid(betas / betas.sum()), None


def _no_evidence(
    rows: WeightRows,
    why: Why,
    day: int | None,
    shap_share: Vector | None,
    skills: dict[str, Estimate] | None = None,
) -> Judgement:
    """No weights at all: of the components only descriptions."""
    nothing = tuple(
        ValidatedComponent(name, NOT_COMPUTABLE, NOT_COMPUTABLE, None, "not shown") for name in rows.components
    )
    learning, later = (NO_ROWS, NO_ROWS) if day is None else map(counted, split_rows(rows, day))
    components = _components(rows, day, shap_share, nothing, None, None)
    return Judgement("no evidence", why, components, (), day, learning, later, skills or {}, None, rows.exiting, ())


def _components(
    rows: WeightRows,
    day: int | None,
    shap_share: Vector | None,
    validated: tuple[ValidatedComponent, ...],
    lost: list[Estimate] | None,
    recommended: Vector | None,
) -> tuple[ComponentJudgement, ...]:
    effective = _effective(rows, day)
    return tuple(
        ComponentJudgement(
            name=name,
            shap_share=_at(shap_share, place),
            effective=_at(effective, place),
            validated=validated[place],
            drop_one=None if lost is None else lost[place],
            handcrafted=_at(rows.weights, place),
            recommended=_at(recommended, place),
        )
        for place, name in enumerate(rows.components)
    )


def _effective(rows: WeightRows, day: int | None) -> Vector | None:
    """Shares of the spread of the handcrafted score on the last learning date, of all dates where there is none."""
    if rows.weights is None:
        return None
    reference = np.ones(len(rows.day), dtype=np.bool_)
    if day is not None:
        reference = rows.day == rows.day[rows.known <= day].max()
    return spread_shares(rows.s[reference] * rows.weights)


def _at(values: Vector | None, place: int) -> float | None:
    return None if values is None else float(values[place])
