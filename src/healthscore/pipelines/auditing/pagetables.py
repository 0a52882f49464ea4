"""The tables of an audit's report: cells as texts, one table per question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from healthscore.pipelines.auditing import acttables
from healthscore.pipelines.auditing.cells import Table, table
from healthscore.pipelines.auditing.writing import component_rows
from healthscore.pipelines.wording import MISSING, count, figure, listed, number, percent, plural

Result = Mapping[str, Any]
MISSING_TOLD = 0.1
MOST = 15
"""Rows of a long table; the CSV beside the report has all."""


def tables_of_page(result: Result) -> list[Table]:
    """All tables in the order of the page; a table without rows and facts is left out by the page."""
    return [
        _previous(result),
        _promised(result),
        _scorecard(result),
        _models(result),
        _components(result),
        _leavers(result),
        _drift(result),
        _sources(result),
        _needs(result),
        acttables.interventions(result),
        acttables.holdout(result),
        acttables.overrides(result),
    ]


def _previous(result: Result) -> Table:
    before = result.get("previous")
    rows = [] if before is None else [_then_and_now(one) for one in before["figures"]]
    lead = "" if before is None else f"The audit of {before['as_of']} said: {before['verdict']}."
    columns = ("Figure", (before or {}).get("as_of", ""), str(result["as_of"]))
    return table("previous", "Last audit", "Since the last audit", lead, columns, rows)


def _then_and_now(one: Mapping[str, Any]) -> list[str]:
    return [one["title"], *(figure(one[key], one["kind"], one["digits"]) for key in ("then", "now"))]


def _promised(result: Result) -> Table:
    promised, words = result["promised"] or {"open": [], "kept": None}, result["outcome"]["words"]
    rows = [
        [
            one["as_of"],
            count(one["n"]),
            figure(one["exits"], "count"),
            figure(one["auc"], digits=2),
            figure(one["capture"], "percent", 0),
        ]
        for one in promised["open"]
    ]
    facts = []
    if promised["kept"] is not None and result["pooled"]:
        auc = result["pooled"]["models"]["score"]["auc"]["estimate"]
        said = figure(promised["kept"]["auc"], digits=2)
        facts.append(f"Where outcomes are known, the same estimate promised an AUC of {said}; it was {number(auc, 2)}.")
    lead = (
        "What the probabilities promise for dates whose window is not over, with the range in which the figure should "
        "come out. An estimate: it assumes that the probabilities are as well calibrated as they were."
    )
    columns = ("Date", "Scores", str(words["events"]).capitalize(), "AUC", "In the worst tenth")
    return table("promised", "Promises", "Not known yet, and expected", lead, columns, rows, facts=facts)


def _scorecard(result: Result) -> Table:
    card = result["scorecard"]
    if card is None:
        return table("scorecard", "Scorecard", "", "")
    models, difference = card["models"], card["difference"]
    kinds = {"auc": ("AUC", "number", 3), "capture_10": ("In the worst tenth", "percent", 0)}
    rows = [
        [title, *(figure(one[metric], kind, digits) for one in (models["score"], models["scorecard"], difference))]
        for metric, (title, kind, digits) in kinds.items()
    ]
    said = {"score": "The model ranks better.", "scorecard": "The scorecard ranks better."}
    lead = f"Published scores of both on the same {count(card['n'])} accounts and dates. " + said.get(
        card["better"] or "", "Neither is shown to rank better."
    )
    return table(
        "scorecard", "Scorecard", f"Beside the scorecard {card['name']}", lead,
        ("Figure", "Model", "Scorecard", "Difference"), rows,
    )  # fmt: skip


def _models(result: Result) -> Table:
    rows = [
        [
            one["model"] + (" (in force)" if one["in_force"] else ""),
            count(one["dates"]),
            count(one["events"]),
            *(figure(one[name], *how) for name, how in _MODEL_FIGURES.items()),
        ]
        for one in result["models"]
    ]
    lead = "Every scorer that published. The verdict is about the one in force: another one's faults are history."
    columns = ("Scorer", "Dates", "Events", "AUC", "In the worst tenth", "Observed / expected", "Slope")
    return table("models", "Scorers", "Who scored", lead, columns, rows if len(rows) > 1 else [])


_MODEL_FIGURES: dict[str, tuple[str, int]] = {
    "auc": ("number", 3),
    "capture_10": ("percent", 0),
    "observed_expected": ("number", 2),
    "calibration_slope": ("number", 2),
}


def _components(result: Result) -> Table:
    rows = [
        [
            row["name"],
            percent(row["then"], 0),
            percent(row["now"], 0),
            figure(row["worth"], digits=1),
            figure(row["weight"], "percent", 0) if row["weight"] and row["weight"]["low"] is not None else MISSING,
            row["verdict"] or MISSING,
        ]
        for row in component_rows(result)
    ]
    lead = (
        "Which component moves the score, then and now (a description), and what history says it deserves: what a "
        "point of it is worth beside a point of the others, and its validated weight."
    )
    legend = (
        "Worth of a point: 1.0 is the average of all components; the verdict asks whether they differ by more than "
        "chance explains. Validated weight: share of the evidence, with its 95 % range."
    )
    columns = ("Component", "Moved then", "Moves now", "Worth of a point", "Validated weight", "Evidence")
    return table("components", "Components", "What moves the score, and what deserves to", lead, columns, rows,
                  legend=legend)  # fmt: skip


def _leavers(result: Result) -> Table:
    words, found = result["outcome"]["words"], result["leavers"]
    rows = [
        [
            row["label"],
            row["component"],
            figure(row["more"], "percent", 0),
            _value(row["happened"]),
            _value(row["others"]),
        ]
        for row in found["features"]
        if row["shown"]
    ][:MOST]
    lead = f"What differs most between accounts that {words['did']} and those that {words['kept']}, at the same dates."
    legend = (
        f"More: how often one that {words['did']} had more of it than one that {words['kept']}; half is no difference. "
        "Only what chance does not explain, all features judged together. A description: it does not say why."
    )
    columns = ("Feature", "Component", "More", f"Median: {words['did']}", f"Median: {words['kept']}")
    return table("common", "Common thread", f"What those that {words['did']} had in common", lead, columns, rows,
                  facts=[*found["sentences"], *_never_red(result)], legend=legend if rows else "")  # fmt: skip


def _never_red(result: Result) -> list[str]:
    red = result["never_red"]
    if red is None:
        return []
    words = result["outcome"]["words"]
    return [
        f"{figure(red['rate'], 'percent', 0)} of {plural(red['n'], str(words['event']), str(words['events']))} came "
        f"from accounts that no published score had put in “{red['band']}”."
    ]


def _value(value: float | None) -> str:
    return MISSING if value is None else number(value, 0 if float(value).is_integer() else 2)


def _drift(result: Result) -> Table:
    drift = result["drift"]
    if drift is None:
        return table("drift", "Drift", "", "")
    said = [_moved("Score", "", drift["score"])]
    said += [_moved(row["label"], row["component"], row) for row in drift["features"] if row["shown"]][:MOST]
    facts = [f"{count(drift['moved'])} of {count(drift['tested'])} features moved by more than chance explains."]
    why = [word for word, so in (("season", drift["season"]), ("weekday", drift["weekday"])) if so]
    if why and drift["moved"]:
        facts.append(f"The two dates are of another {listed(why, 'and of another')}, which alone may be why.")
    facts += [f"Features could not be compared: {drift['why']}"] if drift["why"] else []
    lead = f"Accounts scored on {drift['now']} against those scored on {drift['then']}, the first by this scorer."
    legend = (
        "Largest change of a share: some share of the accounts, “at most three log-ins”, say, changed by so much. "
        "Chance: of a change as large where nothing moved, accounts counted once; features are judged together."
    )
    columns = ("Feature", "Component", "Largest change of a share", "Chance", "Median then", "Median now")
    return table("drift", "Drift", "Has the book moved?", lead, columns, said, facts=facts, legend=legend)


def _moved(label: str, component: str, row: Mapping[str, Any]) -> list[str]:
    chance = MISSING if row["chance"] is None else "< 0.001" if row["chance"] < 0.001 else number(row["chance"], 3)
    medians = [_median(row[when], row[f"missing_{when}"]) for when in ("before", "after")]
    return [label, component, percent(row["size"], 0), chance, *medians]


def _median(value: float | None, missing: float | None) -> str:
    """A median, with the share of accounts that have no value where that is worth telling."""
    told = f" ({percent(missing, 0)} missing)" if missing is not None and missing >= MISSING_TOLD else ""
    return f"{_value(value)}{told}"


def _sources(result: Result) -> Table:
    rows = [
        [
            one["name"],
            count(one["rows"]),
            one["last"] or MISSING,
            count(one["days_since"]) if one["days_since"] is not None else MISSING,
            "silent" if one["stale"] else "",
            percent(one["covered_then"], 0),
            percent(one["covered"], 0),
            str(len(one["silences"]) or ""),
        ]
        for one in result["sources"]
    ]
    lead = "What each source held before the newest date, and the share of the scored accounts that it has news of."
    columns = ("Source", "Rows", "Last row", "Days since", "", "Covered then", "Covered now", "Silences")
    legend = (
        "Covered: a row in the 90 days before. Silences: stretches without a row that the source's own past makes "
        "improbable and that nobody declared; “silent” is one that has not ended."
    )
    return table("sources", "Sources", "Do the sources still feed the score?", lead, columns, rows, legend=legend)


def _needs(result: Result) -> Table:
    needs = result["needs"]
    names = list(dict.fromkeys(name for row in needs["dates"] for name in row["bands"]))
    rows = [
        [
            row["as_of"],
            count(row["accounts"]),
            *(count(row["bands"].get(name, 0)) for name in names),
            count(None if row["unscored"] is None else sum(row["unscored"].values())),
            count(row["low_confidence"]),
            count(row["known"]),
        ]
        for row in needs["dates"]
    ]
    facts = []
    if needs["capacity"] is not None:
        facts.append(f"The team can look after {plural(needs['capacity'], 'account')} at a time.")
    if needs["worklist"] is not None:
        facts.append(f"The published worklist has {plural(needs['worklist'], 'task')}.")
    columns = ("Date", "Scored", *(name.capitalize() for name in names), "No score", "Doubtful", "Outcome known")
    lead = "What was published at each date: does it still fit those who work with it?"
    return table("needs", "Output", "Does the output still fit?", lead, columns, rows, facts=facts)
