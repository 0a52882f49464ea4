"""Tables to book: the panel of the risk set at every as-of date, with what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from healthscore.asof import as_of_days, date_of, day_of
from healthscore.config import PANEL, AsOf, Run
from healthscore.errors import ConfigurationError
from healthscore.features.cells import source_accounts
from healthscore.features.distributed import Beside
from healthscore.features.panel import Panel
from healthscore.features.ready import Plan, plan_panel
from healthscore.outcomes import OUTCOMES
from healthscore.outcomes.keys import refuse_unused_keys
from healthscore.outcomes.snapshots import Snapshots, Status
from healthscore.pipelines.directory import Directory, read_directory
from healthscore.pipelines.progress import Progress, silent
from healthscore.pipelines.sampling import Sample, drawn
from healthscore.pipelines.wording import meant
from healthscore.tables import Tables
from healthscore.tables.panelrows import PanelRows, panel_days

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Book:
    """Everything that models are trained and judged on; rows are (as-of day, account), in that order.

    Attributes
    ----------
    panel
        Features of the accounts at risk.
    snapshots
        Every account at every as-of date, at risk or not.
    label
        int8, shape (rows,): see `healthscore.outcomes.snapshots.Label`; negative is "not known".
    value
        float64, shape (rows,): recurring revenue in force, NaN where not known.
    cluster
        int64, shape (rows,): the account, or the declared person behind several accounts.
    directory
        Who the accounts are: names, segments, owners, at any date.
    data_end
        First day that the data no longer cover.
    sample
        How much was drawn of a larger book; None where this is all of it.
    """

    run: Run
    panel: Panel
    snapshots: Snapshots
    label: NDArray[np.int8]
    value: NDArray[np.float64]
    cluster: NDArray[np.int64]
    directory: Directory
    data_end: int
    sample: Sample | None = None

    @property
    def accounts(self) -> pd.DataFrame:
        """By account code: account_id, and today's name, segment, owner, person_id (missing where not given)."""
        return self.directory.today

    def about(self, rows: NDArray[np.integer]) -> pd.DataFrame:
        """Id, name, segment and owner of the accounts of these rows, as they were known at the rows' dates."""
        return self.directory.at(self.panel.account[rows], self.panel.day[rows])

    def part(self, rows: NDArray[np.bool_]) -> Book:
        """The book of one date without the other rows; nothing that is read of them is known."""
        status = self.snapshots.status.copy()
        status[0, self.panel.account[~rows]] = Status.NO_FEATURES
        panel = self.panel
        return replace(
            self,
            panel=replace(panel, account=panel.account[rows], day=panel.day[rows], X=panel.X[rows], beside=None),
            snapshots=replace(self.snapshots, status=status),
            label=self.label[rows],
            value=self.value[rows],
            cluster=self.cluster[rows],
        )

    @property
    def known_from(self) -> NDArray[np.int32]:
        """Day from which each row's label may be used for training."""
        days: NDArray[np.int32] = self.snapshots.known_from[self.snapshots.at_risk]
        return days


def as_ofs_of(run: Run, tables: Tables) -> tuple[int, ...]:
    """As-of days of a run: its grid, else those of its ready-made panel, and the dates of its split, rising.

    Raises
    ------
    ConfigurationError
        The run says no dates.
    """
    if not run.dated:
        raise ConfigurationError(
            f"{run.path}: the run has no dates at which to look at the past",
            "add [as_of] with `first`, `last` and `every` (or `dates`); without dates, `healthscore score --as-of DATE "
            "--scorecard NAME` and `explain` work",
        )
    split = () if run.split is None else (*run.split.train, *run.split.test)
    if run.as_of is None and run.panel is not None:
        return tuple(sorted({*panel_days(tables), *days_of(split)}))
    return days_of(split if run.as_of is None else (run.as_of, *split))


def days_of(dates: Sequence[date | AsOf]) -> tuple[int, ...]:
    """Days of dates and of ranges of dates, rising, none twice."""
    days: set[int] = set()
    for entry in dates:
        if isinstance(entry, date):
            days.add(day_of(entry))
        else:
            days |= {day_of(value) for value in entry.dates}
            if entry.first is not None and entry.last is not None:
                days |= set(as_of_days(entry.first, entry.last, entry.every))
    return tuple(sorted(days))


def data_end_of(run: Run, tables: Tables) -> int:
    """First day that the data no longer cover: declared, or the day after the last dated row of the sources.

    A ready-made panel covers the days before its last as-of date and says nothing of those after it. That is the safe
    reading: if its outcomes were taken as final, rows whose window was open when they were written would have stayed.
    """
    if run.data_end is not None:
        return day_of(run.data_end)
    events = [name for name, source in run.sources.items() if source.contract == "events"]
    recorded = [
        name for name, source in run.sources.items() if source.contract not in ("successions", "overrides")
    ]  # those may be planned, and these are made by hand after the data end
    telling = [PANEL] if run.outcome is not None and run.outcome.source == PANEL else events or recorded
    ends = [
        last if name == PANEL else last + 1
        for name in telling
        if name in tables.reports and (last := tables.reports[name].last_day) is not None
    ]
    if not ends:
        raise ConfigurationError(f"{run.path}: no source says when the data end", "declare `data_end`")
    return max(ends)


def account_ids(run: Run, tables: Tables) -> pa.Array:
    """Ids of the book: the source of accounts where there is one, else every id of the other sources."""
    declared = run.source_of("accounts")
    if declared is not None:
        return source_accounts(tables, [declared])
    return source_accounts(tables, [name for name, one in run.sources.items() if one.contract != "overrides"])


def build_book(
    run: Run,
    tables: Tables,
    as_ofs: Sequence[int] | None = None,
    progress: Progress = silent,
    beside: Beside | None = None,
    most: int | None = None,
) -> Book:
    """Compute features and outcomes of the risk set at the as-of days (the run's own, where none are given).

    On a cluster, `beside` is computed of the features where they are. `most` is how many snapshots with a known outcome
    the book may hold: of a larger one, accounts are drawn.
    """
    run.need_outcome()
    days = as_ofs_of(run, tables) if as_ofs is None else tuple(as_ofs)
    accounts = account_ids(run, tables)
    end = data_end_of(run, tables)
    with progress("reading outcomes"):
        snapshots, sample = drawn(snapshots_of(run, tables, accounts, days, end), most, run.seed)
    with progress("reading the rows of the signals"):
        plan = plan_panel(run, tables, snapshots.accounts, days, end, beside)
    return replace(book_of(run, tables, plan, snapshots, end, progress), sample=sample)


def book_of(run: Run, tables: Tables, plan: Plan, snapshots: Snapshots, data_end: int, progress: Progress) -> Book:
    """The book of those at risk by the snapshots, with their features by the plan, whose days are the snapshots'."""
    with progress("computing features") as advance:
        panel = plan.build(snapshots.at_risk, advance)
    directory = read_directory(run, tables, plan.accounts)
    at_risk = snapshots.at_risk
    return Book(
        run=run,
        panel=panel,
        snapshots=snapshots,
        label=snapshots.label[at_risk],
        value=snapshots.value[at_risk],
        cluster=directory.clusters()[panel.account],
        directory=directory,
        data_end=data_end,
    )


def snapshots_of(run: Run, tables: Tables, accounts: pa.Array, as_ofs: Sequence[int], data_end: int) -> Snapshots:
    """What became of every account at every as-of date, by the run's outcome."""
    outcome = run.need_outcome()
    if outcome.kind not in OUTCOMES:
        raise ConfigurationError(f"outcome.kind: there is no {outcome.kind!r}", meant(outcome.kind, OUTCOMES))
    refuse_unused_keys(outcome)
    return by_panel(run, tables, OUTCOMES[outcome.kind](run, tables, accounts, as_ofs, data_end))


def by_panel(run: Run, tables: Tables, snapshots: Snapshots) -> Snapshots:
    """The snapshots as a ready-made panel completes them, if the run has one.

    Accounts at risk that it has no row for get a status of their own, and the value that it gives counts where no other
    source knows one.
    """
    if run.panel is None:
        return snapshots
    rows = PanelRows(tables, snapshots.accounts, snapshots.as_ofs)
    lacking = snapshots.at_risk & ~rows.present()
    return replace(
        snapshots,
        status=np.where(lacking, np.int8(Status.NO_FEATURES), snapshots.status),
        value=np.where(np.isnan(snapshots.value), rows.column("value"), snapshots.value),
    )


def more_history(book: Book, other: str) -> str:
    """What to do where too few outcomes are known: declare what a panel leaves open, a longer history, or `other`."""
    run = book.run
    if run.data_end is None and run.need_outcome().source == PANEL:
        return (
            "declare `data_end`, the first day that the panel's outcomes do not cover: without it that is the last "
            f"as-of date, {iso(book.data_end)}; or bring a longer history, or {other}"
        )
    return f"a longer history, or {other}"


def period(run: Run, as_of: date) -> str:
    """The days that a score as of a date speaks of, in words."""
    outcome = run.need_outcome()
    first, last = outcome.gap_days, outcome.gap_days + outcome.horizon_days
    return f"day {first} to day {last} after {as_of}" if first else f"the {last} days after {as_of}"


def iso(day: int) -> str:
    """A day as an ISO date."""
    return date_of(day).isoformat()
