"""Worklists: what each owner is to do, the most urgent first, then by the revenue that is at risk, as far as they can.

Time is not spent equally on all accounts: within one priority an account comes first by value x probability of leaving.
Names of people never become names of files: lists are numbered, and `index.csv` says whose each is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from healthscore.config import Worklist
from healthscore.pipelines.actions.matching import NOBODY

ALL, INDEX = "worklist.csv", "worklists/index.csv"
COLUMNS = (
    *("owner", "place", "priority", "due", "playbook", "action", "account_id", "name", "segment"),
    *("band", "health", "change", "trend", "drivers_down", "probability", "value", "revenue_at_risk"),
    *("days_to_renewal", "low_confidence", "path", "override_health", "override_band", "override_author"),
    *("override_reason", "override_expires_on", "within_capacity"),
)
INDEX_COLUMNS = ("file", "owner", "listed", "waiting", "revenue_at_risk", "waiting_at_risk")


def at_risk(scores: pd.DataFrame, bands: Sequence[str]) -> tuple[pd.Series[float], str]:
    """Revenue at risk per account, and in words how it was counted.

    Value x probability of leaving; by a scorecard, which says no probability, value x how many bands lie above the
    account's, of those that there are.
    """
    if scores["probability"].notna().any():
        return scores["value"] * scores["probability"], "value x probability of leaving"
    place = scores["band"].map({band: place for place, band in enumerate(bands)}).astype(float)
    above = (len(bands) - 1 - place) / max(len(bands) - 1, 1)
    return scores["value"] * above, "value x share of the other bands that lie above the account's"


def ranking(scores: pd.DataFrame, bands: Sequence[str]) -> pd.Series[float]:
    """What ranks accounts: revenue at risk, or risk alone where no value is known.

    An account whose value is not known counts with the median of those that are.
    """
    known = scores["value"].median()
    middle = 1.0 if np.isnan(known) else float(known)
    return at_risk(scores.assign(value=scores["value"].fillna(middle)), bands)[0].fillna(0.0)


def worklist(tasks: pd.DataFrame, scores: pd.DataFrame, rules: Worklist, as_of: date) -> pd.DataFrame:
    """Everything that is to be done: by owner (accounts without one first), each list in the order of its work.

    Parameters
    ----------
    tasks
        Of `match`.
    scores
        Rows that the tasks name, with `revenue_at_risk` and `_ranking`.

    Returns
    -------
    The columns `COLUMNS`, and `row`. `place` counts from 1 within an owner; `within_capacity` are those that fit.
    """
    shown = [name for name in COLUMNS if name in scores and name not in tasks]
    both = tasks.join(scores[[*shown, "_ranking"]], on="row")
    both["_known"] = both["owner"] != NOBODY
    order = ["_known", "owner", "priority", "_ranking", "account_id"]
    both = both.sort_values(order, ascending=[True, True, True, False, True], ignore_index=True)
    both["place"] = both.groupby("owner", sort=False).cumcount() + 1
    room = both["owner"].map({owner: rules.capacity_of(owner) for owner in both["owner"].unique()})
    both["within_capacity"] = both["place"] <= room.astype("int64")  # texts where there is nothing to do
    due = pd.to_datetime(as_of) + pd.to_timedelta(both["due_days"].astype("float64"), unit="D")
    both["due"] = due.dt.date
    both["days_to_renewal"] = both["days_to_renewal"].astype("Int64")
    return both.reindex(columns=[*COLUMNS, "row"])


def by_owner(listed: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The files of a worklist: all of it, one numbered list per owner cut to what fits, and whose each is."""
    shown = listed[list(COLUMNS)]
    files = {ALL: shown}
    index = []
    for number, (owner, mine) in enumerate(shown.groupby("owner", sort=False), start=1):
        name, fits = f"{number:03d}.csv", mine["within_capacity"]
        files[f"worklists/{name}"] = mine[fits].drop(columns=["within_capacity"]).reset_index(drop=True)
        sums = [float(mine.loc[some, "revenue_at_risk"].sum()) for some in (fits, ~fits)]
        index.append((name, owner, int(fits.sum()), int((~fits).sum()), *sums))
    files[INDEX] = pd.DataFrame(index, columns=list(INDEX_COLUMNS))
    return files
