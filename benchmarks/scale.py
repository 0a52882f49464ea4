"""What training holds in memory, what two workers give, what a sample costs: the tables of docs/scale.md.

    python benchmarks/scale.py memory --sizes 240000 720000 1440000    # snapshots of a panel: GB of each process
    python benchmarks/scale.py quality --sizes 1000 1000 4000 16000    # accounts: two workers beside one process
    python benchmarks/scale.py sample --sizes 16000                    # accounts: samples beside all of their snapshots
    python benchmarks/scale.py page                                    # the tables of docs/scale.md

Each writes its section of `--record`. Panels are seeded and synthetic, 60 features in ten components at twelve dates;
every training of them is a process of its own. Accounts are those of the simulated company.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import learned
import peaks
from pages import renewed
from speed import DOCS, keep, machine
from speed_page import Table

PAGE, RECORD = DOCS / "scale.md", DOCS / "scale.json"
SIZES = {"memory": [240_000, 720_000, 1_440_000], "quality": [*[1_000] * 4, 2_000, 4_000, 16_000], "sample": [16_000]}
MEASURES: dict[str, Callable[[Path, list[int]], dict[str, Any]]] = {
    "memory": peaks.measure,
    "quality": learned.measure_quality,
    "sample": lambda folder, sizes: learned.measure_samples(folder, *sizes),
}
TABLES: dict[str, Callable[[Mapping[str, Any]], Table]] = {
    "memory": peaks.table,
    "quality": learned.quality_table,
    "sample": learned.samples_table,
}


def main() -> None:
    """Measure what is asked for, print its table, and keep the figures."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0], formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=(*MEASURES, "page"))
    parser.add_argument("--sizes", type=int, nargs="+", help="snapshots of panels, or accounts of companies")
    parser.add_argument("--record", type=Path, default=Path("bench-data/scale.json"), help="the JSON file of figures")
    asked = parser.parse_args()
    if asked.what == "page":
        figures = json.loads(RECORD.read_text(encoding="utf-8"))
        PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), figures), encoding="utf-8")
        return
    sizes = asked.sizes or SIZES[asked.what]
    if asked.what == "sample" and len(sizes) > 1:
        parser.error("samples are drawn from one company")
    with TemporaryDirectory() as folder:
        section = MEASURES[asked.what](Path(folder), sizes)
    section |= {"measured": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine(), "load": round(os.getloadavg()[2], 1)}
    keep(asked.record, asked.what, section)
    print(TABLES[asked.what](section).text())


def with_tables(page: str, figures: Mapping[str, Mapping[str, Any]]) -> str:
    """The page with the tables of these figures in the place of those that it has."""
    return renewed(page, [TABLES[what](section) for what, section in figures.items()])


if __name__ == "__main__":
    main()
