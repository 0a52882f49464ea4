"""Crash everything, and write the page: `python -m crash` (see `make crash`)."""

from __future__ import annotations

import argparse
import fnmatch
import signal
import sys
import time
from pathlib import Path

from crash.interposer import compiler
from crash.page import WORKERS, page
from crash.running import missing, result, run
from crash.suites import SUITES

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Read the command line, crash, write."""
    parser = argparse.ArgumentParser(prog="crash", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="*", help="suites that match, for example C1, 'C4-score*' or '*publish*'")
    parser.add_argument("--every", type=int, default=1, help="try every so many-th point only")
    parser.add_argument("--workers", type=int, default=WORKERS, help="suites at the same time")
    parser.add_argument("--results", type=Path, default=ROOT / "crash-results", help="folder of the outcomes")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "crashes.md", help="the page to write")
    asked = parser.parse_args()
    if compiler() is None:
        sys.exit("there is no C compiler: install gcc")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # whoever ends the run ends its processes
    chosen = [suite for suite in SUITES.values() if suite.test == asked.only or fnmatch.fnmatch(suite.key, asked.only)]
    begin = time.monotonic()

    def progress(told: str) -> None:
        sys.stderr.write(f"{(time.monotonic() - begin) / 60:5.1f} min  {told}\n")

    run(missing(chosen, asked.results, asked.every), asked.results, asked.every, asked.workers, progress)
    found = {key: result(asked.results / f"{key}.jsonl") for key in SUITES}
    there = {key: each for key, each in found.items() if each is not None}
    asked.page.write_text(page(list(SUITES.values()), there), encoding="utf-8")
    wrong = [f"{suite.key}: {text}" for suite in chosen if suite.key in there for text in there[suite.key].wrong]
    for text in wrong[:50]:
        sys.stderr.write(text + "\n")
    unfinished = [suite.key for suite in chosen if suite.key not in there]
    sys.stderr.write(f"{len(wrong)} wrong, {len(unfinished)} suites without an end: {asked.page}\n")
    sys.exit(1 if wrong or unfinished else 0)


if __name__ == "__main__":
    main()
