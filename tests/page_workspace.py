"""Runs what pages show: commands and Python, in one folder, in the order of a page; and compares what they print."""

from __future__ import annotations

import contextlib
import io
import math
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from healthscore.cli import main

NUMBER = re.compile(r"(?<![\w-])[-−+]?\d[\d,]*(?:\.\d+)?(?![\w-])")
"""A number that is no part of an id or a date."""
LEFT_OUT = "[...]"
"""Stands on a page for lines that it does not show."""
TOLERANCE = 0.02
"""Other processors and versions of libraries give other last digits."""


def commands(text: str) -> list[str]:
    """The commands of a block, without comments; lines that end in a backslash go on."""
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    found = [shlex.join(shlex.split(line, comments=True)) for line in lines]
    return [line for line in found if line]


class PageWorkspace:
    """A folder in which blocks are run as a person would run them.

    Parameters
    ----------
    folder
        Where commands run first; `cd` moves on.

    Attributes
    ----------
    said
        What the last command or block said on standard error.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: dict[str, Any] = {"__name__": "page"}
        self.said = ""

    def command(self, line: str) -> tuple[int, str]:
        """Run `healthscore ...` or `cd ...`; returns the exit code, and what it printed on standard output."""
        words = shlex.split(line)
        if words[0] == "cd":
            self.folder = self.folder / words[1]
            return 0, ""
        assert words[0] == "healthscore", f"{line!r} is no command of ours"
        code = 0
        with self._inside() as printed:
            try:
                main(words[1:])
            except SystemExit as left:
                code = int(left.code or 0)
        return code, printed.getvalue()

    def python(self, text: str) -> str:
        """Run Python; blocks of a page share their names. Returns what was printed."""
        with self._inside() as printed:
            exec(compile(text, "page", "exec"), self.names)  # noqa: S102  # the documentation's own code
        return printed.getvalue()

    @contextlib.contextmanager
    def _inside(self) -> Iterator[io.StringIO]:
        """Work in the folder, on a terminal of 80 columns that is none, and take what is printed."""
        printed, said = io.StringIO(), io.StringIO()
        before, columns = Path.cwd(), os.environ.get("COLUMNS")
        os.environ["COLUMNS"] = "80"
        os.chdir(self.folder)
        try:
            with (
                contextlib.redirect_stdout(io.StringIO()) as printed,
                contextlib.redirect_stderr(io.StringIO()) as said,
            ):
                yield printed
        finally:
            self.said = said.getvalue()
            os.chdir(before)
            os.environ.pop("COLUMNS")
            if columns is not None:
                os.environ["COLUMNS"] = columns


def first_difference(shown: str, printed: str) -> str | None:
    """Where a page shows something else than was printed; None where it does not.

    Lines are compared without the blanks around them, empty ones not at all; `[...]` stands for any lines.
    """
    rest = [line.strip() for line in printed.splitlines() if line.strip()]
    loose = False
    for line in (line.strip() for line in shown.splitlines() if line.strip()):
        if line == LEFT_OUT:
            loose = True
            continue
        found = next((at for at, other in enumerate(rest) if alike(line, other)), None)
        if found is None or (found > 0 and not loose):
            return f"the page shows {line!r}; printed is {rest[:3]}"
        rest, loose = rest[found + 1 :], False
    return None if loose or not rest else f"the page does not show {rest[0]!r}"


def alike(shown: str, printed: str) -> bool:
    """Whether two lines have the same words, and numbers that are the same but for the last digits."""
    if [" ".join(part.split()) for part in NUMBER.split(shown)] != [
        " ".join(part.split()) for part in NUMBER.split(printed)
    ]:
        return False
    pairs = zip(NUMBER.findall(shown), NUMBER.findall(printed), strict=True)
    return all(_close(one, other) for one, other in pairs)


def _close(shown: str, printed: str) -> bool:
    one, other = (float(text.replace(",", "").replace("−", "-")) for text in (shown, printed))
    digit = 10.0 ** -len(shown.partition(".")[2])
    return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=2 * digit)
