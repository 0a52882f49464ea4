"""`healthscore runs list`, `runs verify`, `runs gc`: what lies there, whether it is whole, and what is not needed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from healthscore.cli.options import AsJson, RunFile, as_date
from healthscore.cli.terminal import emit, near, paragraph, table

Results = Annotated[
    Path | None, typer.Option("--out", help="Where the results lie, if not where the run says.", show_default=False)
]
OPTIONAL_RUN = Annotated[
    str | None, typer.Option("--run", help="The run, if not ./healthscore.toml.", show_default=False)
]
SHOWN = 20
UNITS = ((2**30, "GB"), (2**20, "MB"), (2**10, "kB"))


def list_runs(run: RunFile = None, out: Results = None, as_json: AsJson = False) -> None:
    """List finished runs: command, date, whether readers follow it, accounts, size."""
    import healthscore

    found = healthscore.list_runs(run, out=out)
    if as_json:
        emit(found)
        return
    rows = [
        (one["folder"], one["name"], one["as_of"], one["state"], _count(one["accounts"]), size(one["bytes"]))
        for one in found["runs"]
    ]
    table("", ("command", "run", "as of", "", "accounts", "size"), rows, left=4)
    paragraph(f"{len(rows):,} runs, {size(found['bytes'])} in {near(found['out'])}")


def verify(
    name: Annotated[
        str | None, typer.Argument(metavar="[RUN_ID]", help="Name of a finished run, or its directory; all if none.")
    ] = None,
    run: OPTIONAL_RUN = None,
    out: Results = None,
    as_json: AsJson = False,
) -> None:
    """Check every manifest, checksum and pointer of what was published.

    Exit code 0: all is as it was published. 2: not, with what is missing, torn, or not listed.
    """
    import healthscore

    found = healthscore.verify_runs(name, run, out=out)
    if as_json:
        emit(found.result)
    else:
        _show_verification(found.result)
    if not found.sound:
        raise typer.Exit(2)


def clean(
    run: RunFile = None,
    keep: Annotated[
        int, typer.Option("--keep", help="How many superseded or unnamed runs of each kind stay.", min=1)
    ] = 10,
    before: Annotated[
        str | None,
        typer.Option("--before", metavar="DATE", help="Remove the scores of earlier dates, too.", show_default=False),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed, and remove nothing.")] = False,
    out: Results = None,
    as_json: AsJson = False,
) -> None:
    """Remove what killed jobs left and what nothing follows any more."""
    import healthscore

    day = None if before is None else as_date(before, "--before")
    found = healthscore.clean_runs(run, out=out, keep=keep, before=day, dry_run=dry_run)
    if as_json:
        emit(found)
        return
    removed = [(near(one["path"]), one["why"], size(one["bytes"])) for one in found["removed"][:SHOWN]]
    if removed:
        table("", ("what", "why", "size"), removed, left=2)
    rest = f", {len(found['removed']) - SHOWN:,} of them not shown" if len(found["removed"]) > SHOWN else ""
    did = "would be removed" if dry_run else "removed"
    paragraph(f"{len(found['removed']):,} {did}, {size(found['bytes'])}{rest}")


def size(count: int) -> str:
    """Bytes in words."""
    for unit, name in UNITS:
        if count >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count} B"


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _show_verification(result: Mapping[str, Any]) -> None:
    faults = [(near(one["path"]), one["what"]) for one in result["faults"]]
    if faults:
        table("Not as it was published", ("what", "is"), faults[:SHOWN], left=2)
        rest = f", {len(faults) - SHOWN:,} of them not shown" if len(faults) > SHOWN else ""
        paragraph(f"{len(faults):,} faults{rest}")
    looked = f"{result['runs']:,} runs, {result['files']:,} files"
    pointers = f", {result['pointers']:,} pointers" if result["pointers"] else ""
    paragraph(f"{looked}{pointers} checked: " + ("all as they were published" if not faults else "not all are whole"))
