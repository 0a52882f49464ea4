"""`report`: what is published, as one HTML file for people without Python."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from healthscore.config import Run, Scorecard
from healthscore.display import Display, Displayed
from healthscore.errors import ConfigurationError
from healthscore.pipelines import durable
from healthscore.pipelines.book import Book, open_book
from healthscore.pipelines.bookreport.packing import PAGE, REPORT
from healthscore.pipelines.bookreport.page import LEFT_OUT, render_book
from healthscore.pipelines.bookreport.sharing import render_shared
from healthscore.pipelines.bookreport.variants import tried_weights
from healthscore.pipelines.progress import Progress, silent
from healthscore.pipelines.publish import attempt_of, run_directory, run_identity, write_json
from healthscore.pipelines.report import write_report
from healthscore.pipelines.runs.record import run_record
from healthscore.pipelines.wording import count, day_text
from healthscore.pipelines.working import working


@dataclass(frozen=True, repr=False)
class BookReport(Displayed):
    """A written report.

    Attributes
    ----------
    path
        The HTML file.
    result
        JSON object of the command.
    """

    path: Path
    result: dict[str, Any]

    def display(self) -> Display:
        """What a notebook shows."""
        told = [f"{count(self.result['accounts'])} accounts, as of {day_text(self.result['as_of'])}", str(self.path)]
        return Display("Report", self.result["run"], sentences=told)


def report(
    run: Run | str | Path | None = None,
    scorecard: Scorecard | str | Path | None = None,
    *,
    to: str | Path | None = None,
    shareable: str | Path | None = None,
    data: str | Path | None = None,
    out: str | Path | None = None,
    progress: Progress = silent,
) -> BookReport:
    """Write what is published of a run as one HTML file that opens offline: the views of the dashboard.

    The same inputs give the same bytes.

    Parameters
    ----------
    run, scorecard, data, out
        As of `book.open_book`.
    to
        The file to write; None: a run's directory of its own, `report/<identity>/report.html`, beside the results.
    shareable
        A file for others that is written, too: without accounts, and without cells of fewer than five.

    Raises
    ------
    InsufficientDataError
        Nothing is published.
    ConfigurationError
        The publication is damaged, there is no such scorecard, or no folder that the file could lie in.
    """
    with open_book(run, scorecard, data=data, out=out) as book:
        target, shared = (None if one is None else _target(one) for one in (to, shareable))
        with working(book.run.out, "writing a report"):
            return _written(book, target, shared, progress)


def _target(file: str | Path) -> Path:
    """The file to write.

    Raises
    ------
    ConfigurationError
        It is a folder, or there is none that it could lie in.
    """
    target = Path(file).expanduser().resolve()
    if target.is_dir() or not target.parent.is_dir():
        what = f"{file} is a folder" if target.is_dir() else f"there is no folder {target.parent}"
        raise ConfigurationError(what, "name a file in a folder that there is, as book.html")
    return target


def _written(book: Book, target: Path | None, shared: Path | None, progress: Progress) -> BookReport:
    with progress("trying other weights on history"):
        tried = tried_weights(book)
    with progress("writing the report"):
        html = render_book(book, tried)
        if shared is not None:
            durable.put(shared, render_shared(book, tried).encode())
        said = {
            "run": book.run.name,
            "as_of": book.now.as_of.isoformat(),
            "series": book.series,
            "published": book.directory.name,
            "accounts": len(book.table),
            "bytes": len(html.encode()),
            "left_out": LEFT_OUT,
            "untried": tried.why,
        }
        if target is not None:
            durable.put(target, html.encode())
            return BookReport(target, said | {"report": str(target)})
        directory = _kept(book, html, said)
    path = directory / PAGE
    return BookReport(path, said | {"identity": directory.name, "directory": str(directory), "report": str(path)})


def _kept(book: Book, html: str, said: dict[str, Any]) -> Path:
    """Write the page into a run's directory; it is named after what the page holds."""
    page = hashlib.sha256(html.encode()).hexdigest()
    identity = run_identity(book.run, REPORT, {"page": page}, afterwards=True, series=book.series)
    arguments = {"as_of": said["as_of"], "series": book.series, "published": book.directory.name}
    texts = {"history": "\n".join(f"{one.as_of} {one.directory.name}" for one in book.history)}
    record = run_record(book.run, REPORT, identity, {}, arguments=arguments, texts=texts, afterwards=True)
    with run_directory(book.run.out, REPORT, identity, record=record) as directory:
        write_report(html, directory / PAGE)
        write_json(directory / "result.json", said | {"identity": identity})
    return attempt_of(book.run.out, REPORT, identity)
