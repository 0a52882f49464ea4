"""`healthscore deliver`: what is published, sent where the run says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from healthscore.cli.options import AsJson, DataRoot, OutRoot, RunFile
from healthscore.cli.terminal import emit, near, paragraph, table

if TYPE_CHECKING:
    from healthscore.pipelines.delivery.jobs import Delivered

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be sent, and send nothing.")]


def deliver(
    run: RunFile = None,
    dry_run: DryRun = False,
    data: DataRoot = None,
    out: OutRoot = None,
    as_json: AsJson = False,
) -> None:
    """Deliver what is published, and what could not be delivered before.

    Exit code 0: everything has arrived. 2: something still waits.
    """
    import healthscore

    made = healthscore.deliver(run, dry_run=dry_run, data=data, out=out)
    if as_json:
        emit(made.result)
    else:
        show_delivered(made.delivered)
    if made.failed:
        raise typer.Exit(2)


def show_delivered(delivered: list[Delivered]) -> None:
    """Print what became of each delivery, and why something waits."""
    from healthscore.pipelines.publish import plain

    rows = [
        (one.delivery, one.as_of or one.publication, one.status, "" if one.rows is None else f"{one.rows:,}")
        for one in delivered
    ]
    table("Deliveries", ("delivery", "scores of", "status", "rows"), rows, left=3)
    for one in delivered:
        if one.error:
            paragraph(f"{one.delivery}: {one.error}")
        elif one.to:
            paragraph(f"{one.delivery}: {one.to if '://' in one.to else near(one.to)}")
        for row in one.sample:
            told = {name: value for name, value in plain(row).items() if value is not None}
            paragraph(f"{one.delivery} would send {json.dumps(told, ensure_ascii=False)}", indent="  ")
