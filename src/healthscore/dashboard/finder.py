"""Finding an account by its id or a part of its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from healthscore.dashboard import going
from healthscore.dashboard.drawing import said
from healthscore.pipelines.book import Filter, accounts_page
from healthscore.pipelines.bookwords import NOTHING, VIEWS

if TYPE_CHECKING:
    from healthscore.pipelines.book import Book

FOUND = 20
"""Accounts that are offered."""
NAMED = "account"
"""Name of the account's id in the address."""


def account(book: Book) -> str | None:
    """The account that the address names; a search that leads to others stands above it."""
    import streamlit as st

    named = st.query_params.get(NAMED)
    asked = st.text_input("Find an account", key="find", placeholder="name or id", type="search", live=True)
    if asked:
        _offer(book, asked)
    elif named is None:
        st.title(VIEWS["account"], anchor=False)
        said(NOTHING["account"])
    return named


def _offer(book: Book, asked: str) -> None:
    """The accounts that were found, to choose one of."""
    import streamlit as st

    found = accounts_page(book, Filter(text=asked), size=FOUND)
    names = dict(zip(found.rows["account_id"], found.rows["name"].fillna(""), strict=True))
    if not names:
        said("No account has this in its id or name.")
        return
    more = f"; the first {FOUND} of them" if found.total > FOUND else ""
    picked = st.selectbox(
        f"{found.total:,} found{more}",
        list(names),
        index=None,
        format_func=lambda one: f"{names[one]} ({one})" if names[one] else one,
        placeholder="choose one",
        key=f"found {asked}",
    )
    if picked is not None:
        del st.session_state["find"]
        going.open_account(picked)
