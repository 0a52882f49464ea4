"""Arguments and options that several commands share."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from healthscore.errors import ConfigurationError

RunFile = Annotated[
    str | None,
    typer.Argument(metavar="RUN", help="A run's TOML file, or the name of a shipped run; ./healthscore.toml if none."),
]
DataRoot = Annotated[
    Path | None, typer.Option("--data", help="Root of the run's sources (or set HEALTHSCORE_DATA).", show_default=False)
]
OutRoot = Annotated[Path | None, typer.Option("--out", help="Where results go.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, for other programs, and nothing else.")]

Shareable = Annotated[
    Path | None,
    typer.Option(
        "--shareable",
        metavar="FILE",
        help="Write a page for others to FILE, too: no accounts, no cells of fewer than five.",
        show_default=False,
    ),
]


def write_shareable(directory: Path | None, to: Path | None) -> None:
    """Write the page for others of the run in a directory, if one is asked for."""
    if directory is not None and to is not None:
        import healthscore

        healthscore.share(directory, to)


def as_date(text: str, option: str = "--as-of") -> date:
    """An ISO date of the command line."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise ConfigurationError(f"{option} {text!r} is no date", "write it as YYYY-MM-DD") from None
