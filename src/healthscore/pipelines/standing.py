"""The book of a run without an outcome: who is a customer at a date, and nothing of what became of them.

Customers are the accounts whose subscriptions say so; where the run has none, all that anything was known of by then.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from healthscore.config import Run
from healthscore.features.ready import Plan, plan_panel
from healthscore.outcomes.ceased import Ceased
from healthscore.outcomes.contracts import row_status, standing
from healthscore.outcomes.snapshots import Label, Snapshots, Status
from healthscore.pipelines.build import Book, account_ids, book_of, build_book, by_panel, data_end_of
from healthscore.pipelines.progress import Progress, silent
from healthscore.tables import Tables
from healthscore.tables.subscriptions import OPEN, load_subscriptions, source_of_subscriptions


def customers_book(run: Run, tables: Tables, as_ofs: Sequence[int], progress: Progress = silent) -> Book:
    """The book at the as-of days, by the run's outcome or, where it has none, by who is a customer.

    Without an outcome the book says of no row what became of it.
    """
    if run.outcome is not None:
        return build_book(run, tables, as_ofs, progress)
    accounts, end = account_ids(run, tables), data_end_of(run, tables)
    with progress("reading the rows of the signals"):
        plan = plan_panel(run, tables, accounts, as_ofs, end)
    return book_of(run, tables, plan, _customers(run, tables, plan), end, progress)


def _customers(run: Run, tables: Tables, plan: Plan) -> Snapshots:
    shape = (len(plan.as_ofs), len(plan.accounts))
    found = Snapshots(
        plan.accounts,
        plan.as_ofs,
        status=np.where(plan.seen(), np.int8(Status.AT_RISK), np.int8(Status.NOT_STARTED)),
        label=np.full(shape, np.int8(Label.NOT_RECORDED)),
        exit_day=np.full(shape, np.int32(-1)),
        value=np.full(shape, np.nan),
        known_from=np.full(shape, np.int32(OPEN)),
    )
    source = source_of_subscriptions(run)
    if source is None:
        ceased = Ceased.of(tables, plan.accounts)
        for index, t in enumerate(plan.as_ofs):
            found.status[index] = ceased.status(found.status[index], t)
        return by_panel(run, tables, found)
    held = load_subscriptions(tables, source, plan.accounts)
    of_row = row_status(held)
    for index, t in enumerate(plan.as_ofs):
        found.status[index] = standing(held, of_row, t)
        found.value[index] = held.at(held.value, t)
    return by_panel(run, tables, found)
