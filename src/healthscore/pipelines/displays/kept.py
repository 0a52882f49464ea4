"""Versions of a model and finished runs held against each other: `promote`, `compare_runs`, `reproduce`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from healthscore.display import Display, Mark, Table
from healthscore.pipelines.displays.shared import Result
from healthscore.pipelines.wording import MISSING, count, figure, number, percent, plural

DECIDED = {
    "promoted": ("Version {version} is the champion", "good"),
    "kept": ("Version {version} is not promoted", "caution"),
    "rolled back": ("Version {version} is the champion again", "caution"),
}
"""Decision -> its headline and tone."""
WORTH = ("version", "AUC", "log-loss", "lift at 10 %")
DIGEST = 64
"""Letters of a SHA-256 digest."""


def promotion_display(result: Result) -> Display:
    """Which version scores, why, what both were worth, and what a score of before is now."""
    said, tone = DECIDED[result["decision"]]
    compared, crosswalk = result.get("comparison"), result["scale"].get("crosswalk")
    return Display(
        "Versions of the model",
        result["run"],
        Mark(said.format(**result), tone),
        result["sentences"],
        tables=[*([_worth(result, compared)] if compared else []), *([_crosswalk(crosswalk)] if crosswalk else [])],
        notes=result.get("warnings", ()),
    )


def _worth(result: Result, compared: Result) -> Table:
    return Table("Held against each other", WORTH, worth_rows(result, compared))


def worth_rows(result: Result, compared: Result) -> list[tuple[str, ...]]:
    """What challenger and champion (or the base rate) were worth, with intervals: rows under the columns `WORTH`."""
    names = {"champion": f"champion {result['before']}", "base_rate": "base rate"}
    return [
        (
            names.get(name, f"challenger {result['version']}"),
            figure(figures["auc"], digits=3),
            figure(figures["log_loss"], digits=4),
            figure(figures["lift_10"], digits=1),
        )
        for name, figures in compared["models"].items()
    ]


def _crosswalk(crosswalk: Result) -> Table:
    rows = [
        (number(row["old"], 0), number(row["new"], 1), percent(row["probability"]))
        for row in crosswalk["scores"]["bundle"]
    ]
    return Table("The same risk on both scales", ("score before", "score now", "probability"), rows, left=0)


def comparison_display(result: Result, figures: Mapping[str, tuple[Any, Any]], sections: Sequence[str]) -> Display:
    """What two finished runs have different, and `figures` of both; `sections` of the record are told one by one."""
    names = [f"{one['verb']} {one['identity']}" for one in result["runs"]]
    differing = [section for section in sections if result[section]]
    same = [section for section in sections if not result[section]]
    headline = Mark("They do not differ", "good") if result["same"] else Mark("They differ", "caution")
    told = [f"The same in both: {', '.join(same)}."] if same else []
    if not result["same_code"]:
        told.append("They were made by different code of this package.")
    tables = [
        Table(
            section.capitalize(),
            ("", "A", "B"),
            [(key, brief(pair["a"]), brief(pair["b"])) for key, pair in result[section].items()],
            left=3,
        )
        for section in differing
    ]
    beside = [(key, measured(a), measured(b), "" if a == b else "differs") for key, (a, b) in figures.items()]
    tables.append(Table("Figures", ("", "A", "B", ""), beside))
    return Display("Two runs, A and B", " and ".join(names), headline, told, tables=tables)


def reproduction_display(result: Result) -> Display:
    """Whether a run came out the same again, and what is no longer as it was."""
    files = result.get("files", {})
    other = [(file, said) for file, said in files.items() if said != "identical"]
    if result["identical"]:
        headline = Mark(f"All {count(len(files))} files are identical", "good")
    elif result["done_again"]:
        headline = Mark(f"{count(len(files) - len(other))} of {count(len(files))} files are identical", "risk")
    else:
        headline = Mark("It was not done again: what it read is no longer there as it was", "risk")
    tables = (
        Table("Files that differ", ("file", "what"), other, left=2),
        Table("Not as it was then", ("what", "then", "now"), then_and_now(result), left=3),
    )
    told = [f"Not as it was published: {', '.join(result['edited'])}."] if result["edited"] else []
    if result["forgotten"]:
        gone = plural(result["forgotten"], "account was", "accounts were")
        told.append(f"{gone} forgotten since, and removed from it: it cannot be made again.")
    return Display(
        "A run done again from its record", f"{result['verb']} {result['identity']}", headline, told, (), tables
    )


def then_and_now(result: Result) -> list[tuple[str, str, str]]:
    """What is no longer as the record of a run says: its name, what it was, what it is."""
    return [
        (f"{section}: {key}" if section != "environment" else key, brief(pair["then"]), brief(pair["now"]))
        for section in ("inputs", "read", "environment")
        for key, pair in result[section].items()
    ]


def brief(value: Any) -> str:
    """A value of a record in words: digests by their beginning."""
    if value is None:
        return "none"
    text = str(value)
    return text[:12] if len(text) == DIGEST and all(letter in "0123456789abcdef" for letter in text) else text


def measured(value: Any) -> str:
    """A figure of a result, with its interval where it has one."""
    if not isinstance(value, Mapping):
        return MISSING if value is None else f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"
    return figure(value, digits=3)
