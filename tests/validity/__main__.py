"""Measure what is missing, and write the page: `python -m validity` (see `make validity`)."""

from __future__ import annotations

import argparse
import fnmatch
import json
import signal
import sys
import time
from pathlib import Path

from validity.page import page, rows_of
from validity.runner import missing, recorded, run
from validity.suites import SUITES

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Read the command line, measure, write."""
    parser = argparse.ArgumentParser(prog="validity", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="*", help="suites whose name matches, for example 'T28*' or 'end to end*'")
    parser.add_argument("--seeds", type=int, help="only the first seeds of every suite")
    parser.add_argument("--workers", type=int, default=2, help="processes, of one thread each")
    parser.add_argument("--results", type=Path, default=ROOT / "validity-results", help="folder of the outcomes")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "validity.md", help="the page to write")
    asked = parser.parse_args()
    chosen = [suite for name, suite in SUITES.items() if fnmatch.fnmatchcase(name, asked.only)]
    # Whoever ends the run ends its processes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    path = asked.results / "outcomes.jsonl"
    begin = time.monotonic()

    def progress(done: int, of: int, suite: str) -> None:
        minutes = (time.monotonic() - begin) / 60
        sys.stderr.write(f"\r{done:,} of {of:,}, {minutes:.0f} min: {suite:<40}")
        sys.stderr.flush()

    run(missing(chosen, recorded(path), asked.seeds), path, asked.workers, progress)
    lines = recorded(path)
    rows = rows_of(list(SUITES.values()), lines, asked.seeds)
    current = {(suite.name, suite.version) for suite in SUITES.values()}
    seconds = sum(line["seconds"] for line in lines.values() if (line["suite"], line["version"]) in current)
    asked.page.write_text(page(list(SUITES.values()), rows, f"{seconds / 120:.0f} minutes"), encoding="utf-8")
    summary = {"minutes": round(seconds / 120, 1), "lines": rows}
    (asked.results / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    missed = [row for row in rows if row["verdict"] == "**missed**"]
    sys.stderr.write(f"\n{len(rows)} lines, {len(missed)} missed: {asked.page}\n")


if __name__ == "__main__":
    main()
