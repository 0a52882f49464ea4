"""Bound rows that are computed once: the leak check reads them some two hundred times."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from healthscore.tables import Tables
from healthscore.tables.engine import Cluster, Database
from healthscore.tables.quoting import quote_identifier


@contextmanager
def with_rows_kept(tables: Tables) -> Iterator[Tables]:
    """The run's tables; in a database or a cluster, over temporary tables of what is a view otherwise.

    There a view of a source costs a second at every reading, because its texts are tidied row by row, where DuckDB
    takes a hundredth of that. The copy holds the columns of the contract, and lies where the rows lie.
    """
    engine = tables.engine
    if not isinstance(engine, Database | Cluster):
        yield tables
        return
    made: dict[str, str] = {}
    try:
        for name, relation in tables.relations.items():
            made[name] = quote_identifier(f"leak rows:{name}")
            engine.execute(f"CREATE OR REPLACE TABLE {made[name]} AS SELECT * FROM {relation}")
        yield replace(tables, relations=made)
    finally:
        for kept in made.values():
            engine.execute(f"DROP TABLE IF EXISTS {kept}")
