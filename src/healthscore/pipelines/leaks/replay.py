"""Replay: every feature again, from tables in which nothing that was unknown at the as-of date is as it was.

Three worlds are held against the real one at each date: *cut*, where rows and ends that nobody knew yet are gone;
*altered*, where they are still there, but belong to others, with other values and days; *swollen*, where the past got
as many further rows again that became known only later, and where known rows are corrected later. A feature that
changes in any cell, bit for bit, reads the future. The worlds are views over the engine.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from healthscore.features.panel import Panel
from healthscore.features.ready import plan_panel
from healthscore.pipelines.build import iso, snapshots_of
from healthscore.pipelines.leaks.findings import Evidence, Finding
from healthscore.pipelines.leaks.futures import FUTURES, world_without
from healthscore.pipelines.leaks.material import Material
from healthscore.tables import Tables

DATES = 3
SHOWN = 3
RISK_SET = "the risk set"
COLUMNS_SHOWN = 20


@dataclass
class Differences:
    """Cells compared, and those that differ: by column, with the first ones in words."""

    cells: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    accounts: dict[str, set[int]] = field(default_factory=dict)
    first: dict[str, list[str]] = field(default_factory=dict)


def replay(material: Material) -> Evidence:
    """Compare every feature, and who was at risk, at some dates of the run's grid."""
    days = replay_dates(material)
    rows = np.isin(material.book.snapshots.as_ofs, days)[:, None] & material.book.snapshots.at_risk
    chosen = rows[np.isin(material.book.snapshots.as_ofs, days)]
    before, at_risk = _computed(material, material.tables, days, chosen)
    found = Differences()
    for index, t in enumerate(days):
        for future in FUTURES:
            with world_without(material, t, future) as tables:
                after, risk = _computed(material, tables, (t,), chosen[index : index + 1])
            _compare(found, before, after, t, future)
            _compare_risk(found, material, at_risk[index], risk[0], t)
    return _evidence(found, days)


def replay_dates(material: Material) -> tuple[int, ...]:
    """A first, a middle and a last date of the grid, of those with accounts at risk."""
    snapshots = material.book.snapshots
    days = [t for t, risk in zip(snapshots.as_ofs, snapshots.at_risk, strict=True) if risk.any()]
    places = {round(place) for place in np.linspace(0, len(days) - 1, DATES)} if days else set()
    return tuple(days[place] for place in sorted(places))


def _computed(
    material: Material, tables: Tables, days: tuple[int, ...], rows: NDArray[np.bool_]
) -> tuple[Panel, NDArray[np.bool_]]:
    """Features of the chosen rows, and who is at risk: (as-of days, accounts)."""
    run = material.run
    panel = plan_panel(run, tables, material.accounts, days).build(rows)
    snapshots = snapshots_of(run, tables, material.accounts, days, material.book.data_end)
    return panel, snapshots.at_risk


def _compare(found: Differences, before: Panel, after: Panel, t: int, future: str) -> None:
    """Count the cells of one date that are not the same 64 bits (missing is missing, whatever its bits)."""
    mine = before.day == t
    left, right = before.X[mine], after.X
    found.cells += left.size
    differs = (left.view(np.int64) != right.view(np.int64)) & ~(np.isnan(left) & np.isnan(right))
    for column in np.flatnonzero(differs.any(axis=0)):
        name, at = before.features[column].name, np.flatnonzero(differs[:, column])
        codes = before.account[mine][at]
        found.counts[name] += len(at)
        found.accounts.setdefault(name, set()).update(codes.tolist())
        said = found.first.setdefault(name, [])
        for row, code in zip(at[: SHOWN - len(said)].tolist(), codes.tolist(), strict=False):
            values = f"{_number(left[row, column])} becomes {_number(right[row, column])} in the {future} world"
            said.append(f"{before.accounts[code].as_py()} at {iso(t)}: {values}")


def _compare_risk(
    found: Differences, material: Material, before: NDArray[np.bool_], after: NDArray[np.bool_], t: int
) -> None:
    found.cells += len(before)
    differs = np.flatnonzero(before != after)
    if len(differs):
        found.counts[RISK_SET] += len(differs)
        found.accounts.setdefault(RISK_SET, set()).update(differs.tolist())
        said = found.first.setdefault(RISK_SET, [])
        said += [f"{material.accounts[int(code)].as_py()} at {iso(t)}" for code in differs[: SHOWN - len(said)]]


def _number(value: float) -> str:
    return "missing" if np.isnan(value) else f"{value:.6g}"


def _evidence(found: Differences, days: tuple[int, ...]) -> Evidence:
    findings = [
        Finding(
            "replay",
            "leak",
            name,
            f"{count:,} cells of {len(found.accounts[name]):,} accounts change when only what was unknown at the date "
            f"changes, first {'; '.join(found.first[name])}",
            "leave its signal out until it is mended: this is a fault of the calculation, not of your data; report it",
        )
        for name, count in found.counts.most_common(COLUMNS_SHOWN)
    ]
    differing = sum(found.counts.values())
    figures: dict[str, Any] = {"dates": [iso(t) for t in days], "cells": found.cells, "differing": differing}
    said = (
        f"replay at {', '.join(figures['dates'])}: rows, ends, notices and corrections that were not known at the date "
        f"deleted, altered, and added to; {differing:,} of {found.cells:,} cells differ"
    )
    return Evidence(tuple(findings), (said,), {"replay": figures})
