"""`healthscore recalibrate` as a person, or a script, runs it."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from company import write_company
from healthscore.cli import main
from varied_company import write_varied


def run(*arguments: object) -> tuple[int, str, str]:
    """Run the command line in this process: exit code, standard output, standard error."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as stopped:
            code = stopped.code if isinstance(stopped.code, int) else 1 if stopped.code else 0
    return code, out.getvalue(), err.getvalue()


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company that lost too few accounts for weights."""
    return write_company(tmp_path_factory.mktemp("recalibrating") / "saas", 150)


def test_the_answer_comes_first_and_a_small_book_is_no_fault(small: Path) -> None:
    code, out, err = run("recalibrate", small, "--write", small.parent / "new.toml")
    assert (code, err) == (0, "")
    assert out.strip().startswith("No evidence: ")
    assert "the scorecard gave the lower score" in " ".join(out.split())
    assert "What each band meant" in out
    assert "Which signals came before what" in out
    assert "nothing was written: there is no evidence" in out
    assert "report  " in out
    assert all(len(line.rstrip()) <= 80 for line in out.splitlines() if "/" not in line)
    assert not (small.parent / "new.toml").exists()


def test_json_is_one_object_the_same_as_the_stored_one(small: Path) -> None:
    code, out, err = run("recalibrate", small, "--json")
    assert (code, err) == (0, "")
    result = json.loads(out)
    stored = json.loads((Path(result["directory"]) / "result.json").read_text(encoding="utf-8"))
    assert stored == {key: value for key, value in result.items() if key != "directory"}
    assert result["decision"] == "no evidence"


def test_an_unknown_scorecard_is_told_with_the_nearest_one(small: Path) -> None:
    code, _, err = run("recalibrate", small, "--scorecard", "seven_component")
    assert code == 2
    assert "did you mean the shipped scorecard 'seven_components'?" in err


def test_variants_have_a_section_of_their_own(tmp_path: Path) -> None:
    more = '\n[[variant]]\nname = "young"\nwhen = [{ feature = "usage", at_most = 20 }]\nweights = { usage = 100 }\n'
    path = write_varied(tmp_path, more=more)
    code, out, err = run("recalibrate", path, "--out", tmp_path / "out")
    assert (code, err) == (0, "")
    flat = " ".join(out.split())
    assert flat.startswith("Keep your weights: ")
    assert "; for Enterprise (EU), a variant: tickets " in flat
    assert "Variant young (" in flat
    assert "Variant enterprise_eu (" in flat
    assert "which its own later dates confirm." in flat
    assert '+segments = ["Enterprise (EU)"]' in out
    assert all(len(line.rstrip()) <= 80 for line in out.splitlines() if "/" not in line)
