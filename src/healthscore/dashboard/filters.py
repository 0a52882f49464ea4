"""Which accounts are looked at: chosen in the sidebar, kept in the address of the page, so that a link can be sent."""

from __future__ import annotations

from urllib.parse import urlencode

from healthscore.pipelines.book import Book, Filter
from healthscore.pipelines.book.accounts import choices

LABELS = {"segments": ("Segment", "segment"), "owners": ("Owner", "owner"), "bands": ("Band", "band")}
"""What can be filtered by -> label, and name in the address."""
SEARCH = "search"


def chosen(book: Book) -> Filter:
    """Show the filters and return what they say."""
    import streamlit as st

    there = choices(book)
    with st.sidebar:
        st.header("Filter", anchor=False)
        text = st.text_input("Search", key=SEARCH, placeholder="name or id", bind="query-params", type="search")
        names = {
            field: tuple(st.multiselect(label, there[field], key=key, placeholder="all", bind="query-params"))
            for field, (label, key) in LABELS.items()
        }
        st.button("Clear the filter", on_click=_clear, disabled=not (text or any(names.values())))
    return Filter(**names, text=text or "")


def address(filtered: Filter) -> str:
    """A filter as it stands in the address of a page."""
    named = [(key, name) for field, (_, key) in LABELS.items() for name in getattr(filtered, field)]
    return urlencode([*([(SEARCH, filtered.text)] if filtered.text else []), *named])


def _clear() -> None:
    import streamlit as st

    st.session_state[SEARCH] = ""
    for _, key in LABELS.values():
        st.session_state[key] = []
