"""Who computes the task: this package, by each of its ways, and the peers' programs, where their folder is given.

The peers' folder holds `gen_events.py`, which writes events, and `features.py`, which computes the task by one plan.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import healthscore
from processes import NOTHING, Cost, measured, median, steps
from task import BOOK, PEERS, run_text

CHECKS = "checking sources"
"""The step of `healthscore features` in which every row is held against its contract."""
PLANS = {
    "polars_lazy": ("Polars, good plan", "polars"),
    "duckdb_loop": ("DuckDB, good plan, a query per date", "duckdb"),
    "duckdb_smart": ("DuckDB, good plan, one query", "duckdb"),
    "pandas_naive": ("pandas loop", "pandas"),
    "scan_polars": ("scan of the columns, Polars", "polars"),
    "scan_arrow": ("scan of the columns, pyarrow", "pyarrow"),
}
"""A peer's plan -> its title, and the package that it takes. Scans compute nothing: they are the limit."""
FEW = 2_000
"""Events of a table whose checks cost nothing: what the step takes then is opening tables and loading libraries."""
POLARS = "polars_lazy"
"""The plan that all are compared with."""
WAYS = {"sql": "healthscore, SQL and NumPy", "compiled": "healthscore, compiled scan"}
"""What a run's `scan` may force -> its title."""


@dataclass(frozen=True)
class Turn:
    """One run of a contestant: all that it took, and how much of that were the checks of the rows."""

    cost: Cost
    checks: Cost | None = None

    @property
    def compared(self) -> Cost:
        """What is compared: all but the checks, which no peer makes."""
        return self.cost if self.checks is None else self.cost.without(self.checks)


@dataclass(frozen=True)
class Data:
    """A folder of events, and the peers who wrote them; `make` writes what is not there yet."""

    folder: Path
    events: int
    peers: Path | None
    python: Path
    only: tuple[str, ...] = tuple(PLANS)

    def make(self) -> Data:
        """Write the events, by the peers' program or, without one, by our own; 200 for each account."""
        if not (self.folder / "accounts.parquet").is_file():
            shutil.rmtree(self.folder, ignore_errors=True)
            sizes = ["--events", str(self.events), "--accounts", str(self.events // 200), "--out", str(self.folder)]
            if self.peers is None:
                command = [sys.executable, str(Path(__file__).parent / "book.py"), *sizes]
            else:
                users = ["--users", str(self.events // 40)]
                command = [str(self.python), str(self.peers / "gen_events.py"), *sizes, *users]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return self

    def contestants(self, dates: int) -> dict[str, Contestant]:
        """Everybody who can take part, by key; this package first."""
        opening = self.opening(dates)
        ours = {way: Ours(title, self, dates, way, opening) for way, title in ways().items()}
        return ours | {plan: Peer(PLANS[plan][0], self, dates, plan) for plan in self.plans()}

    def opening(self, dates: int, rounds: int = 3) -> Cost:
        """What the step of the checks takes of next to no events: it opens tables and loads libraries."""
        few = replace(self, folder=self.folder.with_name(f"few-{self.folder.name}"), events=FEW).make()
        turns = [Ours("", few, dates, "sql").turn() for _ in range(rounds)]
        return median(turn.checks for turn in turns if turn.checks)

    def plans(self) -> Iterator[str]:
        """The peers' plans that are asked for and whose package is there."""
        there = {} if self.peers is None else versions(self.python)
        for plan in self.only:
            if PLANS[plan][1] in there:
                yield plan


@dataclass(frozen=True)
class Ours:
    """`healthscore features`, by one way to read events; `opening` is what its step of the checks does beside them."""

    title: str
    data: Data
    dates: int
    way: str
    opening: Cost = NOTHING

    @property
    def output(self) -> Path:
        """The panel of the last turn."""
        [found] = self._out.glob("features/*/features.parquet")
        return found

    @property
    def _out(self) -> Path:
        return self.data.folder / f"out-{self.way}-{self.dates}"

    def turn(self) -> Turn:
        """Write the run, and compute it from nothing."""
        run = self.data.folder / f"{self.way}-{self.dates}.toml"
        layout = BOOK if self.data.peers is None else PEERS
        run.write_text(run_text(layout, self.dates, self.way), encoding="utf-8")
        shutil.rmtree(self._out, ignore_errors=True)
        command = [sys.executable, "-m", "healthscore", "--log-json", "features", run, "--out", self._out, "--json"]
        ended = measured(command)
        return Turn(ended.cost, steps(ended.log)[CHECKS].without(self.opening))


@dataclass(frozen=True)
class Peer:
    """A plan of the peers' program."""

    title: str
    data: Data
    dates: int
    plan: str

    @property
    def output(self) -> Path:
        """The features of the last turn."""
        return self.data.folder / f"{self.plan}-{self.dates}.parquet"

    def turn(self) -> Turn:
        """Compute the task."""
        program = (self.data.peers or Path()) / "features.py"
        asked: list[object] = [
            "--impl",
            self.plan,
            "--data",
            self.data.folder,
            "--asofs",
            str(self.dates),
            "--out",
            self.output,
        ]
        return Turn(measured([self.data.python, program, *asked]).cost)


Contestant = Ours | Peer


def ways() -> dict[str, str]:
    """The ways of this package: the compiled scan is one of them where it was built at installation."""
    built = any(Path(healthscore.__file__).parent.glob("features/compiled/_kernel-*.so"))
    return {way: title for way, title in WAYS.items() if built or way != "compiled"}


def versions(python: Path) -> dict[str, str]:
    """The packages of the plans that an environment has, with their versions."""
    packages = sorted({package for _, package in PLANS.values()})
    said = subprocess.run([python, "-c", VERSIONS, *packages], check=True, capture_output=True, text=True).stdout
    found: dict[str, str] = json.loads(said)
    return found


VERSIONS = """
import json, sys
from importlib import metadata
names = [name for name in sys.argv[1:] if any(True for _ in metadata.distributions(name=name))]
print(json.dumps({name: metadata.version(name) for name in names}))
"""
