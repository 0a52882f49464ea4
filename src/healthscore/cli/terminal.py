"""What the terminal shows: tables, progress, warnings and errors. Plain when it is not a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any

from healthscore.cli import streams
from healthscore.errors import HealthScoreError


def emit(result: Mapping[str, Any]) -> None:
    """Print one JSON object on standard output, in ASCII: whatever a terminal or a pipe is declared to hold."""
    from healthscore.pipelines.publish import plain

    streams.write(json.dumps(plain(result), allow_nan=False) + "\n")


def say(*lines: str) -> None:
    """Print lines on standard output."""
    streams.tell("\n".join(lines) + "\n")


def paragraph(*texts: str, indent: str = "") -> None:
    """Print texts broken at the terminal's width, at most 100 columns."""
    for text in texts:
        say(*(streams.broken(text, indent) or [""]))


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
    with console.capture() as printed:
        console.print(shown)
    streams.tell(printed.get())


def progress(as_json: bool = False) -> Any:
    """A listener for pipelines: a bar per step on standard error, if that is a terminal and people want to be told.

    Where JSON is logged, two lines per step, terminal or not.
    """
    from healthscore.pipelines.progress import silent

    if streams.logs_json():
        return streams.logged_step
    if as_json or streams.quiet() or sys.stderr is None or not sys.stderr.isatty():
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
    streams.complain(f"healthscore: {error}\n")


def warn(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: IO[str] | None = None,
    line: str | None = None,
) -> None:
    """Show a warning, without the source line that a user has no use for."""
    if streams.logs_json():
        streams.log("warning", kind=category.__name__, message=str(message))
    else:
        streams.complain("\n".join(streams.broken(f"warning: {message}")) + "\n")
