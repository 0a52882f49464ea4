"""Starting the dashboard: what Streamlit is told, and what ends as an error before anything is served."""

from __future__ import annotations

import os
import shutil
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from healthscore.cli import main
from healthscore.dashboard import serving
from healthscore.dashboard.shelf import Shelf
from healthscore.errors import HealthScoreError, InsufficientDataError
from healthscore.pipelines.book import Book, open_book
from healthscore.pipelines.progress import Progress, silent
from two_publications import Company, copied

WAIT = 20.0
"""Seconds after which something waits for ever."""


def code_of(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["dashboard", *arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_nothing_is_sent_and_nobody_else_reaches_it_unless_asked() -> None:
    told = dict(serving.options("127.0.0.1", 8601, browser=False))
    assert told["server.address"] == "127.0.0.1"
    assert told["server.port"] == "8601"
    assert told["server.headless"] == "true"
    assert told["browser.gatherUsageStats"] == "false"
    assert told["server.enableCORS"] == told["server.enableXsrfProtection"] == "true"
    assert told["server.fileWatcherType"] == "none"
    assert told["theme.dark.backgroundColor"] == "#131619"
    hosts = [value for name, value in serving.options("127.0.0.1", 1, browser=True) if name == "server.allowedHosts"]
    assert hosts == ["127.0.0.1", "localhost"]
    assert "server.allowedHosts" not in dict(serving.options("0.0.0.0", 1, browser=True))  # noqa: S104 - what is asked


def test_streamlit_knows_every_option() -> None:
    from streamlit import config

    known = config.get_config_options()
    assert [name for name, _ in serving.options("127.0.0.1", 1, browser=True) if name not in known] == []


@pytest.mark.parametrize(
    ("address", "local", "written"),
    [
        ("127.0.0.1", True, "127.0.0.1"),
        ("127.3.2.1", True, "127.3.2.1"),
        ("::1", True, "[::1]"),
        ("localhost", True, "localhost"),
        ("0.0.0.0", False, "0.0.0.0"),  # noqa: S104 - what is asked
        ("192.168.1.5", False, "192.168.1.5"),
        ("example.com", False, "example.com"),
    ],
)
def test_addresses(address: str, local: bool, written: str) -> None:
    assert (serving.is_local(address), serving.host(address)) == (local, written)


def test_without_streamlit_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert code_of() == 2
    assert "pip install 'healthscore[dashboard]'" in capsys.readouterr().err


def test_nothing_published_is_an_error_before_anything_is_served(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run.toml").write_text('name = "empty"\n[sources.log]\npath = "log.csv"\ncontract = "events"\n')
    assert code_of(str(tmp_path / "run.toml"), "--no-browser") == InsufficientDataError.exit_code
    assert "score a date first" in capsys.readouterr().err


def test_a_port_that_is_taken_is_an_error(published: Company, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert code_of(str(published.run), "--no-browser", "--port", str(port)) == 2
    said = capsys.readouterr().err
    assert f"cannot listen at 127.0.0.1, port {port}" in said
    assert "--port" in said


def test_what_is_published_meanwhile_is_opened(published: Company, tmp_path: Path) -> None:
    with open_book(published.run) as book:
        copy = copied(book, tmp_path)
    opened: list[Book] = []

    def again() -> Book:
        opened.append(open_book(copy.run))
        return opened[-1]

    shelf = Shelf(again)
    first = shelf.book()
    assert shelf.book() is first
    other = first.directory.with_name("0" * 12)
    first.directory.rename(other)
    (other.parent / "CURRENT").write_text("0" * 12 + "\n")
    assert shelf.book().directory == other
    assert len(opened) == 2
    with pytest.raises(HealthScoreError, match="newer scores were published") as told, first.tables():
        pass
    assert "reload the page" in told.value.remedy
    shelf.close()


@pytest.mark.parametrize("where", ["the publication", "the history"])
def test_scores_that_are_rewritten_where_they_are_are_opened_anew(
    published: Company, tmp_path: Path, where: str
) -> None:
    with open_book(published.run) as book:
        copy = copied(book, tmp_path)
    shelf = Shelf(lambda: open_book(copy.run))
    first = shelf.book()
    changed = (first.directory if where == "the publication" else first.history[0].directory) / "scores.parquet"
    shutil.copy2(changed, tmp_path / "rewritten")
    (tmp_path / "rewritten").replace(changed)  # the same bytes and times: another file all the same
    second = shelf.book()
    assert second is not first
    assert second.edition != first.edition
    assert shelf.book() is second
    shelf.close()


def test_nobody_waits_while_the_past_is_read(
    published: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_book(published.run) as book:
        copy = copied(book, tmp_path)
    shelf = Shelf(lambda: open_book(copy.run))
    first = shelf.book()
    begun, ends = Event(), Event()
    asked: list[Book] = []

    def slow(book: Book, progress: Progress) -> Any:
        asked.append(book)
        begun.set()
        assert ends.wait(WAIT)
        return object()

    monkeypatch.setattr("healthscore.dashboard.shelf.open_what_if", slow)
    with ThreadPoolExecutor() as others:
        try:
            reading = others.submit(shelf.read_past, silent)
            assert begun.wait(WAIT)
            assert others.submit(shelf.book).result(WAIT) is first
            os.utime(first.directory / "scores.parquet", ns=(1, 1))
            second = others.submit(shelf.book).result(WAIT)
        finally:
            ends.set()
        read = reading.result(WAIT)
    assert shelf.what_if() is None, "the past of a book that is shown no more"
    assert shelf.read_past(silent) is not read
    assert shelf.read_past(silent) is shelf.what_if()
    assert asked == [first, second]
    shelf.close()
