"""The audit: how good the published scores were, whether what they rest on still stands, and what is to be done.

It reads what was published and what became of the accounts. It computes no score: a score that is computed again knows
what its model has learned since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from healthscore.asof import date_of, day_of
from healthscore.config import PANEL, Run, load_run
from healthscore.display import Display, Displayed
from healthscore.errors import InsufficientDataError
from healthscore.pipelines.auditing.before import VERB, compared, last_audit
from healthscore.pipelines.auditing.beside import scorecard_section
from healthscore.pipelines.auditing.evidence import evidence_of, validated_section
from healthscore.pipelines.auditing.feeding import sources_section
from healthscore.pipelines.auditing.kept import entries
from healthscore.pipelines.auditing.leavers import leavers_section
from healthscore.pipelines.auditing.material import Material, hindsight_section, read_material
from healthscore.pipelines.auditing.moved import drift_section, prevalence_section, shares_section
from healthscore.pipelines.auditing.needs import needs_section, publication_of
from healthscore.pipelines.auditing.overridden import overrides_section
from healthscore.pipelines.auditing.performance import performance
from healthscore.pipelines.auditing.promised import promised_section
from healthscore.pipelines.auditing.treated import holdout_section, interventions_section
from healthscore.pipelines.auditing.verdict import verdict_of
from healthscore.pipelines.auditing.writing import tables_of, write_audit
from healthscore.pipelines.build import data_end_of, iso
from healthscore.pipelines.happenings import outcome_section, words_of
from healthscore.pipelines.progress import Progress, silent
from healthscore.pipelines.publication.history import SERIES, Scored, scored_dates, series_of
from healthscore.pipelines.publish import attempt_of, plain, run_identity
from healthscore.pipelines.runs.record import run_record
from healthscore.pipelines.working import working
from healthscore.tables import Tables, open_tables


@dataclass(frozen=True, repr=False)
class AuditResult(Displayed):
    """What an audit found.

    Attributes
    ----------
    directory
        Where `result.json`, `report.html` and the tables lie.
    result
        The JSON object of the command; its keys are documented in docs/audit.md.
    tables
        The tables by name: dates, bands, segments, sources, drift, leavers.
    """

    directory: Path
    result: dict[str, Any]
    tables: dict[str, pd.DataFrame]

    @property
    def verdict(self) -> str:
        """One of keep, recalibrate, retrain, do not trust."""
        return str(self.result["verdict"]["verdict"])

    def display(self) -> Display:
        """What a notebook shows."""
        from healthscore.pipelines.displays.judged import audit_display

        return audit_display(self.result)


def audit(
    run: Run | str | Path | None = None,
    *,
    as_of: date | None = None,
    published: Path | None = None,
    data: str | Path | None = None,
    out: str | Path | None = None,
    progress: Progress = silent,
) -> AuditResult:
    """Hold the published scores against what happened, look for drift and gaps, and come to one verdict.

    Parameters
    ----------
    as_of
        What was published up to this date is audited, by outcomes that were final by then; None: the data end.
    published
        Where scores and earlier audits lie; None: where the run writes, `out`.

    Raises
    ------
    ConfigurationError
        The run has no outcome.
    InputError
        A source breaks its contract.
    InsufficientDataError
        Nothing was published.
    """
    run = run if isinstance(run, Run) else load_run(run, data=data, out=out)
    run.need_outcome()
    reading = run if published is None else run.model_copy(update={"out": published})
    with working(run.out, "auditing"):
        return _audit(run, reading, as_of, progress)


def _audit(run: Run, reading: Run, as_of: date | None, progress: Progress) -> AuditResult:
    with progress("checking sources"):
        tables = open_tables(run)
    with tables:
        result, made_of = _audited(reading, tables, as_of, progress)
    with progress("writing the report"):
        write_audit(run.out, result, made_of)
    directory = attempt_of(run.out, VERB, str(result["identity"]))
    return AuditResult(directory, result | {"directory": str(directory)}, tables_of(result))


def _audited(run: Run, tables: Tables, as_of: date | None, progress: Progress) -> tuple[dict[str, Any], dict[str, Any]]:
    """The result of the audit, and what it is made of."""
    data_end = data_end_of(run, tables)
    when, end = (date_of(data_end), data_end) if as_of is None else (as_of, min(data_end, day_of(as_of)))
    series, history = _history(run, when)
    inputs = {name: report.fingerprint for name, report in tables.reports.items()}
    before = last_audit(run.out, series, when)
    made_by = {
        "history": [one.directory.name for one in history],
        "before": before and before["identity"],
        "published": publication_of(run.out, series, history[-1].as_of),
    }
    identity = run_identity(run, VERB, inputs, afterwards=True, as_of=when.isoformat(), series=series, **made_by)
    with progress("reading what was published"):
        material = read_material(run, tables, history, end)
    with progress("computing intervals"):
        found = _sections(material, tables, series)
    said: dict[str, Any] = {"run": run.name, "title": run.title or run.name, "identity": identity}
    said |= {"as_of": when, "data": {"data_end": iso(end)}, "series": series, "model": material.in_force, **found}
    result: dict[str, Any] = plain(said)
    result["previous"] = compared(result, before)
    return result, run_record(run, "audit", identity, inputs, arguments={"as_of": when}, texts=_texts(history))


def _history(run: Run, when: date) -> tuple[str, list[Scored]]:
    """What was published up to the date: scores by models, or where there are none those by the run's scorecard."""
    card = None if run.scorecard is None else run.scorecard.name
    for series in (SERIES, *(() if card is None else (series_of(card),))):
        history = [one for one in scored_dates(run.out, series) if one.as_of <= when]
        if history:
            return series, history
    raise InsufficientDataError(
        f"nothing was published up to {when} under {run.out}: there are no scores to audit",
        "score some dates first: healthscore score --as-of DATE, with --backfill for past ones",
    )


def _texts(history: Sequence[Scored]) -> dict[str, str]:
    """Which scores were audited, for the record."""
    return {"history": "\n".join(f"{one.as_of} {one.directory.name}" for one in history)}


def _sections(material: Material, tables: Tables, series: str) -> dict[str, Any]:
    run = material.run
    known = entries(run, tables)
    words = words_of(run.need_outcome().kind)
    interventions = interventions_section(material, tables)
    evidence = evidence_of(material)
    found: dict[str, Any] = {
        "outcome": outcome_section(run, words),
        "by_scorecard": material.by_scorecard,
        "unknown": material.unknown,
        "hindsight": hindsight_section(material),
        **performance(material),
        "evidence": evidence.as_dict(),
        "promised": promised_section(material),
        "scorecard": _scorecard(material, series),
        "overrides": overrides_section(material, tables),
        "sources": sources_section(material, tables),
        "needs": needs_section(material, series),
        "drift": drift_section(material, known),
        "prevalence": prevalence_section(material),
        "components": shares_section(material),
        "weights": validated_section(material),
        "leavers": leavers_section(material, known, words),
        "interventions": interventions,
        "holdout": holdout_section(material, interventions),
    }
    read = [PANEL] if run.panel is not None else sorted({signal.source for signal in run.signals.values()})
    verdict = verdict_of(found, evidence, by_scorecard=material.by_scorecard, read=read)
    return {"verdict": verdict.as_dict(), **found, "warnings": list(verdict.notes)}


def _scorecard(material: Material, series: str) -> dict[str, Any] | None:
    """The run's scorecard beside the model, where both were published."""
    card = material.run.scorecard
    if card is None or series != SERIES:
        return None
    return scorecard_section(material, card.name, scored_dates(material.run.out, series_of(card.name)))
