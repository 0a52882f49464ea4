"""Weights as rows of a table, in the words that the terminal and the reports share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from healthscore.pipelines.weighing.sentences import SAME, joint_sentence, weight_text
from healthscore.pipelines.wording import MISSING, count, figure, listed, number

VERDICTS = {"supported": "confirmed", "not shown": "not shown", "wrong direction": "wrong way"}
"""What the verdicts of a result are called where people read."""
TONES = {"supported": "good", "not shown": "caution", "wrong direction": "risk"}
LEADS = {"yes": "yes", "not shown": "not shown", "opposite": "the wrong way"}
SEGMENTS = {"differs": "differs", "not shown": "not shown", "too few": "too few exits"}
SHOWN = 0.5
"""Weights per segment closer than this, in per cent, read the same."""
OPEN = "open"
"""An interval without ends: the data allow any weight."""

Result = Mapping[str, Any]
Row = dict[str, Any]


def weight_rows(result: Result) -> list[Row]:
    """One row per component, as texts: name, now, moves, learned, confirmed, verdict, recommended, alone, leads, loss.

    `changed` tells whether the weight is to change, `tone` the colour of the verdict. Without evidence nothing is shown
    as learned: what a model made of nothing would be read as an answer.
    """
    rows = [_row(one) for one in result["components"].values()]
    return [row | {"learned": MISSING} for row in rows] if result["decision"] == "no evidence" else rows


def joint_sentences(result: Result) -> list[str]:
    """What groups of components are worth that move together."""
    labels = {name: one["label"] for name, one in result["components"].items()}
    return [joint_sentence(group, labels) for group in result["joint"]]


def segment_sentence(result: Result) -> str:
    """Whether any segment is shown to weigh components otherwise than the others; empty without several."""
    segments = result["weight_segments"]
    if len(segments) < 2:
        return ""
    differing = [one["segment"] for one in segments if one["differs"] == "differs"]
    few = [one["segment"] for one in segments if one["differs"] == "too few"]
    aside = f" Too few exits to say: {listed(few)}." if few else ""
    if not differing:
        return f"No segment is shown to need weights of its own.{aside}"
    return f"{listed(differing)}: history weighs components otherwise there than elsewhere.{aside}"


def segment_table(result: Result) -> dict[str, Any] | None:
    """Weights per segment: names of the segments, their exits and verdicts, and a row of texts per component.

    None where segments have the weights of all, and a table would say one thing several times.
    """
    segments = result["weight_segments"]
    weights = [list(one["pooled"].values()) for one in segments]
    if all(abs(a - b) < SHOWN for own in weights for a, b in zip(own, weights[0], strict=True)):
        return None
    labels = [one["label"] for one in result["components"].values()]
    return {
        "segments": [one["segment"] for one in segments],
        "exiting": [count(one["exiting"]) for one in segments],
        "differs": [SEGMENTS[one["differs"]] for one in segments],
        "rows": [
            {"name": label, "weights": [number(one[place], 0) for one in weights]} for place, label in enumerate(labels)
        ],
    }


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
