"""Where time and memory go in a whole job: features, train, backtest and score of a company whose accounts leave."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from processes import Cost, measured, steps

HERE = Path(__file__).parent
VERBS: dict[str, list[str]] = {"features": [], "train": [], "backtest": [], "score": ["--as-of", "2025-07-01"]}
"""What is measured -> its further arguments; `score` scores by what `train` learned."""
OUTSIDE = "start, imports, between the steps"


def measure(folder: Path, events: int) -> dict[str, Any]:
    """Each command once, in a process of its own, and its steps; and the limit: events read once, features written."""
    if not (folder / "accounts.parquet").is_file():
        sizes = ["--events", str(events), "--accounts", str(events // 200)]
        subprocess.run([sys.executable, HERE / "book.py", *sizes, "--out", folder], check=True)
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    commands = [command(verb, folder, out) for verb in VERBS]
    [features] = out.glob("features/*/features.parquet")
    columns = ("account_id", "user_id", "time", "name", "quantity")
    limits: dict[str, list[object]] = {
        "reading the events once": [HERE / "limits.py", "read", folder / "events", *columns],
        "writing the features once": [HERE / "limits.py", "write", features],
    }
    return {
        "events": events,
        "accounts": events // 200,
        "commands": commands,
        "limit": {name: json.loads(measured([sys.executable, *words]).output) for name, words in limits.items()},
    }


def command(verb: str, folder: Path, out: Path) -> dict[str, Any]:
    """What a command and each of its steps took."""
    run = folder / "healthscore.toml"
    ended = measured(
        [sys.executable, "-m", "healthscore", "--log-json", verb, run, *VERBS[verb], "--out", out, "--json"]
    )
    parts = steps(ended.log)
    wall, cpu = (sum(getattr(part, key) for part in parts.values()) for key in ("wall_s", "cpu_s"))
    rest = Cost(ended.cost.wall_s - wall, ended.cost.cpu_s - cpu, ended.cost.memory_gb)
    named = {name: part.rounded() for name, part in (parts | {OUTSIDE: rest}).items()}
    return {"verb": verb, "whole": ended.cost.rounded(), "steps": named}
