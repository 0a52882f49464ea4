"""`run.json` holds what a run follows from, reads back as the same configuration, and says no secret."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import BaseModel

from healthscore.config import Run, Tracking, load_run
from healthscore.config.loading import shipped_runs
from healthscore.pipelines.publish import AFTERWARDS
from healthscore.pipelines.runs.again import configured
from healthscore.pipelines.runs.finding import Finished
from healthscore.pipelines.runs.record import code_digest, configuration_of, digest_of, run_record, versions


@pytest.mark.parametrize("name", shipped_runs())
def test_a_recorded_configuration_reads_back_as_the_run_that_it_was(name: str, tmp_path: Path) -> None:
    run = load_run(name, data=tmp_path, out=tmp_path / "out")
    record = json.loads(json.dumps(run_record(run, "train", "abc", {}), default=str))
    back = configured(Finished(tmp_path / "out" / "train" / "abc", record), tmp_path / "scratch")
    assert back is not None
    assert back.out == tmp_path / "scratch"
    assert not back.tracking.enabled
    assert configuration_of(back) == configuration_of(run)
    assert same_words(back, run)


def same_words(one: BaseModel, other: BaseModel) -> bool:
    """Whether every section that scores follow from says the same, and leaves the same unsaid."""
    left_out = {"out", "tracking", "deliveries", *AFTERWARDS}
    left, right = (model.model_dump(exclude=left_out, exclude_unset=True) for model in (one, other))
    return left == right


def test_the_record_holds_what_the_results_follow_from(done: Mapping[str, Path], small_company: Path) -> None:
    run = load_run(small_company)
    record = json.loads((done["score"] / "run.json").read_text(encoding="utf-8"))
    assert record["identity"] == done["score"].name
    assert record["verb"] == "score"
    assert record["arguments"]["as_of"] == "2025-05-01"
    assert record["configuration"]["outcome"]["kind"] == run.need_outcome().kind
    assert (record["seed"], record["threads"]) == (run.seed, run.threads)
    assert set(record["inputs"]) == set(run.sources)
    assert record["read"] == {"bundle": digest_of(done["train"] / "bundle")}
    assert {"python", "healthscore", "lightgbm", "numpy", "pandas", "duckdb", "scikit-learn"} <= set(record["versions"])
    assert record["code"] == code_digest()
    assert set(record["platform"]) == {"system", "machine", "libc", "interpreter"}


def test_where_runs_are_recorded_is_no_part_of_it(small_company: Path) -> None:
    run = load_run(small_company)
    secret = run.model_copy(update={"tracking": Tracking(uri="https://user:canary@host")})
    assert "canary" not in json.dumps(run_record(secret, "train", "abc", {}))


def test_only_paths_depend_on_where_a_run_lies(small_company: Path, tmp_path: Path) -> None:
    here, there = load_run(small_company), load_run(small_company, out=tmp_path)
    one, other = (run_record(run, "train", "abc", {}) for run in (here, there))
    assert one["paths"] != other["paths"]
    assert one | {"paths": None} == other | {"paths": None}


def test_a_digest_of_a_directory_is_of_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1", encoding="utf-8")
    first = digest_of(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert digest_of(tmp_path) != first
    (tmp_path / "b").rename(tmp_path / "a")
    assert digest_of(tmp_path) == first


def test_versions_are_of_everything_that_the_package_asks_for() -> None:
    assert all(version and version != "unknown" for version in versions().values())
    assert len(versions()) > 10


def test_a_configuration_that_is_no_longer_understood_names_the_version(tmp_path: Path) -> None:
    from healthscore.errors import ConfigurationError

    run = load_run("cdnow", data=tmp_path, out=tmp_path)
    record = run_record(run, "train", "abc", {})
    record["configuration"]["novelty"] = 1
    with pytest.raises(ConfigurationError, match="novelty") as refused:
        configured(Finished(tmp_path / "train" / "abc", record), tmp_path)
    assert "install healthscore" in refused.value.remedy


def test_a_ready_made_panel_is_recorded_once() -> None:
    assert "panel" not in configuration_of(load_run("cdnow"))["sources"]
    assert isinstance(load_run("cdnow"), Run)


def test_the_page_tells_every_key_of_the_record() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reproducibility.md").read_text(encoding="utf-8")
    table = page.split("## What `run.json` holds")[1].split("\n## ")[0]
    told = {
        key for row in re.findall(r"^\| (`.*?) \|", table, flags=re.MULTILINE) for key in re.findall(r"`(\w+)`", row)
    }
    assert told == set(run_record(None, "validate", "abc", {}))
