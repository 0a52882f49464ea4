"""What the terminal shows: tables, progress, warnings and errors. Plain when it is not a terminal."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any

from healthscore.errors import HealthScoreError


def emit(result: Mapping[str, Any]) -> None:
    """Print one JSON object on standard output, in ASCII: whatever a terminal or a pipe is declared to hold."""
    from healthscore.pipelines.publish import plain

    sys.stdout.write(json.dumps(plain(result), allow_nan=False) + "\n")


def say(*lines: str) -> None:
    """Print lines on standard output."""
    sys.stdout.write("\n".join(lines) + "\n")


def paragraph(*texts: str, indent: str = "") -> None:
    """Print texts broken at the terminal's width, at most 100 columns: longer lines are hard to read."""
    width = min(100, shutil.get_terminal_size((80, 24)).columns)
    for text in texts:
        broken = textwrap.wrap(
            text,
            width,
            initial_indent=indent,
            subsequent_indent=indent + "  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        say(*(broken or [""]))


def near(path: Path | str) -> str:
    """A path as a person would write it here: relative where it lies below the current directory."""
    given = Path(path)
    return str(given.relative_to(Path.cwd())) if given.is_relative_to(Path.cwd()) else str(given)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], left: int = 1) -> None:
    """Print a table: the first `left` columns flush left, the others flush right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    if title:
        paragraph("", title)
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for index, column in enumerate(columns):
        shown.add_column(column, justify="left" if index < left else "right", overflow="fold")
    for row in rows:
        shown.add_row(*("" if cell is None else str(cell) for cell in row))
    console = Console(highlight=False, markup=False)
    shown.collapse_padding = shown.__rich_measure__(console, console.options).maximum >= console.width
    console.print(shown)


def progress(quiet: bool = False) -> Any:
    """A listener for pipelines: a bar per step on standard error, if that is a terminal and nobody asked for quiet."""
    from healthscore.pipelines.progress import silent

    if quiet or not sys.stderr.isatty():
        return silent

    def listen(step: str) -> AbstractContextManager[Any]:
        return _bar(step)

    return listen


@contextmanager
def _bar(step: str) -> Iterator[Any]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<36}"), BarColumn(bar_width=24), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(step, total=None)
        yield lambda share: shown.update(task, total=1.0, completed=share)


def complain(error: HealthScoreError | str) -> None:
    """Print what went wrong on standard error."""
    sys.stderr.write(f"healthscore: {error}\n")


def warn(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: IO[str] | None = None,
    line: str | None = None,
) -> None:
    """Show a warning as one line, without the source line that a user has no use for."""
    sys.stderr.write(f"warning: {message}\n")
