"""Two finished runs side by side: what was read, what was said, and the figures, each once."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from displayed import said
from healthscore.config import load_run
from healthscore.pipelines.runs.compare import compare_runs
from healthscore.pipelines.runs.flat import differing, flat
from healthscore.pipelines.runs.reproduce import reproduce
from healthscore.pipelines.tracking import Synchronised


def test_a_run_does_not_differ_from_itself(done: Mapping[str, Path]) -> None:
    found = compare_runs(done["train"], done["train"].name, out=done["train"].parents[1])
    assert found.same
    assert found.result["moved"] == []
    assert "training.n" in found.shown()
    assert "They do not differ" in said(found).splitlines()


def test_the_run_may_be_named_or_loaded(done: Mapping[str, Path]) -> None:
    out = done["train"].parents[1]
    recorded = json.loads((done["train"] / "run.json").read_text(encoding="utf-8"))["paths"]["configuration"]
    run = load_run(recorded, out=out)
    assert (
        compare_runs(done["train"].name, done["train"].name, run).result["runs"]
        == (compare_runs(done["train"].name, done["train"].name, out=out).result["runs"])
    )


def test_the_page_of_results_tells_what_both_commands_return(done: Mapping[str, Path]) -> None:
    page = (Path(__file__).parents[3] / "docs" / "results.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `runs (\w+)` \| (.*) \|$", page, flags=re.MULTILINE))
    results = {
        "reproduce": reproduce(done["features"]).result,
        "compare": compare_runs(done["train"], done["train"]).result,
        "sync": [field.name for field in fields(Synchronised)],
    }
    assert set(told) == set(results)
    for command, found in results.items():
        assert set(re.findall(r"`(\w+)[`:]", told[command])) == set(found), command


def test_what_differs_is_told_key_by_key(done: Mapping[str, Path], tmp_path: Path) -> None:
    other = tmp_path / "train" / "abc"
    shutil.copytree(done["train"], other)
    record = json.loads((other / "run.json").read_text(encoding="utf-8"))
    record["configuration"]["model"]["minimum_exits"] = 30
    record["inputs"]["tickets"] = "0" * 64
    record["versions"]["numpy"] = "1.0.0"
    (other / "run.json").write_text(json.dumps(record | {"code": "other"}), encoding="utf-8")
    result = json.loads((other / "result.json").read_text(encoding="utf-8"))
    result["training"]["n"] += 1
    (other / "result.json").write_text(json.dumps(result), encoding="utf-8")
    found = compare_runs(done["train"], other)
    assert not found.same
    assert found.result["configuration"] == {"model.minimum_exits": {"a": 20, "b": 30}}
    assert set(found.result["inputs"]) == {"tickets"}
    assert set(found.result["versions"]) == {"numpy"}
    assert not found.result["same_code"]
    assert found.result["moved"] == ["training.n"]
    assert found.shown()["training.n"] == (result["training"]["n"] - 1, result["training"]["n"])
    seen = said(found).splitlines()
    assert "They differ" in seen
    assert seen[seen.index("model.minimum_exits") :][:3] == ["model.minimum_exits", "20", "30"]
    assert seen[seen.index("training.n") + 3] == "differs"


def test_runs_of_two_commands_are_compared_by_what_both_know(done: Mapping[str, Path]) -> None:
    found = compare_runs(done["train"], done["score"])
    assert not found.same
    assert found.result["configuration"] == {}
    assert found.shown()["mean_health"][0] is None


def test_estimates_stay_with_their_intervals_and_lists_go_by_name() -> None:
    auc = {"estimate": 0.8, "low": 0.7, "high": 0.9}
    value = {"a": {"auc": auc}, "bands": [{"name": "red", "n": 3}, {"name": "green", "n": 4}], "plain": [1, 2]}
    found = dict(flat(value, intervals=True))
    assert found == {
        "a.auc": auc,
        "bands.red.name": "red",
        "bands.red.n": 3,
        "bands.green.name": "green",
        "bands.green.n": 4,
        "plain": [1, 2],
    }
    assert differing({"x": 1, "y": {"z": 2}}, {"y": {"z": 3}, "w": 4}) == {
        "x": (1, None),
        "y.z": (2, 3),
        "w": (None, 4),
    }
