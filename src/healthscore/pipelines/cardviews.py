"""What a report shows of a scorecard: bands, figures beside the model, components alone, hard rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from healthscore.pipelines import views
from healthscore.pipelines.wording import figure, listed, number, percent, plural, spread

BESIDE = ("auc", "capture_10", "revenue_capture_10", "log_loss")
LEADS = {"yes": "yes", "not shown": "not shown", "opposite": "the wrong way"}
FARED = {"yes": "yes", "not shown": "not shown", "opposite": "no, the other way"}
"""Whether accounts that a hard rule bound fared worse than the rest."""

Result = Mapping[str, Any]
View = dict[str, Any]


def card_view(result: Result, chosen: str) -> View | None:
    """What the macros of `scorecard.html.j2` show of a result's scorecard; None without one."""
    card = result.get("scorecard")
    if not card:
        return None
    components = card.get("components") or {}
    return {
        "title": card["title"],
        "bands": views.band_rows(card.get("bands") or [], views.widest(result)),
        "average": views.average(result),
        "by_quartiles": card.get("bands_by") == "quartiles",
        "beside": _beside(result, card, chosen),
        "components": [
            {
                "name": str(name).replace("_", " "),
                "label": one["label"] if one["label"] != name else "",
                "weight": one["weight"],
                "auc": one["alone"]["auc"],
                "leads": LEADS[one["alone"]["leads"]],
                "missing": one["missing"],
            }
            for name, one in components.items()
        ],
        "missing": any(one["missing"] for one in components.values()),
        "gaps": _gaps(card),
        "caps": [{**cap, "limit": _limit(cap["at_most"]), "fared": FARED[cap["leads"]]} for cap in card["caps"]],
        "capping": _capping(card.get("capping")),
        "unscored": card["unscored"]["n"],
        "variants": _variants(card["variants"]),
        "segments": card.get("segments") or [],
    }


def _beside(result: Result, card: Result, chosen: str) -> list[View]:
    """Figures of the model and of the scorecard, with the difference and the word that its interval allows."""
    model = ((result.get("pooled") or {}).get("models") or {}).get(chosen) or {}
    apart, rows = (result.get("differences") or {}).get("scorecard") or {}, []
    for name in BESIDE:
        if model.get(name) and (card.get("figures") or {}).get(name):
            rows.append(
                {
                    "name": name,
                    "title": views.metric_title(name),
                    "model": _cell(model[name], *views.metric_kind(name)),
                    "card": _cell(card["figures"][name], *views.metric_kind(name)),
                    "difference": apart.get(name),
                    "verdict": views.better(name, apart.get(name)),
                }
            )
    return [*rows, *_warned(result.get("lead_time"), card.get("lead_time"))]


def _warned(model: Result | None, card: Result | None) -> list[View]:
    """Exits announced 30 days ahead, and the alarms that this took."""
    if not model or not card or "30" not in model["recall"]:
        return []
    shown = {"name": None, "difference": None, "verdict": ""}
    announced, alarms = "Exits announced 30 days ahead", "Alarms per 100 accounts"
    both = (("model", model), ("card", card))
    return [
        {**shown, "title": announced, **{key: _cell(one["recall"]["30"]["rate"], "percent", 0) for key, one in both}},
        {**shown, "title": alarms, **{key: _cell({"estimate": one["alarms_per_100_accounts"]}) for key, one in both}},
    ]


def _cell(shown: Result, kind: str = "number", digits: int = 0) -> View:
    """A figure and its range, which tables show on two lines."""
    return {"value": figure({"estimate": shown["estimate"]}, kind, digits), "range": spread(shown, kind, digits)}


def _limit(at_most: float | str) -> str:
    return f"“{at_most}”" if isinstance(at_most, str) else number(at_most, 0 if at_most == round(at_most) else 1)


def _capping(capping: Result | None) -> str:
    """What the hard rules do to the order of the accounts, in words."""
    if not capping or capping["auc"]["estimate"] is None:
        return ""
    word = views.better("auc", capping["auc"])
    shown = figure(capping["auc"], "number", 3)
    if not word:
        return f"With its hard rules the scorecard is not shown to order accounts better or worse: AUC {shown}."
    return f"With its hard rules the scorecard orders accounts {word} than without: AUC {shown}."


def _gaps(card: Result) -> str:
    """How often nothing was known of a component, and of all, in words."""
    unknown = {name: one["missing"] for name, one in card["components"].items() if one["missing"]}
    ordered = sorted(unknown, key=lambda name: -unknown[name])
    said = []
    if ordered:
        shares = listed([f"{str(name).replace('_', ' ')} {percent(unknown[name], 0)}" for name in ordered])
        said.append(f"Nothing was known of a component on so many of the scores: {shares}.")
    if card["unscored"]["n"]:
        said.append(f"{plural(card['unscored']['n'], 'score')} could not be given at all: nothing was known.")
    return " ".join(said)


def _variants(variants: Result) -> list[str]:
    return [f"{name}: {one['n']:,}" for name, one in variants.items()]
