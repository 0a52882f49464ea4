"""Is the scorecard of a run any good, and its weights? Scored on its own history at every date; no model is fitted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from healthscore.asof import day_of
from healthscore.config import Run, load_run
from healthscore.pipelines.backtest import data_section
from healthscore.pipelines.build import build_book, iso
from healthscore.pipelines.cardchecks import need_features
from healthscore.pipelines.cardfigures import CardRows
from healthscore.pipelines.cardhistory import CardHistory, card_history
from healthscore.pipelines.cards import is_gain, need_scorecard
from healthscore.pipelines.happenings import outcome_section, words_of
from healthscore.pipelines.judge import lead_of
from healthscore.pipelines.progress import Progress, silent
from healthscore.pipelines.publish import plain, run_identity
from healthscore.pipelines.recalibration.recommending import recommendation, weighing_of
from healthscore.pipelines.recalibration.weighed import weigh_variants
from healthscore.pipelines.runs.record import run_record
from healthscore.pipelines.validate import Validation, publish
from healthscore.pipelines.validation.breakdown import monotone
from healthscore.pipelines.validation.frames import frames_of
from healthscore.pipelines.validation.observed import Window
from healthscore.pipelines.validation.verdict import headline, require_exits, small_book
from healthscore.pipelines.validation.whole import judged_whole
from healthscore.pipelines.weighing.sentences import weighing_warnings
from healthscore.pipelines.weighing.variants import variant_warnings
from healthscore.pipelines.working import working
from healthscore.tables import Tables, open_tables


def validate_run(
    run: Run | str | Path | None = None,
    *,
    data: str | Path | None = None,
    out: str | Path | None = None,
    progress: Progress = silent,
) -> Validation:
    """Hold the run's scorecard, and its weights, against what happened after every as-of date whose outcome is known.

    Nothing is learned from outcomes, so that ten exits are enough to say something of the score; its weights are judged
    from fifty on.

    Parameters
    ----------
    run
        A TOML file, or the name of a shipped run; None: `healthscore.toml`.
    data, out
        Where the sources lie, and where results go, instead of where the run says.
    progress
        Told about each step.

    Raises
    ------
    ConfigurationError
        The run names no scorecard, or has no outcome, or the scorecard reads what the run does not measure.
    InputError
        A source breaks its contract.
    InsufficientDataError
        Too few exits followed a score to say anything.
    """
    run = run if isinstance(run, Run) else load_run(run, data=data, out=out)
    need_scorecard(run)
    run.need_outcome()
    with working(run.out, "validating"):
        return _validated(run, progress)


def _validated(run: Run, progress: Progress) -> Validation:
    with progress("checking sources"):
        tables = open_tables(run)
    with tables:
        need_features(run, tables)
        inputs = {name: report.fingerprint for name, report in tables.reports.items()}
        identity = run_identity(run, "validate", inputs)
        past = card_history(build_book(run, tables, progress=progress))
        with progress("computing intervals"):
            result = {"run": run.name, "identity": identity, "title": run.title or run.name}
            result |= _result(tables, past)
    with progress("weighing components"):
        result |= _weighed(past, result)
    clean: dict[str, Any] = plain(result)
    frames = frames_of(past.history, past.judged, past.bands, clean)
    made_of = run_record(run, "validate", identity, inputs)
    return Validation(clean, publish(run.out, made_of, clean, progress), *frames)


def _result(tables: Tables, past: CardHistory) -> dict[str, Any]:
    """Everything but the weights."""
    book, rows, run = past.book, past.clustered, past.book.run
    outcome = run.need_outcome()
    words = words_of(outcome.kind)
    window = Window(outcome.gap_days, outcome.horizon_days, outcome.maturity, book.data_end)
    require_exits(rows.exits, int((rows.label == 0).sum()), window.words, words, "a longer `horizon_days`")
    result = {
        "outcome": outcome_section(run, words),
        "data": data_section(tables, book),
        **judged_whole(past.history, past.observed, rows, past.bands, run.report.capacity),
        "scorecard": _card_rows(past).section(),
        "lead_time": lead_of(book, past.rows, rows.band == 0),
        "snapshots": [
            {"as_of": iso(t), **counts}
            for t, counts in zip(book.snapshots.as_ofs, book.snapshots.counts(), strict=True)
        ],
    }
    if is_gain(book):  # fewer where the score is lower is what a gain should show
        tenths = result["deciles"][::-1]
        result |= {"deciles": [], "monotone": monotone(result["bands"][::-1], tenths)}
    result = plain(result)
    return {**result, "headline": headline(result), "warnings": _warnings(tables, past, str(words["events"]))}


def _card_rows(past: CardHistory) -> CardRows:
    """The scorecard at every row whose outcome is known, those without a score among them."""
    book, run = past.book, past.book.run
    known = np.flatnonzero(book.label >= 0)
    return CardRows(
        need_scorecard(run),
        past.scores.where(known),
        book.label[known],
        book.panel.day[known].astype(np.int64),
        book.cluster[known],
        is_gain(book),
        run.report.resamples,
        run.seed,
    )


def _weighed(past: CardHistory, result: dict[str, Any]) -> dict[str, Any]:
    """The weights held against history: the keys of `weighing_result`, and the warnings with what they add."""
    card, words = need_scorecard(past.book.run), result["outcome"]["words"]
    since = None if card.provenance is None else day_of(card.provenance.data_end)
    weighed = weigh_variants(past.book, later_than=since)
    alone = {name: one["alone"] for name, one in result["scorecard"]["components"].items()}
    said = weighing_of(weighed, recommendation(card, weighed), alone, words)
    told = [*weighing_warnings(said, words), *variant_warnings(said, words)]
    return said | {"warnings": [*result["warnings"], *told]}


def _warnings(tables: Tables, past: CardHistory, events: str) -> list[str]:
    """What a reader should know before believing the figures."""
    said = [str(finding) for report in tables.reports.values() for finding in report.warnings]
    said += small_book(past.clustered.exits, events)
    if np.ptp(past.judged.score) == 0:
        said.append("Every score is the same.")
    return said
