"""C10: under `ulimit -v` a job completes, or says that memory ran out; it is never killed, and never crashes."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EVENTS = 5_000_000
GIGABYTE = 10**9

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits address space")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("book")
    sizes = ["--events", str(EVENTS), "--accounts", str(EVENTS // 250)]
    subprocess.run([sys.executable, ROOT / "benchmarks" / "book.py", *sizes, "--out", directory], check=True)
    return directory


def limited(book: Path, limit: int) -> subprocess.CompletedProcess[str]:
    """The features of the book, computed within so many bytes of addresses."""
    return subprocess.run(
        [sys.executable, "-m", "healthscore", "features", book, "--json"],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )


def test_it_completes_within_two_gigabytes(book: Path) -> None:
    found = limited(book, 2 * GIGABYTE)
    assert found.returncode == 0, found.stderr[-2000:]


def test_where_memory_runs_out_it_says_so(book: Path) -> None:
    found = limited(book, GIGABYTE * 65 // 100)
    assert found.returncode == 2, (found.returncode, found.stderr[-2000:])
    assert "memory ran out" in found.stderr
    assert "Traceback" not in found.stderr


def test_below_what_libraries_need_it_says_so_before_one_of_them_crashes(book: Path) -> None:
    found = limited(book, GIGABYTE * 45 // 100)
    assert found.returncode == 2, (found.returncode, found.stderr[-2000:])
    said = " ".join(found.stderr.split())
    assert "`ulimit -v` allows 0.45 GB of addresses; the libraries alone need 0.60" in said
    assert "Traceback" not in found.stderr
