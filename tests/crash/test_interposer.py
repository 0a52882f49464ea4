"""The means: the library between a process and its disk, the model of what a power loss leaves, and the reader."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from crash.disk import LOST, TORN, ZEROS, Disk, read_log, write_state
from crash.interposer import compiler, library
from crash.losses import states
from crash.reader import TornError, differences, published, tree

pytestmark = pytest.mark.skipif(compiler() is None, reason="no C compiler: install gcc")
HEAD = """
import errno, os, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from crash.interposer import Plan, arm, counted, met
root = Path({root!r})
arm(root, {plan}, root / "apart")
"""
CAREFUL = """
with open(root / ".new", "wb", buffering=0) as file:
    file.write(b"new state")
    os.fsync(file.fileno())
os.replace(root / ".new", root / "state")
folder = os.open(root, os.O_RDONLY)
os.fsync(folder)
"""
HASTY = """
with open(root / ".new", "wb", buffering=0) as file:
    file.write(b"new state")
os.replace(root / ".new", root / "state")
"""
OPERATIONS = ["open", "write", "fsync", "rename", "fsync"]


def run(root: Path, plan: str, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script whose operations below `root` are disturbed as the plan says."""
    root.mkdir(exist_ok=True)
    (root / "state").write_bytes(b"old")
    text = HEAD.format(tests=str(Path(__file__).parents[1]), root=str(root), plan=plan) + script
    return subprocess.run(
        [sys.executable, "-c", text],
        env={**os.environ, "LD_PRELOAD": str(library())},
        capture_output=True,
        text=True,
        check=False,
    )


def test_operations_below_the_folder_are_counted_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "root" / "apart").mkdir(parents=True)
    script = CAREFUL + f"(root / 'apart' / 'x').write_text('x'); Path({str(tmp_path)!r}, 'y').write_text('y')\n"
    done = run(tmp_path / "root", "Plan('count')", script + "print(counted())")
    assert done.stdout == f"{len(OPERATIONS)}\n", done.stderr


@pytest.mark.parametrize("number", range(1, len(OPERATIONS) + 1))
def test_a_process_dies_before_the_operation_that_was_named(tmp_path: Path, number: int) -> None:
    done = run(tmp_path / "root", f"Plan('kill', {number}, {number})", CAREFUL)
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / "root" / "state").read_bytes() == (b"old" if number <= 4 else b"new state")
    assert (tmp_path / "root" / ".new").exists() == (1 < number <= 4)


def test_a_process_dies_in_the_middle_of_a_write(tmp_path: Path) -> None:
    assert run(tmp_path / "root", "Plan('tear', 1, 1)", CAREFUL).returncode == -signal.SIGKILL
    assert (tmp_path / "root" / ".new").read_bytes() == b"new s"


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("number", range(1, len(OPERATIONS) + 1))
def test_the_disk_refuses_what_needs_it_and_never_a_removal(tmp_path: Path, number: int, error: int) -> None:
    script = f"""
try:
{"".join("    " + line + chr(10) for line in CAREFUL.strip().splitlines())}
except OSError as refused:
    (root / ".new").unlink(missing_ok=True)
    print(refused.errno, met().split()[0])
"""
    done = run(tmp_path / "root", f"Plan('fail', {number}, error={error})", script)
    assert done.stdout == f"{error} {OPERATIONS[number - 1]}\n", done.stderr
    assert not (tmp_path / "root" / ".new").exists()


def test_a_write_may_take_half_and_a_signal_may_interrupt(tmp_path: Path) -> None:
    script = "file = os.open(root / 'x', os.O_CREAT | os.O_WRONLY)\nprint(os.write(file, b'0123456789'))"
    assert run(tmp_path / "root", "Plan('short', 1, 1)", script).stdout == "5\n"
    done = run(tmp_path / "root", "Plan('fail', 2, 2, errno.EINTR)", script)
    assert done.stdout == "10\n"  # Python asks again


def logged(root: Path, script: str) -> Disk:
    """The disk after a script, with what it has not waited for."""
    root.mkdir()
    (root / "state").write_bytes(b"old")
    disk = Disk(root)
    log = root.parent / "log"
    done = run(root, f"Plan('log', log={str(log)!r})", script)
    assert done.returncode == 0, done.stderr
    for operation in read_log(log):
        disk.do(operation)
    return disk


def test_what_was_waited_for_is_there_after_a_power_loss(tmp_path: Path) -> None:
    disk = logged(tmp_path / "root", CAREFUL)
    assert {tuple(state.items()) for _, state in states(disk, random.Random(1))} == {(("state", b"new state"),)}


def test_a_rename_before_the_bytes_is_found_out(tmp_path: Path) -> None:
    disk = logged(tmp_path / "root", HASTY)
    changes = frozenset(disk.open_changes())
    (node,) = disk.open_files()
    found = {fate: disk.left(changes, {node: fate})["state"] for fate in (LOST, ZEROS, TORN)}
    assert found == {LOST: b"", ZEROS: bytes(9), TORN: b"new "}
    assert disk.left(frozenset(), {}) == {"state": b"old"}
    assert disk.left(frozenset(disk.open_changes()[1:]), {}) == {"state": b"old"}  # renamed, and never made


def test_a_state_is_written_as_it_was_found(tmp_path: Path) -> None:
    (tmp_path / "from" / "folder" / "inner").mkdir(parents=True)
    (tmp_path / "from" / "folder" / "file").write_bytes(b"\x00\xff")
    (tmp_path / "to").mkdir()
    write_state(Disk(tmp_path / "from").left(frozenset(), {}), tmp_path / "to")
    assert differences(tree(tmp_path / "to"), tree(tmp_path / "from")) == []
    (tmp_path / "to" / "folder" / "file").write_bytes(b"")
    (tmp_path / "to" / "more").mkdir()
    assert differences(tree(tmp_path / "to"), tree(tmp_path / "from")) == [
        "more is left over",
        "folder/file differs",
    ]


def a_run(out: Path, name: str, data: bytes) -> Path:
    directory = out / "score" / name
    directory.mkdir(parents=True)
    (directory / "scores.csv").write_bytes(data)
    entry = {"bytes": len(data), "sha256": sha256(data).hexdigest()}
    (directory / "manifest.json").write_text(json.dumps({"files": {"scores.csv": entry}}), encoding="utf-8")
    (out / "score" / "CURRENT").write_text(f"{name}\n", encoding="utf-8")
    return directory


def test_a_reader_finds_what_pointers_show(tmp_path: Path) -> None:
    assert published(tmp_path) == {}
    directory = a_run(tmp_path, "abc", b"scores")
    digest = sha256((directory / "manifest.json").read_bytes()).hexdigest()
    assert published(tmp_path) == {"score/CURRENT": digest}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("score/abc/scores.csv", b"other!", "is not what the manifest says"),
        ("score/abc/scores.csv", None, "is missing"),
        ("score/abc/more", b"", "does not name"),
        ("score/abc/manifest.json", b"{", "is no JSON"),
        ("score/abc/manifest.json", None, "not there or not whole"),
        ("score/CURRENT", b"", "is empty"),
        ("score/CURRENT", b"abd\n", "not there or not whole"),
        ("score/dates/2024-01-01", b"abc\nabd\n", "not there or not whole"),
    ],
)
def test_a_reader_sees_what_is_torn(tmp_path: Path, name: str, content: bytes | None, said: str) -> None:
    a_run(tmp_path, "abc", b"scores")
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises(TornError, match=said):
        published(tmp_path)
