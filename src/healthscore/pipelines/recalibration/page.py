"""What the report of a recalibration shows: the answer, the weights, the list, other outcomes, the change as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from healthscore.pipelines import views, weightcharts
from healthscore.pipelines.publish import plain
from healthscore.pipelines.recalibration.outcomes import outcome_columns, outcome_components
from healthscore.pipelines.report import render_page, sections
from healthscore.pipelines.weighing.variants import proposes
from healthscore.pipelines.weighing.view import weight_tiles, weight_view
from healthscore.pipelines.wording import NARROW, count, figure, number, percent

Result = Mapping[str, Any]
View = dict[str, Any]


def render_recalibration(result: Result) -> str:
    """Give the report of a recalibration's result as HTML."""
    result = plain(result)
    return render_page(
        "recalibration.html.j2", result, recalibration_view(result), {"weight_ranges": weightcharts.weights(result)}
    )


def recalibration_view(result: Result) -> View:
    """What `recalibration.html.j2` shows."""
    weights = weight_view(result)
    assert weights is not None  # noqa: S101 - a recalibration always has an answer
    extra = [result["gate"]["sentence"]] if result["gate"]["sentence"] else []
    view = views.shared({**result, "bands": ((result["scorecard"] or {}).get("as_it_is") or {}).get("bands")}, "") | {
        "kind": "Recalibration of a scorecard" if result["scorecard"] else "Weights of what is measured",
        "asked": views.lead_words(result),
        "tone": weights["tone"],
        "mark": weights["mark"],
        "headline": weights["sentences"][0],
        "sentences": [*weights["sentences"][1:], *extra],
        "tiles": weight_tiles(result),
        "card": card_words(result),
        "weights": weights,
        "gain": gain_rows(result),
        "gain_title": gain_title(result),
        "list": list_words(result),
        "columns": outcome_columns(result["outcomes"]) if len(result["outcomes"]) > 1 else [],
        "components": outcome_components(result["outcomes"]),
        "outcome_sentences": result["outcome_sentences"],
        "diff": diff_lines(result),
        "provenance": provenance_rows(result),
    }
    present = {
        "weights": ("Weights", view["weights"]),
        "gain": ("The list", view["gain"]),
        "bands": ("As it is", view["card"]),
        "outcomes": ("Outcomes", view["columns"]),
        "change": ("The change", view["diff"]),
        "provenance": ("Provenance", view["provenance"]),
    }
    return view | {"sections": [one for one in sections(present, result) if one[0] != "details"]}


def card_words(result: Result) -> list[str]:
    """The scorecard as it is, in sentences; nothing without one."""
    if result["scorecard"] is None:
        return []
    card, words = result["scorecard"]["as_it_is"], result["outcome"]["words"]
    said = []
    if card["auc"]["estimate"] is not None:
        said.append(
            "As it is, on every date whose outcomes are known, the scorecard gave the lower score to the account that "
            f"{words['did']} in {figure(card['auc'], 'percent', 0)} of pairs of one that did and one that "
            f"{words['kept']}; half of them is chance."
        )
    held = card["churners"]
    if held["exits"]:
        listed = f"the worst-scored {percent(held['share'], 0)} of each date held {figure(held['held'], 'count')}"
        said.append(f"Of {count(held['exits'])} {words['those']} {listed}.")
    return said


def gain_rows(result: Result) -> list[View]:
    """What the team's list held on later dates by old and new weights, and the log-loss saved; as texts."""
    gain, words = result["gain"], result["outcome"]["words"]
    rows = []
    if churners := gain.get("churners"):
        title = f"{words['those']} on the list (of {count(churners['exits'])})"
        rows.append({"title": title, **{key: figure(churners[key], "count") for key in ("old", "new", "difference")}})
    if revenue := gain.get("revenue"):
        cells = {key: figure(revenue[key], "percent", 0) for key in ("old", "new", "difference")}
        cells["difference"] = cells["difference"].replace(f"{NARROW}%", " points")
        rows.append({"title": "their revenue, as a share", **cells})
    tested = result["decision"] == "change" or not proposes(result)  # a change that was refused is none of these
    if tested and gain["log_loss"]["estimate"] is not None:
        saved = figure(gain["log_loss"], "number", 5)
        rows.append({"title": "log-loss saved", "old": "", "new": "", "difference": saved})
    return rows


def gain_title(result: Result) -> str:
    """What the figures of the gain are about."""
    if proposes(result):
        return "What the change would have found"
    return "What other weights would have saved"


def list_words(result: Result) -> str:
    """What the list is; where weights are kept, what was tested."""
    churners = result["gain"].get("churners")
    if not churners:
        return "The smallest change that the earlier dates asked for, which the later dates do not confirm."
    share = churners["share"]
    if capacity := result["list_capacity"]:
        size = f"{count(capacity)} accounts of each later date ({percent(share, 1)} of all)"
    else:
        size = f"{percent(share, 0)} of each later date"
    return f"The list is the worst-scored {size}: what the team can work through."


def diff_lines(result: Result) -> list[View]:
    """Lines of the change with the sort of each: same, added, removed, or head."""
    recommended = result["recommended"]
    sorts = {"+": "added", "-": "removed", "@": "head"}
    lines = [] if recommended is None else str(recommended["diff"]).splitlines()
    return [
        {"text": line, "sort": "head" if line.startswith(("+++", "---")) else sorts.get(line[:1], "same")}
        for line in lines
    ]


def provenance_rows(result: Result) -> list[tuple[str, str]]:
    """Where the recommended weights come from; where nothing changes, where those in force do."""
    recommended, card = result["recommended"], result["scorecard"]
    given = recommended["provenance"] if recommended else (card or {}).get("provenance")
    if not given:
        return []
    bounds = {name: ends for name, ends in given["intervals"].items() if None not in ends}
    rows = [
        ("Run", f"{given['run']}, {given['identity']}"),
        ("Replaces", given["replaces"]),
        ("History", f"{given['origins']} dates from {given['first']} to {given['last']}, {count(given['events'])} rows "
                    f"with the outcome; the data end before {given['data_end']}"),
    ]  # fmt: skip
    if variants := given.get("variants"):
        rows.append(("Variants", f"{', '.join(variants)}: weights of their own, by the same history"))
    if bounds:
        told = [f"{name} {number(low, 0)} to {number(high, 0)}" for name, (low, high) in bounds.items()]
        rows.append(("Ranges", f"{', '.join(told)} (per cent, with 95 % confidence)"))
    return rows
