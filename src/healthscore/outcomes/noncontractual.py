"""Inactivity: the churn of businesses without contracts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from healthscore.config import Run
from healthscore.errors import ConfigurationError
from healthscore.outcomes.snapshots import Label, Snapshots, Status, mature
from healthscore.tables import Tables
from healthscore.tables.segmented import segment_source, sorted_by_account


def inactivity(run: Run, tables: Tables, accounts: pa.Array, as_ofs: Sequence[int], data_end: int) -> Snapshots:
    """No qualifying event in [t + gap, t + gap + horizon).

    At risk are the accounts with a qualifying event in the `eligible_within_days` before t (ever, where none is given)
    that was known at t. One query reduces the events to a row per account and segment.
    """
    outcome = run.need_outcome()
    if run.sources[outcome.source].contract != "events":
        raise ConfigurationError(
            f"outcome.source: inactivity needs events, and {outcome.source!r} holds "
            f"{run.sources[outcome.source].contract}",
            'name a source with contract = "events"',
        )
    begin, end = outcome.gap_days, outcome.gap_days + outcome.horizon_days
    within = outcome.eligible_within_days
    edges = {t + offset for t in as_ofs for offset in (0, begin, end, *(() if within is None else (-within,)))}
    rows = segment_source(tables, outcome.source, edges, as_ofs)
    condition = tables.predicate(outcome.source, outcome.where) if outcome.where else "TRUE"
    found = tables.engine.query(
        f"SELECT e.account_id, d._segment AS segment, min({rows.late}) AS late FROM {rows.tables} AND ({condition}) "
        "GROUP BY e.account_id, d._segment"
    )
    account, order = sorted_by_account(found, accounts)
    segment, late = found["segment"].to_numpy()[order], found["late"].to_numpy()[order]

    def any_in(low: int | None, high: int, seen: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        inside = rows.segments.within(low, high)
        chosen = (segment >= inside.start) & (segment < inside.stop) & (late <= seen)
        return np.bincount(account[chosen], minlength=len(accounts)) > 0

    shape = (len(as_ofs), len(accounts))
    status, label = np.full(shape, Status.INELIGIBLE, np.int8), np.full(shape, Label.IMMATURE, np.int8)
    complete = mature(outcome, as_ofs, data_end)
    for i, t in enumerate(as_ofs):
        status[i, any_in(None if within is None else t - within, t, i)] = Status.AT_RISK
        if complete[i]:
            came = any_in(t + begin, t + end, len(as_ofs))
            label[i] = np.where(came, Label.STAYED, Label.EXITED)
    exit_day = np.where(label == Label.EXITED, np.asarray(as_ofs, np.int32)[:, None] + begin, -1).astype(np.int32)
    return Snapshots(accounts, tuple(as_ofs), status, label, exit_day, np.full(shape, np.nan))
