"""Batch scoring: health, drivers and reasons of every account at one as-of date, by a model or by a scorecard."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from healthscore.config import Run, Scorecard, load_run
from healthscore.pipelines.progress import Progress, silent
from healthscore.pipelines.publish import current, plain, run_directory, run_identity, write_csv, write_json
from healthscore.pipelines.rating import scorer_of
from healthscore.pipelines.references import with_references
from healthscore.pipelines.registry.versions import standing
from healthscore.pipelines.runs.record import run_record
from healthscore.pipelines.tracking import record
from healthscore.tables import open_tables


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


def score(
    run: Run | str | Path | None = None,
    *,
    as_of: date,
    model: str | Path | None = None,
    scorecard: Scorecard | str | Path | None = None,
    data: str | Path | None = None,
    out: str | Path | None = None,
    progress: Progress = silent,
) -> ScoreResult:
    """Score every account at risk at `as_of`, by what was known before it.

    Parameters
    ----------
    model
        Directory of a bundle, number of a version, `champion` or `challenger`. Where neither it nor a scorecard is
        given: the champion, and before there is one the newest that was trained.
    scorecard
        A scorecard, its file, or the name of a shipped one: needs no model, no training and no outcome. Where the run
        has no outcome, the accounts are the customers at the date.

    Raises
    ------
    BundleError
        There is no bundle, it is damaged, or its features are not those of the run.
    ConfigurationError
        The run's outcome is a gain and a model scores; there is no such scorecard, or it reads what the run does not
        measure.
    InsufficientDataError
        Too little was recorded before the date.
    """
    run = run if isinstance(run, Run) else load_run(run, data=data, out=out)
    scorer = scorer_of(run, model, scorecard)
    run = scorer.run  # as it is scored: with the scorecard, if one was named
    with progress("checking sources"):
        tables = open_tables(run)
    with tables:
        inputs = {name: report.fingerprint for name, report in tables.reports.items()}
        identity = run_identity(run, "score", inputs, as_of=as_of.isoformat(), **scorer.described)
        rated = with_references(scorer.rate(tables, as_of, progress))
    result: dict[str, Any] = plain(rated.result | {"identity": identity})
    made_of = run_record(
        run, "score", identity, rated.inputs, arguments={"as_of": as_of, "by": rated.by}, read=rated.read
    )
    with run_directory(run.out, "score", identity, record=made_of, newest=_is_newest(run, as_of)) as directory:
        rated.scores.to_parquet(directory / "scores.parquet", index=False)
        write_csv(rated.scores, directory / "scores.csv")
        rated.drivers.to_parquet(directory / "drivers.parquet", index=False)
        for name, table in rated.beside.items():
            if name.endswith(".parquet"):
                table.to_parquet(directory / name, index=False)
            else:
                write_csv(table, directory / name)
        write_json(directory / "result.json", result)
    target = run.out / "score" / identity
    with progress("recording the run"):
        record(
            run,
            "score",
            identity,
            parameters={"as_of": as_of.isoformat(), "model": result["model"]},
            metrics={f"accounts.{band}": float(n) for band, n in result["bands"].items()},
            per_origin={},
            inputs=rated.inputs,
            artifacts=target / "result.json",
        )
    written = ("scores.parquet", "scores.csv", "drivers.parquet", *rated.beside)
    files = {name: str(target / name) for name in written}
    # Not written into result.json: who is champion is a matter of the day, and the same scores are the same bytes.
    found = {"directory": str(target), "files": files, **standing(run, rated.read.get("bundle"))}
    return ScoreResult(target, result | found, rated.scores, rated.drivers)


def _is_newest(run: Run, as_of: date) -> bool:
    """Whether no later date has been scored: an earlier one does not become the current result."""
    before = current(run.out, "score")
    if before is None:
        return True
    scored = json.loads((before / "result.json").read_text(encoding="utf-8"))["as_of"]
    return as_of >= date.fromisoformat(scored)
