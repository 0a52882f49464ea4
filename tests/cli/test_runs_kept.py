"""Runs listed, verified and cleaned up at the terminal; scores of several dates and of a few accounts."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from datetime import date
from pathlib import Path

import pytest

from healthscore.cli import main
from healthscore.cli.keeping import size
from healthscore.cli.scoring import named_in
from healthscore.errors import ConfigurationError
from healthscore.pipelines.publication.pointers import stand
from healthscore.pipelines.publish import run_directory, write_json

MAY = date(2025, 5, 1)


def run(*arguments: object) -> tuple[int, str, str]:
    out, err, code = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as stopped:
            code = int(stopped.code or 0)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("a" * 12, "b" * 12):
        record = {"verb": "score", "identity": name, "arguments": {"as_of": MAY.isoformat()}}
        with run_directory(tmp_path, "score", name, record=record, newest=False) as directory:
            write_json(directory / "result.json", {"accounts": 1234})
        stand(tmp_path, "score", MAY, name)
    return tmp_path


def test_the_list_fits_a_terminal(out: Path) -> None:
    code, shown, _ = run("runs", "list", "--out", out)
    assert code == 0
    assert "superseded" in shown
    assert "1,234" in shown
    assert all(len(line) <= 80 for line in shown.splitlines() if "/" not in line)
    _, told, _ = run("runs", "list", "--out", out, "--json")
    assert [one["state"] for one in json.loads(told)["runs"]] == ["superseded", "current"]


def test_verify_ends_with_2_where_something_is_torn(out: Path) -> None:
    assert run("runs", "verify", "--out", out)[0] == 0
    assert run("runs", "verify", "b" * 12, "--out", out)[0] == 0
    (out / "score" / ("b" * 12) / "result.json").write_text("{}")
    code, shown, _ = run("runs", "verify", "--out", out)
    assert code == 2
    assert "not what was published" in " ".join(shown.split())
    code, told, _ = run("runs", "verify", "--out", out, "--json")
    assert code == 2
    assert any(one["path"].endswith("result.json") for one in json.loads(told)["faults"])


def test_gc_says_what_it_removes(out: Path) -> None:
    (out / "score" / ".left.partial").write_text("left")
    code, shown, _ = run("runs", "gc", "--out", out, "--dry-run")
    assert (code, (out / "score" / ".left.partial").exists()) == (0, True)
    assert "1 would be removed, 4 B" in shown
    code, told, _ = run("runs", "gc", "--out", out, "--json")
    assert (code, (out / "score" / ".left.partial").exists()) == (0, False)
    assert [one["why"] for one in json.loads(told)["removed"]] == ["left by a job that was stopped"]


def test_accounts_are_given_after_commas_or_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "accounts.txt"
    path.write_text("\ufeffA-1\n\n A-2 \n", encoding="utf-8")
    assert named_in(None) == []
    assert named_in("A-1, A-2,") == ["A-1", "A-2"]
    assert named_in(f"@{path}") == ["A-1", "A-2"]
    path.write_text("\n", encoding="utf-8")
    for nobody in (f"@{path}", "", " , "):
        with pytest.raises(ConfigurationError, match="names nobody"):
            named_in(nobody)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        named_in("@nowhere.txt")


@pytest.mark.parametrize(("count", "words"), [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 kB"), (3 * 2**30, "3.0 GB")])
def test_sizes_in_words(count: int, words: str) -> None:
    assert size(count) == words
