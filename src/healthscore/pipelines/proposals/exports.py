"""Rows that were exported twice: exact copies, and parts of a table whose dates overlap at their ends.

Worked example: sheet "2009-2010" holds 2009-12-01 to 2010-12-09 and sheet "2010-2011" 2010-12-01 to 2011-12-09. Nine
days lie in both, so the proposal offers, commented out, to use the earlier sheet only until the later one begins.
"""

from __future__ import annotations

from itertools import pairwise

from healthscore.asof import date_of
from healthscore.pipelines.proposals.inventory import ColumnFacts, Inventory
from healthscore.pipelines.proposals.naming import literal, named
from healthscore.pipelines.proposals.sources import SourceProposal
from healthscore.pipelines.proposals.vocabulary import words
from healthscore.tables.quoting import quote_identifier
from healthscore.tables.sorts import Sort

PARTS = {"sheet", "file", "source", "export", "batch", "part", "extract", "period", "year", "month", "upload"}
MANY = 3_000_000
FEW = 0.005


def look_for_copies(inventory: Inventory, source: SourceProposal) -> None:
    """Ask about rows that look exported twice; nothing is dropped without being declared."""
    table = source.table
    if (
        "event_id" in source.columns
        or table.rows > MANY
        or source.time is None
        or source.time.form not in ("date", "naive", "aware")
        or source.time.expression
    ):
        return
    for column in table.columns:
        if set(words(column.name)) & PARTS and 2 <= len(column.common) <= 12 and column.sort is Sort.TEXT:
            _overlapping_parts(inventory, source, column)
    every = ", ".join(f"CAST({quote_identifier(c.name)} AS VARCHAR)" for c in table.columns)
    row = inventory.ask(f"SELECT count(*) - count(DISTINCT hash(({every}))) AS copies FROM {table.relation}")
    if row["copies"] > FEW * table.rows:
        source.questions.append(
            f"{source.name}: {row['copies']:,} rows ({row['copies'] / table.rows:.1%}) are exact copies of "
            "others. Did they happen twice, "
            "or were they exported twice? The file keeps them."
        )


def _overlapping_parts(inventory: Inventory, source: SourceProposal, column: ColumnFacts) -> None:
    if source.time is None:
        return
    rows = inventory.engine.query(
        f"SELECT CAST({quote_identifier(column.name)} AS VARCHAR) AS part, min({source.time.day}) AS first, "
        f"max({source.time.day}) AS last "
        f"FROM {source.table.relation} WHERE {quote_identifier(column.name)} IS NOT NULL GROUP BY 1 ORDER BY 2, 1"
    ).to_pylist()
    for earlier, later in pairwise(rows):
        shared = earlier["last"] - later["first"] + 1
        shorter = min(earlier["last"] - earlier["first"], later["last"] - later["first"]) + 1
        if 0 < shared < 0.5 * shorter:
            begin = date_of(later["first"]).isoformat()
            until = date_of(earlier["last"]).isoformat()
            part = f"{named(column.name)} = {literal(earlier['part'])}"
            condition = f"not ({part} and {named(source.columns['time'])} >= '{begin}')"
            given = " and ".join([*(text for text, _ in source.where), condition])
            source.suggestions.append(("where", given, ""))
            source.questions.append(
                f"{source.name}: {begin} to {until} lie in two parts, {column.name} = {earlier['part']!r} and "
                f"{later['part']!r}. If these days were "
                f"exported twice, use the line `# where = ...` under [sources.{source.name}]."
            )
