"""The result of a backtest in words that a manager understands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from healthscore.evaluation.proportions import Estimate
from healthscore.models import BASELINES, MODELS
from healthscore.pipelines.cards import SCORECARD
from healthscore.pipelines.happenings import HAPPENINGS
from healthscore.pipelines.judge import Judge
from healthscore.pipelines.wording import count, figure, percent

BEST = ", the best simple rule"


def headline(judge: Judge, churners: Mapping[str, Any]) -> dict[str, Any]:
    """Sentences, and whether the chosen model is better than the best baseline: only where the interval excludes 0.

    Where the run has a scorecard, `scorecard` says whether the model is better than that, and that than the baseline.
    """
    name = judge.chosen
    rivals = [b for b in BASELINES if b in judge.walk.probability]
    best = min(rivals, key=lambda b: judge.resamples.estimates[b]["log_loss"] or float("inf"))
    better = _better(judge, name, best)
    sentences = [_found(judge, churners, name, best), _verdict(_subject(judge), _rule(best), better, BEST)]
    said: dict[str, Any] = {"sentences": sentences, "better": better, "against": best}
    if SCORECARD not in judge.walk.probability:
        return said
    return said | {"sentences": [*sentences, *_of_scorecard(judge, churners, best)], "scorecard": _held_to(judge, best)}


def _better(judge: Judge, model: str, rival: str) -> bool | None:
    """Whether a model predicts better than a rival (log-loss, paired); None where the interval holds 0."""
    loss = judge.resamples.interval(model, "log_loss", minus=rival)
    return None if not loss.excludes(0.0) else bool((loss.estimate or 0.0) < 0)


def _found(judge: Judge, churners: Mapping[str, Any], name: str, best: str) -> str:
    held = churners["models"]
    what = HAPPENINGS[judge.book.run.need_outcome().kind].found
    sentence = (
        f"Of {count(churners['churners'])} {what}, the {_ranked(judge, churners)} held {_count(held[name]['held'])}"
    )
    if best == "base_rate":
        return f"{sentence}; picking accounts at random would find {churners['churners'] * churners['share']:.0f}."
    return f"{sentence}; by {MODELS[best].title.lower()}, {_count(held[best]['held'])}."


def _of_scorecard(judge: Judge, churners: Mapping[str, Any], best: str) -> list[str]:
    """The model against the handcrafted scorecard, and that against the best simple rule."""
    held = _count(churners["models"][SCORECARD]["held"])
    against = _verdict(_subject(judge), "the scorecard", _better(judge, judge.chosen, SCORECARD))
    return [
        f"{against.removesuffix('.')}; by the scorecard, the {_ranked(judge, churners)} held {held}.",
        _verdict("The scorecard", _rule(best), _better(judge, SCORECARD, best), BEST),
    ]


def _held_to(judge: Judge, best: str) -> dict[str, Any]:
    """The paired differences behind those sentences: model minus scorecard, scorecard minus the best simple rule."""
    pairs = {"model": (judge.chosen, SCORECARD), "rule": (SCORECARD, best)}
    return {
        name: {
            "better": _better(judge, one, other),
            "against": other,
            **{metric: judge.resamples.interval(one, metric, minus=other) for metric in ("log_loss", "auc")},
        }
        for name, (one, other) in pairs.items()
    }


def _ranked(judge: Judge, churners: Mapping[str, Any]) -> str:
    share = percent(churners["share"], 0)
    return f"likeliest {share}" if judge.words["by_probability"] else f"worst-scored {share}"


def _count(held: Estimate) -> str:
    return figure(held.as_dict(), "count")


def _subject(judge: Judge) -> str:
    return "The forecast" if judge.words["gain"] else "The score"


def _rule(best: str) -> str:
    return "giving everyone the same probability" if best == "base_rate" else MODELS[best].title.lower()


def _verdict(subject: str, against: str, better: bool | None, aside: str = "") -> str:
    if better is None:
        return f"{subject} is not shown to be better than {against}: the difference could be chance."
    word = "better" if better else "worse"
    return f"{subject} predicts {word} than {against}{aside}, by more than chance explains."
