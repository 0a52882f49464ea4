"""The same inputs and configuration give the same bytes, whatever else a process is started with (faults page, C8)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from company import copy_company, rewrite
from healthscore.pipelines.publish import MANIFEST, RECORD

ELSEWHERE = {
    "PYTHONHASHSEED": "4711",
    "TZ": "Pacific/Apia",
    "LC_ALL": "tr_TR.UTF-8",
    "LANG": "de_DE.UTF-8",
    "OMP_NUM_THREADS": "2",
}
TWO = """
import sys
from datetime import date
import healthscore
run = healthscore.load_run(sys.argv[1], out=sys.argv[2])
run = run.model_copy(update={"threads": int(sys.argv[3])})
bundle = healthscore.train(run).bundle
healthscore.score(run, as_of=date(2025, 5, 1), model=bundle)
"""


def files_of(directory: Path) -> dict[str, bytes]:
    found = (path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in found}


def elsewhere(run: Path, tmp_path: Path, threads: int) -> Path:
    """Train and score in a process of another kind, started elsewhere; returns where its results lie."""
    (tmp_path / "cwd").mkdir()
    command = [sys.executable, "-c", TWO, str(run), str(tmp_path / "out"), str(threads)]
    environment = {**os.environ, **ELSEWHERE}
    subprocess.run(command, env=environment, cwd=tmp_path / "cwd", check=True, timeout=600, capture_output=True)
    return tmp_path / "out"


@pytest.fixture(scope="module")
def other(small_company: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return elsewhere(small_company, tmp_path_factory.mktemp("elsewhere"), threads=8)


def test_a_bundle_has_the_same_bytes_in_another_process(done: Mapping[str, Path], other: Path) -> None:
    (directory,) = (other / "train").glob("[!.C]*")
    assert directory.name == done["train"].name
    assert files_of(directory / "bundle") == files_of(done["train"] / "bundle")
    assert (directory / "result.json").read_bytes() == (done["train"] / "result.json").read_bytes()


def test_scores_have_the_same_bytes_in_another_process(done: Mapping[str, Path], other: Path) -> None:
    (directory,) = (path.parent for path in other.glob("score/*/run.json"))
    assert directory.name == done["score"].name
    own = {MANIFEST, RECORD}  # the record says threads and paths, and the manifest the record's digest
    mine, theirs = (files_of(one) for one in (done["score"], directory))
    assert {name for name in mine if mine[name] != theirs.get(name)} <= own


def test_the_order_of_rows_in_the_files_changes_no_score(
    done: Mapping[str, Path], small_company: Path, tmp_path: Path
) -> None:
    """The fingerprints differ, and so do identities; the model and the scores do not."""
    run = copy_company(small_company, tmp_path / "shuffled")
    for path in sorted((run.parent / "data").iterdir()):
        rewrite(run, path.name, lambda table: table.sample(frac=1.0, random_state=3))
    out = elsewhere(run, tmp_path, threads=1)
    (trained,), (scored,) = ([path.parent for path in out.glob(f"{verb}/*/run.json")] for verb in ("train", "score"))
    for name in ("trees-additive.txt", "refits-additive.txt"):
        before = done["train"] / "bundle" / name
        assert not before.exists() or (trained / "bundle" / name).read_bytes() == before.read_bytes(), name
    mine, theirs = (pd.read_parquet(one / "scores.parquet").drop(columns="model") for one in (done["score"], scored))
    exact = [column for column in mine if column != "probability"]
    pd.testing.assert_frame_equal(mine[exact], theirs[exact])
    pd.testing.assert_series_equal(mine["probability"], theirs["probability"], rtol=0, atol=1e-12)
