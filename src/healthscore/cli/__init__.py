"""The command line: parse, call one pipeline, print, exit with a code. The only place that prints.

Exit codes: 0 done; 2 bad input, configuration or bundle; 3 the data cannot support what was asked;
4 a leak was found.
"""

from __future__ import annotations

import io
import sys
import warnings

from healthscore.cli.application import application
from healthscore.cli.terminal import complain, warn
from healthscore.errors import HealthScoreError

INTERRUPTED = 130
"""As a shell has it; Typer turns Ctrl-C into an exit with this code, without a word."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; the console script's entry point."""
    warnings.showwarning = warn
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal of another encoding shows ? and stops no job
    try:
        application(arguments, prog_name="healthscore")
    except HealthScoreError as error:
        complain(error)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, SystemExit) as stopped:
        if isinstance(stopped, SystemExit) and stopped.code != INTERRUPTED:
            raise
        complain("interrupted; nothing was published")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.exit(0)
