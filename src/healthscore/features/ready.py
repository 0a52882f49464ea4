"""A panel that is ready: features that somebody else computed, behind the same seam as those that are computed here.

Everything downstream asks a plan for rows, and does not know where they come from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from healthscore.config import PanelTable, Run
from healthscore.features.combinations import combinations
from healthscore.features.dictionary import Feature
from healthscore.features.distributed import Beside, DistributedPlan
from healthscore.features.panel import SMALLEST_CHUNK, Measured, Panel, PanelPlan, Progress
from healthscore.tables import Tables
from healthscore.tables.engine import Cluster
from healthscore.tables.panelrows import PanelRows

READ_VALUES = 8_000_000
"""Values that one read of a panel may hold: 64 MB, however large the panel is."""


def plan_panel(
    run: Run,
    tables: Tables,
    accounts: pa.Array,
    as_ofs: Sequence[int],
    data_end: int | None = None,
    beside: Beside | None = None,
) -> Plan:
    """The run's panel: its own file where it names one, else what its signals measure. Parameters as of `PanelPlan`.

    On a cluster it is computed there, with what `beside` makes of it; nothing else uses that.
    """
    if run.panel is not None:
        return ReadyPanel(run, run.panel, tables, accounts, as_ofs)
    if isinstance(tables.engine, Cluster):
        return DistributedPlan(run, tables, accounts, as_ofs, data_end, beside)
    return PanelPlan(run, tables, accounts, as_ofs, data_end)


def panel_features(run: Run, tables: Tables) -> tuple[Feature, ...]:
    """Dictionary entries of the run's panel, in the order of its columns, before any of its rows is read."""
    if run.panel is not None:
        given = _given_features(run.panel)
        return (*given, *combinations(run, given))
    return Measured.of(run, tables).features


class ReadyPanel:
    """A ready-made panel, for a set of accounts and as-of days; it has the seam of `PanelPlan`.

    Parameters
    ----------
    run, panel
        The run, and what it says of the panel.
    tables
        The bound sources.
    accounts
        Ids, without repetition.
    as_ofs
        As-of days, rising.

    Raises
    ------
    ConfigurationError
        The panel has no row at one of the days.
    """

    def __init__(self, run: Run, panel: PanelTable, tables: Tables, accounts: pa.Array, as_ofs: Sequence[int]) -> None:
        self.run = run
        self.accounts = accounts
        self.as_ofs = tuple(as_ofs)
        given = _given_features(panel)
        self._names = [feature.name for feature in given]
        self._combined = combinations(run, given)
        self.features = (*given, *self._combined)
        self._rows = PanelRows(tables, accounts, self.as_ofs)

    def build(self, rows: NDArray[np.bool_], progress: Progress | None = None) -> Panel:
        """The whole panel of the chosen rows: `rows` has shape (as-of days, accounts)."""
        return Panel.gathered(self.chunks(rows, progress), rows, self.accounts, self.as_ofs, self.features)

    def chunks(self, rows: NDArray[np.bool_], progress: Progress | None = None) -> Iterator[Panel]:
        """The panel of the chosen rows, a chunk of accounts at a time; a row that the file lacks has no values."""
        per_account = len(self.as_ofs) * (len(self._names) + 1)
        size = max(SMALLEST_CHUNK, READ_VALUES // per_account)
        for low in range(0, max(len(self.accounts), 1), size):
            high = min(low + size, len(self.accounts))
            yield self._chunk(rows[:, low:high], low, high)
            if progress is not None:
                progress(high / max(len(self.accounts), 1))

    def seen(self) -> NDArray[np.bool_]:
        """Which accounts the file has a row for, shape (as-of days, accounts)."""
        return self._rows.present()

    def _chunk(self, rows: NDArray[np.bool_], low: int, high: int) -> Panel:
        day, account = np.nonzero(rows)
        place = np.full(rows.shape, -1, np.int64)
        place[day, account] = np.arange(len(day))
        index, code, values = self._rows.read(self._names, low, high)
        target = place[index, code]
        X = np.full((len(day), len(self._names)), np.nan)
        X[target[target >= 0]] = values[target >= 0]
        columns = dict(zip(self._names, X.T, strict=True))
        combined = [feature.compute(columns) for feature in self._combined]
        return Panel(
            self.accounts,
            (account + low).astype(np.int32),
            np.asarray(self.as_ofs, np.int32)[day],
            np.column_stack([X, *combined]),
            self.features,
        )


def _given_features(panel: PanelTable) -> tuple[Feature, ...]:
    return tuple(_given(name, component, panel) for name, component in panel.component_of.items())


def _given(name: str, component: str, panel: PanelTable) -> Feature:
    """The entry of a feature of which nothing is known but its name and what the run says of it."""
    return Feature(
        name=name,
        component=component,
        family="panel",
        signal="",
        window="",
        unit="",
        zero="",
        missing="not given",
        sentence=f"{name} is {{value}}",
        healthy=panel.direction_of(name),
        compute=itemgetter(name),  # of the panel's columns: it was computed elsewhere
        context=name in panel.context,
    )


Plan = PanelPlan | ReadyPanel | DistributedPlan
"""Whatever a panel is computed by."""
