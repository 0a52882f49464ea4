"""The lists of what to do, by owner, to be read and taken along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from healthscore.dashboard.drawing import said
from healthscore.dashboard.filters import address
from healthscore.dashboard.grid import ask_plain, show_accounts
from healthscore.dashboard.views import kept
from healthscore.pipelines.book import export, listed, lists
from healthscore.pipelines.book.accounts import tones_of
from healthscore.pipelines.bookwords import NOTHING, VIEWS, column
from healthscore.pipelines.wording import plural

if TYPE_CHECKING:
    from healthscore.pipelines.book import Book, Filter

EVERYONE = "everybody"


def page(book: Book, chosen: Filter) -> None:
    """Show a list: of the owner who is chosen here, whatever the sidebar says of the other views."""
    import streamlit as st

    st.title(VIEWS["worklists"], anchor=False)
    there = lists(book)
    if not there:
        said(NOTHING["lists"])
        return
    left, right = st.columns(2)
    name = left.selectbox("List", list(there), format_func=there.__getitem__, key="list", bind="query-params")
    whole = kept(listed, book, name)
    owners = sorted(whole["owner"].dropna().unique()) if "owner" in whole else []
    owner = right.selectbox("Whose", [EVERYONE, *owners], key="whose", bind="query-params") if owners else EVERYONE
    rows = whole if owner == EVERYONE else listed(book, name, owner)
    if rows.empty:
        said(NOTHING["list"])
        return
    said(f"{plural(len(rows), 'line')}." + (" Choose an id to open its account." if "account_id" in rows else ""))
    st.download_button(
        "Download as CSV",
        lambda: export(rows),
        file_name=f"{book.run.name}-{book.now.as_of}-{name}",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
    )
    plain = ask_plain()
    columns = {str(one): column(str(one), name) for one in rows if rows[one].notna().any()}
    show_accounts(
        rows,
        columns,
        tones_of(book),
        there[name],
        f"list {book.directory.name} {name} {owner}",
        plain=plain,
        along=address(chosen),
    )
