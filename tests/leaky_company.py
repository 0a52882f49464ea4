"""A simulated company with one planted leak, or its honest twin, and only the signals that matter for it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.csv
import pyarrow.parquet as pq

from healthscore.config import Run, load_run
from healthscore.pipelines.simulate import run_text
from healthscore.tables.simulator import simulate, write
from healthscore.tables.simulator.company import Company, simulate_company
from healthscore.tables.simulator.leaks import LEAKS, plant, run_lines
from healthscore.tables.simulator.timeline import Timeline
from healthscore.tables.simulator.worlds import leak_traps
from healthscore.tables.simulator.writing import as_text

ACCOUNTS, SEED = 300, 3
READS = {
    "usage": "usage",
    "subscriptions": "people",
    "account_id": "nps",
    "touchpoints": "touchpoints",
    "surveys": "nps",
}
"""What a leak is about -> a signal of the shipped run that reads it."""
FEW_DATES = """
[as_of]
first = 2024-05-01
last = 2025-04-01
every = 60
"""


@dataclass(frozen=True)
class Honest:
    """The company before anything is planted; written once, so that what a leak does not touch is only linked."""

    directory: Path
    company: Company
    tables: dict[str, Any]

    @classmethod
    def made(cls, directory: Path, accounts: int = ACCOUNTS, seed: int = SEED) -> Honest:
        recipe = replace(leak_traps.RECIPE, leaks=())
        world = simulate(recipe, accounts, seed)
        write(world, directory, run_text(recipe))
        return cls(directory, simulate_company(recipe, accounts, Timeline(world.months), seed), world.tables)

    @cached_property
    def csv(self) -> set[str]:
        return {path.stem for path in (self.directory / "data").glob("*.csv")}

    def with_leak(self, directory: Path, leak: str, *, honest: bool) -> Run:
        """Write the company with a leak or its twin; the run has the signals that read what it alters."""
        data = directory / "data"
        data.mkdir(parents=True)
        for name, table in plant(self.company, self.tables, [leak], honest=honest).items():
            if table is self.tables.get(name):
                path = next((self.directory / "data").glob(f"{name}.*"))
                os.link(path, data / path.name)
            else:
                _write(data, name, table, csv=name in self.csv)
        text = 'name = "leaky"\ninclude = ["healthscore:pipelines/saas.toml"]\ndata = "data"\n'
        path = directory / "healthscore.toml"
        path.write_text(text + FEW_DATES + run_lines([leak]), encoding="utf-8")
        run = load_run(path)
        wanted = {READS.get(re.split(r"\.", LEAKS[leak].where)[0], ""), "nps"}
        signals = {n: s for n, s in run.signals.items() if n in wanted or f"[signals.{n}]" in LEAKS[leak].lines}
        sources = {n: s for n, s in run.sources.items() if n in {s.source for s in signals.values()}}
        sources |= {n: run.sources[n] for n in ("accounts", "subscriptions")}
        return run.model_copy(update={"signals": signals, "sources": sources, "combinations": {}})


def _write(data: Path, name: str, table: Any, *, csv: bool) -> None:
    if csv:
        pyarrow.csv.write_csv(as_text(table), data / f"{name}.csv")
    else:
        pq.write_table(table, data / f"{name}.parquet")
