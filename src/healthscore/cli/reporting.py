"""`report`: what is published, as one HTML file for people without Python."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from healthscore.cli.options import AsJson, DataRoot, OutRoot, RunFile, Shareable
from healthscore.cli.terminal import emit, near, paragraph, progress, say

Card = Annotated[
    str | None,
    typer.Option("--scorecard", metavar="SCORECARD", help="Show the scores by this scorecard.", show_default=False),
]
To = Annotated[
    Path | None,
    typer.Option("--to", metavar="FILE", help="The file to write, if not one beside the results.", show_default=False),
]


def report(
    run: RunFile = None,
    scorecard: Card = None,
    to: To = None,
    shareable: Shareable = None,
    data: DataRoot = None,
    out: OutRoot = None,
    as_json: AsJson = False,
) -> None:
    """Write what is published as one HTML file: the book, every account, what to do, what other weights would do.

    It opens offline in any browser, with all of its tables and figures. It holds accounts by name.
    """
    import healthscore

    made = healthscore.report(
        run, scorecard, to=to, shareable=shareable, data=data, out=out, progress=progress(as_json)
    )
    if as_json:
        emit(made.result)
        return
    from healthscore.pipelines.wording import day_text, plural

    result = made.result
    size = f"{result['bytes'] / 1e6:.1f} MB"
    paragraph("", f"{plural(result['accounts'], 'account')} as of {day_text(result['as_of'])}, {size}, in one file")
    if result["untried"]:
        paragraph(f"note: other weights were not tried. {result['untried']}")
    say(f"report  {near(made.path)}")
