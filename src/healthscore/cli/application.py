"""Every command, by name."""

from __future__ import annotations

from typing import Annotated

import typer

from healthscore.cli import (
    admin,
    auditing,
    dashboard,
    data,
    delivering,
    history,
    keeping,
    modelling,
    models,
    recalibration,
    reporting,
    runs,
    scoring,
    streams,
    syncing,
    tuning,
)
from healthscore.cli.groups import WholeSentences

application = typer.Typer(
    name="healthscore",
    help="Customer health scores that are checked against what happened.",
    epilog="Exit codes: 0 done; 2 bad input, configuration or model, nothing published; 3 the data cannot support what "
    "was asked; 4 a leak was found; 5 the audit says act; 75 another job holds the lock.",
    cls=WholeSentences,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help: rich and its Markdown parser cost more than everything else that help needs
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@application.callback()
def options(
    context: typer.Context,
    log_json: Annotated[
        bool, typer.Option("--log-json", help="Log JSON lines on standard error (or set HEALTHSCORE_LOG=json).")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print nothing but warnings and errors; with --json, its object.")
    ] = False,
) -> None:
    """Customer health scores that are checked against what happened."""
    if log_json:
        streams.log_json()
    if quiet:
        streams.be_quiet()
    if streams.logs_json():
        streams.log("begins", command=context.invoked_subcommand)


for command in (
    modelling.demo,
    data.simulate,
    data.init,
    data.check,
    history.validate,
    data.features,
    modelling.train,
    modelling.backtest,
    tuning.tune,
    recalibration.recalibrate,
    scoring.score,
    scoring.explain,
    delivering.deliver,
    auditing.audit,
    reporting.report,
    dashboard.dashboard,
):
    application.command()(command)
application.add_typer(models.models)
runs.runs.command("list")(keeping.list_runs)
runs.runs.command()(keeping.verify)
runs.runs.command("gc")(keeping.clean)
runs.runs.command()(syncing.sync)
application.add_typer(runs.runs)
application.add_typer(admin.admin)
