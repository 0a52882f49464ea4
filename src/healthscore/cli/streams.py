"""Standard output and standard error: written so that whoever stops listening stops no job.

Errors, warnings and steps go to standard error, as lines for people or, where a scheduler asks for it (`--log-json`, or
HEALTHSCORE_LOG=json), as one JSON object per line. Standard output is the same in both.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from healthscore.cli.memory import cpu_seconds, peak_memory
from healthscore.errors import ConfigurationError, HealthScoreError

FORM = "HEALTHSCORE_LOG"
JSON, TEXT = "json", "text"
_log = {"form": TEXT}
"""How this process logs; not the environment itself, which processes that it starts would inherit."""
_quiet = {"asked": False}


class ReaderLeftError(Exception):
    """Whoever read standard output stopped reading: `healthscore ... | head`. No failure, and nothing to tell."""


class OutputError(HealthScoreError):
    """Standard output leads to a place that cannot be written, a full disk for example."""


def begin() -> None:
    """Set both streams up, and log in the form that the environment asks for."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal of another encoding shows ? and stops no job
    log_text()
    asked = os.environ.get(FORM) or TEXT
    if asked not in (JSON, TEXT):
        raise ConfigurationError(f"{FORM} is {asked!r}", f"set it to {JSON} or {TEXT}, or not at all")
    _log["form"] = asked


def log_json() -> None:
    """Log JSON from now on."""
    _log["form"] = JSON


def log_text() -> None:
    """Log lines for people from now on."""
    _log["form"] = TEXT


def logs_json() -> bool:
    """Whether standard error takes JSON lines."""
    return _log["form"] == JSON


def be_quiet(asked: bool = True) -> None:
    """Tell people nothing from now on but warnings and errors; a JSON object that is asked for is written still."""
    _quiet["asked"] = asked


def quiet() -> bool:
    """Whether nobody wants to be told of results and steps."""
    return _quiet["asked"]


def tell(text: str) -> None:
    """Write a text for people to standard output, unless they asked for quiet. Raises as `write` does."""
    if not quiet():
        write(text)


def write(text: str) -> None:
    """Write a text to standard output at once, if there is one.

    Raises
    ------
    ReaderLeftError
        Nobody reads it any more.
    OutputError
        It cannot be written.
    """
    if sys.stdout is None:  # closed by whoever started this process
        return
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_output()
        raise ReaderLeftError from None
    except OSError as error:
        _forget_output()
        raise OutputError(
            f"standard output cannot be written: {error.strerror}",
            "results that a command writes into files are complete; print them elsewhere",
        ) from None


def complain(text: str) -> None:
    """Write a text to standard error, if anybody listens there."""
    if sys.stderr is not None:
        with suppress(OSError):  # what cannot be told must not end a job that is sound
            sys.stderr.write(text)
            sys.stderr.flush()


def broken(text: str, indent: str = "") -> list[str]:
    """A text in lines of the terminal's width, at most 100 columns: longer ones are hard to read."""
    width = min(100, shutil.get_terminal_size((80, 24)).columns)
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def log(event: str, **said: Any) -> None:
    """Write one JSON line to standard error: when (UTC), what kind of event, and what is said of it."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    complain(json.dumps({"at": now, "event": event, **said}) + "\n")


@contextmanager
def logged_step(step: str) -> Iterator[Any]:
    """A step of a pipeline as two lines: when it begins, and when it ends, with its seconds and what it took."""
    log("step_begins", step=step)
    begun, used = time.monotonic(), cpu_seconds()
    yield lambda share: None
    seconds, used = round(time.monotonic() - begun, 3), round(cpu_seconds() - used, 3)
    log("step_ends", step=step, seconds=seconds, cpu_seconds=used, **peak_memory())


def _forget_output() -> None:
    """Let what is still in the buffer go nowhere: the interpreter would try to write it once more, and complain."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
