"""The walk-forward backtest: what the score would have said at every past date, against what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from healthscore.asof import date_of
from healthscore.config import Run, load_run
from healthscore.display import Display, Displayed
from healthscore.pipelines.auditing.treated import treated_and_untreated
from healthscore.pipelines.build import Book, build_book, iso
from healthscore.pipelines.cardchecks import need_features
from healthscore.pipelines.cardfigures import scorecard_section
from healthscore.pipelines.cards import shown
from healthscore.pipelines.diagnosis import diagnosis
from healthscore.pipelines.growth.asked import growing_of
from healthscore.pipelines.growth.recorded import figures_of_backtest
from healthscore.pipelines.growth.tested import growth_section
from healthscore.pipelines.happenings import HAPPENINGS, outcome_section
from healthscore.pipelines.headline import headline
from healthscore.pipelines.judge import Judge
from healthscore.pipelines.progress import Progress, silent
from healthscore.pipelines.publish import attempt_of, plain, run_directory, run_identity, write_json
from healthscore.pipelines.reasons import explain_rows, reasons
from healthscore.pipelines.report import render_backtest, write_report
from healthscore.pipelines.runs.record import run_record
from healthscore.pipelines.sampling import told
from healthscore.pipelines.tracking import record
from healthscore.pipelines.walk import Walk, walk
from healthscore.pipelines.working import working
from healthscore.tables import Tables, open_tables


@dataclass(frozen=True, repr=False)
class BacktestResult(Displayed):
    """What a backtest found.

    Attributes
    ----------
    directory
        Where `result.json`, `report.html` and `predictions.parquet` lie.
    result
        The JSON object of the command; its keys are documented in the README.
    predictions
        One row per account and origin: outcome, score, band, and the probability of every model.
    """

    directory: Path
    result: dict[str, Any]
    predictions: pd.DataFrame

    def display(self) -> Display:
        """What a notebook shows."""
        from healthscore.pipelines.displays.judged import backtest_display

        return backtest_display(self.result)


def backtest(
    run: Run | str | Path | None = None,
    *,
    data: str | Path | None = None,
    out: str | Path | None = None,
    progress: Progress = silent,
) -> BacktestResult:
    """Hold the score, its candidates and the simple rules against actual outcomes at every origin.

    Raises
    ------
    ConfigurationError
        The run's scorecard reads what the run does not measure.
    InputError
        A source breaks its contract.
    InsufficientDataError
        It happened to too few accounts for a model.
    """
    run = run if isinstance(run, Run) else load_run(run, data=data, out=out)
    with working(run.out, "a backtest"):
        return _backtested(run, progress)


def _backtested(run: Run, progress: Progress) -> BacktestResult:
    with progress("checking sources"):
        tables = open_tables(run)
    with tables:
        need_features(run, tables)
        book = build_book(run, tables, progress=progress, most=run.model.maximum_rows)
        inputs = {name: report.fingerprint for name, report in tables.reports.items()}
        identity = run_identity(run, "backtest", inputs)
        walked = walk(book, progress)
        growth = growth_section(growing_of(book, tables), progress)
        with progress("computing intervals"):
            judge = Judge(book, walked)
            found = _result(tables, book, walked, judge) | {"growth": growth, "identity": identity}
            result: dict[str, Any] = plain(found)
    predictions = _predictions(book, walked, judge)
    made_of = run_record(run, "backtest", identity, inputs)
    with run_directory(run.out, "backtest", identity, record=made_of) as directory:
        write_json(directory / "result.json", result)
        predictions.to_parquet(directory / "predictions.parquet", index=False)
        with progress("writing the report"):
            write_report(render_backtest(result), directory / "report.html")
    target = attempt_of(run.out, "backtest", identity)
    with progress("recording the run"):
        _record(run, identity, inputs, result, target)
    return BacktestResult(target, result | {"directory": str(target)}, predictions)


def _result(tables: Tables, book: Book, walked: Walk, judge: Judge) -> dict[str, Any]:
    run = book.run
    churners = judge.churners()
    diagnosed = diagnosis(judge)
    return {
        "run": run.name,
        "title": run.title or run.name,
        "outcome": outcome_section(run, judge.words),
        "chosen": walked.choice.name,
        "choice": walked.choice.as_dict(),
        "headline": headline(judge, churners),
        "churners": churners,
        "pooled": judge.pooled(),
        "differences": judge.differences(),
        "origins": judge.origins(),
        "bands": judge.band_table(),
        "lead_time": judge.lead(),
        "segments": judge.segments(),
        "stability": judge.stability(),
        "components": judge.components(),
        **diagnosed,
        "curves": judge.curves(),
        "scorecard": scorecard_section(judge),
        "interventions": treated_and_untreated(book, walked.rows, walked.probability[judge.chosen], tables),
        "worst": [] if judge.words["gain"] else worst(book, walked),
        "data": data_section(tables, book),
        "snapshots": [
            {"as_of": iso(t), **counts}
            for t, counts in zip(book.snapshots.as_ofs, book.snapshots.counts(), strict=True)
        ],
        "warnings": told(book.sample)
        + warnings_of(tables, walked, str(judge.words["did"]), diagnosed["prevalence"]["sentence"]),
    }


def data_section(tables: Tables, book: Book) -> dict[str, Any]:
    """What the sources held, and what became of every row."""
    return {
        "data_end": iso(book.data_end),
        "accounts": len(book.accounts),
        "sample": None if book.sample is None else book.sample.as_dict(),
        "features": len(book.panel.features),
        "sources": {name: report.to_dict() for name, report in tables.reports.items()},
    }


def warnings_of(tables: Tables, walked: Walk, did: str, moved: str | None) -> list[str]:
    """What a reader should know before believing the figures; `moved` says that the rate did."""
    said = [str(finding) for report in tables.reports.values() for finding in report.warnings]
    few = min(origin["train"]["exiting_accounts"] for origin in walked.origins)
    if few < 200:
        said.append(f"the first origin learned from {few} accounts that {did}: below 200, expect wide intervals")
    return said if moved is None else [*said, moved]


def worst(book: Book, walked: Walk) -> list[dict[str, Any]]:
    """The worst-scored accounts of the last origin, with their drivers and what became of them."""
    day = book.panel.day[walked.rows]
    last = np.flatnonzero(day == day.max())
    chosen = last[np.argsort(walked.health[last], kind="stable")][: book.run.report.worst]
    rows = walked.rows[chosen]
    X, bundle = book.panel.X[rows], walked.last
    words = HAPPENINGS[book.run.need_outcome().kind]
    explained = explain_rows(bundle, X, bundle.model.design.names)
    told = reasons(bundle, explained, X, book.panel.features)
    account = book.about(rows)
    probability = walked.probability[walked.choice.name][chosen]
    return [
        {
            "account_id": account["account_id"].iloc[i],
            **{key: _text(account[key].iloc[i]) for key in ("name", "segment", "owner")},
            "as_of": iso(int(day.max())),
            "health": float(explained.health[i]),
            "band": str(bundle.bands.of(explained.health[i : i + 1])[0]),
            "probability": float(probability[i]),
            "drivers": [{"component": r.component, "points": r.points, "sentence": r.sentence} for r in told[i][0]],
            "outcome": words.did if book.label[rows[i]] == 1 else words.kept,
        }
        for i in range(len(rows))
    ]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _predictions(book: Book, walked: Walk, judge: Judge) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "account_id": book.accounts["account_id"].to_numpy()[judge.account],
            "as_of": [date_of(day) for day in judge.day],
            "left": judge.y,
            "health": walked.health,
            "band": judge.bands.of(walked.health),
            **{f"probability_{name}": p for name, p in walked.probability.items()},
        }
    )
    if walked.card is None:
        return frame
    bands = np.array([*walked.card.bands.names, None], dtype=object)  # the last is that of accounts without a score
    return frame.assign(scorecard=shown(walked.card.scores.score), scorecard_band=bands[walked.card.band])


def _record(run: Run, identity: str, inputs: Mapping[str, str], result: Mapping[str, Any], directory: Path) -> None:
    chosen = result["chosen"]
    pooled = result["pooled"]["models"]
    figures = {
        f"{model}.{metric}": figure["estimate"]
        for model, by_metric in pooled.items()
        for metric, figure in by_metric.items()
    } | figures_of_backtest(result["growth"])
    metrics = {name: value for name, value in figures.items() if value is not None}
    per_origin = {
        i: {metric: value for metric, value in origin["models"][chosen].items() if value is not None}
        for i, origin in enumerate(result["origins"])
    }
    parameters = {"chosen": chosen, "seed": run.seed}
    parameters |= {f"outcome.{key}": value for key, value in result["outcome"].items() if key != "words"}
    record(
        run,
        "backtest",
        identity,
        parameters=parameters,
        metrics=metrics,
        per_origin=per_origin,
        inputs=inputs,
        artifacts=directory,
    )
