"""Published scores written down literally: dates, accounts, scores, features."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from healthscore.pipelines.publication.history import Scored

BANDS = {
    "at risk": {"low": 0.0, "high": 40.0},
    "needs attention": {"low": 40.0, "high": 70.0},
    "healthy": {"low": 70.0, "high": 100.0},
}
CONFIGURATION = {
    "sources": {"log": {"contract": "events", "path": "log.csv"}},
    "signals": {"use": {"source": "log", "component": "activity", "label": "log-ins"}},
}
FIRST = date(2025, 1, 6)


def write_scored(
    folder: Path,
    as_of: date,
    health: Mapping[str, float | str],
    *,
    features: Mapping[str, Sequence[float]] | None = None,
    read: Mapping[str, str] | None = None,
    places: Mapping[str, str] | None = None,
    configuration: Mapping[str, Any] | None = None,
    chosen: str = "blend",
    **columns: Sequence[Any],
) -> Scored:
    """One date: account -> score, or the status that it has instead. Features are of the accounts with a score."""
    directory = folder / as_of.isoformat()
    directory.mkdir(parents=True)
    scored = {name: value for name, value in health.items() if not isinstance(value, str)}
    order = sorted(scored, key=lambda name: (scored[name], name))
    rank = {name: sum(scored[other] < scored[name] for other in scored) + 1 for name in scored}
    others = [name for name in health if name not in scored]
    table = pd.DataFrame(
        {
            "account_id": [*order, *others],
            "segment": None,
            "status": ["scored"] * len(order) + [str(health[name]) for name in others],
            "health": [scored[name] for name in order] + [np.nan] * len(others),
            "rank": pd.array([rank[name] for name in order] + [pd.NA] * len(others), dtype="Int64"),
        }
    ).astype(dict.fromkeys(("account_id", "segment", "status"), "str"))
    for name, values in columns.items():
        table[name] = [dict(zip(scored, values, strict=True)).get(account) for account in table["account_id"]]
    table.to_parquet(directory / "scores.parquet", index=False)
    if features is not None:
        kept = pd.DataFrame({"account_id": list(scored), **{k: np.array(v, float) for k, v in features.items()}})
        kept.to_parquet(directory / "features.parquet", index=False)
    result = {"as_of": as_of.isoformat(), "band_probability": BANDS, "chosen": chosen}
    (directory / "result.json").write_text(json.dumps(result))
    record = {"format": 1, "identity": as_of.isoformat(), "verb": "score", "arguments": {}, "inputs": {}}
    record |= {"read": dict(read if read is not None else {"bundle": "one"}), "paths": dict(places or {})}
    record |= {"configuration": dict(CONFIGURATION if configuration is None else configuration)}
    (directory / "run.json").write_text(json.dumps(record))
    return Scored(as_of, as_of.isoformat(), directory)


def write_course(
    folder: Path, scores: Sequence[float | str | None], every: int = 7, account: str = "a"
) -> list[Scored]:
    """The course of one account beside another's, a score every so many days; None where it is not in the book."""
    days = [FIRST + timedelta(days=every * index) for index in range(len(scores))]
    return [
        write_scored(folder, day, {"other": 50.0} if score is None else {"a": score, "other": 50.0})
        for day, score in zip(days, scores, strict=True)
    ]
