"""Overrides: what a person says of a score, with a reason and an end, shown beside the score and never instead of it.

Worked example: Ana says on 3 June that A is at 80 until 30 June. Scores as of 4 to 30 June show it; those of 3 June do
not, because a day is known when it is over, and those of 1 July do not, because it has expired. Of two that hold at
once, the later one is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from healthscore.asof import date_of, day_of
from healthscore.config import Run
from healthscore.tables import Tables

CONTRACT = "overrides"
SAID = ("health", "band", "author", "reason", "made_on", "expires_on")
COLUMNS = tuple(f"override_{name}" for name in SAID)


def override_sources(run: Run) -> list[str]:
    """Sources of the run that hold overrides."""
    return [name for name, source in run.sources.items() if source.contract == CONTRACT]


def all_overrides(run: Run, tables: Tables) -> pd.DataFrame:
    """Every override of every source: account_id, health, band, author, reason, made_on, expires_on, known_day.

    Sorted, so that the order of rows in files does not matter; later ones come last. Dates are dates, `known_day` is a
    day since 1970-01-01.
    """
    frames = []
    for name in override_sources(run):
        found = tables.engine.query(
            f"SELECT account_id, {', '.join(SAID)}, known_day FROM {tables.relation(name)} WHERE account_id IS NOT NULL"
        )
        table: pd.DataFrame = found.to_pandas()
        frames.append(table.assign(health=table["health"] / 10.0 ** tables.scale(name, "health")))
    if not frames:
        return pd.DataFrame(columns=["account_id", *SAID, "known_day"])
    every = pd.concat(frames, ignore_index=True)
    every = every.sort_values(
        ["account_id", "made_on", "expires_on", "author", "reason", "health", "band"], ignore_index=True
    )
    for column in ("made_on", "expires_on"):
        every[column] = [date_of(int(day)) for day in every[column]]
    return every


def overrides_at(run: Run, tables: Tables, as_of: date, bands: Mapping[str, tuple[float, float]]) -> pd.DataFrame:
    """The override that holds for each account at `as_of`: account_id and the columns `override_*`.

    Parameters
    ----------
    bands
        Names of the score's bands with their ends, lowest first. Where a person gave a health only, the band that it
        lies in is filled in; the ends may be missing (quartiles by variant), then it stays empty.
    """
    found = all_overrides(run, tables)
    holds = (found["known_day"] < day_of(as_of)) & (found["expires_on"] >= as_of)
    found = found[holds.astype(bool)].drop_duplicates("account_id", keep="last").reset_index(drop=True)
    found["band"] = [
        band if isinstance(band, str) else _band_of(health, bands)
        for band, health in zip(found["band"], found["health"], strict=True)
    ]
    return found[["account_id", *SAID]].rename(columns=dict(zip(SAID, COLUMNS, strict=True)))


def _band_of(health: Any, bands: Mapping[str, tuple[float, float]]) -> str | None:
    if health is None or np.isnan(health):
        return None
    holding = [name for name, (low, _) in bands.items() if health >= low]
    return holding[-1] if holding else None
