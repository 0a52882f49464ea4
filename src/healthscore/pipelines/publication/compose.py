"""What readers follow: the newest scores with their trend, what caused it, and what to do about them.

A pure function of all scores that stand, of what the run says of their use, and of the tables of overrides and
contracts: whatever the order in which dates were scored, the publication is the same.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from healthscore.config import Run
from healthscore.pipelines import durable
from healthscore.pipelines.actions.acting import Acted, act, sources_read
from healthscore.pipelines.progress import Progress
from healthscore.pipelines.publication.history import (
    SCORES,
    Scored,
    is_whole,
    publications_of,
    published,
    scored_dates,
)
from healthscore.pipelines.publication.pointers import composing
from healthscore.pipelines.publish import (
    POINTER,
    attempt_of,
    point,
    run_directory,
    run_identity,
    write_csv,
    write_json,
)
from healthscore.pipelines.runs.finding import read_object
from healthscore.pipelines.runs.record import run_record
from healthscore.pipelines.trend.following import Followed, follow
from healthscore.tables import Tables

CHANGES, CHANGES_CSV, TABLE, RESULT = "changes.parquet", "changes.csv", "scores.csv", "result.json"


@dataclass(frozen=True)
class Composed:
    """A publication.

    Attributes
    ----------
    directory
        `out/published/<identity>`.
    result
        Its `result.json`: that of the scores, with the sections `trend` and `actions`.
    """

    directory: Path
    result: dict[str, Any]

    @property
    def summary(self) -> dict[str, Any]:
        """What the result of scoring says of the publication that follows from it."""
        said = {key: self.result[key] for key in ("identity", "as_of", "trend", "actions")}
        files = sorted(path.name for path in self.directory.rglob("*") if path.is_file())
        return said | {"directory": str(self.directory), "files": files}


def compose(run: Run, series: str, tables: Tables, progress: Progress, *, again: bool = False) -> Composed:
    """Publish the newest scores of a series, unless exactly that is published, and let readers follow it.

    Parameters
    ----------
    run
        As it was scored: with the scorecard, where one scored.
    again
        Compose even what is there.
    """
    folder = publications_of(series)
    with composing(run.out, series):
        history = scored_dates(run.out, series)
        inputs = {name: tables.reports[name].fingerprint for name in sources_read(run) if name in tables.reports}
        made_from = {scored.as_of.isoformat(): scored.digest() for scored in history}
        identity = run_identity(run, folder, inputs, afterwards=True, scores=made_from)
        directory = attempt_of(run.out, folder, identity)
        if again or not is_whole(directory):
            with progress("composing the publication"):
                directory = _write(run, folder, identity, history, inputs, tables)
        if published(run.out, series) != directory:
            point(directory.parent / POINTER, directory.name)
    return Composed(directory, read_object(directory / RESULT))


def _write(
    run: Run, folder: str, identity: str, history: Sequence[Scored], inputs: Mapping[str, str], tables: Tables
) -> Path:
    now = history[-1]
    followed = follow(run, history, tables)
    scores = now.scores().merge(followed.columns, on="account_id", how="left", validate="one_to_one")
    by_since = {str(since): ledger for since, ledger in followed.changes.groupby("since", sort=False)}
    acted = act(run, now, scores, by_since, tables)
    scores = scores.merge(acted.columns, on="account_id", how="left", validate="one_to_one")
    result = _result(identity, now, history, followed, acted)
    said = {"as_of": now.as_of, "scores": {one.as_of.isoformat(): one.directory.name for one in history}}
    made_of = run_record(run, folder, identity, inputs, arguments=said, afterwards=True)
    with run_directory(run.out, folder, identity, record=made_of, newest=False) as directory:
        scores.to_parquet(directory / SCORES, index=False)
        write_csv(scores, directory / TABLE)
        followed.changes.to_parquet(directory / CHANGES, index=False)
        write_csv(followed.changes, directory / CHANGES_CSV)
        for path in sorted(now.directory.glob("*.csv")):
            if path.name != TABLE:
                shutil.copyfile(path, directory / path.name)
        for name, table in acted.lists.items():
            target = directory / name
            target.parent.mkdir(exist_ok=True, mode=durable.FOLDER_MODE)
            write_csv(table, target)
        write_json(directory / RESULT, result)
    return attempt_of(run.out, folder, identity)


def _result(identity: str, now: Scored, history: Sequence[Scored], followed: Followed, acted: Acted) -> dict[str, Any]:
    return now.result() | {
        "identity": identity,
        "scores": now.directory.name,
        "dates": len(history),
        "trend": followed.result,
        "actions": acted.result,
    }
