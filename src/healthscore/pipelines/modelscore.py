"""Scores of a book at one date by a trained model: health, drivers and reasons of every account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from healthscore.asof import day_of
from healthscore.config import Run
from healthscore.features.ready import panel_features
from healthscore.models.bundle import Bundle
from healthscore.models.design import expit
from healthscore.models.health import GRADES, percentile, rank
from healthscore.pipelines.build import Book, build_book, period
from healthscore.pipelines.bundles import same_features
from healthscore.pipelines.confidence import alarms, doubts, refuse_identical
from healthscore.pipelines.growth.scoring import ask_growth, with_growth
from healthscore.pipelines.progress import Progress
from healthscore.pipelines.reasons import Explained, explain_rows, reason_texts
from healthscore.pipelines.recorded import hindsight, require_recorded, shortest_window
from healthscore.pipelines.scoretable import FEATURES, Rated, everyone, explained_drivers, features_table, rows_of
from healthscore.pipelines.shipped import ShippedModel
from healthscore.pipelines.uncertainty import Floats, score_interval, summary
from healthscore.tables import Tables


@dataclass(frozen=True)
class ScoredBook:
    """A book at one date with its scores taken apart.

    `lowering` and `raising` are the reasons in words, `doubts` say per account why its score may not be relied on, and
    `between` are the ends of the intervals of the scores.
    """

    book: Book
    bundle: Bundle
    explained: Explained
    lowering: pd.Series
    raising: pd.Series
    doubts: list[str]
    between: tuple[Floats, Floats]

    @property
    def model(self) -> str:
        """Identity of the training run."""
        return str(self.bundle.metadata.get("identity", ""))


def rate_by_model(
    run: Run,
    tables: Tables,
    as_of: date,
    bundle: Bundle,
    directory: Path,
    progress: Progress,
    told: Sequence[str] = (),
    only: Sequence[str] = (),
) -> Rated:
    """Score the accounts at risk at `as_of` by the bundle that lies in a directory.

    Parameters
    ----------
    told
        Accounts whose scores are taken apart by feature, however many are more at risk.
    only
        Accounts to score, where not all are; one more is scored where none of them is at risk. What is known of a whole
        source is that of all accounts.
    """
    columns = tuple(feature.name for feature in panel_features(run, tables))
    shipped = None if only else ShippedModel.of(directory, columns)
    book = build_book(run, tables, [day_of(as_of)], progress, shipped)
    inputs = {name: report.fingerprint for name, report in tables.reports.items()}
    require_recorded(book, as_of)
    whole = book.panel.X
    if only:
        book = book.part(np.isin(np.arange(len(book.label)), rows_of(book, only) or [0]))
    growth = ask_growth(book, tables)
    names = [feature.name for feature in book.panel.features]
    same_features(bundle, run, directory, names)
    with progress("scoring"):
        explained = explain_rows(bundle, book.panel.X, names, run.score.reasons, rows_of(book, told), book.panel.beside)
        refuse_identical(run.name, explained.logit)
        down, up = reason_texts(bundle, explained, book.panel.X, book.panel.features)
        between = score_interval(bundle, book.panel.X, explained.held)
    doubted = doubts(
        bundle.seen,
        book.panel.X,
        book.panel.features,
        bundle.model.design,
        explained.drivers,
        shortest_window(run),
        whole,
    )
    scored = ScoredBook(book, bundle, explained, down, up, doubted, between)
    scores, before = _scores(scored, as_of), hindsight(bundle, as_of)
    result = book_result(run, bundle, scores, as_of) | {"warnings": [*before, *_alarms(scored)]}
    read = {"bundle": directory}
    drivers = explained_drivers(book, bundle, explained, as_of)
    beside = {FEATURES: features_table(book)}
    rated = Rated(book, scores, drivers, result, inputs, scored.model, None, before, read, beside)
    return with_growth(rated, growth, directory, as_of, told)


def _scores(scored: ScoredBook, as_of: date) -> pd.DataFrame:
    """One row per account: the scored ones by rank, then those that have a status instead.

    Health, band, rank and drivers come from `log_odds` and leave context out (how far off the renewal is);
    `probability` does not.
    """
    book, bundle, explained = scored.book, scored.bundle, scored.explained
    health = explained.health
    about = book.about(np.arange(len(book.label)))
    frame = pd.DataFrame(
        {
            "account_id": about["account_id"],
            "name": about["name"],
            "segment": about["segment"],
            "owner": about["owner"],
            "status": "scored",
            "as_of": as_of,
            "gap_days": book.run.need_outcome().gap_days,
            "horizon_days": book.run.need_outcome().horizon_days,
            "health": health,
            "health_low": scored.between[0],
            "health_high": scored.between[1],
            "band": bundle.bands.of(health),
            "grade": GRADES.of(health),
            "rank": rank(explained.held),
            "percentile": percentile(explained.held).round(1),
            "log_odds": explained.held,
            "probability": expit(explained.logit),
            "value": book.value,
            "drivers_down": scored.lowering,
            "drivers_up": scored.raising,
            "low_confidence": scored.doubts,
            "points_base": explained.drivers.base_tenths / 10.0,
            **{
                f"points_{group}": explained.drivers.points_tenths[:, i] / 10.0
                for i, group in enumerate(explained.drivers.groups)
            },
            "points_capped": explained.drivers.capped_tenths / 10.0,
            "model": scored.model,
        }
    )
    return everyone(book, frame, as_of)


def book_result(run: Run, bundle: Bundle, scores: pd.DataFrame, as_of: date) -> dict[str, Any]:
    """What the table of scores comes to: the JSON object of `score`, but for growth, references and warnings."""
    rated = scores[scores["status"] == "scored"]
    bands = bundle.bands
    between = (rated["health_low"].to_numpy(np.float64), rated["health_high"].to_numpy(np.float64))
    return {
        "run": run.name,
        "as_of": as_of,
        "gap_days": int(rated["gap_days"].iloc[0]),
        "horizon_days": int(rated["horizon_days"].iloc[0]),
        "period": period(run, as_of),
        "accounts": len(rated),
        "unscored": scores.loc[scores["status"] != "scored", "status"].value_counts().to_dict(),
        "bands": {name: int((rated["band"] == name).sum()) for name in bands.names},
        "mean_health": float(rated["health"].mean()),
        "expected_exits": float(rated["probability"].sum()),
        "band_probability": {
            name: {
                "low": low,
                "high": high,
                "probability": [
                    float(bundle.scale.probability_of(high)),
                    float(bundle.scale.probability_of(low)),
                ],
            }
            for name, low, high in bands.ranges()
        },
        "model": str(bundle.metadata.get("identity", "")),
        "chosen": bundle.model.name,
        "uncertainty": summary(bundle, between),
        "low_confidence": int((rated["low_confidence"] != "").sum()),
    }


def _alarms(scored: ScoredBook) -> list[str]:
    panel = scored.book.panel
    return alarms(scored.bundle.seen, panel.X, scored.explained.logit, panel.features)
