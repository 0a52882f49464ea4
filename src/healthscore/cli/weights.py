"""Weights against history on the terminal: the answer, the table, what moves together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from healthscore.cli.terminal import paragraph, table

LEGEND = {
    "moves": "moves: share of the score's movement.",
    "learned": "learned: share in a model of these points.",
    "confirmed": "confirmed by history: the weight that fits best to who {did}, with its 95 % range; open: any fits.",
}
"""By the key of the column that it explains."""
SEGMENTS_ACROSS = 5
"""More segments than this do not fit beside each other; the report has them."""


def show_weights(result: Mapping[str, Any]) -> None:
    """Print the answer and what it rests on, then the table of weights, in per cent; nothing where none were judged."""
    from healthscore.pipelines.happenings import words_in

    if not result.get("verdict_sentences"):
        return
    paragraph(*result["verdict_sentences"])
    shown = _table(result, "Weights in %")
    paragraph(" ".join(LEGEND[key] for key in shown if key in LEGEND).format(did=words_in(result)["did"]))
    _segments(result)
    _variants(result)


def _table(result: Mapping[str, Any], title: str, now: str = "now") -> list[str]:
    """Print the table of weights; which of its columns there is something in."""
    from healthscore.pipelines.weighing.rows import weight_rows

    columns = {
        "name": "component",
        "now": now,
        "moves": "moves",
        "learned": "learned",
        "confirmed": "confirmed by history",
        "verdict": "verdict",
        "recommended": "new",
    }
    rows = weight_rows(result)
    shown = [key for key in columns if key != "verdict" and any(row[key] != "–" for row in rows)]
    if "confirmed" in shown:
        shown.insert(shown.index("confirmed") + 1, "verdict")
    table(title, [columns[key] for key in shown], [[row[key] for key in shown] for row in rows])
    return shown


def _variants(result: Mapping[str, Any]) -> None:
    """Each variant: the answer and, where there is evidence, its table."""
    from healthscore.pipelines.happenings import words_in
    from healthscore.pipelines.wording import plural

    for name, one in (result.get("variants") or {}).items():
        seen = f"{plural(one['exiting_accounts'], 'account')} {words_in(result)['did']}"
        paragraph("", f"Variant {name} ({seen})", one["sentence"])
        if one["decision"] != "no evidence":
            _table(one, "Its weights in %", "otherwise" if one["proposed"] else "now")


def _segments(result: Mapping[str, Any]) -> None:
    from healthscore.pipelines.happenings import words_in
    from healthscore.pipelines.weighing.rows import segment_sentence, segment_table
    from healthscore.pipelines.weighing.variants import refused_sentences

    if sentence := segment_sentence(result):
        paragraph("", sentence, *refused_sentences(result))
    differing = any(one["differs"] == "differs" for one in result["weight_segments"])
    shown = segment_table(result) if differing else None
    if shown and len(shown["segments"]) <= SEGMENTS_ACROSS:
        rows = [(row["name"], *row["weights"]) for row in shown["rows"]]
        rows += [(f"accounts that {words_in(result)['did']}", *shown["exiting"]), ("other weights", *shown["differs"])]
        table("Weights per segment, in %", ("component", *shown["segments"]), rows)
