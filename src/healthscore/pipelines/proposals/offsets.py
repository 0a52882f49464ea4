"""Days counted from a start: an integer such as `date` = -25..269 says when only together with the date it counts from.

Worked example: `student_vle.date` is 12 for course ("AAA", "2013J"), and a small table `courses` holds one date per
course, `assumed_start_date` = 2013-10-01. Then `assumed_start_date + date` would be 2013-10-13. That is proposed, never
taken for granted: `init` asks, and the file says so at its head.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from healthscore.pipelines.proposals.inventory import ColumnFacts, Inventory, TableFacts
from healthscore.pipelines.proposals.naming import named
from healthscore.pipelines.proposals.times import TimeFacts, range_of
from healthscore.tables.quoting import quote_identifier

SMALL = 10_000
"""Rows up to which a table is taken for one of starts."""


def anchor_offsets(inventory: Inventory, concerned: Collection[str]) -> list[str]:
    """Replace tables whose times are offsets by ones with dates, where one table of starts fits.

    Only the tables `concerned` are touched. Returns the questions.
    """
    questions = []
    for position, table in enumerate(inventory.tables):
        offsets = [column for column in table.columns if column.time is not None and column.time.form == "offset"]
        if not offsets or table.name not in concerned:
            continue
        listed = ", ".join(f"{c.name} ({c.time.first} to {c.time.last})" for c in offsets if c.time is not None)
        starts = list(_starts(inventory, table))
        if len(starts) != 1:
            questions.append(
                f"{table.name}: {listed} look like days counted from a start, and no table says which date that is. "
                "Add a column with the start and write `START + column`, or export dates."
            )
            continue
        base, on, start = starts[0]
        inventory.tables[position] = _anchored(inventory, table, offsets, base, on, start)
        questions.append(
            f"{table.name}: {listed} look like days counted from a start. Is it {base.name}.{start.name} of the same "
            f"{' and '.join(on)}? The file assumes so; change `{named(start.name)} + ...` if not."
        )
    return questions


def _starts(inventory: Inventory, table: TableFacts) -> Iterator[tuple[TableFacts, tuple[str, ...], ColumnFacts]]:
    """Small tables with exactly one date per value of the columns that they share with `table`."""
    own = {column.name for column in table.columns}
    for base in inventory.tables:
        dates = [c for c in base.columns if c.time is not None and c.time.form == "date" and c.filled == base.rows]
        on = tuple(c.name for c in base.columns if c.name in own and c.time is None and c.filled == base.rows)
        if base.name == table.name or base.rows > SMALL or len(dates) != 1 or not on or dates[0].name in own:
            continue
        keys = ", ".join(quote_identifier(name) for name in on)
        if inventory.ask(f"SELECT count(*) = count(DISTINCT ({keys})) AS one FROM {base.relation}")["one"]:
            yield base, on, dates[0]


def _anchored(
    inventory: Inventory,
    table: TableFacts,
    offsets: list[ColumnFacts],
    base: TableFacts,
    on: tuple[str, ...],
    start: ColumnFacts,
) -> TableFacts:
    view = quote_identifier(f"{table.name}/anchored")
    keys = ", ".join(quote_identifier(name) for name in on)
    begin = quote_identifier(start.name)
    inventory.engine.execute(
        f"CREATE VIEW {view} AS SELECT * FROM {table.relation} JOIN (SELECT {keys}, {begin} FROM "
        f"{base.relation}) USING ({keys})"
    )
    columns = {column.name: column for column in table.columns}
    for column in offsets:
        begin_day = f"CAST({begin} - DATE '1970-01-01' AS INTEGER)"
        day = f"({begin_day} + CAST({quote_identifier(column.name)} AS INTEGER))"
        extent = range_of(inventory.engine, view, day)
        if extent is not None:
            time = TimeFacts("date", day, *extent, expression=f"{named(start.name)} + {named(column.name)}")
            columns[column.name] = replace(column, time=time)
    lookup = {"path": base.paths[0], "on": list(on), "columns": [start.name]}
    return replace(table, relation=view, columns=tuple(columns.values()), lookup=lookup)
