"""Locks: one holder, who says so; a dead one holds nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from healthscore.errors import LockedError
from healthscore.pipelines import locks
from healthscore.pipelines.working import working

HOLD = """
import sys, time
from pathlib import Path
from healthscore.pipelines import locks
from healthscore.pipelines.working import working
with locks.lock(Path(sys.argv[1]), "scoring"):
    print("held", flush=True)
    time.sleep(60)
"""


def holder(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_job_is_told_who_holds_the_lock_and_a_killed_one_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "2025-05-01"
    with holder(path) as process:
        try:
            began = time.monotonic()
            with pytest.raises(LockedError, match=rf"process {process.pid} on .+, since 20") as refused:
                locks.lock(path, "scoring 2025-05-01").__enter__()
            assert time.monotonic() - began < 5
            assert refused.value.exit_code == 75
            with locks.attempt(path) as mine:
                assert not mine
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    assert path.exists()  # what the killed one left stops nobody
    began = time.monotonic()
    with locks.lock(path, "scoring"):
        assert time.monotonic() - began < 5
        assert json.loads(path.read_text())["pid"] == os.getpid()
    assert not path.exists()


def test_the_lock_is_free_after_the_block_and_leaves_nothing(tmp_path: Path) -> None:
    for _ in range(3):
        with locks.attempt(tmp_path / "a") as mine:
            assert mine
            with locks.attempt(tmp_path / "a") as again:
                assert not again
        with locks.queue(tmp_path / "a"):
            pass
    assert not list(tmp_path.iterdir())


def test_a_lock_that_is_shared_keeps_off_whoever_wants_it_alone_until_the_last_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with locks.share(path, "reading"):
        with locks.share(path, "reading too"), pytest.raises(LockedError, match="beside reading too, which is done by"):
            locks.lock(path, "writing").__enter__()
        with pytest.raises(LockedError, match=f"process {os.getpid()} on"):
            locks.lock(path, "writing").__enter__()
    assert not path.exists()
    with locks.lock(path, "writing"), pytest.raises(LockedError, match="reading cannot begin beside writing"):
        locks.share(path, "reading").__enter__()
    assert not path.exists()


def test_those_that_share_a_lock_never_keep_each_other_off(tmp_path: Path) -> None:
    """Not even in the moment in which one removes the file."""

    def often(_: int) -> None:
        for _ in range(50):
            with locks.share(tmp_path / "a", "reading"):
                pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(often, range(8)))


@pytest.mark.parametrize("results", [0, 1])
def test_a_job_that_is_refused_leaves_no_folder_and_one_with_results_does(tmp_path: Path, results: int) -> None:
    out = tmp_path / "healthscore-out" / "saas"
    with suppress(ValueError), working(out, "scoring"):
        (out / "score" / "locks").mkdir(parents=True)
        for _ in range(results):
            (out / "score" / "result.json").touch()
        raise ValueError("refused")
    assert len(list(tmp_path.rglob("*"))) == 4 * results
