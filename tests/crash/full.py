"""C4: the disk is full, over quota or broken; and calls that come back early, which are no error."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from crash.interposer import Plan
from crash.kills import Outcome, moved
from crash.reader import TornError, differences, published, tree
from crash.serving import Ended
from crash.workspace import GC, Action, Ends, Place

POINTS = 50
REFUSED = 2
BYTES = re.compile(r"[\d,]+ bytes")
WITH_BYTES = (errno.ENOSPC, errno.EDQUOT)


def refused(place: Place, action: Action, error: int, points: int = POINTS, *, once: bool = False) -> Iterator[Outcome]:
    """Refuse by `error` whatever needs the disk, from one of `points` evenly spread operations on, or `once`."""
    ends = place.ends(action)
    place.reset(ends.before)
    count = place.do(action.command, Plan("fail", 2**61)).count
    for number in sorted({1 + round(step * (count - 1) / max(1, points - 1)) for step in range(points)}):
        place.reset(ends.before)
        plan = Plan("fail", number, error=error) if not once else Plan("fail", number, number, error)
        ended = place.do(action.command, plan)
        wrong = _told(place, ended, error) + _left(place, action, ends, ended)
        yield Outcome(number, f"{errno.errorcode[error]} at {ended.met.replace(str(place.out), 'OUT')}", wrong)


def hindered(place: Place, action: Action, mode: str, points: int = POINTS) -> Iterator[Outcome]:
    """Calls that a signal interrupts ("fail" by EINTR), and writes that take half ("short"): nothing may be lost."""
    ends = place.ends(action)
    place.reset(ends.before)
    count = place.do(action.command, Plan(mode, 2**61)).count
    for number in sorted({1 + round(step * (count - 1) / max(1, points - 1)) for step in range(points)}):
        place.reset(ends.before)
        ended = place.do(action.command, Plan(mode, number, number, errno.EINTR))
        wrong = _left(place, action, ends, ended)
        if ended.code not in (0, REFUSED):
            wrong.append(f"exit {ended.code}: {ended.output[-300:]}")
        yield Outcome(number, f"{mode} at {ended.met.replace(str(place.out), 'OUT')}", wrong)


def can_mount(folder: Path) -> bool:
    """Whether this process may mount a file system of its own."""
    folder.mkdir(exist_ok=True)
    with _mounted(folder, 1 << 20) as done:
        return done


def really_full(place: Place, action: Action, points: int = POINTS) -> Iterator[Outcome]:
    """The same on a file system that is too small, by 50 different sizes from that of the old state to enough."""
    ends = place.ends(action)
    least, most = _pages(ends.before), _pages(ends.after)
    for number in range(points):
        shutil.rmtree(place.out, ignore_errors=True)
        place.out.mkdir()
        size = least + (most - least) * number // points
        with _mounted(place.out, size * PAGE) as done:
            assert done
            shutil.copytree(ends.before, place.out, dirs_exist_ok=True)
            ended = place.do(action.command)
            wrong = _told(place, ended, errno.ENOSPC)
            found = Path(shutil.copytree(place.out, place.root / "found", symlinks=True))
        place.out.rmdir()
        found.rename(place.out)
        yield Outcome(number, f"{size - least} pages of 4 KiB left", wrong + _left(place, action, ends, ended))


PAGE = 4096


def _pages(folder: Path) -> int:
    """Pages that a folder takes in a tmpfs: each file's, and one of each file, link and folder for itself."""
    sizes = [path.stat().st_size if path.is_file() else PAGE for path in [folder, *folder.rglob("*")]]
    return sum(-(-size // PAGE) for size in sizes) + 1


@contextlib.contextmanager
def _mounted(folder: Path, size: int) -> Iterator[bool]:
    command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", str(folder)]
    done = os.geteuid() == 0 and subprocess.run(command, check=False, capture_output=True).returncode == 0
    try:
        yield done
    finally:
        if done:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)  # also where a job is still in it


def _told(place: Place, ended: Ended, error: int) -> list[str]:
    """What is wrong with how the refusal was told; a command that could do without what was refused succeeds."""
    if ended.code == 0:
        return []
    wrong = [] if ended.code == REFUSED else [f"exit {ended.code}: {ended.output[-300:]}"]
    if str(place.out) not in ended.output.replace("\n", ""):
        wrong.append(f"no path is named: {ended.output[:300]}")
    if error in WITH_BYTES and not BYTES.search(ended.output.replace("\n", " ")):
        wrong.append(f"no bytes are named: {ended.output[:300]}")
    return wrong


def _left(place: Place, action: Action, ends: Ends, ended: Ended) -> list[str]:
    """What is wrong with what is left: for a reader, of temporary things, and when there is space again."""
    wrong = []
    try:
        found = published(place.out)
        wrong += [f"reader: {name}" for name in moved(found, ends)]
        if ended.code == 0 and found != ends.new:
            wrong.append("reader: exit 0, and the new state is not there")
    except (TornError, OSError) as torn:
        wrong.append(f"reader: {torn}")
    known = tree(ends.before) | tree(ends.after)
    wrong += [f"{name} is left over" for name in tree(place.out) if name not in known]
    for command in (action.command, GC):
        again = place.do(command)
        if again.code != 0:
            wrong.append(f"with space again, {command}: exit {again.code}: {again.output[:300]}")
    return wrong + [f"with space again, {each}" for each in differences(tree(place.out), ends.wanted)]
