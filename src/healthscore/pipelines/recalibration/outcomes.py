"""Which signals came before which outcome: the weights held against each of a run's outcomes, in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from healthscore.config import Outcome
from healthscore.errors import InsufficientDataError
from healthscore.pipelines.happenings import words_of
from healthscore.pipelines.progress import Progress
from healthscore.pipelines.recalibration.books import Books, outcomes_of
from healthscore.pipelines.recalibration.weighed import Weighed, weigh_card, weigh_learned
from healthscore.pipelines.weighing.result import weighing_result
from healthscore.pipelines.weighing.rows import OPEN, TONES, VERDICTS, share_text
from healthscore.pipelines.wording import MISSING, listed, number, plural

Result = Mapping[str, Any]
FEW = "too few exits"
WIDEST = 200.0
"""Points (per cent) beyond which an interval's farther end says nothing: the weights of the others may be negative."""


def outcome_table(books: Books, own: Weighed, progress: Progress) -> list[dict[str, Any]]:
    """One entry per outcome, the run's own first; what cannot be judged says why, and stops nothing."""
    with_card = books.run.scorecard is not None
    entries = []
    with progress("holding the weights against every outcome") as advance:
        for place, name in enumerate(books.names):
            weighed: Weighed | None = own
            if place:
                try:
                    book = books.book(name)
                    weighed = weigh_card(book, shares=False) if with_card else weigh_learned(book)
                except InsufficientDataError:
                    weighed = None
            entries.append(_entry(name, outcomes_of(books.run)[name], weighed, own=not place))
            advance((place + 1) / len(books.names))
    return entries


def _entry(name: str, outcome: Outcome, weighed: Weighed | None, *, own: bool) -> dict[str, Any]:
    words = words_of(outcome.kind)
    about = {
        "name": name,
        "title": name.replace("_", " "),
        "kind": outcome.kind,
        "own": own,
        "gap_days": outcome.gap_days,
        "horizon_days": outcome.horizon_days,
        "words": words,
    }
    if weighed is None:
        counts = {"rows": 0, "dates": 0, "events": 0, "exiting": 0}
        return about | {"evidence": FEW, **counts, "skill": {}, "components": {}}
    rows, said = weighed.rows, weighing_result(weighed.judgement, words=words)
    return about | {
        "evidence": "yes" if said["decision"] != "no evidence" else said["why"],
        "rows": len(rows.y),
        "dates": len(set(rows.day.tolist())),
        "events": int(rows.y.sum()),
        "exiting": weighed.judgement.exiting,
        "skill": said["skill"],
        "components": {
            component: {key: one[key] for key in ("label", "validated", "verdict")}
            for component, one in said["components"].items()
        },
    }


def outcome_columns(entries: Sequence[Result]) -> list[dict[str, Any]]:
    """One column per outcome for people: its title, how much history there is, and a cell per component.

    A cell has the weight that history supports with its interval, the word of its verdict, and the verdict's tone.
    """
    names = list(dict.fromkeys(name for entry in entries for name in entry["components"]))
    return [
        {
            "title": str(entry["title"]),
            "own": entry["own"],
            "exiting": entry["exiting"],
            "events": entry["events"],
            "gain": entry["words"]["gain"],
            "judged": entry["evidence"] == "yes",
            "evidence": entry["evidence"],
            "cells": [_cell(entry, name) for name in names],
        }
        for entry in entries
    ]


def outcome_components(entries: Sequence[Result]) -> list[str]:
    """What the rows of the table are called: every component of any outcome."""
    labels = {name: one["label"] for entry in entries for name, one in entry["components"].items()}
    return list(labels.values())


def _cell(entry: Result, name: str) -> dict[str, str]:
    one = entry["components"].get(name)
    if one is None or entry["evidence"] != "yes":
        return {"weight": MISSING, "verdict": "", "tone": ""}
    verdict = one["verdict"]
    return {"weight": _cell_weight(one["validated"]), "verdict": VERDICTS[verdict], "tone": TONES[verdict]}


def outcome_sentences(entries: Sequence[Result]) -> list[str]:
    """Per outcome in words: what history confirms before it, what points the wrong way, or why nothing can be said."""
    return [_sentence(entry) for entry in entries] if len(entries) > 1 else []


def _sentence(entry: Result) -> str:
    title, words, seen = entry["title"], entry["words"], plural(entry["exiting"], "account")
    if entry["evidence"] == FEW:
        return f"Before {title}: {seen} {words['did']}, too few to judge weights by."
    if entry["evidence"] != "yes":
        return f"Before {title}: no evidence ({entry['evidence']}; {seen} {words['did']})."
    named: dict[str, list[str]] = {"supported": [], "wrong direction": []}
    for one in entry["components"].values():
        named.get(one["verdict"], []).append(one["label"])
    low, high = ("more", "fewer") if words["gain"] else ("fewer", "more")
    said = [f"{low} points in {listed(named['supported'])}"] if named["supported"] else []
    said += [f"{high} points in {listed(named['wrong direction'])}"] if named["wrong direction"] else []
    return f"Before {title}: {' and '.join(said) or 'no component is shown to tell it'}."


def _cell_weight(share: Mapping[str, Any]) -> str:
    """A weight with its interval; where that has no useful end, only the end that it has."""
    low, high = share["low"], share["high"]
    if low is not None and high is not None and high - low > WIDEST:
        return f"from {number(low, 0)} up" if low > 0 else OPEN
    return share_text(share)
