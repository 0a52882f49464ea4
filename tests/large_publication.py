"""A publication of many accounts, written by hand: what views read of it, and nothing else."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from healthscore.config import Run, load_run
from healthscore.pipelines.publication.pointers import stand
from healthscore.pipelines.publish import point, run_directory, write_csv, write_json

BANDS = {
    "at risk": {"low": 0.0, "high": 40.0},
    "needs attention": {"low": 40.0, "high": 70.0},
    "healthy": {"low": 70.0, "high": 100.0},
}
DATES = (date(2025, 3, 1), date(2025, 4, 1), date(2025, 5, 1))
BASE = 60.0


def scores_at(place: int, accounts: int) -> pd.DataFrame:
    """Every account lies ten times its last digit, less its distance from the last date: a law to check views by."""
    number = np.arange(accounts)
    health = 10.0 * (number % 10) + (len(DATES) - 1 - place)
    band = np.array(list(BANDS), object)[np.searchsorted([40.0, 70.0], health, side="right")]
    rank = pd.Series(health).rank(method="min").astype("Int64")
    texts = {
        "account_id": [f"A-{n:06}" for n in number],
        "name": [f"Company {n}" for n in number],
        "segment": [f"segment {n % 7}" for n in number],
        "owner": [f"owner {n % 90}" for n in number],
        "status": "scored",
        "band": band,
        "grade": "C",
        "low_confidence": "",
        "model": "one",
        "drivers_down": "use -20.0: few log-ins; support -1.0: many tickets",
        "drivers_up": "finance +1.0: pays in time",
    }
    frame = pd.DataFrame(texts).astype("str")
    frame.insert(5, "as_of", DATES[place])
    return frame.assign(
        health=health,
        health_low=np.nan,
        health_high=np.nan,
        rank=rank,
        percentile=50.0,
        probability=0.1,
        value=100.0,
        points_base=BASE,
        points_use=health - BASE - 1.0,
        points_support=-1.0,
        points_finance=2.0,
        points_capped=0.0,
    ).sort_values(["rank", "account_id"], ignore_index=True)


def write_large(folder: Path, accounts: int) -> Run:
    """Publish three dates; returns the run. Account i has the score 10 * (i % 10), and lost a point a month."""
    path = folder / "healthscore.toml"
    path.write_text('name = "large"\nout = "out"\n[sources.log]\npath = "log.csv"\ncontract = "events"\n')
    run, named = load_run(path), {}
    for place, day in enumerate(DATES):
        frame, identity = scores_at(place, accounts), f"{place:012}"
        record = {"identity": identity, "read": {"bundle": "one"}, "configuration": {}, "arguments": {}}
        with run_directory(run.out, "score", identity, record=record, newest=False) as directory:
            frame.to_parquet(directory / "scores.parquet", index=False)
            write_json(directory / "result.json", {"as_of": day, "band_probability": BANDS})
        stand(run.out, "score", day, identity)
        named[day.isoformat()] = identity
    _publish(run, frame, {"identity": "f" * 12, "arguments": {"scores": named}})
    return run


def _publish(run: Run, frame: pd.DataFrame, record: dict[str, Any]) -> None:
    followed = frame.assign(
        revenue_at_risk=10.0,
        change=-1.0,
        change_week=np.nan,
        change_month=-1.0,
        change_reason="use -1.0",
        previous_as_of=DATES[-2],
        previous_health=frame["health"] + 1.0,
        steady_band=frame["band"],
        trend="",
        trend_rules="",
        days_to_renewal=pd.array([30] * len(frame), dtype="Int64"),
        priority=None,
        actions=None,
        override_health=np.nan,
        override_band=None,
        override_author=None,
    )
    ledger = {"account_id": frame["account_id"], "since": "previous", "kind": "component", "component": "use"}
    with run_directory(run.out, "published", record["identity"], record=record, newest=False) as directory:
        followed.to_parquet(directory / "scores.parquet", index=False)
        changes = pd.DataFrame(ledger | {"from_as_of": DATES[-2], "points": -1.0})
        changes.to_parquet(directory / "changes.parquet", index=False)
        write_csv(frame[["owner", "account_id", "name"]].head(5000), directory / "worklist.csv")
        write_json(directory / "result.json", {"as_of": DATES[-1], "band_probability": BANDS, "warnings": []})
    point(run.out / "published" / "CURRENT", record["identity"])
