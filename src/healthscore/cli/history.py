"""`validate`: a score history that somebody else made, against what happened."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from healthscore.cli.options import AsJson
from healthscore.cli.terminal import emit, near, paragraph, progress, say, table
from healthscore.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

Column = Annotated[
    str | None, typer.Option(help="Name of this column, where it is not recognised.", show_default=False)
]


def validate(
    scores: Annotated[Path, typer.Argument(help="Score history, CSV or Parquet: account_id, date, score.")],
    exits: Annotated[Path, typer.Argument(help="Exits, CSV or Parquet: account_id, date, and type if there is one.")],
    horizon: Annotated[int, typer.Option(help="Days after a score in which an exit counts.")] = 90,
    gap: Annotated[
        int, typer.Option(help="Days after a score that are too late to act: exits in them do not count.")
    ] = 0,
    maturity: Annotated[int, typer.Option(help="Days after the window for which exits may still be recorded.")] = 0,
    edges: Annotated[str, typer.Option(help="Where the bands meet.")] = "40,70",
    data_end: Annotated[
        str | None,
        typer.Option(help="First day not in the data; the day after the last dated row if none.", show_default=False),
    ] = None,
    capacity: Annotated[
        int | None, typer.Option(min=1, help="Accounts that the team can look after at a time.", show_default=False)
    ] = None,
    types: Annotated[
        str | None,
        typer.Option(help="Types of exit that count; all but merged, closed, completed if none.", show_default=False),
    ] = None,
    returns: Annotated[bool, typer.Option("--returns", help="Accounts may leave, come back and leave again.")] = False,
    higher_is_riskier: Annotated[
        bool, typer.Option("--higher-is-riskier", help="The score counts risk, not health.")
    ] = False,
    scale: Annotated[
        float | None, typer.Option(min=0.001, help="Top of the scale of the scores; 100 if none.", show_default=False)
    ] = None,
    date_format: Annotated[
        str | None, typer.Option(help="How dates are written, such as %d/%m/%Y; ISO dates if none.", show_default=False)
    ] = None,
    keep_last: Annotated[
        bool, typer.Option("--keep-last", help="Of several scores of an account on one day, the last counts.")
    ] = False,
    account_column: Column = None,
    date_column: Column = None,
    score_column: Column = None,
    segment_column: Column = None,
    value_column: Column = None,
    exit_account_column: Column = None,
    exit_date_column: Column = None,
    exit_type_column: Column = None,
    title: Annotated[str | None, typer.Option(help="Heading of the report.", show_default=False)] = None,
    out: Annotated[Path, typer.Option(help="Where results go, under validate/.")] = Path("healthscore-out"),
    as_json: AsJson = False,
) -> None:
    """Check an existing score against the accounts that left: no model, no TOML."""
    from healthscore.pipelines.validate import validate as run_validation

    found = run_validation(
        scores,
        exits,
        horizon=horizon,
        gap=gap,
        maturity=maturity,
        edges=_numbers(edges),
        data_end=None if data_end is None else _date(data_end),
        capacity=capacity,
        types=None if types is None else [word.strip() for word in types.split(",")],
        returns=returns,
        higher_is_riskier=higher_is_riskier,
        scale=scale,
        date_format=date_format,
        duplicates="last" if keep_last else "error",
        score_columns=_named(
            account_id=account_column, date=date_column, score=score_column, segment=segment_column, value=value_column
        ),
        exit_columns=_named(account_id=exit_account_column, date=exit_date_column, type=exit_type_column),
        out=out,
        title=title,
        progress=progress(as_json),
    )
    if as_json:
        emit(found.result | {"directory": found.directory})
    else:
        _show(found.result, found.directory)


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise ConfigurationError(f"--edges {text!r} are no numbers", "write them as 40,70") from None


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"--data-end {text!r} is no date", "write it as YYYY-MM-DD") from None


def _named(**columns: str | None) -> dict[str, str]:
    return {name: column for name, column in columns.items() if column is not None}


def _show(result: Mapping[str, Any], directory: Path | None) -> None:
    from healthscore.pipelines.views import reason
    from healthscore.pipelines.wording import count, figure, number, percent

    headline = result["headline"]
    paragraph(headline["title"], *headline["sentences"])
    say("")
    table(
        "What each band meant",
        ("band", "score", "rows", "left", "share that left", "times average"),
        [
            (
                band["name"],
                f"{number(band['low'], 0)}–{number(band['high'], 0)}",
                count(band["n"]),
                count(band["events"]),
                figure(band["rate"], "percent"),
                figure(band["relative"]),
            )
            for band in result["bands"]
        ],
    )
    table(
        "Tenths, lowest scores first",
        ("score", "rows", "left", "share that left", "leavers so far"),
        [
            (
                f"{number(one['low'])} to {number(one['high'])}",
                count(one["n"]),
                count(one["events"]),
                figure(one["rate"], "percent"),
                percent(one["captured"], 0),
            )
            for one in result["deciles"]
        ],
    )
    if result["segments"]:
        table(
            "Segments",
            ("segment", "rows", "left", "share that left", "AUC"),
            [
                (
                    one["segment"],
                    count(one["n"]),
                    count(one["events"]),
                    figure(one["rate"], "percent"),
                    figure(one["auc"], digits=2),
                )
                for one in result["segments"]
            ],
        )
    for name, source in result["data"]["sources"].items():
        aside = ", ".join(f"{count(rows)} {reason(why)}" for why, rows in source["dropped"].items())
        paragraph(
            f"{name}: {count(source['rows_in'])} rows = {count(source['used'])} used" + (f" + {aside}" if aside else "")
        )
    if result["warnings"]:
        paragraph("", *(f"Note: {warning}" for warning in result["warnings"]))
    if directory is not None:
        say("", f"report: {near(directory / 'report.html')}", f"result: {near(directory / 'result.json')}")
