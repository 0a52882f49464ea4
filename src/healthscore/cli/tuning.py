"""`tune`: how the trees grow, searched inside the past and judged on later dates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from healthscore.cli.options import AsJson, DataRoot, OutRoot, RunFile
from healthscore.cli.terminal import emit, near, paragraph, progress, say, table

if TYPE_CHECKING:
    from healthscore.pipelines.tune import TuneResult


def tune(
    run: RunFile = None,
    trials: Annotated[int, typer.Option(min=1, help="Settings to try in all, the default among them.")] = 40,
    timeout: Annotated[
        float | None,
        typer.Option(min=1, metavar="SECONDS", help="Begin no new setting after so long.", show_default=False),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that try a setting each.")] = 1,
    write: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Write the settings to this file, or into this folder, if they pay on later dates.",
            show_default=False,
        ),
    ] = None,
    data: DataRoot = None,
    out: OutRoot = None,
    as_json: AsJson = False,
) -> None:
    """Search how the trees should grow, inside the past, and say whether that pays on later dates."""
    import healthscore

    made = healthscore.tune(
        run,
        trials=trials,
        timeout=timeout,
        workers=workers,
        write=write,
        data=data,
        out=out,
        progress=progress(as_json),
    )
    if as_json:
        emit(made.result | {"found": made.found})
    else:
        _show(made)


def _show(made: TuneResult) -> None:
    from healthscore.pipelines.tuning.page import searched, seen
    from healthscore.pipelines.tuning.told import gain_rows, setting_rows
    from healthscore.pipelines.wording import plural

    result = made.result
    went_on = [f"{plural(made.found, 'of them was', 'of them were')} finished before, and not tried again."]
    paragraph("", result["why"], seen(result), " ".join([searched(result), *(went_on if made.found else [])]))
    if result["judged"]:
        columns = ("on later dates", "untuned", "tuned", "difference")
        table("", columns, gain_rows(result["judged"]))
        table("", ("setting", "default", "best found"), setting_rows(result))
    if result["writing"]["why_not"]:
        paragraph(f"--write wrote nothing: {result['writing']['why_not']}")
    paragraph(*(f"warning: {text}" for text in result["warnings"]))
    say(f"study   {near(made.directory / 'study.html')}")
    if result["tuned"] is not None:
        say(f"tuned   {near(made.written or made.directory / 'tuned.toml')}")
