"""Lists beside the worklists: who grows or recovers, whom to reach out to, and where revenue is at risk."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from healthscore.pipelines.actions.matching import met

GROWTH, OUTREACH, REVENUE = "growth_list.csv", "outreach.csv", "revenue_at_risk.csv"
FALLING, RISING = "decline", "recovery"
"""Rules of `[trend]` that the lists follow."""
ABOUT = ("account_id", "name", "segment", "owner", "band", "health", "change", "change_month", "trend", "value")
GROWTH_COLUMNS = ("why", *ABOUT, "growth", "growth_probability", "growth_drivers", "drivers_up")
OUTREACH_COLUMNS = (*ABOUT, "revenue_at_risk", "drivers_down", "actions")


def beside(scores: pd.DataFrame, bands: Sequence[str], growth: bool) -> dict[str, pd.DataFrame]:
    """The lists that need no playbook, by the name of their file.

    Parameters
    ----------
    scores
        With trend and `revenue_at_risk`.
    bands
        The lowest first.
    growth
        Whether growth is scored beside health.
    """
    scored = scores[scores["status"] == "scored"]
    return {
        GROWTH: _growing(scored, growth),
        OUTREACH: _columns(
            scored[met(scored, [FALLING])].sort_values(
                ["revenue_at_risk", "health", "account_id"], ascending=[False, True, True]
            ),
            OUTREACH_COLUMNS,
        ),
        REVENUE: _revenue(scored, bands),
    }


def totals(scores: pd.DataFrame) -> dict[str, float | None]:
    """Revenue per month of the scored accounts, and how much of it is at risk; None where no value is known."""
    scored = scores[scores["status"] == "scored"]
    known = scored["value"].notna()
    return {
        "value": float(scored["value"].sum()) if known.any() else None,
        "at_risk": float(scored["revenue_at_risk"].sum()) if known.any() else None,
    }


def _growing(scored: pd.DataFrame, growth: bool) -> pd.DataFrame:
    """Healthy accounts that are likely to expand, likeliest first, then those that recover, the steepest first."""
    ready = (
        scored["ready_for_expansion"].fillna(False).astype(bool) if growth and "ready_for_expansion" in scored else None
    )
    recovering = met(scored, [RISING])
    found = []
    if ready is not None:
        likely = scored[ready].sort_values(["growth", "account_id"], ascending=[False, True])
        found.append(likely.assign(why="ready for expansion"))
        recovering = recovering & ~ready.to_numpy(bool)
    steep = scored[recovering]
    if len(steep):
        steep = steep.sort_values(["change_month", "change", "account_id"], ascending=[False, False, True])
    found.append(steep.assign(why="recovering"))
    return _columns(pd.concat(found), GROWTH_COLUMNS)


def _revenue(scored: pd.DataFrame, bands: Sequence[str]) -> pd.DataFrame:
    """Per segment, and for all: accounts, revenue, how much of it is at risk, and in which band it lies.

    For whoever asks where revenue will come from and where it will not: the segment with the greatest share at risk
    comes first, the whole book last.
    """
    named = scored.assign(segment=scored["segment"].fillna("(none)"))
    rows = [_of_segment(str(name), mine, bands) for name, mine in named.groupby("segment", sort=True)]
    frame = pd.DataFrame(rows).sort_values(["share_at_risk", "segment"], ascending=[False, True]) if rows else None
    whole = pd.DataFrame([_of_segment("all", scored, bands)])
    return whole if frame is None or len(frame) < 2 else pd.concat([frame, whole], ignore_index=True)


def _of_segment(name: str, mine: pd.DataFrame, bands: Sequence[str]) -> dict[str, object]:
    value, at_risk = float(mine["value"].sum()), float(mine["revenue_at_risk"].sum())
    by_band = mine.groupby("band")["value"].sum()
    return {
        "segment": name,
        "accounts": len(mine),
        "value": round(value, 2),
        "revenue_at_risk": round(at_risk, 2),
        "share_at_risk": round(at_risk / value, 4) if value > 0 else None,
        **{f"value {band}": round(float(by_band.get(band, 0.0)), 2) for band in bands},
    }


def _columns(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Those of the columns that there are, in their order."""
    return frame[[name for name in names if name in frame]].reset_index(drop=True)
