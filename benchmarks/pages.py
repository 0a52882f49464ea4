"""Tables of a page that are made from measured figures, in their places among its text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from speed_page import Table


def renewed(page: str, tables: Iterable[Table]) -> str:
    """The page with each table in the place of the one with the same first heading.

    Raises:
        SystemExit: the page has no such table, or more than one.
    """
    for table in tables:
        shown = re.compile(rf"^\| {re.escape(table.headings[0])} \|.*\n(?:\|.*\n)+", flags=re.MULTILINE)
        parts = shown.split(page)
        if len(parts) != 2:
            raise SystemExit(f"the page has {len(parts) - 1} tables of {table.headings[0]!r}, and not 1")
        page = table.markdown().join(parts)
    return page
