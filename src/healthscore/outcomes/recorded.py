"""A recorded outcome: the column of a ready-made panel that says what became of each row.

Worked example, with gap 7 and horizon 60: the row of 2024-03-01 says 1 where it happened in [2024-03-08, 2024-05-07).
Whoever filled the column when the data reached to 2024-04-01 wrote 0 into rows whose window was still open; so a row
counts only once the data end lies beyond its window, whatever it says.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from healthscore.config import PANEL, Run
from healthscore.errors import ConfigurationError
from healthscore.outcomes.snapshots import Label, Snapshot, Snapshots, Status, final_day, window_of
from healthscore.tables import Tables
from healthscore.tables.panelrows import PanelRows


def recorded(run: Run, tables: Tables, accounts: pa.Array, as_ofs: Sequence[int], data_end: int) -> Snapshots:
    """1 exited, 0 stayed, empty not recorded; at risk are the accounts that the panel has a row for.

    The panel does not tell on which day it happened: the exit day is the first day of the window.

    Raises
    ------
    ConfigurationError
        The run has no panel with an outcome.
    """
    outcome = run.need_outcome()
    if run.panel is None or run.panel.outcome is None or outcome.source != PANEL:
        raise ConfigurationError(
            "outcome.kind: a recorded outcome is a column of a ready-made panel",
            f'declare the column by `outcome` in [panel], and `source = "{PANEL}"` in [outcome]',
        )
    rows = PanelRows(tables, accounts, as_ofs)
    present, happened, value = rows.present(), rows.column("outcome"), rows.column("value")

    def look(index: int, t: int) -> Snapshot:
        said = [happened[index] == 1, happened[index] == 0]
        return Snapshot(
            status=np.where(present[index], np.int8(Status.AT_RISK), np.int8(Status.INELIGIBLE)),
            label=np.select(said, [np.int8(Label.EXITED), np.int8(Label.STAYED)], np.int8(Label.NOT_RECORDED)),
            exit_day=np.full(len(accounts), window_of(outcome, t)[0]),
            known_from=final_day(outcome, t),
            value=value[index],
        )

    return Snapshots.collect(accounts, as_ofs, data_end, look)
