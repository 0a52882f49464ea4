"""Commands about data: simulate, init, check, features."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from healthscore.cli.options import AsJson, DataRoot, OutRoot, RunFile
from healthscore.cli.terminal import emit, progress, say, table


def simulate(
    out: Annotated[Path, typer.Option(help="Directory of the new workspace.")],
    world: Annotated[str, typer.Option(help="Which company: saas, null, ...")] = "saas",
    accounts: Annotated[int, typer.Option(min=1, help="How many accounts.")] = 2_000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same company.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Write a simulated company: raw tables, the truth planted in them, and a run."""
    import healthscore

    made = healthscore.simulate(world, accounts, seed, out)
    if as_json:
        emit(made.result)
        return
    table("", ("table", "rows"), [(name, f"{rows:,}") for name, rows in made.result["rows"].items()])
    say(f"{made.directory}", f"next: healthscore backtest {made.directory / 'healthscore.toml'}")


def features(run: RunFile = None, data: DataRoot = None, out: OutRoot = None, as_json: AsJson = False) -> None:
    """Write every feature at every as-of date as Parquet, and the dictionary of what they mean."""
    import healthscore

    made = healthscore.panel(run, data=data, out=out, progress=progress(as_json))
    if as_json:
        emit(made.result)
        return
    dates = made.result["as_ofs"]
    say(
        f"{made.result['rows']:,} rows of {len(made.result['features'])} features: {made.result['accounts']:,} accounts, "
        f"{len(dates)} dates from {dates[0]} to {dates[-1]}",
        f"features    {made.directory / 'features.parquet'}",
        f"dictionary  {made.directory / 'dictionary.md'}",
    )
