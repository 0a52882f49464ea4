"""Weights against history on the terminal: the answer, the table, what moves together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from healthscore.cli.terminal import paragraph, table

LEGEND = (
    "moves: share of the score's movement. learned: share in a model of these points. confirmed by history: the weight "
    "that later dates support, with 95 % confidence; open: any weight fits."
)


def show_weights(result: Mapping[str, Any]) -> None:
    """Print the answer and what it rests on, then the table of weights, in per cent; nothing where none were judged."""
    from healthscore.pipelines.weighing.rows import weight_rows

    if not result.get("verdict_sentences"):
        return
    paragraph(*result["verdict_sentences"])
    if result["why"] == "too few exits":
        return
    columns = {
        "component": "name",
        "now": "now",
        "moves": "moves",
        "learned": "learned",
        "confirmed by history": "confirmed",
        "verdict": "verdict",
        "new": "recommended",
    }
    rows = weight_rows(result)
    shown = {title: key for title, key in columns.items() if any(row[key] != "–" for row in rows)}
    table("Weights in %", tuple(shown), [tuple(row[key] for key in shown.values()) for row in rows])
    paragraph(LEGEND)
    _segments(result)


def _segments(result: Mapping[str, Any]) -> None:
    from healthscore.pipelines.weighing.rows import segment_rows
    from healthscore.pipelines.wording import count

    if rows := segment_rows(result):
        table(
            "Weights per segment",
            ("segment", "accounts that left", "differs", *(one["label"] for one in result["components"].values())),
            [(row["segment"], count(row["exiting"]), row["differs"], *row["weights"]) for row in rows],
        )
