"""What a check found in the tables: display of `check`."""

from __future__ import annotations

from healthscore.display import Display, Mark, Table
from healthscore.pipelines.displays.shared import Result
from healthscore.pipelines.happenings import HAPPENINGS
from healthscore.pipelines.wording import count, percent, plural

TONES = {"error": "risk", "quarantine": "caution", "warning": "caution", "rule": "plain"}
"""Severity -> tone, the gravest first."""


def check_display(result: Result) -> Display:
    """Whether anything stands in the way of a run, what became of the rows, every fault with its remedy."""
    errors = sum(fault["severity"] == "error" for fault in result["faults"])
    said = "1 error stands" if errors == 1 else f"{count(errors)} errors stand"
    headline = Mark(f"{said} in the way of a run", "risk") if errors else Mark("Nothing stands in the way", "good")
    tables = (_faults(result), _sources(result), _rates(result))
    return Display("Check of the tables", result["title"], headline, tables=tables, notes=result["warnings"])


def _faults(result: Result) -> Table:
    order = list(TONES)
    rows = [
        (
            Mark(fault["severity"], TONES[fault["severity"]]),
            ".".join(filter(None, (fault["source"], fault["column"]))),
            fault["rule"],
            fault["remedy"],
            count(fault["count"]) if fault["count"] else "",
        )
        for fault in sorted(result["faults"], key=lambda fault: order.index(fault["severity"]))
    ]
    return Table("What was found", ("", "where", "rule", "remedy", "rows"), rows, left=4)


def _sources(result: Result) -> Table:
    rows = [
        (
            name,
            count(one["rows_in"]),
            count(one["used"]),
            count(sum(one["quarantined"].values())),
            count(sum(one["dropped"].values())),
            count(one["accounts"]),
            one["first_date"],
            one["last_date"],
        )
        for name, one in result["sources"].items()
    ]
    columns = ("source", "rows", "used", "set aside", "dropped", "accounts", "first", "last")
    return Table("Rows: all that came in were used, set aside, or dropped by a rule", columns, rows)


def _rates(result: Result) -> Table:
    if not result["base_rates"]:
        return Table("", (), ())
    words = HAPPENINGS[result["outcome"]["kind"]]
    rows = [
        (row["as_of"], count(row["at_risk"]), count(row["exits"]), percent(row["rate"]), count(row["immature"]))
        for row in result["base_rates"]
    ]
    asked = "asked about" if words.gain else "at risk"
    caption = f"What became of {plural(result['accounts'], 'account')}, date by date"
    return Table(caption, ("date", asked, words.did, "rate of the known", "still open"), rows)
