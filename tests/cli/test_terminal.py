"""What the terminal shows: tables as wide as it is, bars, and plain text where nobody looks at one."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
import typer

from healthscore.cli import main, streams
from healthscore.cli.application import application
from healthscore.cli.terminal import complain, emit, paragraph, progress, say, table, warn

ROW = ("needs attention", "40–70", "59,118", "1,731", "12.9 % (12.5–13.4)", "11.1 (10.1–11.2)")
HEADS = ("band", "score", "rows", "left", "share that left", "times average")


def shown(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line for line in capsys.readouterr().out.splitlines() if line.strip()]


def test_a_table_that_is_too_wide_stands_closer_before_it_breaks_cells(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    table("", HEADS, [ROW])
    lines = shown(capsys)
    assert len(lines) == 3, "head, line, row"
    assert max(map(len, lines)) <= 80
    monkeypatch.setenv("COLUMNS", "120")
    table("", HEADS, [ROW])
    wide = shown(capsys)
    assert len(wide[2].rstrip()) > len(lines[2].rstrip()), "airy where there is room"


# --- whoever does not look at a terminal -----------------------------------------------------------------------------


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


COLOUR = re.compile(r"\x1b\[[0-9;]*(?:3[0-8]|4[0-8]|9[0-7])")


@pytest.fixture
def able(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment whose terminal can do everything, whatever the tests run in."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    return monkeypatch


def show_all(shown: io.StringIO) -> str:
    """A table and a bar on a stream; what came of it."""
    with redirect_stdout(shown), redirect_stderr(shown):
        table("Bands", HEADS, [ROW])
        with progress()("counting the accounts") as advance:
            advance(0.5)
    return shown.getvalue()


def test_a_terminal_gets_bars(able: pytest.MonkeyPatch) -> None:
    told = show_all(Terminal())
    assert COLOUR.search(told)
    assert "counting the accounts" in told


def test_no_color_is_respected(able: pytest.MonkeyPatch) -> None:
    able.setenv("NO_COLOR", "1")
    told = show_all(Terminal())
    assert "counting the accounts" in told
    assert not COLOUR.search(told)


def test_a_terminal_that_cannot_move_its_cursor_gets_plain_lines(able: pytest.MonkeyPatch) -> None:
    able.setenv("TERM", "dumb")
    told = show_all(Terminal())
    assert "\x1b" not in told
    assert "needs attention" in told


def test_what_is_no_terminal_gets_plain_text_and_no_bars(able: pytest.MonkeyPatch) -> None:
    told = show_all(io.StringIO())
    assert "\x1b" not in told
    assert "needs attention" in told
    assert "counting" not in told


def test_quiet_leaves_warnings_errors_and_json(able: pytest.MonkeyPatch) -> None:
    able.setitem(streams._quiet, "asked", True)
    shown = Terminal()
    assert show_all(shown) == ""
    with redirect_stdout(shown), redirect_stderr(shown):
        say("results")
        paragraph("more of them")
        warn(UserWarning("beware"), UserWarning, "file", 1)
        complain("broken")
        emit({"rows": 1})
    assert shown.getvalue() == 'warning: beware\nhealthscore: broken\n{"rows": 1}\n'


# --- every command ---------------------------------------------------------------------------------------------------


def leaves(command: Any, *path: str) -> Iterator[tuple[str, set[str]]]:
    """Every command that does something, with its options."""
    for name, below in getattr(command, "commands", {}).items():
        yield from leaves(below, *path, name)
    if not hasattr(command, "commands"):
        yield " ".join(path), {option for parameter in command.params for option in parameter.opts}


def test_every_command_that_ends_has_json() -> None:
    commands = dict(leaves(typer.main.get_command(application)))
    assert len(commands) > 20
    assert [name for name, options in commands.items() if "--json" not in options] == ["dashboard"]


@pytest.mark.parametrize(
    ("words", "code", "begins"),
    [
        (["--quiet", "simulate", "--accounts", "20", "--out", "demo"], 0, ""),
        (["simulate", "--accounts", "20", "--out", "demo", "--quiet"], 0, ""),
        (["-q", "simulate", "--accounts", "20", "--out", "demo", "--json"], 0, "{"),
        (["simulate", "--accounts", "20", "--out", "demo"], 0, "table"),
        (["--quiet", "check", "none.toml"], 2, ""),
    ],
)
def test_a_quiet_command_says_nothing_and_exits_as_ever(
    words: list[str],
    code: int,
    begins: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(words)
    told = capsys.readouterr()
    assert (ended.value.code or 0) == code
    assert told.out.lstrip().partition(" ")[0].startswith(begins) if begins else told.out == ""
    assert bool(told.err) == bool(code), "an error is told, whatever was asked"
    assert not streams.quiet(), "it ends with the command"


def test_what_is_no_option_stays_where_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["check", "--", "--quiet"])
    assert "--quiet" in capsys.readouterr().err, "a run of that name is looked for"
