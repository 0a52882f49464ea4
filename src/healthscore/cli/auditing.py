"""`audit`: the published scores against what happened, with one verdict for people and one exit code for schedulers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from healthscore.cli.options import AsJson, DataRoot, OutRoot, RunFile, Shareable, as_date, write_shareable
from healthscore.cli.terminal import emit, near, paragraph, progress, say, table

if TYPE_CHECKING:
    from healthscore.pipelines.audit import AuditResult

Until = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        help="Audit what was published up to this date, by what was known then; the data end if none.",
        show_default=False,
    ),
]


def audit(
    run: RunFile = None,
    as_of: Until = None,
    shareable: Shareable = None,
    data: DataRoot = None,
    out: OutRoot = None,
    as_json: AsJson = False,
) -> None:
    """Hold the published scores against what happened: keep, recalibrate, retrain, or do not trust."""
    import healthscore

    when = None if as_of is None else as_date(as_of)
    made = healthscore.audit(run, as_of=when, data=data, out=out, progress=progress(as_json))
    write_shareable(made.directory, shareable)
    if as_json:
        emit(made.result)
    else:
        show_audit(made)
    raise typer.Exit(made.result["verdict"]["exit_code"])


def show_audit(made: AuditResult) -> None:
    """Print the verdict with its reasons, what a reader should know, and where the report lies."""
    from healthscore.pipelines.wording import count

    result = made.result
    verdict = result["verdict"]
    paragraph("", f"{verdict['verdict'].upper()}  {verdict['headline']}")
    for reason in verdict["reasons"]:
        paragraph(reason, indent="  ")
    _figures(result)
    newest = result["needs"]["dates"][-1]
    bands = ", ".join(f"{count(n)} {name}" for name, n in newest["bands"].items())
    paragraph(f"{newest['as_of']}, the newest scores: {bands}")
    for sentence in result["leavers"]["sentences"][:2]:
        paragraph(sentence)
    paragraph(*(f"note: {text}" for text in verdict["notes"]))
    say(f"report  {near(made.directory / 'report.html')}")


def _figures(result: Mapping[str, Any]) -> None:
    """Figures now and, where there is one, of the last audit; before outcomes are known, what is promised."""
    from healthscore.pipelines.auditing.before import figures_of
    from healthscore.pipelines.wording import figure

    before = result["previous"]
    if before is not None:
        rows = [
            (one["title"], *(figure(one[key], one["kind"], one["digits"]) for key in ("then", "now")))
            for one in before["figures"]
        ]
        said = f"The audit of {before['as_of']} said: {before['verdict']}"
        table(said, ("figure", before["as_of"], result["as_of"]), rows)
        return
    now = [(one["title"], figure(one["now"], one["kind"], one["digits"])) for one in figures_of(result)]
    if now:
        table("", ("figure", "now"), now)
    for one in (result["promised"] or {"open": []})["open"][-1:]:
        exits, auc = figure(one["exits"], "count"), figure(one["auc"], digits=2)
        words = result["outcome"]["words"]
        paragraph(f"{one['as_of']} promises {exits} {words['events']} and an AUC of {auc}, if calibration holds")
