"""The page of a study: whether tuning pays, the settings, and Optuna's plots of the search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from healthscore.models.tuning.plots import plots
from healthscore.models.tuning.study import Trial
from healthscore.pipelines import views
from healthscore.pipelines.tuning.told import gain_rows, setting_rows
from healthscore.pipelines.wording import count, day_text, figure, number, percent, plural

Result = Mapping[str, Any]
PLOTS = {
    "history": ("The search", "Log-loss of every setting that went through all folds, and the best so far."),
    "folds": ("Fold by fold", "Mean log-loss after each fold; lines that end early are settings that were given up."),
    "slices": ("One setting at a time", "Every trial by the value of each setting."),
    "parallel": ("All settings together", "Every trial as one line; darker is lower, and lower is better."),
    "importance": ("What mattered", "Share of the differences in log-loss that each setting explains (fANOVA)."),
}
COLUMNS = {
    "learning_rate": "learning rate",
    "leaves": "leaves",
    "minimum_rows_in_leaf": "rows in a leaf",
    "minimum_information_in_leaf": "exits in a leaf",
    "l2": "l2",
}
"""What the plots and the table of trials call them."""


def render_tuning(result: Result, trials: Sequence[Trial], seed: int) -> str:
    """Give the page as HTML; `trials` are those of the result."""
    from healthscore.pipelines.report import render_page

    return render_page("tuning.html.j2", result, tuning_view(result), plots(trials, COLUMNS, seed))


def tuning_view(result: Result) -> dict[str, Any]:
    """What `tuning.html.j2` shows."""
    pays = result["decision"] == "use"
    judged, past = result["judged"], result["past"]
    return {
        "title": result["title"],
        "kind": "Tuning of the trees",
        "asked": views.lead_words(result),
        "tone": "good" if pays else "caution",
        "mark": "Pays on later dates" if pays else "Keep the defaults",
        "headline": "Tuned trees do better." if pays else "Tuned trees are not used.",
        "sentences": [result["why"], seen(result), searched(result)],
        "tiles": _tiles(result),
        "settings": setting_rows(result),
        "gain": gain_rows(judged) if judged else [],
        "same_model": judged is None or judged["models"]["tuned"] == judged["models"]["untuned"],
        "plots": PLOTS,
        "trials": [{**trial, "best": trial["number"] == result["best"]["number"]} for trial in result["study"]],
        "columns": COLUMNS,
        "known_until": day_text(past["known_until"]),
        "sections": [
            ("verdict", "Verdict"),
            *([("gain", "Gain")] if judged else []),
            ("settings", "Settings"),
            ("search", "Search"),
            ("trials", "Trials"),
            ("reading", "How to read"),
        ],
    }


def seen(result: Result) -> str:
    """What the search was allowed to see, in words."""
    past, first = result["past"], result["judged_dates"][0]
    how = (
        f"on {plural(past['folds'], 'date')} inside it, each with trees of what was known by then"
        if past["folds_of"] == "dates"
        else f"on its accounts, left out in {past['folds']} turns: the past is too short to be replayed date by date"
    )
    sample = past["sample"]
    sampled = (
        "" if sample is None else f"; only those that looked promising on {count(sample['n'])} snapshots of it first"
    )
    return (
        f"The search saw what was known by {day_text(past['known_until'])}, before the first judged date, "
        f"{day_text(first)}: {count(past['n'])} snapshots. Settings were compared {how}{sampled}."
    )


def searched(result: Result) -> str:
    """How far the search went, in words."""
    tried = result["trials"]
    stopped = f" of {tried['asked']} asked for; the time was over" if tried["stopped"] else ""
    given_up = f", {tried['given_up']} of them given up early" if tried["given_up"] else ""
    return f"{plural(tried['finished'], 'setting')} tried{stopped}, the untuned default among them{given_up}."


def _tiles(result: Result) -> list[dict[str, str]]:
    default, best, judged = result["default"]["log_loss"], result["best"]["log_loss"], result["judged"]
    tiles = [
        {
            "value": percent((default - best) / default, 1),
            "range": f"{number(default, 4)} to {number(best, 4)}",
            "what": "less log-loss inside the past, where the best of many looks better than it is",
        }
    ]
    if judged:
        change = judged["log_loss"]["difference"]
        text = figure(change, digits=4)
        tiles.append(
            {
                "value": number(change["estimate"], 4),
                "range": text.partition(" ")[2],
                "what": f"change of the log-loss on {plural(len(judged['dates']), 'later date')}; less is better",
            }
        )
    return tiles
