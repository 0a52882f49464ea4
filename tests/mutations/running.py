"""Batches of mutations in processes of their own, and what became of all of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BATCH = 1_000
SECONDS = 1_800
"""A batch takes a minute; one that takes this long hangs, and counts as a death."""
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])}


@dataclass
class Tally:
    """What became of the mutations: verdict -> how many, and everything that must not be."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, mode: str, number: int, verdict: str, done: str) -> None:
        """Take one mutation in. Where checksums are as they were, a bundle that says something else is a failure."""
        self.counts[f"{mode} {verdict}"] += 1
        if verdict in ("fault", "died") or (mode == "damaged" and verdict == "other"):
            self.wrong.append(f"{mode} {number}: {verdict}: {done}")


def run(
    bundle: Path, mode: str, first: int, count: int, tally: Tally, progress: Callable[[int], None] = lambda done: None
) -> None:
    """Run mutations number `first` to `first + count`, batch by batch."""
    at, end = first, first + count
    while at < end:
        size = min(BATCH, end - at)
        told = list(_batch(bundle, mode, at, size))
        for line in told:
            if "verdict" in line:
                tally.add(mode, line["number"], line["verdict"], line["done"])
        last = told[-1] if told else {"number": at}
        if "verdict" in last and last["number"] == at + size - 1:
            at += size
        else:  # the process ended in the middle of a mutation
            tally.add(mode, last["number"], "died", str(last.get("why", "before the first mutation")))
            at = last["number"] + 1
        progress(at - first)


def _batch(bundle: Path, mode: str, first: int, count: int) -> Iterator[dict[str, Any]]:
    """Lines that a process wrote before it ended; the last one tells how, where it did not end well."""
    command = [sys.executable, "-m", "mutations.batch", str(bundle), mode, str(first), str(count)]
    try:
        done = subprocess.run(
            command, env={**os.environ, **ENVIRONMENT}, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        out, code, err = done.stdout, done.returncode, done.stderr
    except subprocess.TimeoutExpired as hung:
        out, code, err = (hung.stdout or b"").decode(), -1, f"longer than {SECONDS} seconds"
    lines = [json.loads(line) for line in out.splitlines()]
    yield from lines[:-1]
    last = lines[-1] if lines else {"number": first}
    yield last if code == 0 else {"number": last["number"], "why": f"exit {code}: {err[-300:]}"}
