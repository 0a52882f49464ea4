"""Literal tables in, literal tables out.

A table is text: a line of column names, then rows, in columns parted by blanks; ``-`` is an empty cell. What is
expected may be written as it is worked out: ``2/7``, ``ln(5/3)``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from healthscore.asof import date_of, day_of
from healthscore.config import Run
from healthscore.features.cells import source_accounts
from healthscore.features.dictionary import Feature
from healthscore.features.ready import plan_panel
from healthscore.outcomes import OUTCOMES
from healthscore.outcomes.snapshots import Label, Snapshots, Status
from healthscore.tables import Tables, open_tables
from oracle import (
    FAMILIES,
    Number,
    Signal,
    Source,
    Subscription,
    account_states,
    events,
    features,
    intervals,
    levels,
    read_rows,
    versions,
)

Cells = dict[tuple[str, date], dict[str, float | None]]
"""(account, as-of date) -> feature -> value; None where it is missing."""


def rows_of(text: str) -> list[dict[str, str | None]]:
    """Rows of a literal table."""
    header, *lines = [line.split() for line in text.strip().splitlines()]
    for line in lines:
        assert len(line) == len(header), f"{line} does not fit {header}"
    return [{name: None if cell == "-" else cell for name, cell in zip(header, line, strict=True)} for line in lines]


def table_of(text: str) -> pa.Table:
    """A literal table as texts."""
    rows = rows_of(text)
    return pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in text.split("\n")[1].split()})


def run_of(
    folder: Path,
    tables: Mapping[str, str | pa.Table],
    *,
    as_of: Sequence[str | date],
    sources: Mapping[str, Mapping[str, Any]] | None = None,
    **sections: Any,
) -> Run:
    """Write the tables into `folder` and make a run of them.

    A table's contract is its name (`events`, `accounts`, `subscriptions`), or what `sources` says; literal tables
    become CSV files, Arrow tables Parquet files. `sections` are those of a run: signals, features, outcome, timezone...
    """
    folder.mkdir(parents=True, exist_ok=True)
    declared: dict[str, dict[str, Any]] = {}
    for name, table in tables.items():
        if isinstance(table, str):
            path = folder / f"{name}.csv"
            pyarrow.csv.write_csv(table_of(table), path)
        else:
            path = folder / f"{name}.parquet"
            pyarrow.parquet.write_table(table, path)
        declared[name] = {"contract": name, "path": path.name} | dict((sources or {}).get(name, {}))
    for section in ("signals",):
        for name, signal in sections.get(section, {}).items():
            sections[section][name] = {"source": "events", "component": "activity"} | signal
    return Run.model_validate(
        {
            "name": "literal",
            "path": folder / "literal.toml",
            "data": folder,
            "out": folder / "out",
            "as_of": {"dates": list(as_of)},
            "sources": declared,
            "checks": {"quarantine_limit": 0, "orphan_limit": 0},
            **sections,
        }
    )


def dates_of(run: Run) -> tuple[date, ...]:
    """The as-of dates that `run_of` was given."""
    return run.as_of.dates if run.as_of is not None else ()


def accounts_of(run: Run, tables: Tables) -> pa.Array:
    """Every account that occurs in the tables."""
    return source_accounts(tables, list(run.sources))


def panel_of(run: Run, as_of: Sequence[date] | None = None) -> Cells:
    """Every feature of every account at the run's as-of dates, or at the given ones."""
    dates = sorted(dates_of(run) if as_of is None else as_of)
    with open_tables(run) as tables:
        accounts = accounts_of(run, tables)
        plan = plan_panel(run, tables, accounts, [day_of(t) for t in dates])
        panel = plan.build(np.ones((len(dates), len(accounts)), bool))
    names = [feature.name for feature in panel.features]
    ids = panel.accounts.to_pylist()
    return {
        (ids[account], date_of(day)): {
            name: None if value != value else value for name, value in zip(names, row, strict=True)
        }
        for account, day, row in zip(panel.account.tolist(), panel.day.tolist(), panel.X.tolist(), strict=True)
    }


def entry_of(run: Run, name: str) -> Feature:
    """The dictionary entry of a feature of the run."""
    with open_tables(run) as tables:
        features = plan_panel(run, tables, accounts_of(run, tables), [day_of(dates_of(run)[0])]).features
    return next(feature for feature in features if feature.name == name)


def snapshots_of(run: Run, data_end: str | date, as_of: Sequence[date] | None = None) -> Snapshots:
    """Status and outcome of every account at the run's as-of dates."""
    dates = sorted(dates_of(run) if as_of is None else as_of)
    end = date.fromisoformat(data_end) if isinstance(data_end, str) else data_end
    with open_tables(run) as tables:
        accounts = accounts_of(run, tables)
        kind = run.need_outcome().kind
        return OUTCOMES[kind](run, tables, accounts, [day_of(t) for t in dates], day_of(end))


def fates_of(snapshots: Snapshots) -> dict[tuple[str, date], tuple[str, str, date | None]]:
    """(account, as-of date) -> status, label, day of the exit; the words are those of `Status` and `Label`."""
    fates = {}
    for i, t in enumerate(snapshots.as_ofs):
        for a, account in enumerate(snapshots.accounts.to_pylist()):
            status = Status(snapshots.status[i, a]).name.lower()
            label = Label(snapshots.label[i, a]).name.lower()
            exit_day = date_of(snapshots.exit_day[i, a]) if label == "exited" else None
            fates[account, date_of(t)] = (status, label, exit_day)
    return fates


def expect(found: Cells, text: str) -> None:
    """Every cell of the literal table is what was found: whole numbers exactly, others to 1e-12."""
    wanted = rows_of(text)
    assert wanted
    for row in wanted:
        t = date.fromisoformat(str(row["as_of"]))
        cells = found[str(row["account"]), t]
        for name, worked_out in row.items():
            if name in ("account", "as_of"):
                continue
            assert name in cells, f"there is no {name}; there are {', '.join(cells)}"
            value, where = cells[name], f"{name} of {row['account']} at {t}: {cells[name]}, and not {worked_out}"
            if worked_out is None:
                assert value is None, where
            else:
                assert value == pytest.approx(_value(worked_out), rel=1e-12, abs=1e-12), where


def _value(text: str) -> float:
    if text.startswith("ln("):
        return math.log(_value(text[3:-1]))
    above, _, below = text.partition("/")
    return float(Fraction(above) / Fraction(below or 1))


def oracle_signals(run: Run, conditions: Mapping[str, Callable[[Any], bool]]) -> list[Signal]:
    """The run's signals as the oracle understands them.

    `conditions` says what each `where` means: a signal's of an `Event`, `Interval` or `Level`, a source's of a row as
    it was read.
    """
    sources = {name: _oracle_source(run, name, conditions) for name in {s.source for s in run.signals.values()}}
    signals = []
    for name, signal in run.signals.items():
        of_kind = FAMILIES[run.sources[signal.source].contract]
        signals.append(
            Signal(
                name=name,
                source=sources[signal.source],
                families=[f for f in of_kind if f in (signal.families or run.features.families)],
                windows=signal.windows or run.features.windows,
                where=conditions[signal.where] if signal.where else lambda row: True,
                key=signal.key,
                attribute=signal.attribute,
                measures=signal.measures,
                favourable_from=signal.favourable_from,
                unfavourable_to=signal.unfavourable_to,
            )
        )
    return signals


def _oracle_source(run: Run, name: str, conditions: Mapping[str, Callable[[Any], bool]]) -> Source:
    declared = run.sources[name]
    rows = [row for path in declared.paths for file in sorted(run.data.glob(path)) for row in read_rows(file)]
    clock: dict[str, Any] = {
        "zone": run.timezone,
        "clock": declared.timezone,
        "delay": declared.availability_delay_days,
    }
    if declared.corrections:
        begin = "start" if declared.contract == "intervals" else "time"
        rows = versions(rows, declared.deduplicate_by or ("event_id",), time=begin, **clock)
    words: dict[str, Any] = {"outages": declared.outages, "users": declared.actors, "kinds": declared.names}
    if declared.contract in ("intervals", "levels"):
        rows = [row | {name: row[written] for name, written in declared.columns.items()} for row in rows]
        rows = [row for row in rows if declared.where is None or conditions[declared.where](row)]
    if declared.contract == "intervals":
        return Source(rows=intervals(rows, **clock), has=set(rows[0]), **words)
    if declared.contract == "accounts":
        return Source(rows=account_states(rows, attributes=declared.attributes, delay=clock["delay"]))
    if declared.contract == "levels":
        return Source(rows=levels(rows, **clock), has=set(rows[0]), **words)
    column = {c: declared.columns.get(c, c) for c in ("time", "actor_id", "name", "quantity", "known_at")}
    given = {c: written for c, written in column.items() if written in rows[0]}
    read = events(
        rows,
        time=given["time"],
        actor=given.get("actor_id"),
        name=given.get("name"),
        quantity=given.get("quantity"),
        known_at=given.get("known_at"),
        where=conditions[declared.where] if declared.where else None,
        **clock,
    )
    return Source(rows=read, has=set(given), **words)


def compare(
    found: Cells,
    pairs: Sequence[tuple[str, date]],
    signals: Sequence[Signal],
    contracts: Sequence[Subscription] | None,
) -> tuple[list[str], int]:
    """Cells that differ, in words, and the number of cells compared."""
    wrong, compared = [], 0
    for account, t in pairs:
        mine = None if contracts is None else [c for c in contracts if c.account == account]
        expected = features(signals, account, t, mine)
        cells = found[account, t]
        if sorted(cells) != sorted(expected):
            wrong.append(f"columns differ: {set(cells) ^ set(expected)}")
        for name, value in expected.items():
            compared += 1
            if not _same(cells.get(name), value):
                wrong.append(f"{name} of {account} at {t}: {cells.get(name)}, and the oracle says {value}")
    return wrong, compared


def _same(found: float | None, expected: Number) -> bool:
    if found is None or expected is None:
        return found is expected
    if isinstance(expected, int):
        return found == expected
    return math.isclose(found, expected, rel_tol=1e-12, abs_tol=1e-12)
