"""What the reports show, arranged: results in, labelled rows out. Formats and widths, no figures of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from healthscore.evaluation.metrics import METRICS
from healthscore.pipelines.happenings import words_in
from healthscore.pipelines.wording import NARROW, count, day_text, duration, late_rows, plural

Result = Mapping[str, Any]
View = dict[str, Any]

TITLES = {
    "blend": "Blend",
    "additive": "Component-additive trees",
    "unconstrained": "Unconstrained trees",
    "logistic": "Logistic regression",
    "recency": "Recency alone",
    "tenure": "Tenure alone",
    "base_rate": "Base rate",
    "scorecard": "Scorecard",
    "score": "The score",
}
BASELINES = ("recency", "tenure", "scorecard")
COMPARED = ("auc", "log_loss", "brier", "lift_10", "capture_10", "observed_expected", "calibration_slope")
CONTRASTED = ("log_loss", "auc", "capture_10")
REASONS = {
    "as_of": "date",
    "at_risk": "at risk",
    "exited": "left",
    "stayed": "stayed",
    "immature": "window not over yet",
    "exit_in_gap": "left before the window",
    "left_otherwise": "left for another reason",
    "not_started": "not a customer yet",
    "ended": "gone before",
    "trial": "on trial",
    "leaving": "already leaving",
    "ineligible": "not eligible",
    "no_features": "without features",
    "not_recorded": "outcome not recorded",
    "censored": "left for another reason",
    "where": "by the source's filter",
    "after_exit": "after the exit",
    "no_score": "without a score",
    "no_date": "without a date",
    "blank_account": "without an account",
    "repeated": "repeated",
    "not_left": "without an exit date",
    "unknown_account": "of accounts never scored",
    "after_data_end": "after the end of the data",
    "second_exit": "second exits",
    "other_type": "of a type that does not count",
}
CAPACITY = {
    "lift_capacity": "Lift at capacity",
    "capture_capacity": "Captured at capacity",
    "revenue_capture_capacity": "Revenue captured at capacity",
}
DECIMALS = {"auc": 3, "pr_auc": 3, "log_loss": 4, "brier": 4, "ece": 4, "expected_maximum_profit": 2}
"""Decimals of a metric; lifts, slopes and ratios have two, skills and captures are percentages."""


def reason(word: str, words: Mapping[str, Any] | None = None) -> str:
    """A counter's name in words; `words` are those of the outcome."""
    if words is not None:
        said = {"exited": words["did"], "stayed": words["kept"], "censored": words["unknown"]}
        said["exit_in_gap"] = f"{words['early']} before the window"
        said |= {"at_risk": "asked about"} if words["gain"] else {}
        word = said.get(word, word)
    return REASONS.get(word, str(word).replace("_", " "))


def glossary(words: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """How to read a report, term by term."""
    did, kept = words["did"], words["kept"]
    lowest = "likeliest" if words["by_probability"] else "worst-scored"
    return (
        (
            str(did).capitalize(),
            "the account did what the outcome at the top of this page says, within its window.",
        ),
        (
            "Range in brackets",
            "the true figure lies inside with 95 % confidence. It comes from resampling whole accounts, because "
            "an account's dates resemble each other. A difference that could be chance is not called a difference.",
        ),
        ("Times the average", f"share that {did} in the band, divided by the share that {did} of all."),
        (
            "AUC",
            f"how often an account that {did} was ranked before one that {kept}; 0.5 is chance, 1 perfect.",
        ),
        (
            "Lift, captured",
            f"{words['those']} among the {lowest} accounts, against as many random accounts; and as a share of all.",
        ),
        ("Window not over yet", f"too recent to know the outcome; set aside, never counted among those that {kept}."),
    )


def named_models(result: Result) -> tuple[str, dict[str, str]]:
    """Name of the model that a result is about, and the titles of all: a score that is judged alone is no model."""
    judged = (result.get("pooled") or {}).get("models") or {}
    chosen = str(result.get("chosen") or ("score" if "score" in judged else "blend"))
    given = (result.get("choice") or {}).get("title")
    return chosen, {**TITLES, **({chosen: str(given)} if given else {})}


def metric_title(name: str) -> str:
    """A metric's short title."""
    title = METRICS[name].title if name in METRICS else CAPACITY.get(name, str(name).replace("_", " ").capitalize())
    return title.replace(" %", f"{NARROW}%")


def metric_meaning(name: str) -> str:
    """What a metric says, for people who do not know its name."""
    return METRICS[name].sentence if name in METRICS else ""


def metric_kind(name: str) -> tuple[str, int]:
    """How a metric is written: kind and decimals for `wording.figure`."""
    if "capture" in name or "skill" in name:
        return "percent", 1
    return "number", DECIMALS.get(name, 2)


def shared(result: Result, chosen: str) -> View:
    """What both reports show in the same way."""
    words = words_in(result)
    return {
        "title": result.get("title") or result.get("run") or "Result",
        "bands": band_rows(result.get("bands") or [], widest(result)),
        "average": average(result),
        "base": ((result.get("pooled") or {}).get("rate") or {}).get("estimate"),
        "relative": any(band.get("relative") for band in result.get("bands") or []),
        "predicted": any(band.get("probability") is not None for band in result.get("bands") or []),
        "captured": _captured((result.get("pooled") or {}).get("models", {}).get(chosen) or {}, result),
        "revenue": "revenue_capture_10" in ((result.get("pooled") or {}).get("models", {}).get(chosen) or {}),
        "lead": _lead(result),
        "origins": [
            {**row, "figures": row["models"].get(chosen) or {}, "trained": _trained(row)}
            for row in result.get("origins") or []
        ],
        "origin_metrics": ("auc", "capture_10"),
        "trained": any(row.get("train") for row in result.get("origins") or []),
        "sources": _sources(result),
        "late_rows": late_rows((name, one.get("lateness") or "") for name, one in _read(result).items()),
        **_snapshots(result.get("snapshots") or []),
        "glossary": glossary(words),
        "words": words,
        "band_words": f"Of all scores in a band, the share of accounts that {words['did']} afterwards.",
    }


def band_rows(bands: list[Mapping[str, Any]], top: float) -> list[View]:
    """Bands as rungs of a ladder whose whole width is the rate `top`."""
    shown = []
    for place, band in enumerate(bands):
        estimate, low, high = (band["rate"].get(key) for key in ("estimate", "low", "high"))
        shown.append(
            {**band, "tone": tone(place, len(bands)), "width": _width(estimate, top), **_whisker(low, high, top)}
        )
    return shown


def widest(result: Result) -> float:
    """The highest rate that a ladder of bands shows: the score's own and the scorecard's have one scale."""
    bands = [*(result.get("bands") or []), *((result.get("scorecard") or {}).get("bands") or [])]
    return max((band["rate"].get("high") or band["rate"].get("estimate") or 0.0 for band in bands), default=0.0) or 1.0


def average(result: Result) -> float | None:
    """Where the rate of all lies on that scale."""
    base = ((result.get("pooled") or {}).get("rate") or {}).get("estimate")
    return _width(base, widest(result))


def tone(place: int, bands: int) -> str:
    """Colour by place, never by the name that a user gave: the lowest is risk, the highest good."""
    return "risk" if place == 0 else "good" if place == bands - 1 else "caution"


def _width(value: float | None, top: float) -> float | None:
    return None if value is None else round(min(100.0, 100 * value / top), 2)


def _whisker(low: float | None, high: float | None, top: float) -> View:
    if low is None or high is None:
        return {"left": None, "span": None}
    start, end = _width(low, top) or 0.0, _width(high, top) or 0.0
    return {"left": start, "span": round(end - start, 2)}


def _captured(figures: Mapping[str, Any], result: Result) -> list[View]:
    capacity = result.get("capacity")
    first = "likeliest" if words_in(result)["by_probability"] else "lowest"
    named = [(f"{first} {top}{NARROW}%", str(top)) for top in (5, 10, 20)]
    named += [(f"your {plural(capacity['accounts'], 'account')}" if capacity else "your capacity", "capacity")]
    return [
        {
            "name": name,
            "capture": figures[f"capture_{key}"],
            "lift": figures.get(f"lift_{key}") or {"estimate": None},
            "revenue": figures.get(f"revenue_capture_{key}"),
        }
        for name, key in named
        if figures.get(f"capture_{key}")
    ]


def _lead(result: Result) -> View | None:
    lead = result.get("lead_time")
    if not lead or not lead.get("exits"):
        return None
    recall = [
        {
            "days": days,
            **one,
            "width": _width(one["rate"]["estimate"], 1.0) or 0.0,
            **_whisker(one["rate"].get("low"), one["rate"].get("high"), 1.0),
        }
        for days, one in sorted(lead["recall"].items(), key=lambda item: int(item[0]))
    ]
    colour = next((str(band["colour"]) for band in result.get("bands") or []), "red")
    return {**lead, "recall": recall, "colour": colour}


def _trained(row: Mapping[str, Any]) -> str:
    train = row.get("train") or {}
    if not train.get("n"):
        return ""
    return f"{count(train['n'])} scores to {train.get('last', '')}".rstrip(" to")


def _read(result: Result) -> Mapping[str, Mapping[str, Any]]:
    """What became of the rows of each source."""
    return (result.get("data") or {}).get("sources") or {}


def _sources(result: Result) -> list[View]:
    return [
        {
            "name": name,
            **{key: one.get(key) for key in ("rows_in", "used")},
            **{key: one.get(f"{key}_day") or one.get(f"{key}_date") for key in ("first", "last")},
            "dropped": [(reason(why), rows) for why, rows in (one.get("dropped") or {}).items()],
            "quarantined": [(reason(why), rows) for why, rows in (one.get("quarantined") or {}).items()],
            "columns": one.get("columns") or {},
        }
        for name, one in _read(result).items()
    ]


def _snapshots(rows: list[Mapping[str, Any]]) -> View:
    """Counters that were ever above 0, in the order of the first row."""
    names = [name for name in (rows[0] if rows else {}) if name != "as_of"]
    kept = [name for name in names if name in ("at_risk", "exited", "stayed") or any(row.get(name) for row in rows)]
    return {"snapshots": rows, "snapshot_columns": kept}


def lead_words(result: Result) -> str:
    """The outcome and its window, as a line under the title."""
    outcome, data = result.get("outcome") or {}, result.get("data") or {}
    sentence = str(outcome.get("sentence") or f"Left within {duration(outcome.get('horizon_days'))} of the score")
    asked = f"Question: {sentence[:1].lower()}{sentence[1:]}".rstrip(".")
    return f"{asked}. Data up to {day_text(data['data_end'])}." if data.get("data_end") else f"{asked}."


def difference_rows(result: Result) -> list[View]:
    """Chosen minus rival, with the word that the interval allows."""
    rows = []
    for model, figures in (result.get("differences") or {}).items():
        words = {name: better(name, figures.get(name)) for name in CONTRASTED}
        rows.append({"title": TITLES.get(model, model), "figures": figures, "verdicts": words})
    return rows


def better(name: str, one: Mapping[str, Any] | None) -> str:
    """The word that the interval of a difference allows: "better", "worse", or none; none for what has an ideal."""
    if not one or one.get("low") is None or one.get("high") is None or one["low"] <= 0 <= one["high"]:
        return ""
    higher = True if name in CAPACITY else METRICS[name].higher_is_better
    if higher is None:
        return ""
    return "better" if (one["low"] > 0) == higher else "worse"
