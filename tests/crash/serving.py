"""A warmed process that forks one child per command: everything is imported, so that a child is there in milliseconds.

`Server` is the side that asks. The other side is this module run as a program, under LD_PRELOAD (`interposer.library`).
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from crash.interposer import Plan, arm, counted, disarm, library, met

SECONDS = 300.0
"""A command that takes longer hangs; it takes one or two."""
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "COLUMNS": "200", "NO_COLOR": "1"}
TORN = 128


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes
    ----------
    code
        Exit code; negative: the signal that ended the process.
    count
        Operations that it had begun, of those that its plan is about.
    met
        The operation that the plan last disturbed, and its file.
    """

    code: int
    count: int
    met: str
    seconds: float
    output: str

    @property
    def killed(self) -> bool:
        """Whether it was ended by SIGKILL."""
        return self.code == -signal.SIGKILL


class Server:
    """Runs commands of the command line in forked children.

    Parameters
    ----------
    root
        Folder of which the operations on files are counted and disturbed.
    warm
        Commands that the process runs itself before it forks, so that their code is loaded.
    """

    def __init__(self, root: Path, warm: Sequence[Sequence[str]], environment: Mapping[str, str] | None = None) -> None:
        found = {**os.environ, **ENVIRONMENT, **(environment or {})}
        found["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, sys.path)])
        found["LD_PRELOAD"] = str(library())
        self._root = root
        self._process = subprocess.Popen(
            [sys.executable, "-m", "crash.serving"],
            env=found,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._ask({"warm": [list(each) for each in warm]})

    def run(
        self,
        command: Sequence[str],
        plan: Plan | None = None,
        *,
        kill_after: float | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Ended:
        """Run a command to its end, or until it is killed, `kill_after` seconds from its begin at the latest."""
        question = {
            "command": list(command),
            "root": str(self._root),
            "plan": asdict(plan or Plan("off")),
            "kill_after": kill_after,
            "environment": dict(environment or {}),
        }
        return Ended(**self._ask(question))

    def race(self, commands: Sequence[Sequence[str]], delays: Sequence[float]) -> list[Ended]:
        """Run commands at the same time, each begun `delays` seconds after the one before it."""
        plan = asdict(Plan("off"))
        common = {"root": str(self._root), "plan": plan, "kill_after": None, "environment": {}}
        questions = [
            common | {"command": list(command), "delay": delay} for command, delay in zip(commands, delays, strict=True)
        ]
        return [Ended(**answer) for answer in self._ask({"race": questions})["ended"]]

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *ignored: object) -> None:
        self.close()

    def _ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the fork server ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def serve() -> None:
    """Answer questions, a line of JSON each, until there are no more."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what commands print is none of the answers
    for line in sys.stdin:
        question = json.loads(line)
        if "warm" in question:
            answer = _warmed(question["warm"])
        elif "race" in question:
            answer = {"ended": _ended([_begun(each) for each in question["race"]])}
        else:
            answer = _ended([_begun(question)])[0]
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _warmed(commands: Sequence[Sequence[str]]) -> dict[str, Any]:
    quiet = os.open(os.devnull, os.O_WRONLY)
    kept = os.dup(1), os.dup(2)
    os.dup2(quiet, 1), os.dup2(quiet, 2)
    codes = [_command(each) for each in commands]
    os.dup2(kept[0], 1), os.dup2(kept[1], 2)
    for descriptor in (quiet, *kept):
        os.close(descriptor)
    gc.collect()
    gc.freeze()  # children share what is loaded, instead of copying it at their first collection
    return {"codes": codes}


def _command(words: Sequence[str]) -> int:
    """Run a command in this process; returns its exit code."""
    from healthscore.cli import main

    try:
        main(list(words))
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # what the command line lets through is a fault that the caller is to see
        traceback.print_exc()
        return TORN
    return 0


@dataclass
class _Child:
    """A process that runs a command: the end of its pipe, when it began, has to end, and ended; what it wrote."""

    process: int
    read: int
    begin: float
    end: float
    ended: float = 0.0
    parts: list[bytes] = field(default_factory=list)


def _begun(question: Mapping[str, Any]) -> _Child:
    """Fork a child that runs a command."""
    time.sleep(question.get("delay", 0.0))
    read, write = os.pipe()
    begin = time.monotonic()
    child = os.fork()
    if child == 0:
        os.close(read)
        os.dup2(write, 1), os.dup2(write, 2)
        sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
        os.environ.update(question["environment"])
        arm(Path(question["root"]), Plan(**question["plan"]))
        code = _command(question["command"])
        disarm()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    os.close(write)
    return _Child(child, read, begin, begin + (question["kill_after"] or SECONDS))


def _ended(running: Sequence[_Child]) -> list[dict[str, Any]]:
    """Wait for children until each has ended, by itself or killed when its time was over, and say how each did."""
    left = {child.read: child for child in running}
    while left:
        now = time.monotonic()
        ready, _, _ = select.select(list(left), [], [], max(0.0, min(child.end for child in left.values()) - now))
        for read in ready:
            part = os.read(read, 65536)
            left[read].parts.append(part)
            if not part:
                left.pop(read).ended = time.monotonic()
        for child in left.values():
            if time.monotonic() >= child.end:
                os.kill(child.process, signal.SIGKILL)
                child.end = time.monotonic() + SECONDS
    return [_answer(child) for child in running]


def _answer(child: _Child) -> dict[str, Any]:
    os.close(child.read)
    _, status = os.waitpid(child.process, 0)
    return {
        "code": os.waitstatus_to_exitcode(status),
        "count": counted(),
        "met": met(),
        "seconds": child.ended - child.begin,
        "output": b"".join(child.parts).decode("utf-8", "replace"),
    }


if __name__ == "__main__":
    # Threads that libraries keep for themselves are made for forks; Python cannot tell them from others.
    warnings.filterwarnings("ignore", ".*multi-threaded, use of fork", DeprecationWarning)
    serve()
    os._exit(0)  # what is frozen is never taken apart, which libraries would complain of
