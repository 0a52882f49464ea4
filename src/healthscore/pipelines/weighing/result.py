"""A judgement of weights as JSON: the part of a result that `validate`, `backtest` and `recalibrate` share.

Weights are shares of 0 to 1 in a judgement and per cent in a result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from healthscore.asof import date_of
from healthscore.evaluation.proportions import NOT_COMPUTABLE, Estimate
from healthscore.pipelines.happenings import words_of
from healthscore.pipelines.weighing.sentences import verdict_sentences

if TYPE_CHECKING:
    from healthscore.models.weights.joint import JointGroup
    from healthscore.models.weights.judgement import ComponentJudgement, Judgement
    from healthscore.models.weights.segments import SegmentWeights
    from healthscore.models.weights.splitting import RowCount

PER_CENT = 100.0


def weighing_result(
    judgement: Judgement,
    *,
    labels: Mapping[str, str] | None = None,
    alone: Mapping[str, Mapping[str, Any]] | None = None,
    found: Mapping[str, Any] | None = None,
    words: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Give the keys that a result has where weights were judged, to be merged into it at the top level.

    Parameters
    ----------
    judgement
        What `judge_weights` said.
    labels
        What components are called where people read; their names where None.
    alone
        What each component is worth alone, by name (`alone.alone_figures`).
    found
        Churners and revenue on the team's list by old and by new weights (`gain.found_gain`).
    words
        Words of the outcome (`happenings.words_of`); those of accounts that leave where None.
    """
    components = {one.name: _component(one, labels or {}, alone or {}) for one in judgement.components}
    result = {
        "decision": judgement.decision,
        "why": judgement.why,
        "components": components,
        "joint": [_joint(group) for group in judgement.joint],
        "gain": {"log_loss": _gain(judgement), **(found or {})},
        "skill": {name: one.as_dict() for name, one in judgement.skill.items()},
        "split": {
            "day": None if judgement.split_day is None else date_of(judgement.split_day).isoformat(),
            "learning": _counted(judgement.learning),
            "later": _counted(judgement.later),
        },
        "weight_segments": [_segment(one, list(components)) for one in judgement.segments],
        "exiting_accounts": judgement.exiting,
    }
    return {**result, "verdict_sentences": verdict_sentences(result, words or words_of("churn"))}


def per_cent(share: float | None) -> float | None:
    """A share of 0 to 1 in per cent, without the digits that binary fractions leave behind."""
    return None if share is None else round(PER_CENT * float(share), 9)


def estimate_in_per_cent(share: Estimate | None) -> dict[str, float | None]:
    """A share with its interval in per cent; unbounded where the interval is."""
    one = share or NOT_COMPUTABLE
    return {"estimate": per_cent(one.estimate), "low": per_cent(one.low), "high": per_cent(one.high)}


def _component(
    one: ComponentJudgement, labels: Mapping[str, str], alone: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    validated = one.validated
    return {
        "label": labels.get(one.name) or one.name,
        "shap_share": per_cent(one.shap_share),
        "effective": per_cent(one.effective),
        "validated": estimate_in_per_cent(None if validated is None else validated.weight),
        "verdict": "not shown" if validated is None else validated.verdict,
        "handcrafted": per_cent(one.handcrafted),
        "recommended": per_cent(one.recommended),
        "drop_one": (one.drop_one or NOT_COMPUTABLE).as_dict(),
        "alone": dict(alone.get(one.name) or {"auc": NOT_COMPUTABLE.as_dict(), "leads": "not shown"}),
    }


def _joint(group: JointGroup) -> dict[str, Any]:
    return {
        "components": list(group.components),
        "validated": estimate_in_per_cent(group.weight),
        "verdict": group.verdict,
        "correlation": group.correlation.as_dict(),
    }


def _gain(judgement: Judgement) -> dict[str, float | None]:
    gain = judgement.gain
    if gain is None:
        return {**NOT_COMPUTABLE.as_dict(), "bound": None}
    return {**gain.difference.as_dict(), "bound": gain.bound}


def _counted(rows: RowCount) -> dict[str, int]:
    return {"rows": rows.rows, "dates": rows.dates, "events": rows.events, "exiting": rows.exiting}


def _segment(one: SegmentWeights, components: Sequence[str]) -> dict[str, Any]:
    own = one.own or [NOT_COMPUTABLE] * len(components)
    return {
        "segment": one.segment,
        "n": one.n,
        "events": one.events,
        "exiting": one.exiting,
        "own": {name: estimate_in_per_cent(share) for name, share in zip(components, own, strict=True)},
        "pooled": {name: per_cent(share) for name, share in zip(components, one.pooled, strict=True)},
        "p": one.p,
        "differs": one.differs,
    }
