"""Tuned against untuned on the judged dates: both refitted walk-forward there, compared account by account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from healthscore.asof import date_of
from healthscore.config import Run
from healthscore.config.dates import Split
from healthscore.config.sections import Trees
from healthscore.evaluation.clustered import resample
from healthscore.models.tuning.space import rounded
from healthscore.outcomes.snapshots import Label
from healthscore.pipelines.build import Book, iso
from healthscore.pipelines.progress import Progress
from healthscore.pipelines.walk import Walk, walk

JUDGED = ("log_loss", "auc")


def judge_tuned(book: Book, days: tuple[int, ...], place: Mapping[str, float], progress: Progress) -> dict[str, Any]:
    """Give the gain of tuned trees on the judged days: figures of both, and their paired difference by account.

    Of either, the model is judged that the run would use: its choice is made anew, from what was known before.
    """
    untuned = _walked(book, book.run, days, progress)
    tuned = _walked(book, tuned_run(book.run, place), days, progress)
    rows = untuned.rows
    y = (book.label[rows] == Label.EXITED).astype(np.int8)
    probability = {name: walked.probability[walked.choice.name] for name, walked in _pair(untuned, tuned)}
    run = book.run
    found = resample(y, probability, book.cluster[rows], JUDGED, resamples=run.report.resamples, seed=run.seed)
    return {
        "n": len(rows),
        "events": int(y.sum()),
        "accounts": len(np.unique(book.panel.account[rows])),
        "dates": [iso(day) for day in days],
        "models": {name: walked.choice.name for name, walked in _pair(untuned, tuned)},
        **{
            metric: {
                "untuned": found.interval("untuned", metric),
                "tuned": found.interval("tuned", metric),
                "difference": found.interval("tuned", metric, minus="untuned"),
            }
            for metric in JUDGED
        },
    }


def tuned_run(run: Run, place: Mapping[str, float]) -> Run:
    """The run with trees that grow as they did at this place of the search space."""
    trees = run.model.trees.model_dump(exclude_none=True) | rounded(place)
    return run.model_copy(update={"model": run.model.model_copy(update={"trees": Trees(**trees)})})


def _pair(untuned: Walk, tuned: Walk) -> list[tuple[str, Walk]]:
    return [("untuned", untuned), ("tuned", tuned)]


def _walked(book: Book, run: Run, days: tuple[int, ...], progress: Progress) -> Walk:
    """Walk over these days only; the scorecard has no trees, and is left out."""
    train = run.split.train if run.split is not None else ()
    split = Split(train=train, test=tuple(date_of(day) for day in days))
    return walk(replace(book, run=run.model_copy(update={"split": split, "scorecard": None})), progress)
