"""`healthscore report` as a person runs it: where the file lies, what is said, and what a script is given."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from healthscore.cli import main
from large_publication import write_large


def run(*arguments: object) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    return int(stopped.value.code or 0), out.getvalue(), err.getvalue()


def test_the_path_is_said_and_the_file_lies_there(tmp_path: Path) -> None:
    path = write_large(tmp_path, 30).path
    code, out, err = run("report", path)
    assert (code, err) == (0, "")
    assert "30 accounts as of 1 May 2025" in out
    assert "other weights were not tried" in out
    written = Path(out.rsplit("report  ", 1)[1].strip())
    assert written.parents[1] == tmp_path / "out" / "report"
    assert written.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_script_is_given_an_object_and_nothing_else(tmp_path: Path) -> None:
    path = write_large(tmp_path, 30).path
    code, out, err = run("report", path, "--to", tmp_path / "book.html", "--json")
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert told["report"] == str(tmp_path / "book.html")
    assert told["bytes"] == (tmp_path / "book.html").stat().st_size
    assert {"run", "as_of", "series", "published", "accounts", "left_out", "untried"} <= set(told)


def test_nothing_published_is_an_ordinary_refusal(tmp_path: Path) -> None:
    path = write_large(tmp_path, 30).path
    code, out, err = run("report", path, "--out", tmp_path / "elsewhere")
    assert (code, out) == (3, "")
    assert "nothing is published" in err
    code, _, err = run("report", path, "--to", tmp_path)
    assert code == 2
    assert "is a folder" in err
