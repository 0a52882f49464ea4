"""One section of an audit's report: a title, sentences, and a table of texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Table = dict[str, Any]


def table(
    anchor: str,
    word: str,
    title: str,
    lead: str,
    columns: Sequence[str] = (),
    rows: Sequence[Sequence[str]] = (),
    *,
    facts: Sequence[str] = (),
    legend: str = "",
) -> Table:
    """One section: navigation word, title, a lead, a table whose first column is its head, facts, a legend."""
    return {
        "anchor": anchor, "word": word, "title": title, "lead": lead, "columns": list(columns),
        "rows": [list(row) for row in rows], "facts": list(facts), "legend": legend,
    }  # fmt: skip
