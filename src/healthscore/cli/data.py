"""Commands about data: simulate, init, check, features."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from healthscore.cli.leaks import show_leaks
from healthscore.cli.options import AsJson, DataRoot, OutRoot, RunFile
from healthscore.cli.terminal import emit, near, paragraph, progress, say, table

WORLDS = (
    "A kind of company (saas, b2b_services, ecommerce, finance, insurance, retail), or a software company with "
    "something else planted (null, learned-shapes, interactions, interventions, drift, involuntary, reactivation, "
    "leak-traps, ...)."
)


def simulate(
    out: Annotated[Path, typer.Option(help="Directory of the new workspace.")],
    world: Annotated[str, typer.Option(help=WORLDS)] = "saas",
    accounts: Annotated[int, typer.Option(min=1, help="How many accounts.")] = 2_000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same company.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Write a simulated company: raw tables, the truth planted in them, and a run."""
    import healthscore

    made = healthscore.simulate(world, accounts, seed, out)
    if as_json:
        emit(made.result)
        return
    table("", ("table", "rows"), [(name, f"{rows:,}") for name, rows in made.result["rows"].items()])
    say(f"{near(made.directory)}", f"next: healthscore backtest {near(made.directory / 'healthscore.toml')}")


def features(run: RunFile = None, data: DataRoot = None, out: OutRoot = None, as_json: AsJson = False) -> None:
    """Write every feature at every as-of date as Parquet, and the dictionary of what they mean."""
    import healthscore

    made = healthscore.panel(run, data=data, out=out, progress=progress(as_json))
    if as_json:
        emit(made.result)
        return
    dates = made.result["as_ofs"]
    say(
        f"{made.result['rows']:,} rows of {len(made.result['features'])} features: "
        f"{made.result['accounts']:,} accounts, {len(dates)} dates from {dates[0]} to {dates[-1]}",
        f"features    {near(made.directory / 'features.parquet')}",
        f"dictionary  {near(made.directory / 'dictionary.md')}",
    )


def init(
    tables: Annotated[list[Path], typer.Argument(help="Parquet or CSV files, or directories of them.")],
    out: Annotated[Path, typer.Option(help="The run to write.")] = Path("healthscore.toml"),
    force: Annotated[bool, typer.Option("--force", help="Replace the run if it is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look at your tables and write a commented run for them, to start from."""
    import healthscore

    with progress(as_json)("looking at the tables"):
        made = healthscore.initialise(tables, out, force)
    if as_json:
        emit(made.result)
        return
    show_proposal(made.result)
    say(f"wrote {made.path}", f"next: healthscore check {made.path}")


def show_proposal(result: Mapping[str, Any]) -> None:
    """Print what a proposed run says, and what it asks."""
    rows = [
        (name, s["contract"], f"{s['rows']:,}", s["columns"]["account_id"], when_of(s["columns"]))
        for name, s in result["sources"].items()
    ]
    table("Sources", ("source", "contract", "rows", "account", "when"), rows, left=2)
    signals = [(name, s["component"], ", ".join(s["families"])) for name, s in result["signals"].items()]
    table("Signals to start with", ("signal", "component", "families"), signals, left=3)
    outcome, dates = result["outcome"], result["as_of"]
    if outcome is None:
        paragraph("No table says who left: add a table of contracts, or one of events, then [outcome].")
    else:
        ahead = f"{outcome['horizon_days']} days" + (
            f" after a gap of {outcome['gap_days']}" if outcome["gap_days"] else ""
        )
        paragraph(f"Outcome: {outcome['kind']} of {outcome['source']} within {ahead}; {outcome['why']}.")
    paragraph(
        f"Dates: every {dates['every']} from {dates['first']} to {dates['last']}; "
        f"the data end on {result['data_end']}. Windows: {', '.join(str(window) for window in result['windows'])} days."
    )
    for name, reason in result["left_out"].items():
        paragraph(f"Not used: {name}: {reason}.")
    for number, question in enumerate(result["questions"], start=1):
        paragraph(f"Question {number}: {question}")


def when_of(columns: Mapping[str, str]) -> str:
    """The column that dates a source's rows; of days counted from a start, the count."""
    written = next((columns[name] for name in ("time", "start", "date") if name in columns), "")
    counted = written.rpartition(" + ")
    return f"days in {counted[2]}" if counted[0] else written


def check(
    run: RunFile = None,
    data: DataRoot = None,
    out: OutRoot = None,
    leaks: Annotated[
        bool, typer.Option("--leaks", help="Also ask whether the tables tell the past what happened later.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Open and check the sources: rows, accounts, dates, coverage, base rates, and how to mend each fault.

    With --leaks every feature is computed again without the future, and the exit code is 4 if anything knows it.
    """
    import healthscore

    made = healthscore.check(run, data=data, out=out, leaks=leaks, progress=progress(as_json))
    if as_json:
        emit(made.result)
    else:
        show_check(made.result)
        if leaks:
            show_leaks(made.result)
    if not made.ok:
        raise typer.Exit(2)
    if made.leaks:
        raise typer.Exit(4)


def show_check(result: Mapping[str, Any]) -> None:
    """Print what is there, and what is wrong with it."""
    sources = result["sources"]
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
    if rows:
        say("", "Rows: in = used + set aside + dropped by a rule")
        table("", ("source", "in", "used", "set aside", "dropped"), rows)
    for name, s in sources.items():
        for what, counts in (("set aside", s["quarantined"]), ("dropped", s["dropped"])):
            for reason, count in counts.items():
                say(f"  {name}: {count:,} {what} as {reason}")
    spans = [
        (name, f"{s['accounts']:,}", s["first_date"], s["last_date"], months_of(s["coverage"]))
        for name, s in sources.items()
    ]
    if spans:
        table("What they cover", ("source", "accounts", "first", "last", "months with rows"), spans)
    for name, s in sources.items():
        if s["lateness"]:
            paragraph(f"{name}: {s['lateness']}")
    show_snapshots(result)
    for severity, title in (
        ("error", "ERROR"),
        ("quarantine", "Set aside"),
        ("warning", "Warning"),
        ("rule", "By rule"),
    ):
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
        f"details  {result['directory']}",
    )


def show_snapshots(result: Mapping[str, Any]) -> None:
    """Print who was at risk at each date and what became of them, and by which rules snapshots are dropped."""
    if not result["base_rates"]:
        return
    from healthscore.pipelines.happenings import HAPPENINGS

    outcome = result["outcome"]
    rates = [
        (r["as_of"], f"{r['at_risk']:,}", f"{r['exits']:,}", "" if r["rate"] is None else f"{100 * r['rate']:.1f} %",
         f"{r['exit_in_gap']:,}", f"{r['censored']:,}", f"{r['immature']:,}")
        for r in result["base_rates"]
    ]  # fmt: skip
    first, last = outcome["gap_days"], outcome["gap_days"] + outcome["horizon_days"]
    name = outcome["kind"].replace("non_", "non-").replace("_", " ").capitalize()
    say(f"{name} between day {first} and day {last} after each date")
    words = HAPPENINGS[outcome["kind"]]
    asked = "asked about" if words.gain else "at risk"
    table("", ("as of", asked, words.did, "rate", "in gap", "censored", "immature"), rates)
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
    table("", ("dropped because", "snapshots", "accounts", "share"), rows)


def months_of(coverage: Mapping[str, Any] | None) -> str:
    """How many of a source's months have rows."""
    return "" if coverage is None else f"{coverage['months_with_rows']} of {len(coverage['months'])}"


def show_fault(title: str, fault: Mapping[str, Any]) -> None:
    """Print one finding: where, how many rows, the rule, and the remedy on a line of its own."""
    where = ".".join(part for part in (fault["source"], fault["column"]) if part)
    rows = (
        ""
        if not fault["count"]
        else f"; {fault['count']:,} rows" + (f" ({fault['share']:.2%})" if fault["share"] else "")
    )
    first = (
        f", first at {', '.join(fault['lines'])}"
        if fault["lines"]
        else f", in {fault['file']}"
        if fault["file"]
        else ""
    )
    paragraph(f"{title} {where}: {fault['rule']}{rows}{first} [{fault['code']}]")
    if fault["remedy"]:
        paragraph(f"remedy: {fault['remedy']}", indent="    ")
