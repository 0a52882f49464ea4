"""The accounts as a table that sorts and scrolls, of any size; the id of each opens it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from healthscore.dashboard.drawing import said
from healthscore.dashboard.filters import address
from healthscore.dashboard.grid import ask_plain, show_accounts
from healthscore.pipelines.book import accounts_page
from healthscore.pipelines.book.accounts import filled, tones_of
from healthscore.pipelines.bookwords import ACCOUNTS, DISPLAYS, NOTHING, VIEWS, Column, column
from healthscore.pipelines.wording import plural

if TYPE_CHECKING:
    from healthscore.pipelines.book import Book, Filter

EVERY = 10**9
SCORE = {
    "percent": ("health", Column("Score, %", "points", "per cent of the full 100 points")),
    "letter": ("grade", Column("Score", "text", "A is the healthiest, F the least")),
    "rank": ("rank", Column("Score", "count", "rank: 1 has the lowest score of all")),
    "colour": ("band", Column("Score", "band", "the colour and shape of its band")),
}
"""Display -> column of the table that has the score in that form."""


def page(book: Book, chosen: Filter) -> None:
    """Show the accounts that fit."""
    import streamlit as st

    st.title(VIEWS["accounts"], anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        display = st.segmented_control(
            "Score as", list(DISPLAYS), default="percent", key="display", required=True, bind="query-params",
            format_func=lambda one: DISPLAYS[one],
        )  # fmt: skip
        columns = _columns(book, display)
        plain = ask_plain()
        by, descending = _order(columns) if plain else ("rank", False)
    found = accounts_page(book, chosen, by=by, descending=descending, size=EVERY)
    first = ", the lowest score first" if (by, descending) == ("rank", False) else ""
    said(f"{plural(found.total, 'account')}{first}. Choose an id to open its account.")
    if not found.total:
        said(NOTHING["accounts"])
        return
    key = f"accounts {book.directory.name} {chosen} {display}"
    show_accounts(found.rows, columns, tones_of(book), VIEWS["accounts"], key, plain=plain, along=address(chosen))


def _order(columns: Mapping[str, Column]) -> tuple[str, bool]:
    """By what a plain table is sorted, and whether from its highest; the other sorts by a click on its columns."""
    import streamlit as st

    titles = {"rank": "Rank"} | {name: one.title for name, one in columns.items()}
    by = st.selectbox("Sorted by", list(titles), format_func=titles.__getitem__, key="by", bind="query-params")
    return by, st.toggle("Highest first", key="descending", bind="query-params")


def _columns(book: Book, display: str) -> dict[str, Column]:
    """The columns in their order, those in which no account has anything left out; the score in the form chosen."""
    some = filled(book, ACCOUNTS)
    place, score = SCORE[display]
    columns = {}
    for name in some:
        if name == "health":
            columns[place] = score
        elif name != place:
            columns[name] = column(name)
    return columns
