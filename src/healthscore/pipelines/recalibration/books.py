"""The book of a run under several outcomes: its features are computed once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from healthscore.config import Outcome, Run
from healthscore.errors import ConfigurationError
from healthscore.features.panel import Panel
from healthscore.features.ready import plan_panel
from healthscore.outcomes.snapshots import Snapshots
from healthscore.pipelines.build import Book, account_ids, as_ofs_of, data_end_of, snapshots_of
from healthscore.pipelines.directory import Directory, read_directory
from healthscore.pipelines.progress import Progress
from healthscore.tables import Tables


@dataclass(frozen=True)
class Books:
    """Everything that books of a run's outcomes are made of.

    Attributes
    ----------
    snapshots
        By name of the outcome, the run's own first, under the name of its kind.
    panel
        Features of every account that is at risk of any of the outcomes.
    """

    run: Run
    snapshots: dict[str, Snapshots]
    panel: Panel
    directory: Directory
    data_end: int

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the outcomes, the run's own first."""
        return tuple(self.snapshots)

    def book(self, name: str) -> Book:
        """The book of one outcome."""
        snapshots = self.snapshots[name]
        at_risk = snapshots.at_risk
        panel = self._panel(at_risk)
        return Book(
            run=under(self.run, outcomes_of(self.run)[name]),
            panel=panel,
            snapshots=snapshots,
            label=snapshots.label[at_risk],
            value=snapshots.value[at_risk],
            cluster=self.directory.clusters()[panel.account],
            directory=self.directory,
            data_end=self.data_end,
        )

    def _panel(self, at_risk: NDArray[np.bool_]) -> Panel:
        place = np.searchsorted(next(iter(self.snapshots.values())).as_ofs, self.panel.day)
        kept = at_risk[place, self.panel.account]
        if kept.all():
            return self.panel
        panel = self.panel
        return replace(panel, account=panel.account[kept], day=panel.day[kept], X=panel.X[kept])


def read_books(run: Run, tables: Tables, progress: Progress) -> Books:
    """Read what became of everybody by each of the run's outcomes, and compute the features of those at risk of any."""
    days, accounts, end = as_ofs_of(run, tables), account_ids(run, tables), data_end_of(run, tables)
    snapshots = {}
    with progress("reading outcomes"):
        for name, outcome in outcomes_of(run).items():
            try:
                snapshots[name] = snapshots_of(under(run, outcome), tables, accounts, days, end)
            except ConfigurationError as error:
                if outcome is run.outcome:
                    raise
                raise ConfigurationError(f"[outcomes.{name}]: {error.what}", error.remedy) from None
    with progress("reading the rows of the signals"):
        plan = plan_panel(run, tables, accounts, days, end)
    anyone = np.logical_or.reduce([each.at_risk for each in snapshots.values()])
    with progress("computing features") as advance:
        panel = plan.build(anyone, advance)
    return Books(run, snapshots, panel, read_directory(run, tables, accounts), end)


def outcomes_of(run: Run) -> dict[str, Outcome]:
    """Every outcome of the run by its name, its own first, under the name of its kind."""
    own = run.need_outcome()
    return {own.kind: own, **run.outcomes}


def under(run: Run, outcome: Outcome) -> Run:
    """The run with this outcome as its own, and no further ones."""
    return run.model_copy(update={"outcome": outcome, "outcomes": {}, "growth": None})
