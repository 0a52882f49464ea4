"""Finished runs are made again byte by byte, and what stands in the way is named."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import healthscore
from healthscore.errors import ConfigurationError
from healthscore.pipelines.publish import run_directory
from healthscore.pipelines.runs.again import AGAIN
from healthscore.pipelines.runs.finding import finished
from healthscore.pipelines.runs.reproduce import reproduce
from healthscore.pipelines.runs.telling import content_of, told
from healthscore.pipelines.validate import validate


@pytest.fixture
def moved(done: Mapping[str, Path], small_company: Path, tmp_path: Path) -> Path:
    """The run of `check`, on tables of its own; returns its directory."""
    shutil.copytree(small_company.parent / "data", tmp_path / "data")
    directory = tmp_path / "out" / "check" / done["check"].name
    shutil.copytree(done["check"], directory)
    return directory


def rewritten(directory: Path, **changes: object) -> None:
    path = directory / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")


@pytest.mark.parametrize("verb", ["train", "check", "features", "score", "explain"])
def test_a_run_is_made_again_byte_by_byte(done: Mapping[str, Path], verb: str) -> None:
    before = {path: path.read_bytes() for path in done[verb].rglob("*") if path.is_file()}
    found = reproduce(done[verb].name, out=done[verb].parents[1])
    assert found.identical, found.result
    assert set(found.result["files"].values()) == {"identical"}
    assert "run.json" in found.result["files"]
    assert {path: path.read_bytes() for path in done[verb].rglob("*") if path.is_file()} == before


def test_a_validation_of_files_is_made_again(tmp_path: Path) -> None:
    days = pd.date_range("2024-01-01", periods=6, freq="MS").strftime("%Y-%m-%d")
    scores = [{"account_id": f"a{i}", "date": day, "score": (i * 37) % 101} for i in range(120) for day in days]
    pd.DataFrame(scores).to_csv(tmp_path / "scores.csv", index=False)
    exits = [{"account_id": f"a{i}", "date": "2024-04-10"} for i in range(0, 120, 4)]
    pd.DataFrame(exits).to_csv(tmp_path / "exits.csv", index=False)
    made = validate(tmp_path / "scores.csv", tmp_path / "exits.csv", horizon=60, resamples=100, out=tmp_path)
    assert made.directory is not None
    assert reproduce(made.directory).identical
    (tmp_path / "exits.csv").write_text("account_id,date\na1,2024-07-15\n", encoding="utf-8")
    found = reproduce(made.directory).result
    assert set(found["inputs"]) == {"exits"}
    assert not found["done_again"]


def test_tables_that_were_held_in_memory_are_kept_nowhere(tmp_path: Path) -> None:
    scores = pd.DataFrame({"account_id": [f"a{i}" for i in range(90)], "date": "2024-01-01", "score": range(90)})
    exits = pd.DataFrame({"account_id": [f"a{i}" for i in range(0, 90, 3)], "date": "2024-02-01"})
    made = validate(scores, exits, data_end=pd.Timestamp("2025-01-01").date(), resamples=100, out=tmp_path)
    assert made.directory is not None
    with pytest.raises(ConfigurationError, match="scores, exits was given as a table in memory"):
        reproduce(made.directory)


def test_other_inputs_are_named_and_nothing_is_done(moved: Path, tmp_path: Path) -> None:
    with (tmp_path / "data" / "tickets.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    found = reproduce(moved, data=tmp_path / "data")
    assert not found.identical
    assert not found.result["done_again"]
    assert "tickets" in found.result["inputs"]
    assert "accounts" not in found.result["inputs"]


def test_inputs_may_lie_elsewhere_by_now(moved: Path, tmp_path: Path) -> None:
    assert reproduce(moved, data=tmp_path / "data").identical


def test_a_result_that_was_edited_is_told_and_is_not_identical(moved: Path) -> None:
    path = moved / "result.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"ok": true', '"ok": false'), encoding="utf-8")
    found = reproduce(moved)
    assert not found.identical
    assert found.result["edited"] == ["result.json"]
    assert found.result["files"]["result.json"] == "keys ok"


def test_another_environment_is_told_though_the_files_are_identical(moved: Path) -> None:
    record = json.loads((moved / "run.json").read_text(encoding="utf-8"))
    rewritten(moved, versions=record["versions"] | {"numpy": "1.0.0"})
    found = reproduce(moved)
    assert found.result["environment"]["versions.numpy"]["then"] == "1.0.0"
    assert found.result["files"]["result.json"] == "identical"
    assert found.result["files"]["run.json"] == "keys versions.numpy"


def test_another_seed_makes_another_run(done: Mapping[str, Path], tmp_path: Path) -> None:
    directory = tmp_path / "features" / "abc"
    shutil.copytree(done["features"], directory)
    record = json.loads((directory / "run.json").read_text(encoding="utf-8"))
    dates = {"dates": ["2024-05-01"]}
    rewritten(directory, configuration=record["configuration"] | {"as_of": dates})
    found = reproduce(directory).result
    assert "rows became" in found["files"]["features.parquet"]


def test_a_bundle_that_is_gone_is_named(done: Mapping[str, Path], tmp_path: Path) -> None:
    directory = tmp_path / "score" / "abc"
    shutil.copytree(done["score"], directory)
    paths = json.loads((directory / "run.json").read_text(encoding="utf-8"))["paths"]
    rewritten(directory, paths=paths | {"bundle": str(tmp_path / "gone")})
    found = reproduce(directory).result
    assert found["read"]["bundle"]["now"] is None
    assert not found["done_again"]


def test_results_that_were_moved_find_what_they_read(done: Mapping[str, Path], tmp_path: Path) -> None:
    shutil.copytree(done["score"].parents[1], tmp_path / "out")
    directory = tmp_path / "out" / "score" / done["score"].name
    paths = json.loads((directory / "run.json").read_text(encoding="utf-8"))["paths"]
    below = Path(paths["bundle"]).relative_to(paths["out"])
    rewritten(directory, paths=paths | {"out": "/gone", "bundle": str(Path("/gone") / below)})
    assert finished(directory).place("bundle") == tmp_path / "out" / below


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "damaged"), ("[]", "no JSON object"), ('{"format": 1}', "damaged"), ('{"format": 9}', "newer version")],
)
def test_a_damaged_record_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "run.json").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=message):
        finished(tmp_path)


def test_a_run_that_is_not_there_is_told_with_some_that_are(done: Mapping[str, Path]) -> None:
    out = done["score"].parents[1]
    for name in ("nothing", "../score", "/etc"):
        with pytest.raises(ConfigurationError, match="no run") as refused:
            finished(name, out=out)
        assert done["train"].name in refused.value.remedy


def test_runs_of_other_commands_are_not_guessed_at(tmp_path: Path) -> None:
    record = {"format": 1, "identity": "abc", "verb": "magic", "arguments": {}, "inputs": {}, "read": {}, "paths": {}}
    with run_directory(tmp_path, "magic", "abc", record=record):
        pass
    with pytest.raises(ConfigurationError, match="cannot be made again"):
        reproduce(tmp_path / "magic" / "abc")


def test_what_differs_is_told_by_key_column_or_line(tmp_path: Path) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    one.write_text('{"a": {"b": 1}, "c": 2}', encoding="utf-8")
    other.write_text('{"a": {"b": 2}, "c": 2}', encoding="utf-8")
    assert told(one, other, content_of(one, {}), content_of(other, {})) == "keys a.b"
    frame = pd.DataFrame({"x": [1.0, np.nan, 3.0], "y": ["a", None, "c"]})
    frame.to_parquet(tmp_path / "one.parquet")
    frame.assign(x=[1.0, np.nan, 4.0]).to_parquet(tmp_path / "other.parquet")
    assert told(tmp_path / "one.parquet", tmp_path / "other.parquet", b"", b"") == "columns x (1 of 3 rows)"
    assert told(tmp_path / "a.csv", tmp_path / "b.csv", b"1\n2\n", b"1\n3\n") == "from line 2 on (4 and 4 bytes)"


def test_every_command_that_writes_a_run_directory_can_be_made_again() -> None:
    """The source is read: whoever adds a command adds how it is done again."""
    package = Path(healthscore.__file__).parent
    texts = "".join(path.read_text(encoding="utf-8") for path in (package / "pipelines").rglob("*.py"))
    verbs = set(re.findall(r'run_record\(\s*(?:run|None),\s*"(\w+)"', texts))
    assert verbs == set(AGAIN)
