"""Growth in a backtest: who the model would have said will expand at every past date, against who did."""

from __future__ import annotations

from typing import Any

from healthscore.errors import InsufficientDataError
from healthscore.models import MODELS
from healthscore.pipelines.growth.asked import Growing
from healthscore.pipelines.growth.skill import shown, skill_warning
from healthscore.pipelines.happenings import outcome_section
from healthscore.pipelines.headline import headline
from healthscore.pipelines.judge import Judge
from healthscore.pipelines.progress import Progress
from healthscore.pipelines.walk import walk


def growth_section(growing: Growing | None, progress: Progress) -> dict[str, Any] | None:
    """The section of a backtest's result on growth; None where the run asks for none.

    Where too few accounts expanded for figures it says why, and nothing else: `why` is None otherwise.
    """
    if growing is None:
        return None
    book = growing.book
    try:
        walked = walk(book, progress)
    except InsufficientDataError as error:
        return {"why": error.what, "warnings": [f"no figures of growth: {error.what}"]}
    with progress("computing intervals of growth"):
        judge = Judge(book, walked)
    found, pooled, name = judge.churners(), judge.pooled(), judge.chosen
    auc = pooled["models"][name]["auc"].as_dict()
    warning = skill_warning({"auc": auc, "shown": shown(auc)})
    return {
        "why": None,
        "outcome": outcome_section(book.run, judge.words),
        "chosen": name,
        "choice": {"why": walked.choice.why, "title": MODELS[name].title},
        "headline": headline(judge, found),
        "churners": found,
        "pooled": pooled,
        "differences": judge.differences(),
        "origins": judge.origins(),
        "bands": judge.bands_by(judge.bands, judge.bands.index(walked.health), name),
        "segments": judge.segments(),
        "skill": {"auc": auc, "shown": shown(auc)},
        "warnings": [] if warning is None else [warning],
    }
