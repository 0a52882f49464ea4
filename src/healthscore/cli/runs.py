"""`healthscore runs`: finished runs, made again and told apart."""

from __future__ import annotations

import typer

runs = typer.Typer(
    name="runs",
    help="Finished runs: make one again, tell two apart, send what was not recorded.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@runs.callback()
def group() -> None:
    """Finished runs: make one again, tell two apart, send what was not recorded."""
