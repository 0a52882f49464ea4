"""The accounts as a table that sorts and scrolls, of any size; choosing a row opens the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from healthscore.dashboard.drawing import said
from healthscore.dashboard.grid import show_accounts
from healthscore.pipelines.book import accounts_page
from healthscore.pipelines.book.accounts import tones_of
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
    found = accounts_page(book, chosen, size=EVERY)
    said(f"{plural(found.total, 'account')}, the lowest score first. Choose a row to open its account.")
    if not found.total:
        said(NOTHING["accounts"])
        return
    display = st.segmented_control(
        "Score as", list(DISPLAYS), default="percent", key="display", required=True, bind="query-params",
        format_func=lambda one: DISPLAYS[one],
    )  # fmt: skip
    key = f"accounts {book.directory.name} {chosen} {display}"
    show_accounts(found.rows, _columns(book, display), tones_of(book), VIEWS["accounts"], key)


def _columns(book: Book, display: str) -> dict[str, Column]:
    """The columns in their order, those in which no account has anything left out; the score in the form chosen."""
    some = [
        name for name in ACCOUNTS if name in book.table and (book.table[name].notna() & (book.table[name] != "")).any()
    ]
    place, score = SCORE[display]
    columns = {}
    for name in some:
        if name == "health":
            columns[place] = score
        elif name != place:
            columns[name] = column(name)
    return columns
