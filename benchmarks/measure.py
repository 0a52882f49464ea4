"""Time commands as whole processes, in turns, and write a table: wall seconds, CPU seconds, peak memory.

python benchmarks/measure.py --data bench-data/20m --repeat 3
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

COMMANDS = {
    "check": ["check"],
    "features": ["features"],
}
"""What is measured -> arguments of `healthscore`."""


def main() -> None:
    """Run every command `--repeat` times, one after the other, and print and write the medians."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", choices=list(COMMANDS))
    asked = parser.parse_args()
    names = [asked.only] if asked.only else list(COMMANDS)
    runs: dict[str, list[tuple[float, float, float]]] = {name: [] for name in names}
    for _ in range(asked.repeat):
        for name in names:
            runs[name].append(measured([*COMMANDS[name], str(asked.data), "--out", str(asked.data / "out"), "--json"]))
    table = {
        name: dict(
            zip(("wall_s", "cpu_s", "memory_gb"), (statistics.median(c) for c in zip(*times, strict=True)), strict=True)
        )
        for name, times in runs.items()
    }
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, medians of {asked.repeat}")
    print(f"{'command':<12}{'wall s':>8}{'CPU s':>8}{'GB':>7}")
    for name, row in table.items():
        print(f"{name:<12}{row['wall_s']:>8.1f}{row['cpu_s']:>8.1f}{row['memory_gb']:>7.2f}")
    (asked.data / "measured.json").write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


def measured(arguments: list[str]) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak memory in GB of one run of the command and its children."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "healthscore", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    said = process.stderr.read() if process.stderr else b""
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(arguments)}: {said.decode()[-2000:]}")
    return time.perf_counter() - begin, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6


if __name__ == "__main__":
    main()
