"""Scoring: ways to take a score apart, a whole job, and how soon commands begin; the tables of docs/scoring.md.

    python benchmarks/scoring.py points --rows 65536                             # rows per CPU second by way and model
    python benchmarks/scoring.py job --accounts 1000000 --folder bench-data/1m   # a company of its own, by stage
    python benchmarks/scoring.py startup                                         # seconds of small commands
    python benchmarks/scoring.py page                                            # the tables of docs/scoring.md

Each writes its section of `--record`. `job` writes a company of so many accounts as a ready-made panel, trains on its
past, and measures `score` in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import explaining
from bookpanel import FEATURES, TODAY, TREES, write_company
from pages import renewed
from processes import Ended, measured, median, steps
from speed import DOCS, keep, machine
from speed_page import Table

PAGE, RECORD = DOCS / "scoring.md", DOCS / "scoring.json"
HEALTHSCORE = (sys.executable, "-m", "healthscore", "--log-json")
SMALL = 2_000
"""Accounts of the company that start-up is measured on."""
IMPORT, HELP = "import healthscore", "healthscore --help"
GOALS = {IMPORT: 0.5, HELP: 0.3}
"""Wall seconds within which we want them to be done."""


def main() -> None:
    """Measure what is asked for, print its table, and keep the figures."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0], formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("points", "job", "startup", "page"))
    parser.add_argument("--rows", type=int, default=65_536, help="that are taken apart; of large models a sixteenth")
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path("bench-data/scoring"), help="where data and models lie")
    parser.add_argument("--record", type=Path, help="the JSON file of figures (default: scoring.json in the folder)")
    asked = parser.parse_args()
    if asked.what == "page":
        figures = json.loads(RECORD.read_text(encoding="utf-8"))
        PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), figures), encoding="utf-8")
        return
    if asked.what == "points":
        section = explaining.measure(asked.folder, asked.rows, asked.repeat)
    elif asked.what == "job":
        section = job(asked.folder, asked.accounts, asked.repeat)
    else:
        section = startup(asked.folder / "small", asked.repeat)
    section |= {"measured": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine(), "load": round(os.getloadavg()[2], 1)}
    keep(asked.record or asked.folder / "scoring.json", asked.what, section)
    print(TABLES[asked.what](section).text())
    for goal in MISSED[asked.what](section):
        print(f"goal missed: {goal}")


# --- the page --------------------------------------------------------------------------------------------------------


def with_tables(page: str, figures: Mapping[str, Mapping[str, Any]]) -> str:
    """The page with the tables of these figures in the place of those with the same first heading."""
    return renewed(page, [TABLES[what](section) for what, section in figures.items()])


def job_table(section: Mapping[str, Any]) -> Table:
    """Wall and CPU seconds of a job by step, and the memory it holds by the end of each."""
    rows = [("the whole job", section["whole"]), *section["steps"].items()]
    return Table(
        ("stage", "CPU s", "wall s", "GB"),
        [
            (name, f"{cost['cpu_s']:.1f}", f"{cost['wall_s']:.1f}", f"{cost['memory_gb']:.1f}")
            for name, cost in rows
            if cost["wall_s"] >= 0.05
        ],
    )


def startup_table(section: Mapping[str, Any]) -> Table:
    """CPU and wall seconds by command."""
    rows = [
        (f"`{name}`", f"{cost['cpu_s']:.2f}", f"{cost['wall_s']:.2f}") for name, cost in section["commands"].items()
    ]
    return Table(("command", "CPU s", "wall s"), rows)


# --- jobs ------------------------------------------------------------------------------------------------------------


def job(folder: Path, accounts: int, repeat: int) -> dict[str, Any]:
    """What scoring so many accounts takes, whole and by step; medians."""
    trained(folder, accounts)
    runs = [run(folder, "score", "--as-of", TODAY, "--force") for _ in range(repeat)]
    each = [steps(ended.log) for ended in runs]
    return {
        "accounts": accounts,
        "features": FEATURES,
        "trees": TREES,
        "repeat": repeat,
        "whole": median(ended.cost for ended in runs).rounded(),
        "steps": {name: median(found[name] for found in each).rounded() for name in each[0]},
    }


def startup(folder: Path, repeat: int) -> dict[str, Any]:
    """What commands take on a small company, and importing the package; medians of alternating rounds."""
    trained(folder, SMALL)
    commands: dict[str, Callable[[], Ended]] = {
        IMPORT: lambda: measured([sys.executable, "-c", "import healthscore"]),
        HELP: lambda: measured([sys.executable, "-m", "healthscore", "--help"]),
        "healthscore runs list": lambda: run(folder, "runs", "list"),
        "healthscore features": lambda: run(folder, "features"),
        "healthscore score": lambda: run(folder, "score", "--as-of", TODAY, "--force"),
    }
    rounds = [{name: command().cost for name, command in commands.items()} for _ in range(repeat)]
    costs = {name: median(turn[name] for turn in rounds).rounded() for name in commands}
    return {"accounts": SMALL, "repeat": repeat, "commands": costs}


def late(section: Mapping[str, Any]) -> list[str]:
    """Commands that begin later than they should."""
    return [name for name, goal in GOALS.items() if section["commands"][name]["wall_s"] >= goal]


def trained(folder: Path, accounts: int) -> None:
    """Write a company and train on its past, once."""
    if not (folder / "healthscore.toml").is_file():
        write_company(folder, accounts)
        run(folder, "train")


def run(folder: Path, *words: object) -> Ended:
    """A command on the company, its results beside it."""
    named = [folder / "healthscore.toml", "--out", folder / "out", "--json"]
    return measured([*HEALTHSCORE, *words, *named])


TABLES = {"points": explaining.table, "job": job_table, "startup": startup_table}
MISSED: dict[str, Callable[[Mapping[str, Any]], Sequence[str]]] = {
    "points": explaining.missed,
    "job": lambda _: (),
    "startup": late,
}


if __name__ == "__main__":
    main()
