"""Every command, by name."""

from __future__ import annotations

import typer

from healthscore.cli import data, history, modelling, models, recalibration, runs, scoring, syncing, tuning

application = typer.Typer(
    name="healthscore",
    help="Customer health scores that are checked against what happened.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

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
):
    application.command()(command)
application.add_typer(models.models)
runs.runs.command()(syncing.sync)
application.add_typer(runs.runs)
