"""`healthscore runs sync`: what could not be recorded in MLflow, sent."""

from __future__ import annotations

import typer

from healthscore.cli.options import AsJson, DataRoot, OutRoot, RunFile
from healthscore.cli.terminal import emit, paragraph


def sync(run: RunFile = None, data: DataRoot = None, out: OutRoot = None, as_json: AsJson = False) -> None:
    """Send MLflow what could not be recorded when it was done.

    Exit code 0: nothing waits any more. 2: something still does.
    """
    import healthscore

    found = healthscore.synchronise(run, data=data, out=out)
    if as_json:
        emit({"sent": list(found.sent), "waiting": list(found.waiting)})
    elif not found.sent and not found.waiting:
        paragraph("Nothing waits to be recorded.")
    else:
        paragraph(*(f"sent    {name}" for name in found.sent), *(f"waiting {name}" for name in found.waiting))
    if found.waiting:
        raise typer.Exit(2)
