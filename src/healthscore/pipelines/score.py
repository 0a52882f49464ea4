"""Batch scoring: health, drivers and reasons of every account at one as-of date, by a model or by a scorecard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from healthscore.config import Run, Scorecard, load_run
from healthscore.display import Display, Displayed
from healthscore.errors import ConfigurationError
from healthscore.pipelines.actions.names import refuse_unknown
from healthscore.pipelines.progress import Progress, silent
from healthscore.pipelines.publication.compose import compose
from healthscore.pipelines.publication.history import (
    SCORES,
    Scored,
    is_whole,
    newest,
    series_of,
    standing_at,
    standing_until,
)
from healthscore.pipelines.publication.pointers import computing, stand
from healthscore.pipelines.publish import attempt_of, plain, run_directory, run_identity, write_csv, write_json
from healthscore.pipelines.rating import Scorer, scorer_of
from healthscore.pipelines.references import with_references
from healthscore.pipelines.registry.versions import standing
from healthscore.pipelines.rescoring import DRIVERS, named_accounts, refuse_other, rescore
from healthscore.pipelines.runs.record import run_record
from healthscore.pipelines.scoretable import Rated
from healthscore.pipelines.tracking import record
from healthscore.pipelines.working import working
from healthscore.tables import Tables, open_tables

KEPT = (".parquet", ".csv")
"""Files that a result names: tables."""
AFTER_SCORES = ("overrides", "interventions")
"""Contracts that no score is made from: their rows say what was done about scores."""


@dataclass(frozen=True, repr=False)
class ScoreResult(Displayed):
    """Scores of a book at one date; their tables are read when they are asked for.

    Attributes
    ----------
    directory
        Where `scores.parquet`, `scores.csv`, `drivers.parquet`, `features.parquet` and `result.json` lie.
    result
        The JSON object of the command. Its `publication` is what readers follow from now on: that of the newest date.
    """

    directory: Path
    result: dict[str, Any]

    @cached_property
    def scores(self) -> pd.DataFrame:
        """One row per account."""
        return pd.read_parquet(self.directory / SCORES)

    @cached_property
    def drivers(self) -> pd.DataFrame:
        """One row per account and component, and per feature of those that are told by feature: points and value."""
        return pd.read_parquet(self.directory / DRIVERS)

    @property
    def published(self) -> Path:
        """Directory of the publication that readers follow."""
        return Path(self.result["publication"]["directory"])

    def display(self) -> Display:
        """What a notebook shows."""
        from healthscore.pipelines.displays.scores import score_display

        return score_display(self.result, self.scores)


def score(
    run: Run | str | Path | None = None,
    *,
    as_of: date,
    model: str | Path | None = None,
    scorecard: Scorecard | str | Path | None = None,
    data: str | Path | None = None,
    out: str | Path | None = None,
    backfill: bool = False,
    force: bool = False,
    accounts: Sequence[str] = (),
    progress: Progress = silent,
) -> ScoreResult:
    """Score every account at risk at `as_of`, by what was known before it, and publish the newest scores.

    What was scored already, from the same tables by the same scorer, is not scored again.

    Parameters
    ----------
    model
        Directory of a bundle, number of a version, `champion` or `challenger`. Where neither it nor a scorecard is
        given: the champion, and before there is one the newest that was trained.
    scorecard
        A scorecard, its file, or the name of a shipped one: needs no model, no training and no outcome. Where the run
        has no outcome, the accounts are the customers at the date.
    backfill
        Score a date before the newest one. Readers follow the newest date still, with this one in its history.
    force
        Score again even what is there.
    accounts
        Score these again, after a key event, and carry all others over from the scores that stood; all where none is
        named.

    Raises
    ------
    BundleError
        There is no bundle, it is damaged, or its features are not those of the run.
    ConfigurationError
        The run's outcome is a gain and a model scores; there is no such scorecard, or it reads what the run does not
        measure; a later date was scored, and this is no backfill; an account is not there.
    InsufficientDataError
        Too little was recorded before the date.
    LockedError
        Another job is scoring the date.
    """
    return score_dates(
        run,
        as_of=[as_of],
        model=model,
        scorecard=scorecard,
        data=data,
        out=out,
        backfill=backfill,
        force=force,
        accounts=accounts,
        progress=progress,
    )[0]


def score_dates(
    run: Run | str | Path | None = None,
    *,
    as_of: Sequence[date],
    model: str | Path | None = None,
    scorecard: Scorecard | str | Path | None = None,
    data: str | Path | None = None,
    out: str | Path | None = None,
    backfill: bool = False,
    force: bool = False,
    accounts: Sequence[str] = (),
    progress: Progress = silent,
) -> list[ScoreResult]:
    """Score several dates, in the order given, which changes nothing, and publish once; see `score`."""
    if len(as_of) > 1 and not backfill:
        raise ConfigurationError(f"{len(as_of)} dates were given", "add --backfill to score a history")
    run = run if isinstance(run, Run) else load_run(run, data=data, out=out)
    scorer = scorer_of(run, model, scorecard)
    run, series = scorer.run, series_of(scorer.card)  # the run as it is scored: with the scorecard, if one was named
    with ExitStack() as held:
        held.enter_context(working(run.out, "scoring"))
        for day in sorted(set(as_of)):  # before the tables are opened: another job is told at once
            held.enter_context(computing(run.out, series, day))
        with progress("checking sources"):
            tables = held.enter_context(open_tables(run))
        scorer.refuse_others(tables)
        refuse_unknown(run, tables)
        inputs = {
            name: report.fingerprint
            for name, report in tables.reports.items()
            if run.sources[name].contract not in AFTER_SCORES
        }
        named = named_accounts(run, tables, accounts) if accounts else ()
        job = _Job(scorer, tables, series, inputs, named, progress)
        found = [job.scored(day, backfill=backfill, force=force) for day in as_of]
        composed = compose(run, series, tables, progress, again=force)
    made = []
    for scored, already in found:
        result = scored.result()
        if not already:
            with progress("recording the run"):
                _record(run, scored, result, inputs)
        files = {path.name: str(path) for path in sorted(scored.directory.iterdir()) if path.suffix in KEPT}
        # Not written into result.json: who is champion is a matter of the day, and the same scores are the same bytes.
        told = {"directory": str(scored.directory), "files": files, "already_published": already}
        told |= {"publication": plain(composed.summary), **standing(run, scorer.read.get("bundle"))}
        made.append(ScoreResult(scored.directory, result | told))
    _deliver(run, composed.directory)
    return made


@dataclass(frozen=True)
class _Job:
    """Scoring of one book by one scorer, whatever the date."""

    scorer: Scorer
    tables: Tables
    series: str
    inputs: Mapping[str, str]
    accounts: tuple[str, ...]
    progress: Progress

    def scored(self, as_of: date, *, backfill: bool, force: bool) -> tuple[Scored, bool]:
        """The scores that stand for the date from now on, and whether they were there already."""
        run = self.scorer.run
        before = standing_at(run.out, as_of, self.series)
        others = self._others(as_of, before) if self.accounts else None
        identity = self._identity(as_of, others)
        if before is not None and before.identity == identity and not force:
            stand(run.out, self.series, as_of, before.directory.name)  # a killed job may not have come to `CURRENT`
            return before, True
        if not backfill:
            _refuse_going_back(run, self.series, as_of)
        directory = attempt_of(run.out, self.series, identity)
        already = is_whole(directory) and not force
        if not already:
            directory = self._write(as_of, identity, others)
        stand(run.out, self.series, as_of, directory.name)
        return Scored(as_of, identity, directory), already

    def _others(self, as_of: date, standing: Scored | None) -> Scored:
        """The scores that accounts which are not named keep: where just this was done already, those of that time."""
        run = self.scorer.run
        if standing is not None and (rescored := standing.result().get("rescored")):
            stood = Scored(date.fromisoformat(rescored["from_as_of"]), "", run.out / self.series / rescored["from"])
            if is_whole(stood.directory) and self._identity(as_of, stood) == standing.identity:
                return stood
        return refuse_other(self.scorer, standing_until(run.out, as_of, self.series), as_of)

    def _identity(self, as_of: date, others: Scored | None) -> str:
        part = {} if others is None else {"accounts": self.accounts, "others": others.digest()}
        described = {**self.scorer.described, **part}
        return run_identity(self.scorer.run, "score", self.inputs, as_of=as_of.isoformat(), **described)

    def _write(self, as_of: date, identity: str, others: Scored | None) -> Path:
        run = self.scorer.run
        said: dict[str, Any] = {"as_of": as_of, "by": self.scorer.by}
        if others is None:
            rated = with_references(self.scorer.rate(self.tables, as_of, self.progress))
        else:
            rated = rescore(self.scorer, self.tables, as_of, others, self.accounts, self.progress)
            said |= {"accounts": self.accounts, "others": others.directory.name}
        made_of = run_record(run, "score", identity, self.inputs, arguments=said, read=self.scorer.read)
        with (
            self.progress("writing the scores"),
            run_directory(run.out, self.series, identity, record=made_of, newest=False) as directory,
        ):
            write_rated(rated, identity, directory)
        return attempt_of(run.out, self.series, identity)


def write_rated(rated: Rated, identity: str, directory: Path) -> None:
    """Write the scores and what stands beside them into a directory."""
    rated.scores.to_parquet(directory / SCORES, index=False)
    write_csv(rated.scores, directory / "scores.csv")
    for name, table in {DRIVERS: rated.drivers, **rated.beside}.items():
        if name.endswith(".parquet"):
            table.to_parquet(directory / name, index=False)
        else:
            assert isinstance(table, pd.DataFrame)  # noqa: S101 - only tables of Parquet are written in chunks
            write_csv(table, directory / name)
    write_json(directory / "result.json", rated.result | {"identity": identity})


def _refuse_going_back(run: Run, series: str, as_of: date) -> None:
    """Refuse a date before the newest one: readers see what is newest, and a clock or a typing error is likelier."""
    latest = newest(run.out, series)
    if latest is not None and as_of < latest.as_of:
        raise ConfigurationError(
            f"--as-of {as_of} lies before {latest.as_of}, which {run.name} was scored at already",
            "add --backfill to add an earlier date to the history",
        )


def _record(run: Run, scored: Scored, result: Mapping[str, Any], inputs: Mapping[str, str]) -> None:
    record(
        run,
        "score",
        scored.identity,
        parameters={"as_of": scored.as_of.isoformat(), "model": result["model"]},
        metrics={f"accounts.{band}": float(n) for band, n in result["bands"].items()},
        per_origin={},
        inputs=inputs,
        artifacts=scored.directory / "result.json",
    )


def _deliver(run: Run, published: Path) -> None:
    if run.deliveries:
        from healthscore.pipelines.delivery import deliver

        deliver(run, published)
