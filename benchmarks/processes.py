"""Commands as processes of their own: wall seconds, CPU seconds with those of their children, peak memory, steps."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Cost:
    """What something took: seconds, CPU seconds of all threads and children, most memory held at once in GB (10^9)."""

    wall_s: float
    cpu_s: float
    memory_gb: float

    def without(self, part: Cost) -> Cost:
        """What the rest took; the peak of memory stays that of the whole."""
        return Cost(self.wall_s - part.wall_s, self.cpu_s - part.cpu_s, self.memory_gb)

    def with_part(self, part: Cost) -> Cost:
        """What both took, one after the other in one process."""
        return Cost(self.wall_s + part.wall_s, self.cpu_s + part.cpu_s, max(self.memory_gb, part.memory_gb))

    def rounded(self) -> dict[str, float]:
        """As JSON holds it."""
        return {field.name: round(getattr(self, field.name), 3) for field in fields(self)}


NOTHING = Cost(0.0, 0.0, 0.0)


def median(costs: Iterable[Cost]) -> Cost:
    """Of each figure its median."""
    costs = list(costs)
    return Cost(*(statistics.median(getattr(cost, field.name) for cost in costs) for field in fields(Cost)))


@dataclass(frozen=True)
class Ended:
    """A process that did what it should: what it took and what it said."""

    cost: Cost
    output: str
    log: str


def measured(command: Sequence[object], **environment: str) -> Ended:
    """Run a command to its end.

    A new process inherits the peak of the one that starts it, so that this one must stay small: whatever holds much
    memory is a process of its own.

    Raises:
        SystemExit: it failed; with the end of what it said.
    """
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as log:
        begin = time.perf_counter()
        process = subprocess.Popen(
            [str(word) for word in command], stdout=output, stderr=log, env={**os.environ, **environment}
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - begin
        output.seek(0)
        log.seek(0)
        ended = Ended(Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e9), output.read(), log.read())
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: exit code {process.returncode}\n{ended.log[-2000:]}")
    return ended


def steps(log: str) -> dict[str, Cost]:
    """Of each step that `healthscore --log-json` logged, what it took itself, without the steps inside it.

    Memory is the most that the process had held by the end of the step.
    """
    found: dict[str, Cost] = {}
    inside: list[tuple[float, float]] = [(0.0, 0.0)]
    for line in map(json.loads, log.splitlines()):
        if line["event"] == "step_begins":
            inside.append((0.0, 0.0))
        elif line["event"] == "step_ends":
            wall, cpu = line["seconds"], line["cpu_seconds"]
            inner, outer = inside.pop(), inside.pop()
            inside.append((outer[0] + wall, outer[1] + cpu))
            before = found.get(line["step"], NOTHING)
            own = Cost(wall - inner[0] + before.wall_s, cpu - inner[1] + before.cpu_s, line.get("peak_memory_gb", 0.0))
            found[line["step"]] = own
    return found
