"""`healthscore runs` as a person runs it: what is said at 80 columns, JSON, exit codes."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pandas as pd
import pytest

from healthscore.cli import main
from healthscore.pipelines.validate import validate


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def said(*arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as stopped:
            code = int(stopped.code or 0)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    days = pd.date_range("2024-01-01", periods=6, freq="MS").strftime("%Y-%m-%d")
    scores = [{"account_id": f"a{i}", "date": day, "score": (i * 37) % 101} for i in range(120) for day in days]
    pd.DataFrame(scores).to_csv(tmp_path / "scores.csv", index=False)
    exits = [{"account_id": f"a{i}", "date": "2024-04-10"} for i in range(0, 120, 4)]
    pd.DataFrame(exits).to_csv(tmp_path / "exits.csv", index=False)
    return tmp_path / "out"


def validated(out: Path, horizon: int) -> str:
    files = (out.parent / "scores.csv", out.parent / "exits.csv")
    made = validate(*files, horizon=horizon, resamples=100, out=out)
    assert made.directory is not None
    return made.directory.name


def test_a_run_that_is_the_same_ends_with_0_and_one_that_is_not_with_2(out: Path) -> None:
    run = validated(out, 60)
    assert said("runs", "reproduce", run, "--out", out) == (
        0,
        f"validate {run}: done again from its record, all 3 files are identical.\n",
        "",
    )
    result = out / "validate" / run / "result.json"
    result.write_text(result.read_text(encoding="utf-8").replace('"n": ', '"n": 1'), encoding="utf-8")
    code, text, _ = said("runs", "reproduce", run, "--out", out)
    assert code == 2
    assert "Not as it was published: result.json." in text
    assert "2 of 3 files are identical" in text
    assert all(len(line) <= 80 for line in text.splitlines())
    code, text, err = said("runs", "reproduce", run, "--out", out, "--json")
    assert (code, err, text.count("\n")) == (2, "", 1)
    assert json.loads(text)["edited"] == ["result.json"]


def test_inputs_that_changed_are_named_before_anything_is_done(out: Path) -> None:
    run = validated(out, 60)
    with (out.parent / "exits.csv").open("a", encoding="utf-8") as file:
        file.write("a1,2024-07-15\n")
    code, text, _ = said("runs", "reproduce", run, "--out", out)
    assert code == 2
    assert "inputs: exits" in text
    assert "was not done again" in text


def test_two_runs_are_laid_side_by_side(out: Path) -> None:
    one, other = validated(out, 60), validated(out, 90)
    code, text, err = said("runs", "compare", one, other, "--out", out)
    assert (code, err) == (0, "")
    assert all(len(line) <= 80 for line in text.splitlines() if "/" not in line)
    flat = " ".join(text.split())
    assert "horizon 60 90" in flat
    assert "The same in both: configuration, inputs, read, versions, platform." in flat
    assert "pooled.models.score.auc" in flat
    assert "--all shows them" in flat
    assert len(said("runs", "compare", one, other, "--out", out, "--all")[1]) > len(text)
    found = json.loads(said("runs", "compare", one, other, "--out", out, "--json")[1])
    assert found["arguments"] == {"horizon": {"a": 60, "b": 90}}
    assert {"estimate", "low", "high"} <= set(found["figures"]["pooled.models.score.auc"]["a"])
    assert f"validate {one} and validate {one} do not differ." in said("runs", "compare", one, one, "--out", out)[1]


@pytest.mark.parametrize("command", ["reproduce", "compare"])
def test_help_fits_the_terminal(command: str) -> None:
    code, text, err = said("runs", command, "--help")
    assert (code, err) == (0, "")
    assert f"Usage: healthscore runs {command}" in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_a_run_that_is_not_there_is_an_error_with_a_remedy(out: Path) -> None:
    code, text, err = said("runs", "reproduce", "nothing", "--out", out)
    assert (code, text) == (2, "")
    assert "no run 'nothing'" in err
    assert "remedy" in err
