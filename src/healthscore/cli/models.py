"""`healthscore models`: which version of a run's model scores, and the way there and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from healthscore.cli.groups import WholeSentences
from healthscore.cli.options import AsJson, DataRoot, OutRoot, RunFile
from healthscore.cli.terminal import emit, near, paragraph, progress, say, table

models = typer.Typer(
    name="models",
    help="Versions of a run's model: list them, promote the challenger, go back.",
    cls=WholeSentences,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Why = Annotated[str | None, typer.Option("--why", metavar="TEXT", help="The reason, for the history.")]
HAPPENED = {"registered": "registered", "promoted": "champion", "kept": "not promoted", "rolled back": "back again"}


@models.callback()
def group() -> None:
    """Versions of a run's model: list them, promote the challenger, go back."""


@models.command("list")
def list_versions(run: RunFile = None, data: DataRoot = None, out: OutRoot = None, as_json: AsJson = False) -> None:
    """List the versions, who is champion, and what happened."""
    import healthscore

    found = healthscore.versions(run, data=data, out=out)
    if as_json:
        emit(found)
        return
    if not found["versions"]:
        paragraph(f"{found['run']} has no version yet: `healthscore train` registers one")
        return
    rows = [
        (n["version"], n["alias"] or "", n["model"], n["features"], n["known_until"], n["scale"] or "own")
        for n in found["versions"]
    ]
    columns = ("version", "", "model", "features", "has seen until", "scale")
    table(f"Versions of {found['run']}", columns, rows, left=3)
    history = [_told(event) for event in found["events"] if event["event"] != "registered"]
    if history:
        table(
            "What happened", ("data until", "version", "", "log-loss less the champion's", "by", "why"), history, left=6
        )


@models.command()
def promote(
    run: RunFile = None,
    version: Annotated[
        int | None, typer.Option(min=1, help="Its number; the challenger if none.", show_default=False)
    ] = None,
    margin: Annotated[
        float, typer.Option(help="Share of the champion's log-loss by which it may be worse at most.")
    ] = 0.01,
    force: Annotated[bool, typer.Option("--force", help="Promote it whatever is found; needs --why.")] = False,
    why: Why = None,
    re_anchor: Annotated[
        bool, typer.Option("--re-anchor", help="Score on its own scale from now on, with a crosswalk from the old one.")
    ] = False,
    data: DataRoot = None,
    out: OutRoot = None,
    as_json: AsJson = False,
) -> None:
    """Hold the challenger against the champion, and let it score if it is not worse."""
    import healthscore

    made = healthscore.promote(
        run,
        version,
        margin=margin,
        force=force,
        why=why,
        re_anchor=re_anchor,
        data=data,
        out=out,
        progress=progress(as_json),
    )
    if as_json:
        emit(made.result)
        return
    _show(made.result)


@models.command()
def rollback(
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason, for the history.", show_default=False)],
    run: RunFile = None,
    data: DataRoot = None,
    out: OutRoot = None,
    as_json: AsJson = False,
) -> None:
    """Let the champion before this one score again, by the very bundle that it had."""
    import healthscore

    made = healthscore.rollback(run, why=why, data=data, out=out)
    if as_json:
        emit(made.result)
        return
    paragraph("", *made.result["sentences"])
    say(f"bundle  {near(made.result['bundle'])}")


def _show(result: Mapping[str, Any]) -> None:
    """Print what both were worth, what was decided, and what it does to scores."""
    from healthscore.pipelines.displays.kept import WORTH, worth_rows

    if result["comparison"] is not None:
        table("Held against each other", WORTH, worth_rows(result, result["comparison"]))
    paragraph(*result["sentences"], *(f"warning: {text}" for text in result["warnings"]))
    crosswalk = result["scale"]["crosswalk"]
    if crosswalk is not None:
        scores = crosswalk["scores"]["bundle"]
        both = [(f"{row['old']:g}", f"{row['new']:.1f}", f"{row['probability']:.1%}") for row in scores]
        table("Crosswalk", (f"scale {crosswalk['from']}", f"scale {crosswalk['to']}", "probability"), both)
    if result["bundle"] is not None:
        say(f"bundle  {near(result['bundle'])}")


def _told(event: Mapping[str, Any]) -> tuple[str, ...]:
    """A row of the history."""
    from healthscore.pipelines.wording import number

    happened = HAPPENED[event["event"]] + (", forced" if event["forced"] and event["event"] == "promoted" else "")
    difference = ((event["comparison"] or {}).get("difference") or {}).get("log_loss") or {}
    compared = "" if difference.get("estimate") is None else number(difference["estimate"], 4)
    return event["at"] or "", str(event["version"]), happened, compared, event["author"], event["why"] or ""
