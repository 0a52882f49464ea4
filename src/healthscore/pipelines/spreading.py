"""Giving a run's labelled rows out to workers, chunk by chunk: the panel is never whole in one place."""

from __future__ import annotations

import numpy as np

from healthscore.config import Run
from healthscore.features.ready import plan_panel
from healthscore.models.calibration import date_offsets
from healthscore.models.design import logit
from healthscore.models.workers import Workers
from healthscore.pipelines.build import account_ids, as_ofs_of, data_end_of, snapshots_of
from healthscore.pipelines.fitting import settings_of
from healthscore.pipelines.progress import Progress
from healthscore.tables import Tables


def spread(run: Run, tables: Tables, workers: Workers, progress: Progress) -> None:
    """Let the workers keep every snapshot whose outcome is known, with what its trees start from.

    What is held here at once: who was at risk and what became of them, a chunk of the panel, and the cells of signals
    where the run measures any; of a panel that was written before, nothing else.
    """
    days, accounts, end = as_ofs_of(run, tables), account_ids(run, tables), data_end_of(run, tables)
    with progress("reading all outcomes"):
        snapshots = snapshots_of(run, tables, accounts, days, end)
    known = snapshots.labelled
    date, account = np.nonzero(known)
    label = snapshots.label[date, account]
    if not 0 < label.mean() < 1:
        return  # nothing to learn a difference from, which training says itself
    start = np.full(len(days), float(logit(label.mean())))
    settings = settings_of(run)
    if settings.levels_by_date:
        first = np.searchsorted(date, np.unique(date))
        start[date[first]] += date_offsets(label, date, settings.calibration)[first]
    with progress("reading all rows of the signals"):
        plan = plan_panel(run, tables, accounts, days, end)
    with progress("giving rows to the workers") as advance:
        for chunk in plan.chunks(known, advance):
            at = np.searchsorted(days, chunk.day)
            workers.keep(chunk.X, snapshots.label[at, chunk.account], start[at], chunk.account.astype(np.int64))
