"""Whom growth is asked of: the accounts of a book that can expand, under the run's outcome of growth.

Growth stands beside health, so it is asked of accounts that have a health score, and its model learns from the same.
Their features are those of the book: they are computed once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from healthscore.config import Bands, Outcome, Run
from healthscore.config.sections import Score, Trees
from healthscore.errors import ConfigurationError
from healthscore.models.health import GROWTH_BANDS
from healthscore.outcomes.snapshots import Snapshots, Status
from healthscore.pipelines.build import Book, snapshots_of
from healthscore.pipelines.happenings import HAPPENINGS
from healthscore.tables import Tables

NO_REVENUE = "no recent revenue"
STANDING = {
    Status.NOT_STARTED: "not a customer yet",
    Status.ENDED: "no customer any more",
    Status.TRIAL: "trial",
    Status.PAUSED: "paused",
    Status.LEAVING: "leaving",
    Status.NO_FEATURES: "no features",
}
"""Why an account cannot grow, by where it stands under the outcome of growth."""


@dataclass(frozen=True)
class Growing:
    """The part of a book that can expand.

    Attributes
    ----------
    book
        Its rows, with what became of them by the outcome of growth.
    rows
        Which rows of the whole book they are, rising.
    """

    book: Book
    rows: NDArray[np.int64]


def growth_run(run: Run) -> Run | None:
    """The run with the outcome of growth as its own; None where it asks for none.

    What is set for health (its scale and bands, a scorecard, trees tuned for it) is not set for growth.

    Raises
    ------
    ConfigurationError
        The outcome named is no gain.
    """
    if run.growth is None:
        return None
    outcome = run.outcomes[run.growth]
    known = HAPPENINGS.get(outcome.kind)
    if known is None or not known.gain:
        gains = ", ".join(kind for kind, happening in HAPPENINGS.items() if happening.gain)
        raise ConfigurationError(
            f"growth: [outcomes.{run.growth}] is of kind {outcome.kind!r}, which is no gain",
            f"name one of kind {gains}, or leave `growth` out",
        )
    bands = Bands(edges=GROWTH_BANDS.edges, names=GROWTH_BANDS.names, colours=GROWTH_BANDS.colours)
    model = run.model.model_copy(update={"trees": Trees()})
    score = Score(reasons=run.score.reasons)
    own = {"outcome": outcome, "outcomes": {}, "growth": None}
    return run.model_copy(update=own | {"bands": bands, "score": score, "scorecard": None, "model": model})


def growing_of(book: Book, tables: Tables) -> Growing | None:
    """The accounts of the book that can expand, with what became of them; None where the run asks for no growth."""
    run = growth_run(book.run)
    if run is None:
        return None
    snapshots = _snapshots(run, book, tables)
    scored = book.snapshots.at_risk
    # Who has no health score is not asked about: under growth's own rule it may be at risk, here it is left out.
    status = np.where(scored | ~snapshots.at_risk, snapshots.status, np.int8(Status.INELIGIBLE))
    snapshots = replace(snapshots, status=status)
    at_risk = snapshots.at_risk
    rows = np.flatnonzero(at_risk[scored])
    panel = book.panel
    if len(rows) < len(book.label):
        panel = replace(panel, account=panel.account[rows], day=panel.day[rows], X=panel.X[rows])
    part = replace(
        book,
        run=run,
        panel=panel,
        snapshots=snapshots,
        label=snapshots.label[at_risk],
        value=book.value[rows],
        cluster=book.cluster[rows],
    )
    return Growing(part, rows)


def why_not(book: Book, growing: Growing, tables: Tables) -> list[str]:
    """Per row of the whole book why growth is not asked of it; empty where it is."""
    run = growing.book.run
    reasons = [""] * len(book.label)
    left_out = np.setdiff1d(np.arange(len(book.label)), growing.rows)
    if len(left_out) == 0:
        return reasons
    scored = book.snapshots.at_risk
    status = growing.book.snapshots.status[scored]
    older = _snapshots(_without_first_days(run), book, tables).at_risk[scored]
    too_new = f"in its first {run.need_outcome().first_days} days"
    for row in left_out.tolist():
        otherwise = too_new if older[row] else NO_REVENUE
        reasons[row] = STANDING.get(Status(status[row]), otherwise)
    return reasons


def _without_first_days(run: Run) -> Run:
    """The run as if every account could expand from its first day on: who is at risk only then is too new."""
    outcome: Outcome = run.need_outcome()
    return run.model_copy(update={"outcome": outcome.model_copy(update={"first_days": 0})})


def _snapshots(run: Run, book: Book, tables: Tables) -> Snapshots:
    snapshots = book.snapshots
    return snapshots_of(run, tables, snapshots.accounts, snapshots.as_ofs, book.data_end)
