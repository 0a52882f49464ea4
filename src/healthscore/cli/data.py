"""Commands about data: simulate, init, check, features."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from healthscore.cli.checks import show_check
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
    folder = near(made.directory)
    exports = (f"{folder}/exports/{name}.csv" for name in ("scores", "exits", "weights"))
    run = f"healthscore backtest {folder}/healthscore.toml"
    say(folder, f"next: {run}", f"or: healthscore validate {' '.join(exports)}")


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
