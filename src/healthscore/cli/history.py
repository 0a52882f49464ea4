"""`validate`: a score history that somebody else made, or the scorecard of a run, against what happened."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from healthscore.cli.options import AsJson, DataRoot, Shareable, write_shareable
from healthscore.cli.terminal import emit, near, paragraph, progress, say, table
from healthscore.cli.weights import show_weights
from healthscore.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from healthscore.pipelines.validate import Validation

BRIEFLY = 2
"""Sentences about the score itself where the question was its weights; the report has all of them."""
FILES = (".csv", ".tsv", ".txt", ".parquet", ".pq")
OF_A_RUN = ("scores", "exits", "weights", "data", "out", "as_json", "shareable")
"""Parameters that `validate RUN` has, too; everything else is said by the run itself."""
Column = Annotated[
    str | None, typer.Option(help="Name of this column, where it is not recognised.", show_default=False)
]


def validate(
    context: typer.Context,
    scores: Annotated[
        str | None,
        typer.Argument(
            metavar="SCORES|RUN",
            help="Score history, CSV or Parquet: account_id, date, score. Alone: a run, whose scorecard is validated.",
            show_default=False,
        ),
    ] = None,
    exits: Annotated[
        Path | None,
        typer.Argument(help="Exits, CSV or Parquet: account_id, date, and type if there is one.", show_default=False),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Argument(
            help="Weights of the score's components, which are columns of SCORES: component, weight; or a scorecard.",
            show_default=False,
        ),
    ] = None,
    horizon: Annotated[int, typer.Option(help="Days after a score in which an exit counts.")] = 90,
    gap: Annotated[
        int, typer.Option(help="Days after a score that are too late to act: exits in them do not count.")
    ] = 0,
    maturity: Annotated[int, typer.Option(help="Days after the window for which exits may still be recorded.")] = 0,
    edges: Annotated[
        str | None,
        typer.Option(help="Where the bands meet; as a scorecard says, else 40,70, if none.", show_default=False),
    ] = None,
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
    data: DataRoot = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Where results go; ./healthscore-out, or where the run says.", show_default=False),
    ] = None,
    shareable: Shareable = None,
    as_json: AsJson = False,
) -> None:
    """Check an existing score, and its weights, against the accounts that left: no model, no TOML."""
    if exits is None or scores is None:
        _refuse(context, scores)
        from healthscore.pipelines.validaterun import validate_run

        _tell(validate_run(scores, data=data, out=out, progress=progress(as_json)), as_json, shareable)
        return
    if data is not None:
        raise ConfigurationError("--data is the root of a run's sources", "name the files as they are")
    from healthscore.pipelines.validate import validate as run_validation

    found = run_validation(
        scores,
        exits,
        weights,
        horizon=horizon,
        gap=gap,
        maturity=maturity,
        edges=None if edges is None else _numbers(edges),
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
        out=out or Path("healthscore-out"),
        title=title,
        progress=progress(as_json),
    )
    _tell(found, as_json, shareable)


def _refuse(context: typer.Context, run: str | None) -> None:
    """Refuse what only makes sense for two files, before anything is read."""
    if run is not None and Path(run).suffix.lower() in FILES:
        raise ConfigurationError(
            f"{run} is a file of scores, and there is no file of exits",
            "healthscore validate SCORES EXITS [WEIGHTS]; a run is a TOML file or the name of a shipped one",
        )
    given = [
        parameter.opts[0]
        for parameter in context.command.params
        if parameter.name not in OF_A_RUN
        and (source := context.get_parameter_source(str(parameter.name))) is not None
        and source.name == "COMMANDLINE"
    ]
    if given:
        raise ConfigurationError(
            f"{', '.join(given)} belongs to `validate SCORES EXITS`; a run says all of that itself",
            "leave it out, or write it into the run",
        )


def _tell(found: Validation, as_json: bool, shareable: Path | None) -> None:
    write_shareable(found.directory, shareable)
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
    from healthscore.pipelines.wording import count

    headline, weighed = result["headline"], bool(result.get("verdict_sentences"))
    if weighed:
        show_weights(result)
        _show_notes(result)
        say("")
    paragraph(headline["title"], *headline["sentences"][: BRIEFLY if weighed else None])
    say("")
    _show_bands(result)
    if not weighed:  # whoever asked about weights finds these in the report
        _show_tenths(result)
    _show_segments(result)
    for name, source in result["data"]["sources"].items():
        aside = ", ".join(f"{count(rows)} {reason(why)}" for why, rows in source["dropped"].items())
        paragraph(
            f"{name}: {count(source['rows_in'])} rows = {count(source['used'])} used" + (f" + {aside}" if aside else "")
        )
    if not weighed:
        _show_notes(result)
    if directory is not None:
        say("", f"report: {near(directory / 'report.html')}", f"result: {near(directory / 'result.json')}")


def _show_notes(result: Mapping[str, Any]) -> None:
    if result["warnings"]:
        paragraph("", *(f"Note: {warning}" for warning in result["warnings"]))


def _show_bands(result: Mapping[str, Any]) -> None:
    from healthscore.pipelines.happenings import words_in
    from healthscore.pipelines.wording import count, figure, number, plural

    did = words_in(result)["did"]
    table(
        "What each band meant",
        ("band", "score", "rows", did, f"share that {did}", "times average"),
        [
            (
                band["name"],
                f"{number(band['low'], 0)}–{number(band['high'], 0)}",
                count(band["n"]),
                count(band["events"]),
                figure(band["rate"], "percent"),
                figure(band.get("relative")),
            )
            for band in result["bands"]
        ],
    )
    exits, rows = result["pooled"].get("exits"), result["pooled"]["events"]
    if exits and rows > exits:
        paragraph(f"A row is an account on a date: the {plural(exits, 'exit')} are seen from {count(rows)} rows.")


def _show_tenths(result: Mapping[str, Any]) -> None:
    from healthscore.pipelines.happenings import words_in
    from healthscore.pipelines.wording import count, figure, number, percent

    words = words_in(result)
    if not result["deciles"]:  # of a gain there are none
        return
    table(
        "Tenths, lowest scores first",
        ("score", "rows", words["did"], f"share that {words['did']}", f"{words['those']} so far"),
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


def _show_segments(result: Mapping[str, Any]) -> None:
    from healthscore.pipelines.happenings import words_in
    from healthscore.pipelines.wording import count, figure

    did = words_in(result)["did"]
    if result["segments"]:
        table(
            "Segments",
            ("segment", "rows", did, f"share that {did}", "AUC"),
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
