"""What accounts that left had in common: features that differ most between them and those that stayed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from healthscore.evaluation.contrast import Contrast, contrasts
from healthscore.evaluation.multiple import holm
from healthscore.evaluation.proportions import Estimate
from healthscore.features.dictionary import Feature
from healthscore.pipelines.auditing.kept import kept_or_why, labels_of
from healthscore.pipelines.auditing.material import Floats, Material
from healthscore.pipelines.wording import figure

CHANCE = 0.05
TOLD = 5
MATTERS = 0.05
"""How far from one half of the pairs a difference is worth a sentence."""


def leavers_section(material: Material, known: Mapping[str, Feature], words: Mapping[str, Any]) -> dict[str, Any]:
    """Components and features of accounts to which it happened against those of the others, at the same dates.

    All published rows whose outcome is known, whoever scored. Features are tested together (Holm), components too.
    `sentences` tell the features that differ most, one per signal.
    """
    rows = material.known
    components: list[dict[str, Any]] = []
    if len(material.judged):
        points = [material.points[material.judged][:, i] for i in range(len(material.groups))]
        found = _compared(material, material.judged, points)
        components = _rows([{"name": name} for name in material.groups], found)
    kept, why = kept_or_why(material, rows)
    if kept is None:
        return {"components": components, "features": [], "sentences": [], "why": why}
    features = _rows(labels_of(dict(known), kept.names), _compared(material, kept.rows, kept.columns))
    told = _first_of_each(features, known)
    return {
        "components": components,
        "features": features,
        "sentences": [_sentence(row, known[row["name"]], words) for row in told],
        "why": why,
    }


def _compared(material: Material, rows: Any, columns: Any) -> list[Contrast]:
    y = material.book.label[rows] == 1
    return contrasts(columns, y, material.day[rows], material.book.cluster[rows])


def _rows(about: list[dict[str, str]], found: list[Contrast]) -> list[dict[str, Any]]:
    """One row per quantity, those that are shown to differ first, by how much they do."""
    shown = holm({i: one.chance for i, one in enumerate(found) if one.chance is not None}, CHANCE)
    rows = [{**about[i], **vars(one), "shown": shown.get(i, False)} for i, one in enumerate(found)]
    return sorted(rows, key=lambda row: (not row["shown"], -_distance(row["more"]), row["name"]))


def _distance(more: Estimate) -> float:
    return 0.0 if more.estimate is None else abs(more.estimate - 0.5)


def _first_of_each(features: list[dict[str, Any]], known: Mapping[str, Feature]) -> list[dict[str, Any]]:
    """The features that differ most, one of each signal: windows and averages of one signal tell the same story."""
    first: dict[str, dict[str, Any]] = {}
    for row in features:
        if row["shown"] and _distance(row["more"]) >= MATTERS and row["name"] in known:
            first.setdefault(known[row["name"]].signal or row["name"], row)
    return list(first.values())[:TOLD]


def _sentence(row: Mapping[str, Any], feature: Feature, words: Mapping[str, Any]) -> str:
    """A feature in words: the medians of both groups, and how often one of them has more."""
    more: Estimate = row["more"]
    share = more if (more.estimate or 0.0) >= 0.5 else _turned(more)
    word = "more" if share is more else "less"
    said = figure(share.as_dict(), "percent", 0)
    medians: list[Floats | None] = [row["happened"], row["others"]]
    if medians[0] == medians[1]:
        return f"{feature.label}: {word} of it among accounts that {words['did']}, in {said} of pairs."
    told = [feature.say(float(value)) if value is not None else "not known" for value in medians]
    return (
        f"Half of the accounts that {words['did']}: {told[0]} or {word}; of those that {words['kept']}: {told[1]}. "
        f"In {said} of pairs the one that {words['did']} had {word}."
    )


def _turned(more: Estimate) -> Estimate:
    ends = [None if end is None else 1.0 - end for end in (more.estimate, more.high, more.low)]
    return Estimate(*ends)
