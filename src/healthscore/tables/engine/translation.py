"""One SQL text, DuckDB's, in the words of another engine: sqlglot's translation, and rewrites for what it leaves out.

Every query of the package is written once. What an engine calls differently is put right in the tree, before the text
is made from it; a query that uses something else than the functions and nodes met here is told so by that engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlglot
from sqlglot import exp

Rewrite = Callable[[Any], Any]
"""Node -> the node that takes its place."""


def parse(sql: str) -> Any:
    """One statement of DuckDB's dialect as a tree."""
    return sqlglot.parse_one(sql, dialect="duckdb")


def translated(tree: Any, dialect: str, rewrites: Mapping[type, Rewrite], functions: Mapping[str, Rewrite]) -> str:
    """A statement as a text of another dialect.

    Parameters
    ----------
    tree
        The statement, of `parse`; it is not changed.
    dialect
        sqlglot's name of the dialect.
    rewrites
        Type of a node -> what to put in place of such a node.
    functions
        Name of a function that sqlglot does not know, in lower case -> what to put in place of a call.
    """

    def rewritten(node: Any) -> Any:
        rewrite = functions.get(node.name.lower()) if isinstance(node, exp.Anonymous) else rewrites.get(type(node))
        return node if rewrite is None else rewrite(node)

    # Children before parents: a rewrite may build on what became of the arguments.
    made = tree.copy()
    for node in reversed(list(made.walk(bfs=True))):
        new = rewritten(node)
        if new is not node:
            if node is made:
                made = new
            else:
                node.replace(new)
    return str(made.sql(dialect=dialect))


def call(name: str, *arguments: Any) -> Any:
    """A call of a function, whatever sqlglot would make of its name."""
    return exp.Anonymous(this=name, expressions=list(arguments))
