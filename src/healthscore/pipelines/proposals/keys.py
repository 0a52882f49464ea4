"""Which column says whose row it is: columns of several tables that share their values, and a name that says it.

Values are compared by *sketches*: of each column the 512 distinct values with the smallest hashes. The same hash keeps
the same values everywhere, so the overlap of two columns can be told from their sketches alone, however long the tables
are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from healthscore.pipelines.proposals.inventory import ColumnFacts, Inventory, TableFacts
from healthscore.pipelines.proposals.vocabulary import ACCOUNT_TABLES, account_rank, core, looks_like_id, table_words
from healthscore.tables.quoting import quote_identifier
from healthscore.tables.sorts import Sort

SKETCH = 512
FAULTY = 0.01
"""Share of the rows of a table named like accounts that may repeat an id or lack it: faults, no other kind of table."""
SHARED = 0.5
"""Share of the values of one column found in another from which both are taken for the same ids."""


@dataclass(frozen=True)
class Sketch:
    """Distinct values with the smallest hashes, by hash; `whole` if these are all that there are."""

    values: dict[int, str]
    whole: bool

    def found_in(self, other: Sketch) -> float:
        """Share of this column's values that the other has too."""
        ceiling = max(other.values, default=0) if not other.whole else None
        comparable = [key for key in self.values if ceiling is None or key <= ceiling]
        return sum(key in other.values for key in comparable) / len(comparable) if comparable else 0.0


@dataclass(frozen=True)
class Key:
    """The account's id in every table that has it.

    Attributes
    ----------
    columns
        Table -> column.
    doubts
        Sentences about tables whose ids hardly occur elsewhere.
    unique
        Tables that hold one row per account.
    """

    columns: dict[str, str]
    unique: frozenset[str]
    doubts: tuple[str, ...] = ()


Place = tuple[str, str]


def find_key(inventory: Inventory) -> Key:
    """The account's id, by names and by shared values; no columns where nothing serves as one."""
    places = {
        (t.name, c.name): (t, c) for t in inventory.tables for c in t.columns if _may_be_id(c, len(inventory.tables))
    }
    sketches = {place: _sketch(inventory, table, column) for place, (table, column) in places.items()}
    groups = _groups(places, sketches)
    unique = frozenset(place for place, (table, column) in places.items() if _unique(inventory, table, column))
    best = max(groups, key=lambda group: _worth(group, unique, inventory.tables), default=[])
    if not _serves(best, places):
        return _by_values(inventory)
    columns = {}
    for table in dict.fromkeys(name for name, _ in best):
        columns[table] = max((c for t, c in best if t == table), key=account_rank)
    names = {core(column) for column in columns.values()}
    for table, column in places:
        if table not in columns and core(column) in names and core(column) not in ("id", ""):
            columns[table] = column
    one_row = frozenset(table for table, column in columns.items() if (table, column) in unique)
    doubts = list(_doubts(columns, one_row, sketches))
    for table, column in ((name, columns[name]) for name in columns if name in one_row):
        if faulty := _faulty(inventory, *places[table, column]):
            rows = "1 row repeats" if faulty == 1 else f"{faulty:,} rows repeat"
            doubts.append(f"{table} is taken for one row per account, but {rows} or lack {table}.{column}: is it?")
    return Key(columns, one_row, tuple(doubts))


def _by_values(inventory: Inventory) -> Key:
    """Where no name says it: the text that repeats, with the most distinct values, of each table with times."""
    columns, doubts = {}, []
    for table in inventory.tables:
        if not any(column.time is not None for column in table.columns):
            continue
        repeating = [
            column
            for column in table.columns
            if column.sort is Sort.TEXT and column.time is None and not column.number and column.length <= 40
            and 5 <= column.distinct <= 0.5 * column.filled and column.filled >= 0.5 * table.rows
        ]  # fmt: skip
        if repeating:
            chosen = max(repeating, key=lambda column: column.distinct)
            columns[table.name] = chosen.name
            doubts.append(
                f"is {table.name}.{chosen.name} the account's id? No name says so; its values repeat like one."
            )
    return Key(columns, frozenset(), tuple(doubts))


def _may_be_id(column: ColumnFacts, tables: int) -> bool:
    """Whether a column may identify anything: an id by its name, or, in a lone table, by its values."""
    if column.filled == 0 or column.sort not in {Sort.TEXT, Sort.INTEGER, Sort.NUMBER}:
        return False
    if column.time is not None and column.time.form != "offset" and account_rank(column.name) == 0:
        return False
    if column.sort is Sort.NUMBER:
        return account_rank(column.name) > 0
    return looks_like_id(column.name)


def _sketch(inventory: Inventory, table: TableFacts, column: ColumnFacts) -> Sketch:
    value = f"CAST({quote_identifier(column.name)} AS VARCHAR)"
    rows = inventory.engine.query(
        f"SELECT value, hash(value) AS key FROM (SELECT DISTINCT {value} AS value FROM {table.relation}) "
        f"WHERE value IS NOT NULL ORDER BY key LIMIT {SKETCH}"
    ).to_pylist()
    return Sketch({row["key"]: row["value"] for row in rows}, len(rows) < SKETCH)


def _unique(inventory: Inventory, table: TableFacts, column: ColumnFacts) -> bool:
    spare = int(FAULTY * table.rows) if table_words(table.name) & ACCOUNT_TABLES else 0
    if column.distinct < 0.8 * column.filled or column.filled < table.rows - spare:
        return False
    return _faulty(inventory, table, column) <= spare


def _faulty(inventory: Inventory, table: TableFacts, column: ColumnFacts) -> int:
    """How many rows repeat another row's id, or have none."""
    quoted = quote_identifier(column.name)
    return int(inventory.ask(f"SELECT count(*) - count(DISTINCT {quoted}) AS rows FROM {table.relation}")["rows"])


def _groups(places: dict[Place, tuple[TableFacts, ColumnFacts]], sketches: dict[Place, Sketch]) -> list[list[Place]]:
    """Places whose values are shared, directly or through others."""
    group_of = {place: place for place in places}

    def top(place: Place) -> Place:
        while group_of[place] != place:
            place = group_of[place]
        return place

    every = list(places)
    for i, one in enumerate(every):
        for other in every[i + 1 :]:
            if one[0] != other[0] and _alike(one, other) and _shared(sketches[one], sketches[other]):
                group_of[top(other)] = top(one)
    gathered: dict[Place, list[Place]] = {}
    for place in every:
        gathered.setdefault(top(place), []).append(place)
    return list(gathered.values())


def _shared(one: Sketch, other: Sketch) -> bool:
    return max(one.found_in(other), other.found_in(one)) >= SHARED


def _alike(one: Place, other: Place) -> bool:
    """Whether names allow that two columns hold the same ids: numbers from 1 to n would overlap by accident."""
    first, second = core(one[1]), core(other[1])
    if first == second and first != "id":
        return True
    if account_rank(one[1]) and account_rank(other[1]):
        return first != "user" and second != "user"
    return (first == "id" and second in table_words(one[0])) or (second == "id" and first in table_words(other[0]))


def _worth(group: Sequence[Place], unique: frozenset[Place], tables: Sequence[TableFacts]) -> tuple[float, float]:
    rows = {table.name: table.rows for table in tables}
    covered = {table for table, _ in group}
    named = max(account_rank(column) for _, column in group)
    if any(core(column) == "id" and table_words(table) & ACCOUNT_TABLES for table, column in group):
        named = max(named, 12)  # `id` in a table of customers
    one_each = any(place in unique and table_words(place[0]) & ACCOUNT_TABLES for place in group)
    return 1000 * (named > 0) + named + 6 * len(covered) + 10 * one_each, sum(rows[table] for table in covered)


def _serves(group: Sequence[Place], places: dict[Place, tuple[TableFacts, ColumnFacts]]) -> bool:
    """Whether the best group can be the account: named so, or shared, or at least repeating."""
    if any(account_rank(column) for _, column in group) or len({table for table, _ in group}) > 1:
        return True
    return any(column.distinct <= 0.9 * table.rows for table, column in (places[place] for place in group))


def _doubts(columns: dict[str, str], unique: frozenset[str], sketches: dict[Place, Sketch]) -> Iterator[str]:
    """Tables whose ids hardly occur in the table of accounts, or in any other."""
    for table, column in columns.items():
        others = [name for name in (unique or columns) if name != table]
        if not others or table in unique:
            continue
        share, where = max((sketches[table, column].found_in(sketches[o, columns[o]]), o) for o in others)
        if share < SHARED:
            yield (
                f"only {share:.0%} of the ids in {table}.{column} occur in {where}.{columns[where]}: is it the "
                "account's id?"
            )
