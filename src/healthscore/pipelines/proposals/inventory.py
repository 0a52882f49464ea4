"""What lies in the tables: files grouped into tables, and the facts about each column that a proposal rests on.

Counts and ranges are aggregates over whole tables; shapes of texts and frequent values are read from an evenly spaced
sample. Nothing is loaded into Python but those.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from healthscore.errors import InputError
from healthscore.pipelines.proposals.times import TimeFacts, read_times
from healthscore.tables.engine import ENGINES, Engine, EngineError
from healthscore.tables.files import DataFile, FileError, inspect_file, kind_of
from healthscore.tables.quoting import quote_identifier
from healthscore.tables.sorts import Sort, sort_of
from healthscore.tables.sources import LINE, SOURCES

SAMPLE_ROWS = 50_000
FEW = 40
"""Distinct values up to which a column's values are looked at one by one."""
WHOLE, DECIMAL, COMMA = "[+-]?[0-9]{1,15}", "[+-]?[0-9]{1,15}([.][0-9]+)?", "[+-]?[0-9]{1,15}(,[0-9]+)?"


@dataclass(frozen=True)
class ColumnFacts:
    """One column.

    Attributes
    ----------
    sort
        What the file's type says; every CSV column is text.
    filled, distinct
        Rows that are not empty; about how many distinct values they hold.
    number
        "whole", "decimal" or "comma" (a decimal comma) where the values are numbers, else "".
    low, high
        Range of a number.
    common
        Most frequent values with their share of the sampled rows, where there are few.
    time
        How the values read as times, if they do.
    """

    name: str
    sort: Sort
    filled: int
    distinct: int
    number: str = ""
    low: float | None = None
    high: float | None = None
    common: tuple[tuple[str, float], ...] = ()
    length: float = 0.0
    time: TimeFacts | None = None

    @property
    def values(self) -> tuple[str, ...]:
        """Frequent values without their shares."""
        return tuple(value for value, _ in self.common)


@dataclass(frozen=True)
class TableFacts:
    """One table: its files, and its columns in their order.

    Attributes
    ----------
    relation, sample
        Quoted names on the inventory's engine.
    lookup
        What a run has to fetch for the expressions of its columns, in the run's words; None where nothing.
    """

    name: str
    paths: tuple[Path, ...]
    relation: str
    sample: str
    rows: int
    columns: tuple[ColumnFacts, ...]
    lookup: Mapping[str, Any] | None = None

    def column(self, name: str) -> ColumnFacts | None:
        """The column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass
class Inventory:
    """Every table that could be opened, and why the others could not."""

    engine: Engine
    tables: list[TableFacts] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)

    def ask(self, sql: str) -> dict[str, Any]:
        """First row of a query."""
        row: dict[str, Any] = self.engine.query(sql).to_pylist()[0]
        return row


def find_files(tables: Sequence[str | Path]) -> list[Path]:
    """The Parquet and CSV files meant: those named, and those directly in the directories named.

    Raises
    ------
    InputError
        A name is no file or directory, or a directory holds no table.
    """
    found: dict[Path, None] = {}
    for given in tables:
        path = Path(given).expanduser()
        if path.is_dir():
            inside = sorted(item for item in path.iterdir() if item.is_file() and kind_of(item))
            if not inside:
                raise InputError(f"{path} holds no Parquet or CSV file", "name the files, or the directory they lie in")
            found |= dict.fromkeys(item.resolve() for item in inside)
        elif not path.is_file():
            raise InputError(f"there is no file {path}", "name Parquet or CSV files, or a directory of them")
        elif not kind_of(path):
            raise InputError(f"{path} is neither Parquet nor CSV", "export it as .parquet, .csv, .tsv or .csv.gz")
        else:
            found[path.resolve()] = None
    if not found:
        raise InputError("no tables were named", "healthscore init TABLES..., such as `healthscore init data/`")
    return list(found)


def take_inventory(files: Sequence[Path], threads: int = 2) -> Inventory:
    """Open the files and look at every column. Close the inventory's engine after use."""
    inventory = Inventory(ENGINES["duckdb"](files=files, threads=threads))
    readable: dict[tuple[str, tuple[str, ...]], list[DataFile]] = {}
    for path in files:
        try:
            file = inspect_file(path)
        except FileError as unreadable:
            inventory.unreadable[path.name] = f"{unreadable.rule}; {unreadable.remedy}"
        else:
            readable.setdefault((_stem(path), file.columns), []).append(file)
    names: set[str] = set()
    for (stem, _), parts in readable.items():
        name = _free_name(stem, names)
        try:
            opened = _open(inventory, name, parts)
        except (FileError, EngineError) as error:
            reason = f"{error.rule}; {error.remedy}" if isinstance(error, FileError) else error.what
            inventory.unreadable |= {part.path.name: reason for part in parts}
        else:
            inventory.tables.append(opened)
            names.add(name)
    return inventory


def _stem(path: Path) -> str:
    """A file's name without suffixes and without the digits by which parts of one table differ."""
    stem = path.name.lower().removesuffix(".gz")
    stem = stem.rsplit(".", 1)[0]
    bare = re.sub(r"[-_.]?(part|chunk)?[-_.]?\d[\d\-_.t]*$", "", stem)
    return bare or stem


def _free_name(stem: str, taken: set[str]) -> str:
    """A name that a run allows for a source, not taken yet."""
    name = re.sub(r"[^a-z0-9_]+", "_", stem.lower()).strip("_")[:50] or "table"
    name = name if name[0].isalpha() else f"table_{name}"
    return next(n for n in (name, *(f"{name}_{i}" for i in range(2, 10_000))) if n not in taken)


def _open(inventory: Inventory, name: str, parts: Sequence[DataFile]) -> TableFacts:
    engine = inventory.engine
    repeated = {
        column for column in parts[0].columns if [c.lower() for c in parts[0].columns].count(column.lower()) > 1
    }
    if repeated:
        rule = f"every column has a name of its own; {', '.join(sorted(repeated))} is there more than once"
        raise FileError("duplicated_column", rule, "export it again")
    raw = SOURCES[parts[0].kind](engine, name, parts)
    counts = ", ".join(
        f"count({quote_identifier(c)}) AS {quote_identifier(f'filled:{c}')}, "
        f"approx_count_distinct({quote_identifier(c)}) AS {quote_identifier(f'distinct:{c}')}"
        for c in raw.columns
    )
    facts = inventory.ask(f"SELECT count(*) AS rows, {counts} FROM {raw.relation}")
    rows = int(facts["rows"])
    if rows == 0:
        raise FileError("empty_file", "a table holds at least one row", "export it again")
    sample = quote_identifier(f"{name}/sample")
    engine.execute(
        f"CREATE TABLE {sample} AS SELECT * FROM {raw.relation} WHERE {LINE} % {rows // SAMPLE_ROWS + 1} = 0"
    )
    if not inventory.ask(f"SELECT count(*) AS n FROM {sample}")["n"]:  # a handful of files of one row each
        engine.execute(f"CREATE OR REPLACE TABLE {sample} AS SELECT * FROM {raw.relation} LIMIT {SAMPLE_ROWS}")
    columns = tuple(
        _column(
            inventory,
            raw.relation,
            sample,
            column,
            sort_of(kind),
            facts[f"filled:{column}"],
            facts[f"distinct:{column}"],
        )
        for column, kind in raw.columns.items()
    )
    return TableFacts(name, tuple(part.path for part in parts), raw.relation, sample, rows, columns)


def _column(
    inventory: Inventory, relation: str, sample: str, name: str, sort: Sort, filled: int, distinct: int
) -> ColumnFacts:
    if filled == 0 or sort in {Sort.NULL, Sort.OTHER}:
        return ColumnFacts(name, sort, filled, 0)
    quoted = quote_identifier(name)
    number, low, high = _number(inventory, relation, sample, quoted, sort)
    time = read_times(inventory.engine, relation, sample, name, sort, low, high)
    common: tuple[tuple[str, float], ...] = ()
    length = 0.0
    if sort in {Sort.TEXT, Sort.BOOLEAN, Sort.INTEGER} and distinct <= FEW:
        found = inventory.engine.query(
            f"SELECT CAST({quoted} AS VARCHAR) AS value, count(*) / sum(count(*)) OVER () AS share FROM {sample} "
            f"WHERE {quoted} IS NOT NULL GROUP BY ALL ORDER BY count(*) DESC, value LIMIT 24"
        ).to_pylist()
        common = tuple((row["value"], float(row["share"])) for row in found)
    if sort is Sort.TEXT:
        length = float(inventory.ask(f"SELECT avg(length({quoted})) AS length FROM {sample}")["length"] or 0.0)
    return ColumnFacts(name, sort, filled, int(distinct), number, low, high, common, length, time)


def _number(
    inventory: Inventory, relation: str, sample: str, quoted: str, sort: Sort
) -> tuple[str, float | None, float | None]:
    """Whether the values are numbers, and of what kind; their range."""
    if sort in {Sort.INTEGER, Sort.NUMBER}:
        value, number = f"CAST({quoted} AS DOUBLE)", "whole" if sort is Sort.INTEGER else "decimal"
    elif sort is Sort.TEXT:
        shapes = {"whole": WHOLE, "decimal": DECIMAL, "comma": COMMA}
        asked = ", ".join(
            f"bool_and(regexp_full_match(trim({quoted}), '{shape}')) AS {kind}" for kind, shape in shapes.items()
        )
        shown = inventory.ask(f"SELECT {asked} FROM {sample} WHERE {quoted} IS NOT NULL AND trim({quoted}) <> ''")
        number = next((kind for kind in shapes if shown[kind]), "")
        value = f"TRY_CAST(replace({quoted}, ',', '.') AS DOUBLE)"
    else:
        return "", None, None
    if not number:
        return "", None, None
    extent = inventory.ask(f"SELECT min({value}) AS low, max({value}) AS high FROM {relation}")
    return number, extent["low"], extent["high"]
