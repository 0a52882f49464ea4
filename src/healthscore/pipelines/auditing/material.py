"""What an audit looks at: scores as they were published, and what became of the accounts since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from healthscore.asof import day_of
from healthscore.config import Run
from healthscore.features.panel import Panel
from healthscore.models.choice import Choice
from healthscore.outcomes.snapshots import Label, Snapshots, Status
from healthscore.pipelines.auditing.hindsight import ENOUGH_EXITS, exiting, foretold, known_until
from healthscore.pipelines.build import Book, account_ids, iso, snapshots_of
from healthscore.pipelines.cards import CardWalk
from healthscore.pipelines.directory import read_directory
from healthscore.pipelines.publication.history import SCORES, Scored
from healthscore.tables import Tables

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
SCORE = "score"
"""What the published score is called among models."""
SCORED = "scored"
POINTS = "points_"
TOTALS = ("points_base", "points_capped")
"""Columns of points that belong to no component."""
ABOUT = ("account_id", "status", "health", "band", "probability", "value", "segment", "low_confidence", "model")


@dataclass(frozen=True)
class Material:
    """Published scores, one row per scored account and date, sorted by date, then account.

    Attributes
    ----------
    history
        The dates, oldest first.
    book
        The rows with what became of them; its panel holds no features.
    health, probability
        As published, shape (rows,); the probability is NaN where a scorecard scored.
    band, segment, model, low_confidence
        Texts as published, shape (rows,); an empty text where there is none.
    points
        Points per component as published, shape (rows, groups); NaN where a date's scorer had no such component.
    unscored
        Per date, how many customers had which status instead of a score.
    unknown
        Why published rows cannot be judged, and how many each.
    """

    history: tuple[Scored, ...]
    book: Book
    health: Floats
    probability: Floats
    band: NDArray[np.object_]
    segment: NDArray[np.object_]
    model: NDArray[np.object_]
    low_confidence: NDArray[np.object_]
    points: Floats
    groups: tuple[str, ...]
    unscored: tuple[dict[str, int], ...]
    unknown: dict[str, int] = field(default_factory=dict)

    @property
    def run(self) -> Run:
        """The run that is audited."""
        return self.book.run

    @cached_property
    def day(self) -> NDArray[np.int64]:
        """As-of day of each row."""
        return self.book.panel.day.astype(np.int64)

    @cached_property
    def days(self) -> tuple[int, ...]:
        """As-of days, rising."""
        return tuple(day_of(scored.as_of) for scored in self.history)

    @property
    def known(self) -> Rows:
        """Rows whose outcome is known."""
        return np.flatnonzero(self.book.label >= 0)

    @property
    def in_force(self) -> str:
        """Who scored last: a training's identity, or a scorecard's name. The verdict is about this one."""
        return str(self.model[-1])

    @cached_property
    def told(self) -> Rows:
        """Rows of the scorer in force whose outcome is known."""
        rows: Rows = self.known[self.model[self.known] == self.in_force]
        return rows

    @cached_property
    def known_until(self) -> date | None:
        """The day up to which the scorer in force knew outcomes; None where its training is not at hand."""
        return known_until(self.run.out, self.in_force)

    @cached_property
    def foretold(self) -> Rows:
        """Those of `told` whose scores did not know what came."""
        return foretold(self.told, self.day, self.known_until)

    @cached_property
    def judged(self) -> Rows:
        """What figures are computed on: `foretold`, or as long as too few accounts left after those, all of `told`."""
        enough = exiting(self.foretold, self.book.label, self.book.cluster) >= ENOUGH_EXITS
        return self.foretold if enough else self.told

    @cached_property
    def ids(self) -> NDArray[np.object_]:
        """Account id of each row."""
        ids: NDArray[np.object_] = self.book.accounts["account_id"].to_numpy(dtype=object)[self.book.panel.account]
        return ids

    @property
    def risk(self) -> Floats:
        """Higher for more risk: the probability, or where there is none 100 less the score."""
        return 100.0 - self.health if self.by_scorecard else self.probability

    @property
    def by_scorecard(self) -> bool:
        """Whether scores carry no probability."""
        return bool(np.isnan(self.probability).any())

    def judging(self, rows: Rows) -> Judging:
        """These rows, as figures are computed on them; the outcome of all of them must be known."""
        days, counts = np.unique(self.day[rows], return_counts=True)
        return Judging(
            rows=rows,
            probability={SCORE: self.risk[rows]},
            health=self.health[rows],
            points=np.nan_to_num(self.points[rows]),
            groups=self.groups,
            origins=[{"day": int(day), "train": {}} for day in days[counts > 0]],
        )


@dataclass(frozen=True)
class Judging:
    """Published rows whose outcome is known, in the shape that `judge.Judge` takes."""

    rows: Rows
    probability: dict[str, Floats]
    health: Floats
    points: Floats
    groups: tuple[str, ...]
    origins: list[dict[str, Any]]
    choice: Choice = field(default_factory=lambda: Choice(SCORE, "as it was published"))
    card: CardWalk | None = None
    recalibrated: dict[str, Floats] = field(default_factory=dict)


def read_material(run: Run, tables: Tables, history: Sequence[Scored], end: int) -> Material:
    """Read the published scores, and label them by the outcomes that the tables hold before day `end`."""
    accounts = account_ids(run, tables)
    days = [day_of(scored.as_of) for scored in history]
    snapshots = snapshots_of(run, tables, accounts, days, end)
    placed = [_placed(scored, accounts) for scored in history]
    frame = pd.concat([frame for frame, _, _ in placed], ignore_index=True)
    index = np.repeat(np.arange(len(days)), [len(frame) for frame, _, _ in placed])
    code = frame["code"].to_numpy(np.int64)
    mask = np.zeros(snapshots.status.shape, bool)
    mask[index, code] = True
    unknown = Counter({"gone from the tables": sum(gone for _, _, gone in placed)})
    unknown["not at risk by today's tables"] = int((mask & ~snapshots.at_risk).sum())
    seen = _as_published(snapshots, mask)
    label = seen.label[mask]
    unknown.update({_WHY[Label(code)]: int((label == code).sum()) for code in sorted(_WHY)})
    directory = read_directory(run, tables, accounts)
    panel = Panel(
        accounts, code.astype(np.int32), np.asarray(days, np.int32)[index], np.empty((len(frame), 0)), features=()
    )
    book = Book(
        run=run,
        panel=panel,
        snapshots=seen,
        label=label,
        value=frame["value"].to_numpy(np.float64),
        cluster=directory.clusters()[code],
        directory=directory,
        data_end=end,
    )
    groups = tuple(column for column in map(str, frame) if column.startswith(POINTS) and column not in TOTALS)
    texts = {name: frame[name].fillna("").to_numpy(object) for name in ("band", "segment", "low_confidence", "model")}
    return Material(
        history=tuple(history),
        book=book,
        health=frame["health"].to_numpy(np.float64),
        probability=frame["probability"].to_numpy(np.float64),
        points=frame[list(groups)].to_numpy(np.float64),
        groups=tuple(group.removeprefix(POINTS) for group in groups),
        unscored=tuple(unscored for _, unscored, _ in placed),
        unknown={why: n for why, n in unknown.items() if n},
        **texts,
    )


_WHY = {
    Label.IMMATURE: "window not over yet",
    Label.EXIT_IN_GAP: "left before the window",
    Label.CENSORED: "left for another reason",
}


def _placed(scored: Scored, accounts: pa.Array) -> tuple[pd.DataFrame, dict[str, int], int]:
    """A date's scored accounts by their code; its other customers by status; how many the tables no longer know."""
    points = [name for name in pq.read_schema(scored.directory / SCORES).names if name.startswith(POINTS)]
    table = scored.scores([*ABOUT, *points])  # not the texts of the drivers: they are most of a large book
    status = table["status"]
    unscored = {str(name): int(n) for name, n in status[status != SCORED].value_counts().items()}
    frame = table[status == SCORED]
    ids = pa.array(frame["account_id"], pa.string())
    code = pc.fill_null(pc.index_in(ids, value_set=accounts.cast(pa.string())), -1).to_numpy(zero_copy_only=False)
    frame = frame.assign(code=code.astype(np.int64))
    known = frame["code"] >= 0
    return frame[known].sort_values("code", ignore_index=True), unscored, int((~known).sum())


def _as_published(snapshots: Snapshots, mask: NDArray[np.bool_]) -> Snapshots:
    """The snapshots of exactly the published accounts; who was not at risk by today's tables has no usable outcome."""
    label = np.where(snapshots.at_risk, snapshots.label, np.int8(Label.NOT_RECORDED))
    status = np.where(mask, np.int8(Status.AT_RISK), np.int8(Status.NOT_STARTED))
    return replace(snapshots, status=status, label=label)


def hindsight_section(material: Material) -> dict[str, Any] | None:
    """What the scorer in force knew beforehand; None where its scores knew nothing of what came."""
    rows = len(material.told) - len(material.foretold)
    if not rows:
        return None
    return {
        "known_until": material.known_until,
        "rows": rows,
        "left_out": len(material.judged) < len(material.told),
        "exits": exiting(material.foretold, material.book.label, material.book.cluster),
    }


def date_rows(material: Material) -> list[dict[str, Any]]:
    """Per published date: who scored how many, and whether their outcomes are known."""
    label, day = material.book.label, material.day
    rows = []
    for scored, one, unscored in zip(material.history, material.days, material.unscored, strict=True):
        inside = day == one
        rows.append(
            {
                "as_of": iso(one),
                "identity": scored.identity,
                "model": str(material.model[inside][0]) if inside.any() else None,
                "accounts": int(inside.sum()),
                "unscored": dict(sorted(unscored.items())),
                "low_confidence": int((material.low_confidence[inside] != "").sum()),
                "known": int((label[inside] >= 0).sum()),
                "events": int((label[inside] == Label.EXITED).sum()),
            }
        )
    return rows
