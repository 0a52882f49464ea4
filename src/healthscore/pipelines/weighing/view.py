"""What a report shows of weights: rows, sentences, and how to read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from healthscore.pipelines.happenings import words_in
from healthscore.pipelines.weighing.rows import joint_sentences, segment_sentence, segment_table, weight_rows
from healthscore.pipelines.weighing.sentences import listed_first, points_of
from healthscore.pipelines.weighing.variants import proposes, refused_sentences
from healthscore.pipelines.weightcharts import height
from healthscore.pipelines.wording import MISSING, change_size, change_spread, count

MARKS = {
    "keep": ("good", "No change proposed"),
    "change": ("caution", "Change proposed"),
    "no evidence": ("caution", "Not decided by history"),
}
"""Colour and word of each decision."""

Result = Mapping[str, Any]
View = dict[str, Any]


def weight_view(result: Result) -> View | None:
    """What the macros of `weights.html.j2` show; None where no weights were judged.

    `mark`, its `tone` and `sentences` may head a page; `rows` have what `weight_rows` gives.
    """
    if not result.get("verdict_sentences"):
        return None
    words, table = words_in(result), _table(result)
    rows = table["rows"]
    tone, mark = MARKS["change" if proposes(result) else result["decision"]]
    return {
        **table,
        "tone": tone,
        "mark": mark,
        "sentences": list(result["verdict_sentences"]),
        "alone": _any(rows, "alone"),
        "joint": joint_sentences(result),
        "segment_sentence": segment_sentence(result),
        "segments": segment_table(result),
        "refused": refused_sentences(result),
        "variants": [
            {"name": name, "exiting": count(one["exiting_accounts"]), **one, **_table(one)}
            for name, one in (result.get("variants") or {}).items()
        ],
        "height": height(rows),
        "glossary": glossary(words),
        "did": words["did"],
        "telling": points_of(words)[0],
        "kept": words["kept"],
    }


def _table(result: Result) -> View:
    """Rows of weights, whether they were judged, and which columns there is something in."""
    rows = weight_rows(result)
    return {
        "rows": rows,
        "judged": any(row["confirmed"] != MISSING for row in rows),
        "shown": {key for key in ("now", "moves", "learned", "recommended", "loss") if _any(rows, key)},
    }


def weight_tiles(result: Result) -> list[View]:
    """Tiles under a headline about weights: what is confirmed, what a change finds, on how much, as in `tiles`."""
    if result["decision"] == "no evidence":
        return []
    parts = list(result["components"].values())
    words = words_in(result)
    confirmed = sum(one["verdict"] == "supported" for one in parts)
    tiles = [
        {
            "value": f"{confirmed} of {len(parts)}",
            "range": "",
            "what": "components are confirmed by history, each compared with accounts alike in the others",
        }
    ]
    churners = result["gain"].get("churners")
    if proposes(result) and churners:
        difference = churners["difference"]
        tiles.append(
            {
                "value": change_size(difference),
                "range": f"of {count(churners['exits'])} {words['those']} {change_spread(difference)}".rstrip(),
                "what": f"among the {listed_first(churners, words)} of each later date, by the new weights",
            }
        )
    exiting = result["exiting_accounts"]
    tiles.append(
        {
            "value": count(exiting),
            "range": "",
            "what": f"{'account' if exiting == 1 else 'accounts'} {words['did']}, which is what weights are judged by",
        }
    )
    return tiles


def glossary(words: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """How to read the table of weights, term by term."""
    did, (telling, other) = words["did"], points_of(words)
    return (
        ("Weight now", "what the scorecard says, in per cent of the score."),
        (
            "Moves",
            "how much of the score's ups and downs between accounts comes from the component. One whose points hardly "
            "differ moves nothing, whatever its weight.",
        ),
        (
            "Learned",
            "the same share in a model that learned from these points alone (its SHAP share). It describes the model; "
            "it is no evidence.",
        ),
        (
            "Confirmed by history",
            f"the weight that fits best to who {did}, with the range that holds the true one with 95 % confidence. "
            "Accounts are compared on the same date and alike in the other components. Below 0, points go the wrong "
            "way. “Open”: any weight fits.",
        ),
        (
            "Verdict",
            f"confirmed: accounts with {telling} points there {did} more often, by more than chance explains, although "
            "several components were looked at. Not shown: that could be chance; it does not mean useless. Wrong way: "
            f"accounts with {other} points there {did} more often.",
        ),
        (
            "Recommended",
            "as close to the weights of now as history allows, in steps of 5. A change is proposed only where it fits "
            "better, with 95 % confidence, on later dates that shaped nothing.",
        ),
        (
            "Alone",
            f"how often an account that {did} had {telling} points in this component than one that {words['kept']}, "
            "whatever the other components say; 0.50 is chance.",
        ),
        (
            "What this cannot say",
            "that raising a component's points keeps anybody: points and outcomes go together, for whatever reason.",
        ),
    )


def _any(rows: list[View], key: str) -> bool:
    return any(row[key] != MISSING for row in rows)
