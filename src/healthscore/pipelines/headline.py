"""The result of a backtest in words that a manager understands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from healthscore.evaluation.proportions import Estimate
from healthscore.models import BASELINES, MODELS
from healthscore.pipelines.happenings import HAPPENINGS
from healthscore.pipelines.judge import Judge
from healthscore.pipelines.wording import count, figure, percent


def headline(judge: Judge, churners: Mapping[str, Any]) -> dict[str, Any]:
    """Sentences, and whether the chosen model is better than the best baseline: only where the interval excludes 0."""
    name = judge.chosen
    rivals = [b for b in BASELINES if b in judge.walk.probability]
    best = min(rivals, key=lambda b: judge.resamples.estimates[b]["log_loss"] or float("inf"))
    loss = judge.resamples.interval(name, "log_loss", minus=best)
    better = None if not loss.excludes(0.0) else bool((loss.estimate or 0.0) < 0)
    return {
        "sentences": [_found(judge, churners, name, best), _verdict(_subject(judge), best, loss, better)],
        "better": better,
        "against": best,
    }


def _found(judge: Judge, churners: Mapping[str, Any], name: str, best: str) -> str:
    held = churners["models"]
    share = percent(churners["share"], 0)
    what = HAPPENINGS[judge.book.run.need_outcome().kind].found
    ranked = f"likeliest {share}" if judge.words["by_probability"] else f"worst-scored {share}"
    sentence = f"Of {count(churners['churners'])} {what}, the {ranked} held {_count(held[name]['held'])}"
    if best == "base_rate":
        return f"{sentence}; picking accounts at random would find {churners['churners'] * churners['share']:.0f}."
    return f"{sentence}; by {MODELS[best].title.lower()}, {_count(held[best]['held'])}."


def _count(held: Estimate) -> str:
    return figure(held.as_dict(), "count")


def _subject(judge: Judge) -> str:
    return "The forecast" if judge.words["gain"] else "The score"


def _verdict(subject: str, best: str, loss: Estimate, better: bool | None) -> str:
    against = {"base_rate": "giving everyone the same probability"}.get(best, MODELS[best].title.lower())
    if better is None:
        return f"{subject} is not shown to be better than {against}: the difference could be chance."
    word = "better" if better else "worse"
    return f"{subject} predicts {word} than {against}, the best simple rule, by more than chance explains."
