"""Tables: a run's sources, opened, bound to their contracts and checked, before anything is computed from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from healthscore.config import Run
from healthscore.errors import ConfigurationError
from healthscore.tables.binding import Binding
from healthscore.tables.contract import Kind
from healthscore.tables.engine import ENGINES, Engine
from healthscore.tables.expressions import Name, compile_expression, listed
from healthscore.tables.keyed import Keyed
from healthscore.tables.opening import Opening
from healthscore.tables.problems import Problem, SourcesError
from healthscore.tables.quarantine import Quarantine
from healthscore.tables.quoting import quote_identifier
from healthscore.tables.reaching import reach
from healthscore.tables.reports import SourceReport
from healthscore.tables.sorts import Sort
from healthscore.tables.successions import Successions

__all__ = ["ENGINES", "Engine", "Problem", "SourceReport", "SourcesError", "Tables", "inspect_tables", "open_tables"]

NEEDED = frozenset({"accounts", "successions"})
"""Contracts without which rows of the others cannot be given to their accounts."""


@dataclass(frozen=True)
class Tables:
    """Bound sources on an engine. A context manager.

    Attributes
    ----------
    engine
        Runs queries over the relations.
    reports
        Source -> what happened to its rows.
    problems
        Errors found; empty unless the tables were opened by `inspect_tables`.
    successions
        Who ceased and who began by merges and splits.
    tops
        (account_id, top_id) of the accounts that are counted with another, the one at their top; None without any.
    scan
        How rows are grouped: by the engine's SQL, or streamed out of it to the compiled scan.
    """

    engine: Engine
    reports: dict[str, SourceReport]
    bindings: dict[str, Binding] = field(repr=False)
    relations: dict[str, str] = field(repr=False)
    histories: dict[str, str] = field(default_factory=dict, repr=False)
    twins: dict[str, Keyed] = field(default_factory=dict, repr=False)
    successions: Successions = field(default_factory=Successions.none, repr=False)
    tops: pa.Table | None = field(default=None, repr=False)
    problems: tuple[Problem, ...] = ()
    scan: Literal["auto", "compiled", "sql"] = "sql"

    def top_parent(self, account: str) -> str | None:
        """The account that this one is counted with, as a part of it; None where it stands for itself."""
        if self.tops is None:
            return None
        found: list[str] = self.tops.filter(pc.equal(self.tops["account_id"], account))["top_id"].to_pylist()
        return found[0] if found else None

    def relation(self, name: str) -> str:
        """Quoted SQL identifier of a source's bound rows."""
        self._need(name)
        return self.relations[name]

    def keyed(self, name: str) -> Keyed:
        """A source's bound rows with their ids in the cheapest form that can be grouped by; `texts_of_keys` reads it.

        Where rows count for other accounts than the file says, the ids themselves are the keys.
        """
        relation = self.relation(name)
        return self.twins.get(relation, Keyed(relation))

    def versions(self, source: str) -> str | None:
        """Quoted SQL identifier of every state that a source of accounts knows, None where it has no `valid_from`.

        The columns of the relation, in which each account has its last state, and `known_day`: a state is visible at
        `t` iff it is NULL or before `t`, and the one in force is the last visible one. `valid_from` and `valid_to` are
        days; they are NULL for "since ever" and "still".
        """
        self._need(source)
        return self.histories.get(source)

    def scale(self, source: str, column: str) -> int:
        """Decimals kept of a number: the relation holds `round(number * 10**scale)`; 0 where a column is not filled."""
        self._need(source)
        return self.bindings[source].scales.get(column, 0)

    def bound_columns(self, source: str) -> tuple[str, ...]:
        """Columns of its contract that the source fills, then its attributes; other columns are NULL throughout."""
        binding = self._need(source)
        return (*binding.present, *binding.source.attributes)

    def columns(self, source: str) -> tuple[str, ...]:
        """Columns of the source's relation."""
        return tuple(self._need(source).shaped)

    def predicate(self, source: str, expression: str) -> str:
        """A signal's or outcome's `where` as SQL over the source's relation.

        Numbers stand for their values whatever their scale, dates for dates.

        Raises
        ------
        ConfigurationError
            It is no condition, or uses names or nodes that are not allowed.
        """
        where = f"where over {source}"
        compiled = compile_expression(expression, self._names(source), where)
        if compiled.sort not in {Sort.BOOLEAN, Sort.NULL}:
            raise ConfigurationError(
                f"{where} = {expression!r} is {compiled.sort.value}, no condition", "write a comparison"
            )
        return f"({compiled.sql})"

    @property
    def findings(self) -> tuple[Problem, ...]:
        """Everything found: the errors first, then what was set aside, dropped, changed, or is worth a look."""
        others = (finding for report in self.reports.values() for finding in report.findings)
        return (*self.problems, *(finding for finding in others if finding.severity != "error"))

    def close(self) -> None:
        """Release the engine."""
        self.engine.close()

    def __enter__(self) -> Tables:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _need(self, name: str) -> Binding:
        if name not in self.bindings:
            raise ConfigurationError(
                f"there is no open source {name!r}; there are {listed(self.bindings)}", "open it, or mend the name"
            )
        return self.bindings[name]

    def _names(self, source: str) -> dict[str, Name]:
        binding = self._need(source)
        names = {}
        for column, sort in binding.sorts.items():
            sql, kind = quote_identifier(column), binding.contract.column(column)
            if kind is not None and kind.kind is Kind.NUMBER:
                scale = binding.scales.get(column, 0)
                sql = f"(CAST({sql} AS DOUBLE) / {10**scale})" if scale else sql
            elif kind is not None and kind.kind is Kind.DATE:
                sql = f"(CAST('1970-01-01' AS DATE) + {sql})"
            names[column] = Name(sql, sort)
        return names


def open_tables(run: Run, *, sources: Sequence[str] | None = None, quarantine_dir: Path | None = None) -> Tables:
    """Open, bind and check a run's sources.

    Parameters
    ----------
    run
        Says where the sources lie and how they are bound.
    sources
        Names of the sources that are needed, all when None. Accounts and successions are opened with them in any case:
        they tell whose rows they are.
    quarantine_dir
        Where rows that are set aside are written, as ``<source>.parquet``; nowhere when None. They are counted anyway.

    Raises
    ------
    SourcesError
        An InputError with every fault of every source in `problems`. Nothing is published.
    ConfigurationError
        An expression is not allowed, or names of the run do not exist.
    """
    tables = _open(run, sources, quarantine_dir, inspect=False)
    if tables.problems:
        tables.close()
        raise SourcesError(tables.problems)
    return tables


def inspect_tables(run: Run, *, sources: Sequence[str] | None = None, quarantine_dir: Path | None = None) -> Tables:
    """Like `open_tables`, but never refuse: whatever can be bound is, and `findings` holds all that was found."""
    return _open(run, sources, quarantine_dir, inspect=True)


def _open(run: Run, sources: Sequence[str] | None, quarantine_dir: Path | None, *, inspect: bool) -> Tables:
    names = list(run.sources) if sources is None else list(dict.fromkeys(sources))
    unknown = [name for name in names if name not in run.sources]
    if unknown:
        what = f"there is no source {unknown[0]!r}; there are {listed(run.sources)}"
        raise ConfigurationError(what, "mend the name")
    names += [name for name, source in run.sources.items() if source.contract in NEEDED and name not in names]
    reached = reach(run, names)
    engine, quarantine = reached.engine, Quarantine(quarantine_dir)
    opening = Opening(engine, reached.run, reached.files, reached.lookups, quarantine, reached.problems)
    try:
        opening.open_all()
    except BaseException:
        quarantine.discard()
        engine.close()
        raise
    if inspect or not opening.problems:
        quarantine.accept(opening.reports)
    else:
        quarantine.discard()
    return Tables(
        engine=engine,
        reports=opening.reports,
        bindings=opening.bindings,
        relations=opening.relations,
        histories=opening.versions,
        twins=opening.keyed,
        successions=opening.lineage.successions or Successions.none(),
        tops=opening.lineage.tops,
        problems=tuple(opening.problems),
        scan=run.scan if run.engine == "duckdb" else "sql",
    )
