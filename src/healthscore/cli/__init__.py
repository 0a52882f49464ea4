"""The command line: parse, call one pipeline, print, exit with a code. The only place that prints.

Exit codes: 0 done; 2 bad input, configuration or bundle; 3 the data cannot support what was asked; 4 a leak was found;
5 the audit says act; 75 another job holds the lock; 130 interrupted; 1 a fault of this package.
"""

from __future__ import annotations

import sys
import time
import traceback
import warnings

from healthscore.cli import streams
from healthscore.cli.application import application
from healthscore.cli.memory import keep_within_limit, shortage
from healthscore.cli.terminal import complain, warn
from healthscore.errors import HealthScoreError

FAULT = 1
INTERRUPTED = 130
"""As a shell has it; Typer turns Ctrl-C into this exit code, without a word."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; the console script's entry point."""
    warnings.showwarning = warn
    begun = time.monotonic()
    code = _code_of(arguments)
    if streams.logs_json():
        streams.log("ends", exit_code=code, seconds=round(time.monotonic() - begun, 3))
        streams.log_text()  # whoever calls this again in the same process asks for JSON again
    streams.be_quiet(False)  # and for quiet
    sys.exit(code)


def _code_of(arguments: list[str] | None) -> int:
    """Run a command and tell what went wrong, if anything did; its exit code."""
    try:
        keep_within_limit()
        streams.begin()
        code = int(application(arguments, prog_name="healthscore", standalone_mode=False) or 0)
        if code == INTERRUPTED:
            return _told("interrupted; nothing was published", INTERRUPTED)
        return code
    except HealthScoreError as error:
        error = shortage(error) or error
        return _told(error, error.exit_code)
    except KeyboardInterrupt:
        return _told("interrupted; nothing was published", INTERRUPTED)
    except streams.ReaderLeftError:
        return 0
    except Exception as error:
        if hasattr(error, "format_message"):  # of Typer: the command line cannot be understood
            return _misunderstood(error, error.format_message())
        if (short := shortage(error)) is not None:
            return _told(short, short.exit_code)
        if not streams.logs_json():
            raise
        what = f"{type(error).__name__}: {error}"
        streams.log("error", kind="fault", what=what, traceback=traceback.format_exc(), exit_code=FAULT)
        return FAULT


def _told(error: HealthScoreError | str, code: int) -> int:
    """Say what went wrong, in the form that is asked for; returns the exit code."""
    if not streams.logs_json():
        complain(error)
    elif isinstance(error, HealthScoreError):
        streams.log("error", kind=type(error).__name__, what=error.what, remedy=error.remedy, exit_code=code)
    else:
        streams.log("error", kind="interrupted", what=error, remedy="", exit_code=code)
    return code


def _misunderstood(error: Exception, message: str) -> int:
    """Tell of a wrong option, command or argument as Typer does, or as a JSON line."""
    code = int(getattr(error, "exit_code", 2))
    if streams.logs_json():
        remedy = "healthscore --help tells commands and options"
        streams.log("error", kind="usage", what=message, remedy=remedy, exit_code=code)
    else:
        from typer.rich_utils import rich_format_error

        rich_format_error(error)  # type: ignore[arg-type]  # the class is a private one of Typer's
    return code
