"""One account: its score, the points behind it, and the rows behind the points."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from healthscore.asof import date_of, day_of
from healthscore.config import Run, load_run
from healthscore.errors import ConfigurationError
from healthscore.pipelines.build import period
from healthscore.pipelines.progress import Progress, silent
from healthscore.pipelines.publish import plain, run_directory, run_identity, write_json
from healthscore.pipelines.recorded import hindsight
from healthscore.pipelines.score import ScoredBook, drivers_frame, score_book, scores_frame
from healthscore.tables import Tables, open_tables
from healthscore.tables.quoting import quote_identifier, quote_literal
from healthscore.tables.shapes import FIRST_DAY, projection

LATEST_ROWS = 10
SHOWN = {
    "events": ("name", "actor_id", "quantity"),
    "levels": ("name", "value"),
    "intervals": ("end", "kind", "quantity", "deadline"),
}
"""Contract -> columns of its latest rows that are shown beside their day."""


ABOUT = (
    "account_id",
    "name",
    "segment",
    "owner",
    "status",
    "health",
    "band",
    "grade",
    "rank",
    "percentile",
    "probability",
)


@dataclass(frozen=True)
class Explanation:
    """An account at a date: `result` is the JSON object of the command, `features` its long table of drivers."""

    directory: Path
    result: dict[str, Any]
    features: pd.DataFrame


def explain(
    account: str,
    run: Run | str | Path | None = None,
    *,
    as_of: date,
    model: str | Path | None = None,
    data: str | Path | None = None,
    out: str | Path | None = None,
    progress: Progress = silent,
) -> Explanation:
    """Take the score of one account apart: points per component and feature, values in words, the latest raw rows.

    Raises
    ------
    ConfigurationError
        No such account is in the book at that date; the account that it is a part of, or the nearest ids, are named.
    """
    run = run if isinstance(run, Run) else load_run(run, data=data, out=out)
    scored = score_book(run, as_of, model, progress)
    scores = scores_frame(scored, as_of)
    mine = scores[scores["account_id"] == account]
    if mine.empty:
        raise _nobody(run, account, as_of, list(scores["account_id"]))
    drivers = drivers_frame(scored, as_of)
    drivers = drivers[drivers["account_id"] == account]
    features = _told(scored, drivers[drivers["kind"] == "feature"])
    with progress("reading the latest rows"), open_tables(run) as tables:
        latest = {name: _latest(run, tables, name, account, day_of(as_of)) for name in _sources(run)}
    identity = run_identity(
        run, "explain", scored.inputs, as_of=as_of.isoformat(), account=account, model=mine.iloc[0]["model"]
    )
    components = drivers[drivers["kind"] == "component"]
    result: dict[str, Any] = plain(_result(scored, as_of, mine.iloc[0], components, features, latest))
    with run_directory(run.out, "explain", identity) as directory:
        write_json(directory / "result.json", result | {"identity": identity})
    target = run.out / "explain" / identity
    return Explanation(target, result | {"identity": identity, "directory": str(target)}, features)


def _told(scored: ScoredBook, features: pd.DataFrame) -> pd.DataFrame:
    """The account's features with their sentences, strongest first."""
    said = {feature.name: feature for feature in scored.book.panel.features}
    sentences = [said[name].say(value) for name, value in zip(features["feature"], features["value"], strict=True)]
    told = features.assign(sentence=sentences)
    return told.iloc[np.argsort(-told["points"].abs().to_numpy(), kind="stable")].reset_index(drop=True)


def _result(
    scored: ScoredBook,
    as_of: date,
    row: pd.Series[Any],
    components: pd.DataFrame,
    features: pd.DataFrame,
    latest: dict[str, Any],
) -> dict[str, Any]:
    run = scored.book.run
    return {
        "run": run.name,
        **{key: row[key] for key in ABOUT},
        "as_of": as_of,
        "gap_days": run.need_outcome().gap_days,
        "horizon_days": run.need_outcome().horizon_days,
        "period": period(run, as_of),
        "base": row["points_base"],
        "capped": row["points_capped"],
        "components": dict(zip(components["component"], components["points"], strict=True)),
        "features": features[["component", "feature", "value", "points", "sentence"]].to_dict("records"),
        "latest": latest,
        "model": row["model"],
        "warnings": hindsight(scored.bundle, as_of),
    }


def _nobody(run: Run, account: str, as_of: date, ids: list[str]) -> ConfigurationError:
    """Why an account has no score of its own, with whom to ask about instead."""
    with open_tables(run) as tables:
        top = tables.top_parent(account)
    if top is not None:
        return ConfigurationError(
            f"account {account!r} is a part of {top!r}, and its rows are counted with it", f"explain {top!r}"
        )
    nearest = _nearest(account, ids)
    hint = f"did you mean {', '.join(nearest)}?" if nearest else "ids are compared as text, exactly"
    return ConfigurationError(f"account {account!r} is not a customer of {run.name} at {as_of}", hint)


def _nearest(account: str, ids: list[str]) -> list[str]:
    """Ids that are equal but for zeros, else those spelt most alike."""
    bare = account.replace("0", "")
    same = [known for known in ids if known.replace("0", "") == bare and len(known) != len(account)]
    return sorted(same, key=len)[:3] or difflib.get_close_matches(account, ids, n=3)


def _sources(run: Run) -> list[str]:
    """Sources of the run's signals whose rows have a day."""
    sources = dict.fromkeys(signal.source for signal in run.signals.values())
    return [source for source in sources if run.sources[source].contract in SHOWN]


def _latest(run: Run, tables: Tables, source: str, account: str, t: int) -> list[dict[str, Any]]:
    """The last rows of a source that were visible at as-of day `t`, newest first."""
    contract, bound = run.sources[source].contract, tables.bound_columns(source)
    day = FIRST_DAY[contract]
    shown = {column: quote_identifier(column) for column in SHOWN[contract] if column in bound}
    if "end" in shown:
        shown["end"] = f"CASE WHEN end_known_day < {t} THEN end_day END"
    columns = {"day": day, **shown}
    found = tables.engine.query(
        f"SELECT {projection(columns)} FROM {tables.relation(source)} "
        f"WHERE account_id = {quote_literal(account)} AND {day} < {t} AND known_day < {t} "
        f"AND (until_day IS NULL OR until_day >= {t}) "
        f"ORDER BY {', '.join(f'{number} DESC' for number in range(1, len(columns) + 1))} LIMIT {LATEST_ROWS}"
    )
    rows: list[dict[str, Any]] = found.to_pylist()
    for row in rows:
        row |= {column: date_of(row[column]) for column in ("day", "end", "deadline") if row.get(column) is not None}
        for number in ("quantity", "value"):
            if row.get(number) is not None:
                row[number] = row[number] / 10 ** tables.scale(source, number)
    return rows
