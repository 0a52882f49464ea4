"""Runs listed, verified and cleaned up: what readers follow is never touched, and nothing torn goes unseen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from healthscore.errors import ConfigurationError
from healthscore.pipelines import durable
from healthscore.pipelines.publication.history import names_at, scored_dates
from healthscore.pipelines.publication.pointers import stand
from healthscore.pipelines.publish import run_directory, write_json
from healthscore.pipelines.runs.collecting import clean_runs
from healthscore.pipelines.runs.listing import list_runs
from healthscore.pipelines.runs.verifying import verify_runs

MAY, JUNE = date(2025, 5, 1), date(2025, 6, 1)
WORK = """
import sys
from pathlib import Path
from healthscore.pipelines.publish import run_directory
with run_directory(Path(sys.argv[1]), "backtest", "b" * 12, record={}) as directory:
    (directory / "half").write_text("half")
    print("at work", flush=True)
    sys.stdin.read()
"""


def made(out: Path, folder: str, name: str, as_of: date | None = None, accounts: int = 5, newest: bool = True) -> None:
    record = {"verb": folder, "identity": name, "arguments": {} if as_of is None else {"as_of": as_of.isoformat()}}
    with run_directory(out, folder, name, record=record, newest=newest) as directory:
        (directory / "table.csv").write_text(f"account_id\n{name}\n")
        write_json(directory / "result.json", {"accounts": accounts})


def scored(out: Path, name: str, as_of: date) -> None:
    made(out, "score", name, as_of, newest=False)
    stand(out, "score", as_of, name)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Two dates of scores, the first scored three times, and two backtests."""
    for number in "123":
        scored(tmp_path, number * 12, MAY)
    scored(tmp_path, "4" * 12, JUNE)
    for number in "56":
        made(tmp_path, "backtest", number * 12)
    made(tmp_path, "published", "7" * 12, JUNE)
    return tmp_path


def names(out: Path) -> set[str]:
    return {path.parent.name[0] + path.parent.name[12:] for path in out.glob("*/*/run.json")}


# --- list ------------------------------------------------------------------------------------------------------------


def test_the_list_says_what_readers_follow(out: Path) -> None:
    found = list_runs(out=out)
    told = {one["name"][0]: (one["folder"], one["as_of"], one["state"]) for one in found["runs"]}
    assert told == {
        "1": ("score", "2025-05-01", "superseded"),
        "2": ("score", "2025-05-01", "superseded"),
        "3": ("score", "2025-05-01", "stands"),
        "4": ("score", "2025-06-01", "current"),
        "5": ("backtest", None, None),
        "6": ("backtest", None, "current"),
        "7": ("published", "2025-06-01", "current"),
    }
    assert found["bytes"] == sum(path.stat().st_size for path in out.glob("*/*/*") if path.suffix)
    json.dumps(found)


def test_a_torn_run_is_listed_as_torn(out: Path) -> None:
    (out / "backtest" / ("5" * 12) / "result.json").unlink()
    assert [one["name"][0] for one in list_runs(out=out)["runs"] if one["state"] == "torn"] == ["5"]


# --- verify ----------------------------------------------------------------------------------------------------------


def test_what_is_as_it_was_published_is_sound(out: Path) -> None:
    found = verify_runs(out=out)
    assert found.sound
    assert (found.result["runs"], found.result["files"], found.result["pointers"]) == (7, 28, 5)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (lambda run: (run / "table.csv").write_text("account_id\n666666666667\n"), "not what was published"),
        (lambda run: (run / "table.csv").write_text("torn"), "not what was published"),
        (lambda run: (run / "table.csv").unlink(), "missing"),
        (lambda run: (run / "more.csv").write_text("more"), "not listed in the manifest"),
        (lambda run: (run / "manifest.json").unlink(), "missing"),
        (lambda run: (run / "manifest.json").write_text("{"), "damaged"),
        (lambda run: (run / "manifest.json").write_text('{"files": 3}'), "damaged"),
        (lambda run: os.truncate(run / "run.json", 0), "not what was published"),
    ],
)
def test_every_fault_of_a_file_is_named(out: Path, fault: object, said: str) -> None:
    run = out / "score" / ("4" * 12)
    fault(run)  # type: ignore[operator]  # one of the lambdas above
    for found in (verify_runs(out=out), verify_runs("4" * 12, out=out), verify_runs(str(run))):
        assert not found.sound
        assert any(one["path"].startswith(str(run)) and said in one["what"] for one in found.result["faults"])


@pytest.mark.parametrize(
    ("pointer", "text"),
    [("score/CURRENT", "eeeeeeeeeeee\n"), ("score/CURRENT", "../../etc\n"), ("backtest/CURRENT", "")]
    + [("score/dates/2025-05-01", text) for text in ("", "eeeeeeeeeeee\n", "\0\0\0")],
)
def test_a_pointer_to_nothing_is_named(out: Path, pointer: str, text: str) -> None:
    (out / pointer).write_text(text)
    found = verify_runs(out=out)
    assert [one["path"] for one in found.result["faults"]] == [str(out / pointer)]


def test_an_unknown_run_and_a_place_without_results_are_refused(out: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no run 'e+'"):
        verify_runs("e" * 12, out=out)
    with pytest.raises(ConfigurationError, match="holds no results"):
        verify_runs(out=tmp_path / "nowhere")


# --- gc --------------------------------------------------------------------------------------------------------------


def test_nothing_that_stands_or_is_recent_is_removed(out: Path) -> None:
    assert clean_runs(out=out)["removed"] == []
    assert names(out) == set("1234567")


def test_superseded_and_unnamed_runs_beyond_those_kept_are_removed(out: Path) -> None:
    made(out, "backtest", "8" * 12)
    dry = clean_runs(out=out, keep=1, dry_run=True)
    assert names(out) == set("12345678")
    found = clean_runs(out=out, keep=1)
    assert {**found, "dry_run": True} == dry
    assert {Path(one["path"]).name[0]: one["why"] for one in found["removed"]} == {
        "1": "superseded scores of 2025-05-01",
        "5": "no pointer names it",
    }
    assert names(out) == set("234678")
    assert names_at(out, MAY) == ["2" * 12, "3" * 12]
    assert verify_runs(out=out).sound
    assert clean_runs(out=out, keep=1)["removed"] == []


def test_what_still_waits_to_be_sent_stays(out: Path) -> None:
    for number in "89":
        made(out, "published", number * 12, JUNE)
    waiting = out / "deliveries" / "outbox" / "warehouse"
    waiting.mkdir(parents=True)
    write_json(waiting / "00000001.json", {"publication": f"published/{'7' * 12}"})
    made(out, "published", "a" * 12, JUNE)
    clean_runs(out=out, keep=1)
    assert {"7", "9", "a"} <= names(out)
    assert "8" not in names(out)


def test_history_is_removed_by_its_dates_alone_and_never_the_newest(out: Path) -> None:
    found = clean_runs(out=out, before=date(2025, 7, 1))
    assert [one.as_of for one in scored_dates(out)] == [JUNE]
    assert names(out) == set("4567")
    assert len(found["removed"]) == 4  # three runs and their pointer
    assert verify_runs(out=out).sound


def test_what_was_left_is_removed_and_what_is_in_work_is_not(out: Path) -> None:
    for left in (".x.partial", "score/.y.partial", "score/dates/.2025-05-01.z.partial", "models/.1.q.partial"):
        (out / left).parent.mkdir(exist_ok=True)
        (out / left).write_text("left")
    (out / "backtest" / ".dir.partial").mkdir()
    (out / "backtest" / ".dir.partial" / "file").write_text("left")
    (out / "score" / "locks").mkdir(exist_ok=True)
    (out / "score" / "locks" / "2025-05-01").write_text("{}")
    command = [sys.executable, "-c", WORK, str(out)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "at work\n"
        clean_runs(out=out)
        (at_work,) = out.rglob(f".*{durable.PARTIAL}")
        assert (at_work / "half").read_text() == "half"
        process.kill()
    assert len(clean_runs(out=out)["removed"]) == 1
    assert not list(out.rglob(".*"))
    assert not list((out / "score" / "locks").iterdir())
    assert names(out) == set("1234567")


def test_a_torn_run_that_nothing_names_is_removed_and_one_that_a_pointer_names_is_not(out: Path) -> None:
    for number in "54":
        (next(out.glob(f"*/{number * 12}")) / "result.json").unlink()
    found = clean_runs(out=out)
    assert [Path(one["path"]).name[0] for one in found["removed"]] == ["5"]
    assert not verify_runs(out=out).sound


def test_at_least_one_is_kept(out: Path) -> None:
    with pytest.raises(ConfigurationError, match="--keep 0"):
        clean_runs(out=out, keep=0)
