"""A simulated company as a ready workspace: raw tables, planted truth, and a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from healthscore.config import library
from healthscore.errors import ConfigurationError
from healthscore.pipelines.exports import write_exports

if TYPE_CHECKING:
    from healthscore.tables.simulator import Recipe


LEAKY_RUN = """# The shipped run, on tables that tell the past what happened later: `healthscore check --leaks`.
name = "{name}"
title = "{title}"
include = ["healthscore:pipelines/{industry}.toml"]
data = "data"
"""
INTERVENTIONS = """
# What the team did, for whom, and whom the lot held out: `backtest` and `audit` tell treated and untreated apart.
[sources.interventions]
contract = "interventions"
path = "interventions.parquet"
"""


@dataclass(frozen=True)
class Simulated:
    """Where the workspace lies and what is in it; `result` is the JSON object of the command."""

    directory: Path
    result: dict[str, Any]


def run_text(recipe: Recipe) -> str:
    """The run of a world: the one shipped for its industry, and what its planted leaks or interventions add to it."""
    from healthscore.tables.simulator.leaks import run_lines

    if not recipe.leaks:
        shipped = (library() / "pipelines" / f"{recipe.industry}.toml").read_text(encoding="utf-8")
        return shipped + (INTERVENTIONS if recipe.treatment_effect else "")
    head = LEAKY_RUN.format(name=recipe.name.replace("-", "_"), title=recipe.title, industry=recipe.industry)
    return head + run_lines(recipe.leaks)


def simulate(world: str = "saas", accounts: int = 2_000, seed: int = 1, out: str | Path = "demo") -> Simulated:
    """Write a seeded world's raw tables under `out/data`, its `truth.json`, and a `healthscore.toml` that runs on it.

    `out/exports` holds what the company could export of a score of its own: scores, exits and weights.

    Raises
    ------
    ConfigurationError
        The world is not known, or `out` holds something that is not such a workspace.
    """
    from healthscore.tables.simulator import recipe_named, write
    from healthscore.tables.simulator import simulate as draw

    directory = Path(out).resolve()
    if directory.exists() and not (directory / "truth.json").exists() and any(directory.iterdir()):
        raise ConfigurationError(f"{directory} holds files that no simulation wrote", "choose another --out")
    run = run_text(recipe_named(world))
    there = directory / "healthscore.toml"
    if there.exists() and there.read_text(encoding="utf-8") != run:
        raise ConfigurationError(f"{there} is not as it was written: it may have been edited", "choose another --out")
    drawn = draw(world, accounts, seed)
    paths = write(drawn, directory, run)
    paths |= {f"exports/{name}": path for name, path in write_exports(drawn, directory).items()}
    rows = {name: table.num_rows for name, table in drawn.tables.items()}
    result = {
        "world": world,
        "seed": seed,
        "accounts": accounts,
        "directory": str(directory),
        "rows": rows,
        "truth": drawn.truth,
    }
    return Simulated(directory, {**result, "files": {name: str(path) for name, path in paths.items()}})
