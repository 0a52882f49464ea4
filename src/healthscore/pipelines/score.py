"""Batch scoring: health, drivers and reasons of every account at one as-of date."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from healthscore.asof import day_of
from healthscore.config import Run, load_run
from healthscore.models.bundle import Bundle, load
from healthscore.models.design import expit
from healthscore.models.health import GRADES, percentile, rank
from healthscore.outcomes.snapshots import Status
from healthscore.pipelines.build import Book, build_book, period
from healthscore.pipelines.bundles import find_bundle, refuse_gain, same_features, same_outcome
from healthscore.pipelines.confidence import alarms, doubts, refuse_identical
from healthscore.pipelines.progress import Progress, silent
from healthscore.pipelines.publish import current, plain, run_directory, run_identity, write_csv, write_json
from healthscore.pipelines.reasons import Explained, Reason, explain_rows, reasons
from healthscore.pipelines.recorded import hindsight, require_recorded
from healthscore.pipelines.tracking import record
from healthscore.tables import open_tables

UNSCORED = {
    Status.LEAVING: "leaving",
    Status.TRIAL: "trial",
    Status.PAUSED: "paused",
    Status.NO_FEATURES: "no features",
}
"""Accounts that are customers and get a status instead of a prediction."""


TEXTS = (
    *("account_id", "name", "segment", "owner", "status", "band", "grade", "drivers_down", "drivers_up"),
    *("low_confidence", "model"),
)
"""Columns of texts in the table of scores."""


@dataclass(frozen=True)
class ScoreResult:
    """Scores of a book at one date.

    Attributes
    ----------
    directory
        Where `scores.parquet`, `scores.csv`, `drivers.parquet` and `result.json` lie.
    scores
        One row per account.
    drivers
        One row per account and component, and per account and feature: points and value.
    """

    directory: Path
    result: dict[str, Any]
    scores: pd.DataFrame
    drivers: pd.DataFrame


@dataclass(frozen=True)
class ScoredBook:
    """A book at one date with its scores taken apart; `doubts` say per account why its score may not be relied on."""

    book: Book
    bundle: Bundle
    explained: Explained
    reasons: list[tuple[list[Reason], list[Reason]]]
    inputs: Mapping[str, str]
    doubts: list[str]


def score(
    run: Run | str | Path | None = None,
    *,
    as_of: date,
    model: str | Path | None = None,
    data: str | Path | None = None,
    out: str | Path | None = None,
    progress: Progress = silent,
) -> ScoreResult:
    """Score every account at risk at `as_of`, by what was known before it.

    Parameters
    ----------
    model
        Directory of a bundle; the newest of the run where none is given.

    Raises
    ------
    BundleError
        There is no bundle, it is damaged, or its features are not those of the run.
    ConfigurationError
        The run's outcome is a gain.
    """
    run = run if isinstance(run, Run) else load_run(run, data=data, out=out)
    scored = score_book(run, as_of, model, progress)
    identity = run_identity(
        run, "score", scored.inputs, as_of=as_of.isoformat(), model=str(scored.bundle.metadata.get("identity"))
    )
    scores, drivers = scores_frame(scored, as_of), drivers_frame(scored, as_of)
    result: dict[str, Any] = plain(_result(scored, scores, as_of) | {"identity": identity})
    with run_directory(run.out, "score", identity, newest=_is_newest(run, as_of)) as directory:
        scores.to_parquet(directory / "scores.parquet", index=False)
        write_csv(scores, directory / "scores.csv")
        drivers.to_parquet(directory / "drivers.parquet", index=False)
        write_json(directory / "result.json", result)
    target = run.out / "score" / identity
    with progress("recording the run"):
        metrics = {f"accounts.{band}": float(n) for band, n in result["bands"].items()}
        parameters = {"as_of": as_of.isoformat(), "model": result["model"]}
        record(
            run,
            "score",
            identity,
            parameters=parameters,
            metrics=metrics,
            per_origin={},
            inputs=scored.inputs,
            artifacts=target / "result.json",
        )
    files = {name: str(target / f"{name}") for name in ("scores.parquet", "scores.csv", "drivers.parquet")}
    return ScoreResult(target, result | {"directory": str(target), "files": files}, scores, drivers)


def _is_newest(run: Run, as_of: date) -> bool:
    """Whether no later date has been scored: an earlier one does not become the current result."""
    before = current(run.out, "score")
    if before is None:
        return True
    scored = json.loads((before / "result.json").read_text(encoding="utf-8"))["as_of"]
    return as_of >= date.fromisoformat(scored)


def score_book(run: Run, as_of: date, model: str | Path | None, progress: Progress) -> ScoredBook:
    """Features of the accounts at risk at `as_of`, scored and explained."""
    refuse_gain(run)
    directory = find_bundle(run, model)
    bundle = load(directory, threads=run.threads)
    same_outcome(bundle, run, directory)
    with progress("checking sources"):
        tables = open_tables(run)
    with tables:
        book = build_book(run, tables, [day_of(as_of)], progress)
        inputs = {name: report.fingerprint for name, report in tables.reports.items()}
    require_recorded(book, as_of)
    names = [feature.name for feature in book.panel.features]
    same_features(bundle, run, directory, names)
    with progress("scoring"):
        explained = explain_rows(bundle, book.panel.X, names)
        refuse_identical(run.name, explained.logit)
        told = reasons(bundle, explained, book.panel.X, book.panel.features)
    doubted = doubts(bundle.seen, book.panel.X, book.panel.features)
    return ScoredBook(book, bundle, explained, told, inputs, doubted)


def scores_frame(scored: ScoredBook, as_of: date) -> pd.DataFrame:
    """One row per account: the scored ones by rank, then those that have a status instead.

    Health, band, rank and drivers leave context out (how far off the renewal is), `probability` does not.
    """
    book, bundle, explained = scored.book, scored.bundle, scored.explained
    health = explained.health
    about = book.about(np.arange(len(book.label)))
    down = [_told(pair[0]) for pair in scored.reasons]
    up = [_told(pair[1]) for pair in scored.reasons]
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
            "band": bundle.bands.of(health),
            "grade": GRADES.of(health),
            "rank": rank(explained.held),
            "percentile": percentile(explained.held).round(1),
            "probability": expit(explained.logit),
            "value": book.value,
            "drivers_down": down,
            "drivers_up": up,
            "low_confidence": scored.doubts,
            "points_base": explained.drivers.base_tenths / 10.0,
            **{
                f"points_{group}": explained.drivers.points_tenths[:, i] / 10.0
                for i, group in enumerate(explained.drivers.groups)
            },
            "points_capped": explained.drivers.capped_tenths / 10.0,
            "model": str(scored.bundle.metadata.get("identity", "")),
        }
    )
    frame = frame.sort_values(["rank", "account_id"], ignore_index=True)
    everyone = pd.concat([frame, _unscored(book, frame, as_of)], ignore_index=True)
    # Every date has the same types, whether or not it has accounts without a score, names, or owners.
    return everyone.astype(
        {"rank": "Int64", "gap_days": "int64", "horizon_days": "int64"} | dict.fromkeys(TEXTS, "str")
    )


def _unscored(book: Book, frame: pd.DataFrame, as_of: date) -> pd.DataFrame:
    status = book.snapshots.status[0]
    rows = np.flatnonzero(np.isin(status, list(UNSCORED)))
    about = book.directory.at(rows, book.snapshots.as_ofs[0])
    left = pd.DataFrame(
        {
            **{key: about[key] for key in ("account_id", "name", "segment", "owner")},
            "status": [UNSCORED[Status(code)] for code in status[rows]],
            "as_of": as_of,
            "gap_days": frame["gap_days"].iloc[0],
            "horizon_days": frame["horizon_days"].iloc[0],
            "value": book.snapshots.value[0][rows],
        }
    )
    return left.reindex(columns=frame.columns).astype({c: frame[c].dtype for c in frame if frame[c].dtype.kind == "f"})


def drivers_frame(scored: ScoredBook, as_of: date) -> pd.DataFrame:
    """Long table: per account, the base, each component, each feature with its value, and what the ends cut off."""
    book, drivers = scored.book, scored.explained.drivers
    ids = book.accounts["account_id"].to_numpy()[book.panel.account]
    design = scored.bundle.model.design
    group_of = np.asarray(drivers.groups)[design.group_of]
    parts = [
        _long(ids, "base", [""], [""], np.full((len(ids), 1), drivers.base_tenths), None),
        _long(ids, "component", drivers.groups, [""] * len(drivers.groups), drivers.points_tenths, None),
        _long(ids, "feature", group_of, design.names, scored.explained.feature_tenths, book.panel.X),
        _long(ids, "capped", [""], [""], drivers.capped_tenths[:, None], None),
    ]
    frame = pd.concat(parts, ignore_index=True)
    frame.insert(1, "as_of", as_of)
    return frame.sort_values("account_id", kind="stable", ignore_index=True)


def _long(ids: Any, kind: str, components: Any, features: Any, tenths: Any, values: Any) -> pd.DataFrame:
    n, width = tenths.shape
    return pd.DataFrame(
        {
            "account_id": np.repeat(ids, width),
            "kind": kind,
            "component": np.tile(np.asarray(components, object), n),
            "feature": np.tile(np.asarray(features, object), n),
            "value": np.full(n * width, np.nan) if values is None else values.ravel(),
            "points": tenths.ravel() / 10.0,
        }
    )


def _told(told: list[Reason]) -> str:
    return "; ".join(f"{reason.component} {reason.points:+.1f}: {reason.sentence}" for reason in told)


def _result(scored: ScoredBook, scores: pd.DataFrame, as_of: date) -> dict[str, Any]:
    rated = scores[scores["status"] == "scored"]
    bands = scored.bundle.bands
    return {
        "run": scored.book.run.name,
        "as_of": as_of,
        "gap_days": int(rated["gap_days"].iloc[0]),
        "horizon_days": int(rated["horizon_days"].iloc[0]),
        "period": period(scored.book.run, as_of),
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
                    float(scored.bundle.scale.probability_of(high)),
                    float(scored.bundle.scale.probability_of(low)),
                ],
            }
            for name, low, high in bands.ranges()
        },
        "model": str(scored.bundle.metadata.get("identity", "")),
        "chosen": scored.bundle.model.name,
        "low_confidence": sum(map(bool, scored.doubts)),
        "warnings": [*hindsight(scored.bundle, as_of), *_alarms(scored)],
    }


def _alarms(scored: ScoredBook) -> list[str]:
    panel = scored.book.panel
    return alarms(scored.bundle.seen, panel.X, scored.explained.logit, panel.features)
