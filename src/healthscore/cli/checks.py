"""What `check` prints: what is there, who is at risk and what became of them, and every fault with its remedy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from healthscore.cli.terminal import near, paragraph, say, table

MOST_DATES = 24
"""As-of dates beyond which base rates are printed by quarter; the result keeps every date."""
TITLES = {"error": "ERROR", "quarantine": "Set aside", "warning": "Warning", "rule": "By rule"}
"""Severity -> how its findings begin, in the order in which they are printed."""


def show_check(result: Mapping[str, Any]) -> None:
    """Print what is there, and what is wrong with it."""
    show_sources(result)
    show_snapshots(result)
    say("")
    for severity, title in TITLES.items():
        for fault in result["faults"]:
            if fault["severity"] == severity:
                show_fault(title, fault)
    for text in result["warnings"]:
        paragraph(f"Warning: {text}")
    for name, path in result["quarantine"].items():
        say(f"rows of {name} that were set aside: {near(path)}")
    errors = sum(fault["severity"] == "error" for fault in result["faults"])
    said = "1 error: it stands" if errors == 1 else f"{errors} errors: they stand"
    say(
        f"{said} in the way of a run" if errors else "nothing stands in the way of a run",
        f"details  {near(result['directory'])}",
    )


def show_sources(result: Mapping[str, Any]) -> None:
    """Print what became of the rows of each source, what they cover, and which of them hide late rows."""
    from healthscore.pipelines.wording import late_rows

    sources = result["sources"]
    if not sources:
        return
    rows = [
        (
            name,
            f"{s['rows_in']:,}",
            f"{s['used']:,}",
            f"{sum(s['quarantined'].values()):,}",
            f"{sum(s['dropped'].values()):,}",
        )
        for name, s in sources.items()
    ]
    say("", "Rows: in = used + set aside + dropped by a rule")
    table("", ("source", "in", "used", "set aside", "dropped"), rows)
    told = {(fault["source"], fault["code"]) for fault in result["faults"]}
    for name, s in sources.items():
        for what, counts in (("set aside", s["quarantined"]), ("dropped", s["dropped"])):
            for reason, count in counts.items():
                if (name, reason) not in told:
                    say(f"  {name}: {count:,} {what} as {reason}")
    spans = [
        (name, f"{s['accounts']:,}", s["first_date"], s["last_date"], months_of(s["coverage"]))
        for name, s in sources.items()
    ]
    table("What they cover", ("source", "accounts", "first", "last", "months with rows"), spans)
    paragraph(*late_rows((name, s["lateness"]) for name, s in sources.items()))


def months_of(coverage: Mapping[str, Any] | None) -> str:
    """How many of a source's months have rows."""
    return "" if coverage is None else f"{coverage['months_with_rows']} of {len(coverage['months'])}"


def show_snapshots(result: Mapping[str, Any]) -> None:
    """Print who was at risk at each date and what became of them, and by which rules snapshots are dropped."""
    if not result["base_rates"]:
        return
    show_rates(result["outcome"], result["base_rates"])
    dropped = result["dropped_snapshots"]
    rows = [
        (
            f"learned from: {rule['words']}" if rule["kept"] else rule["words"],
            f"{rule['snapshots']:,}",
            f"{rule['accounts']:,}",
            f"{100 * rule['share']:.1f} %",
        )
        for rule in dropped
        if rule["snapshots"] or rule["kept"]
    ]
    say(f"Snapshots of all dates (accounts times dates): {sum(rule['snapshots'] for rule in dropped):,}")
    table("", ("learned from, or why not", "snapshots", "accounts", "share"), rows)


def show_rates(outcome: Mapping[str, Any], rates: Sequence[Mapping[str, Any]]) -> None:
    """Print base rates by date, or by quarter where there are many; in brackets where outcomes are still open."""
    from healthscore.pipelines.happenings import HAPPENINGS

    first, last = outcome["gap_days"], outcome["gap_days"] + outcome["horizon_days"]
    name = outcome["kind"].replace("non_", "non-").replace("_", " ").capitalize()
    paragraph("", f"{name} between day {first} and day {last} after each date")
    shown = list(rates)
    if len(rates) > MOST_DATES:
        paragraph(f"{len(rates)} dates, added up by quarter (in brackets, how many); result.json has each", indent="  ")
        shown = list(by_quarter(rates))
    words = HAPPENINGS[outcome["kind"]]
    asked = "asked about" if words.gain else "at risk"
    counted = ("at_risk", "exits", "rate", "exit_in_gap", "censored", "immature")
    rows = [(row["as_of"], *(rate_of(row) if key == "rate" else f"{row[key]:,}" for key in counted)) for row in shown]
    table("", ("as of", asked, words.did, "rate", "in gap", "unusable", "open"), rows)
    if any(row["immature"] and row["rate"] is not None for row in shown):
        paragraph("A rate in brackets is of the outcomes known so far: others are open, not over at the data end.")


def rate_of(row: Mapping[str, Any]) -> str:
    """The share of the known outcomes that happened; in brackets where others are still open."""
    if row["rate"] is None:
        return ""
    share = f"{100 * row['rate']:.1f} %"
    return f"({share})" if row["immature"] else share


def by_quarter(rates: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Add up base rates by the quarter of their dates."""

    def quarter(row: Mapping[str, Any]) -> str:
        year, month = str(row["as_of"]).split("-")[:2]
        return f"{year} Q{(int(month) + 2) // 3}"

    for name, rows in groupby(rates, quarter):
        dates = list(rows)
        counts = ("at_risk", "exits", "stayed", "exit_in_gap", "censored", "immature")
        total = {key: sum(row[key] for row in dates) for key in counts}
        known = total["exits"] + total["stayed"]
        yield {**total, "as_of": f"{name} ({len(dates)})", "rate": total["exits"] / known if known else None}


def show_fault(title: str, fault: Mapping[str, Any]) -> None:
    """Print one finding: where, how many rows, the rule, and the remedy on a line of its own."""
    where = ".".join(part for part in (fault["source"], fault["column"]) if part)
    rows = ""
    if fault["count"]:
        rows = f"; {fault['count']:,} {'row' if fault['count'] == 1 else 'rows'}"
        rows += f" ({fault['share']:.2%})" if fault["share"] else ""
    first = f", in {fault['file']}" if fault["file"] else ""
    first = f", first at {', '.join(fault['lines'])}" if fault["lines"] else first
    paragraph(f"{title} {where}: {fault['rule']}{rows}{first} [{fault['code']}]")
    if fault["remedy"]:
        paragraph(f"remedy: {fault['remedy']}", indent="    ")
