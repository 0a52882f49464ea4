"""The book at a glance: bands, revenue, who moved, what lacks, and whether the bands kept what they promise."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from healthscore.pipelines.auditing.material import SCORED
from healthscore.pipelines.book.accounts import EVERYONE, Filter, tones_of
from healthscore.pipelines.book.opening import Told
from healthscore.pipelines.publication.compose import CHANGES
from healthscore.pipelines.trend.changes import IN_WORDS, MODEL
from healthscore.pipelines.trend.following import PREVIOUS, reference_dates

if TYPE_CHECKING:
    from healthscore.pipelines.book.opening import Book

Since = Literal["previous", "week", "month"]
CHANGE: dict[Since, str] = {"previous": "change", "week": "change_week", "month": "change_month"}
MOVED = ("account_id", "name", "segment", "owner", "band", "health", "value", "change", "reason")
MOST = 10


def glance(book: Book, chosen: Filter = EVERYONE) -> dict[str, Any]:
    """What is to be known of the accounts that fit before any of them is looked at.

    Returns
    -------
    `as_of`; `accounts` that have a score, `mean_health`, `revenue` per month of those whose value is known, and
    `revenue_at_risk` of it; `bands`, the least healthy first; `unscored` by status; `low_confidence`, `overridden`,
    `gained` and `lost` (accounts, since their previous score); of the whole book `stale` sources (`Told`, by the newest
    audit) and `warnings`.
    """
    table = book.table[chosen.fits(book.table)]
    rated = table[table["status"] == SCORED]
    without = table.loc[table["status"] != SCORED, "status"].value_counts()
    known = rated["value"].notna().any()
    return {
        "as_of": book.now.as_of,
        "accounts": len(rated),
        "mean_health": float(rated["health"].mean()) if len(rated) else None,
        "revenue": float(rated["value"].sum()) if known else None,
        "revenue_at_risk": float(rated["revenue_at_risk"].sum()) if known else None,
        "bands": _bands(book, rated),
        "unscored": {str(status): int(n) for status, n in without.items()},
        "low_confidence": int((rated["low_confidence"].fillna("") != "").sum()),
        "overridden": int((table["override_health"].notna() | table["override_band"].notna()).sum()),
        "gained": int((rated["change"] > 0).sum()),
        "lost": int((rated["change"] < 0).sum()),
        "stale": _stale(book),
        "warnings": list(book.result.get("warnings") or []),
    }


def _bands(book: Book, rated: pd.DataFrame) -> list[dict[str, Any]]:
    """Per band: its ends and tone, accounts, their share, revenue per month, its share, and how much is at risk."""
    tones, by_band = tones_of(book), rated.groupby("band")
    counts, worth = by_band.size(), by_band["value"].sum()
    at_risk = by_band["revenue_at_risk"].sum()
    revenue, known = float(rated["value"].sum()), bool(rated["value"].notna().any())
    rows = []
    for name, low, high in book.bands.ranges():
        n = int(counts.get(name, 0))
        rows.append(
            {
                "name": name,
                "tone": tones[name],
                "low": low,
                "high": high,
                "accounts": n,
                "share": n / len(rated) if len(rated) else None,
                "revenue": float(worth.get(name, 0.0)) if known else None,
                "revenue_share": float(worth.get(name, 0.0)) / revenue if revenue > 0 else None,
                "revenue_at_risk": float(at_risk.get(name, 0.0)) if known else None,
            }
        )
    return rows


def _stale(book: Book) -> Told:
    """Sources that had gone silent at the newest audit."""
    audit = _audit(book)
    if audit.result is None:
        return audit
    silent = [one["name"] for one in audit.result["sources"] if one["stale"]]
    return Told({"as_of": audit.result["as_of"], "sources": silent})


def _audit(book: Book) -> Told:
    audit = book.latest("audit")
    if audit.result is not None and audit.result["series"] != book.series:
        return Told(None, "the newest audit is of other scores: those by a model, or by another scorecard")
    return audit


def since_when(book: Book) -> dict[str, date | None]:
    """The date that changes are told against: the previous one of most accounts, about a week ago, about a month."""
    dates = [scored.as_of for scored in book.history]
    return {PREVIOUS: dates[-2] if len(dates) > 1 else None, **reference_dates(dates)}


def movers(
    book: Book, since: Since = "previous", chosen: Filter = EVERYONE, most: int = MOST
) -> dict[str, pd.DataFrame]:
    """The accounts that gained and that lost most, the farthest first.

    What another model or scale alone did to a score is left out: it is no movement of the account.

    Returns
    -------
    `gained` and `lost`, with the columns `MOVED`: `change` in points, and the `reason` that moved most of it.
    """
    rows = book.table[chosen.fits(book.table) & book.table[CHANGE[since]].notna().to_numpy(bool)]
    ledger = _ledger(book, since)
    by_model = ledger[ledger["kind"] == MODEL].groupby("account_id")["points"].sum()
    own = rows[CHANGE[since]].to_numpy(np.float64) - by_model.reindex(rows["account_id"]).fillna(0.0).to_numpy()
    rows = rows.assign(change=own.round(1))
    found = {
        "gained": rows[rows["change"] > 0].sort_values(["change", "account_id"], ascending=[False, True]).head(most),
        "lost": rows[rows["change"] < 0].sort_values(["change", "account_id"]).head(most),
    }
    return {way: _with_reasons(some, ledger) for way, some in found.items()}


def _ledger(book: Book, since: Since) -> pd.DataFrame:
    """Rows of the published ledger since then."""
    columns = ["account_id", "kind", "component", "points"]
    return pd.read_parquet(book.directory / CHANGES, columns=columns, filters=[("since", "==", since)])


def _with_reasons(rows: pd.DataFrame, ledger: pd.DataFrame) -> pd.DataFrame:
    """The rows with what moved each score most in the direction in which it went, as the publication words it."""
    way = pd.Series(np.sign(rows["change"].to_numpy(np.float64)), index=rows["account_id"])
    own = ledger[ledger["account_id"].isin(way.index) & (ledger["kind"] != MODEL)].reset_index(drop=True)
    pull = own["points"] * way.reindex(own["account_id"]).to_numpy(np.float64)
    strongest = own.loc[pull.groupby(own["account_id"], sort=False).idxmax()]
    names = strongest["component"].mask(strongest["component"].isna() | (strongest["component"] == ""))
    told = zip(names.fillna(strongest["kind"].map(IN_WORDS)), strongest["points"], strict=True)
    reason = pd.Series([f"{name} {points:+.1f}" for name, points in told], index=strongest["account_id"], dtype="str")
    said = reason.reindex(rows["account_id"]).fillna("").tolist()
    return rows.assign(reason=said).reset_index(drop=True)[list(MOVED)]


def promises(book: Book) -> dict[str, Told]:
    """Per band, what was promised of accounts in it, and what became of them.

    Returns
    -------
    `published`, by the newest audit: what was published, once its outcome was known. `backtest`: what the score would
    have said at past dates; of a scorecard without a backtest the validation's. Each `Told` of `bands`: name, tone, n,
    events, accounts, rate (estimate, low, high), and `promised`, the mean probability that was said of them, None where
    none was.
    """
    audit, tested = _audit(book), book.latest("backtest")
    if book.by_card:
        card = (tested.result or {}).get("scorecard") or {}
        own = book.run.scorecard is not None and card.get("name") == book.run.scorecard.name
        tested = Told(card) if own else _validation(book)
    return {"published": _promised(book, audit), "backtest": _promised(book, tested)}


def _validation(book: Book) -> Told:
    """The newest validation, if it is of the scorecard that scored."""
    told, card = book.latest("validate"), book.run.scorecard
    said = (told.result or {}).get("scorecard")
    if said is None or card is None or said["name"] == card.name:
        return told
    return Told(None, "the newest validation is of another scorecard: healthscore validate")


def _promised(book: Book, told: Told) -> Told:
    if told.result is None:
        return told
    if not told.result.get("bands"):
        return Told(None, "no outcome of these scores is known yet")
    tones = tones_of(book)
    rows = [
        {
            **{key: band[key] for key in ("name", "low", "high", "rate")},
            **{key: int(band[key]) for key in ("n", "events", "accounts")},
            "promised": band.get("probability"),
            "tone": tones.get(band["name"]),
        }
        for band in told.result["bands"]
    ]
    return Told({"bands": rows})
