"""Ten thousand mutated bundles: `python -m mutations`. Exit code 1 if any did what must not be."""

from __future__ import annotations

import argparse
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mutations.batch import MODES
from mutations.running import Tally, run
from mutations.subject import save_subject


def main() -> None:
    """Read the command line, mutate, tell."""
    parser = argparse.ArgumentParser(prog="mutations", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000, help="mutations, half of each mode")
    parser.add_argument("--first", type=int, default=0, help="number of the first mutation of each mode")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(len(MODES)) as pool:
        bundle = save_subject(Path(folder) / "bundle")
        tallies = list(pool.map(lambda mode: _tally(bundle, mode, asked.first, asked.count // len(MODES)), MODES))
    for tally in tallies:
        for verdict, count in sorted(tally.counts.items()):
            sys.stdout.write(f"{verdict:<20} {count:>7,}\n")
    wrong = [one for tally in tallies for one in tally.wrong]
    sys.stdout.write("\n".join([*wrong, f"{len(wrong)} wrong\n"]))
    sys.exit(1 if wrong else 0)


def _tally(bundle: Path, mode: str, first: int, count: int) -> Tally:
    def progress(done: int) -> None:
        sys.stderr.write(f"{mode}: {done:,} of {count:,}\n")

    tally = Tally()
    run(bundle, mode, first, count, tally, progress)
    return tally


if __name__ == "__main__":
    main()
