"""The ledger of a change of scores between two published dates: what each account gained and lost, and by what.

The earlier features are those that were kept with the scores. Where features are computed in another way since, or the
newer scorer reads others, they are computed again at the earlier date, from today's tables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from healthscore.asof import day_of
from healthscore.config import Run
from healthscore.errors import HealthScoreError
from healthscore.features.ready import plan_panel
from healthscore.models.health import tenths
from healthscore.models.ledger import Scoring, change_ledger
from healthscore.pipelines.build import data_end_of
from healthscore.pipelines.publication.history import Scored
from healthscore.pipelines.trend.scorers import (
    Scorer,
    Texts,
    chunks,
    features_of,
    lacking,
    matrix_of,
    measured_by,
    scorer_of,
    segments_in,
)
from healthscore.tables import Tables

COMPONENT, MISSING, MODEL, LIMIT, UNEXPLAINED = "component", "missing", "model", "limit", "unexplained"
KINDS = (COMPONENT, MISSING, MODEL, LIMIT, UNEXPLAINED)
"""What a row of the ledger is: behaviour of a component; data that went missing or came back; another model, scale or
way to compute features; the ends of the scale, or a hard rule; all of it, where nothing can be told apart."""
NOT_TOLD = (UNEXPLAINED, "")
COLUMNS = ("account_id", "since", "from_as_of", "kind", "component", "points")
Tenths = NDArray[np.int64]
Replay = Callable[[date, "pd.Index[str]"], pd.DataFrame]
"""Computes the features of accounts at a date, by account_id."""


@dataclass(frozen=True, eq=False)
class Divided:
    """Changes of n accounts since an earlier date.

    Attributes
    ----------
    rows
        (kind, component) of each column of `shown`.
    shown
        Whole tenths, shape (n, rows); they add up to the difference of the published scores.
    lost
        Why nothing could be told apart; None where it could.
    """

    ids: pd.Index[str]
    as_of: date
    rows: tuple[tuple[str, str], ...]
    shown: Tenths
    lost: str | None = None

    def long(self, since: str) -> pd.DataFrame:
        """One row per account and what moved its score; what moved nothing is left out."""
        account, row = np.nonzero(self.shown)
        kinds, components = (np.array([one[i] for one in self.rows], object) for i in (0, 1))
        return pd.DataFrame(
            {
                "account_id": self.ids.to_numpy()[account],
                "since": since,
                "from_as_of": self.as_of,
                "kind": kinds[row],
                "component": components[row],
                "points": self.shown[account, row] / 10.0,
            },
            columns=COLUMNS,
        )

    def of(self, accounts: Sequence[str]) -> Divided:
        """The changes of some accounts."""
        asked = pd.Index(list(accounts), dtype="str")
        return replace(self, ids=asked, shown=self.shown[self.ids.get_indexer(asked)])

    def of_kind(self, kind: str) -> pd.Series[float]:
        """Points of one kind, by account_id."""
        columns = [column for column, (own, _) in enumerate(self.rows) if own == kind]
        return pd.Series(self.shown[:, columns].sum(axis=1) / 10.0, index=self.ids)

    def causes(self) -> list[str]:
        """What moved each score most in the direction in which it went, with its points; "" where it stayed."""
        total = self.shown.sum(axis=1)
        strongest = np.argmax(self.shown * np.sign(total)[:, None], axis=1)
        names = [component or IN_WORDS[kind] for kind, component in self.rows]
        points = self.shown[np.arange(len(total)), strongest] / 10.0
        told = zip(total.tolist(), strongest.tolist(), points.tolist(), strict=True)
        return [f"{names[row]} {moved:+.1f}" if change else "" for change, row, moved in told]


IN_WORDS = {
    MISSING: "data missing or back",
    MODEL: "another model or scale",
    LIMIT: "end of the scale or hard rule",
    UNEXPLAINED: "not told apart",
}
"""Rows of the ledger that are no component, as people read them."""


@dataclass(frozen=True)
class Ledgers:
    """The scores of a date, ready to be compared with those of earlier dates; what is read is read once.

    Attributes
    ----------
    replay
        Computes features of an earlier date as they are computed today, where they have to be; None for never.
    threads
        For the model.
    """

    now: Scored
    replay: Replay | None = None
    threads: int = 1

    def since(self, before: Scored, accounts: Sequence[str] | None = None) -> Divided:
        """Divide the changes since an earlier date, of all accounts scored at both or of those named."""
        there = _published(before)
        asked = self._scored.index if accounts is None else pd.Index(list(accounts), dtype="str")
        ids = asked[(_places(there, asked) >= 0) & (_places(self._scored, asked) >= 0)]
        there, here = (table.iloc[_places(table, ids)] for table in (there, self._scored))
        shown1, shown2 = (tenths(table["health"].to_numpy(np.float64)) for table in (there, here))
        try:
            scorer = self._scorer
            features = earlier_features(scorer, before, measured_by(self.now), self.replay, ids), self._features
        except HealthScoreError as error:
            return Divided(ids, before.as_of, (NOT_TOLD,), (shown2 - shown1)[:, None], error.what)
        places, segments = [_places(table, ids) for table in features], [segments_in(table) for table in (there, here)]
        rows = (*ledger_rows(scorer), NOT_TOLD)
        divided = np.zeros((len(ids), len(rows)), np.int64)
        divided[:, -1] = shown2 - shown1
        for part in chunks(np.flatnonzero((places[0] >= 0) & (places[1] >= 0))):
            then, now = (scoring_by(scorer, segment[part]) for segment in segments)
            x1, x2 = (matrix_of(scorer, t.iloc[at[part]]) for t, at in zip(features, places, strict=True))
            divided[part, :-1] = change_ledger(then, now, x1, x2, shown1[part], shown2[part]).shown
            divided[part, -1] = 0
        return Divided(ids, before.as_of, rows, divided)

    @cached_property
    def _scored(self) -> pd.DataFrame:
        return _published(self.now)

    @cached_property
    def _scorer(self) -> Scorer:
        return scorer_of(self.now, self.threads)

    @cached_property
    def _features(self) -> pd.DataFrame:
        return features_of(self.now).set_index("account_id")


def ledger_rows(scorer: Scorer) -> tuple[tuple[str, str], ...]:
    """(kind, component) of each column of a ledger by this scorer."""
    return (*((COMPONENT, group) for group in scorer.groups), (MISSING, ""), (MODEL, ""), (LIMIT, ""))


def scoring_by(scorer: Scorer, segment: Texts) -> Scoring:
    """The scorer for accounts of these segments."""
    return lambda X, rows: scorer.apart(X, segment[rows])


def earlier_features(
    scorer: Scorer, before: Scored, measured: str, replay: Replay | None, ids: pd.Index[str]
) -> pd.DataFrame:
    """Features of accounts at an earlier date as the scorer reads them, by account_id: kept ones, else computed again.

    Parameters
    ----------
    measured
        How features are computed today: see `measured_by`.
    replay
        Computes them where those kept will not do; None to compute none.

    Raises
    ------
    HealthScoreError
        They were not kept, or will not do and cannot be computed again.
    """
    if measured_by(before) == measured:
        kept = features_of(before).set_index("account_id")
        if not lacking(scorer, kept.columns):
            return kept
    if replay is None:
        raise HealthScoreError(f"features are computed in another way since {before.as_of}")
    return replay(before.as_of, ids)


def replayed(run: Run, tables: Tables, as_of: date, ids: pd.Index[str]) -> pd.DataFrame:
    """Features of accounts at an earlier date, from today's tables, as the run computes them today; by account_id."""
    plan = plan_panel(run, tables, pa.array(ids.astype(object)), [day_of(as_of)], data_end_of(run, tables))
    panel = plan.build(np.ones((1, len(ids)), np.bool_))
    return pd.DataFrame(panel.X, index=ids[panel.account], columns=[feature.name for feature in panel.features])


def _published(scored: Scored) -> pd.DataFrame:
    """Score and segment of the accounts that have a score, by account_id."""
    table = scored.scores(["account_id", "status", "health", "segment"])
    return table[table["status"] == "scored"].set_index("account_id")


def _places(table: pd.DataFrame, ids: pd.Index[str]) -> NDArray[np.int64]:
    """Position of each id in a table by account_id; -1 where it has none."""
    return table.index.get_indexer(ids).astype(np.int64)
