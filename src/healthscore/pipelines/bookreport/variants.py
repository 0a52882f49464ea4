"""Other weights of the scorecard, tried on history beforehand: a file has no history to try any others on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from healthscore.errors import HealthScoreError
from healthscore.pipelines.book import open_what_if, recommended
from healthscore.pipelines.book.opening import Told
from healthscore.pipelines.bookwords import spoken
from healthscore.pipelines.progress import Progress, silent
from healthscore.pipelines.views import metric_kind, metric_title

if TYPE_CHECKING:
    from healthscore.pipelines.book import Book

IN_FORCE, RECOMMENDED, EQUAL = "Weights in force", "Recommended by history", "Every component alike"


def tried_weights(book: Book, progress: Progress = silent) -> Told:
    """What the scorecard would have been worth with other weights.

    Returns
    -------
    `Told` of `card`, `components` (name -> label), and `sets`, the weights in force first: `title`, and `figures` as
    `WhatIf.figures` tells them.
    """
    try:
        what_if = open_what_if(book, progress)
        now = what_if.card.weights_of()
        sets: list[dict[str, Any]] = [{"title": IN_FORCE, "figures": what_if.figures()}]
        sets += [{"title": title, "figures": what_if.figures(one)} for title, one in _others(book, now).items()]
    except HealthScoreError as error:
        return Told(None, f"{error.what}: {error.remedy}")
    rows = [_row(name, sets) for name in sets[0]["figures"]["figures"]]
    labels = {name: spoken(name) for name in now}
    return Told({"card": what_if.card.called, "components": labels, "sets": sets, "metrics": rows})


def _others(book: Book, now: Mapping[str, float]) -> dict[str, Mapping[str, float]]:
    """Title -> weights of what is tried beside the weights in force."""
    found: dict[str, Mapping[str, float]] = {}
    by_history = recommended(book)
    if by_history is not None:
        found[RECOMMENDED] = by_history
    if len(set(now.values())) > 1:
        found[EQUAL] = dict.fromkeys(now, 1.0)
    if sum(weight > 0 for weight in now.values()) > 1:
        for name in (name for name, weight in now.items() if weight > 0):
            found[f"Without {spoken(name)}"] = {other: weight for other, weight in now.items() if other != name}
    return found


def _row(name: str, sets: list[dict[str, Any]]) -> dict[str, Any]:
    """A metric, as every set of weights has it."""
    kind, digits = metric_kind(name)
    values = [one["figures"]["figures"][name] for one in sets]
    return {"name": name, "title": metric_title(name), "kind": kind, "digits": digits, "values": values}
