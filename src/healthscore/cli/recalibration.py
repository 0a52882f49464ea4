"""`recalibrate`: the weights of a scorecard held against history, and a change that a person can approve."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from healthscore.cli.options import AsJson, DataRoot, OutRoot, RunFile
from healthscore.cli.terminal import emit, near, paragraph, progress, say, table
from healthscore.cli.weights import show_weights

if TYPE_CHECKING:
    from healthscore.pipelines.recalibrate import Recalibration

OUTCOMES_ABREAST = 3
"""Outcomes side by side in 80 columns."""


def recalibrate(
    run: RunFile = None,
    scorecard: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Another scorecard than the run's: a shipped one, or a TOML file.", show_default=False
        ),
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Write the recommended scorecard to this file, or into this folder. Nothing is written without it.",
            show_default=False,
        ),
    ] = None,
    data: DataRoot = None,
    out: OutRoot = None,
    as_json: AsJson = False,
) -> None:
    """Hold the weights of a scorecard against history, and change as little as the evidence asks."""
    import healthscore

    made = healthscore.recalibrate(
        run, scorecard=scorecard, data=data, out=out, write=write, progress=progress(as_json)
    )
    if as_json:
        emit(made.result)
    else:
        _show(made)


def _show(made: Recalibration) -> None:
    result = made.result
    paragraph("")
    show_weights(result)
    if result["gate"]["sentence"]:
        paragraph("", result["gate"]["sentence"])
    _gain(result)
    _as_it_is(result)
    _outcomes(result)
    if result["recommended"] is not None:
        paragraph("", "The change, to approve")
        say(result["recommended"]["diff"].rstrip("\n"), "")
    paragraph(*(f"warning: {text}" for text in result["warnings"]))
    _written(made)
    say(f"report  {near(made.directory / 'report.html')}")


def _as_it_is(result: Mapping[str, Any]) -> None:
    from healthscore.pipelines.recalibration.page import card_words
    from healthscore.pipelines.wording import count, figure

    if said := card_words(result):
        paragraph("", *said)
        words = result["outcome"]["words"]
        bands = [
            (band["name"], f"{band['low']:g}–{band['high']:g}", count(band["n"]), figure(band["rate"], "percent"))
            for band in result["scorecard"]["as_it_is"]["bands"]
        ]
        if bands:
            table("What each band meant", ("band", "score", "scores", f"share that {words['did']}"), bands)


def _gain(result: Mapping[str, Any]) -> None:
    from healthscore.pipelines.recalibration.page import gain_rows, gain_title, list_words

    rows = [(row["title"], row["old"], row["new"], row["difference"]) for row in gain_rows(result)]
    if rows:
        table(f"{gain_title(result)} on later dates", ("", "now", "new", "difference"), rows)
        paragraph(list_words(result))


def _outcomes(result: Mapping[str, Any]) -> None:
    """Which signals came before what, a few outcomes at a time."""
    from healthscore.pipelines.recalibration.outcomes import outcome_columns, outcome_components

    entries = result["outcomes"]
    if len(entries) < 2:
        return
    columns, names = outcome_columns(entries), outcome_components(entries)
    for low in range(0, len(columns), OUTCOMES_ABREAST):
        shown = columns[low : low + OUTCOMES_ABREAST]
        rows = [("accounts that had it", *(f"{column['exiting']:,}" for column in shown))]
        rows += [(name, *(_cell(column, place) for column in shown)) for place, name in enumerate(names)]
        title = "" if low else "Which signals came before what: weights that history supports, in %"
        table(title, ("", *(column["title"] for column in shown)), rows)
    paragraph(*result["outcome_sentences"])


def _cell(column: Mapping[str, Any], place: int) -> str:
    """The weight where history confirms it, else the verdict, else why there is none."""
    cell = column["cells"][place]
    if not cell["verdict"]:
        return "–" if column["judged"] else str(column["evidence"])
    return str(cell["weight"] if cell["tone"] == "good" else cell["verdict"])


def _written(made: Recalibration) -> None:
    writing = made.result["writing"]
    if writing["file"]:
        paragraph(f"written {near(writing['file'])}")
    elif writing["asked"]:
        paragraph(f"nothing was written: {writing['why_not']}")
    elif made.result["recommended"] is not None:
        file = near(made.directory / "recalibrated.toml")
        paragraph("nothing was written outside the results; --write PATH puts the new scorecard in its place")
        say(f"new     {file}")
