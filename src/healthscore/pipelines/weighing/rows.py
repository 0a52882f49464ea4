"""Weights as rows of a table, in the words that the terminal and the reports share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from healthscore.pipelines.weighing.sentences import SAME, UNIT, joint_sentence, weight_text
from healthscore.pipelines.wording import MISSING, figure, number

VERDICTS = {"supported": "confirmed", "not shown": "not shown", "wrong direction": "wrong way"}
"""What the verdicts of a result are called where people read."""
TONES = {"supported": "good", "not shown": "caution", "wrong direction": "risk"}
LEADS = {"yes": "yes", "not shown": "not shown", "opposite": "the wrong way"}
OPEN = "open"
"""An interval without ends: the data allow any weight."""

Result = Mapping[str, Any]
Row = dict[str, Any]


def weight_rows(result: Result) -> list[Row]:
    """One row per component, as texts: name, now, moves, learned, confirmed, verdict, recommended, alone, leads, loss.

    `changed` tells whether the weight is to change, `tone` the colour of the verdict.
    """
    return [_row(one) for one in result["components"].values()]


def joint_sentences(result: Result) -> list[str]:
    """What groups of components are worth that move together."""
    labels = {name: one["label"] for name, one in result["components"].items()}
    return [joint_sentence(group, labels) for group in result["joint"]]


def segment_rows(result: Result) -> list[Row]:
    """One row per segment: its name, exits, whether its weights differ, and its weights as texts by component."""
    return [
        {
            **{key: one[key] for key in ("segment", "n", "exiting", "differs")},
            "weights": [number(weight, 0) for weight in one["pooled"].values()],
        }
        for one in result["weight_segments"]
    ]


def _row(one: Mapping[str, Any]) -> Row:
    now, new = one["handcrafted"], one["recommended"]
    drop = one["drop_one"]
    return {
        "name": one["label"],
        "now": weight_text(now),
        "moves": number(one["effective"], 0),
        "learned": number(one["shap_share"], 0),
        "confirmed": share_text(one["validated"]),
        "verdict": VERDICTS[one["verdict"]],
        "tone": TONES[one["verdict"]],
        "recommended": weight_text(new),
        "changed": now is not None and new is not None and abs(now - new) >= SAME,
        "alone": figure(one["alone"]["auc"], "number", 2),
        "leads": LEADS[one["alone"]["leads"]],
        "loss": figure(drop, "number", 4) if drop["estimate"] is not None else MISSING,
    }


def share_text(share: Mapping[str, Any]) -> str:
    """A weight with its interval, ``23 (15–31)``; an interval without ends is open."""
    if share["estimate"] is None:
        return MISSING
    if share["low"] is None or share["high"] is None:
        return OPEN
    return figure(share, "number", 0)


def unit(text: str) -> str:
    """A weight's text with its unit, where it has a figure."""
    return text if text in (MISSING, OPEN) else f"{text}{UNIT}"
