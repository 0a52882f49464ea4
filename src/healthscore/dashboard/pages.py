"""The pages of the dashboard: what each is called, where it is found, and what all of them have in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from healthscore.dashboard import accounts, drawing, glance, going, markup, one, record, shelf, whatif, worklists
from healthscore.dashboard.filters import chosen
from healthscore.dashboard.finder import NAMED
from healthscore.errors import HealthScoreError
from healthscore.pipelines.bookwords import VIEWS

if TYPE_CHECKING:
    from healthscore.pipelines.book import Book, Filter
    from healthscore.pipelines.colours import Theme

ICON = Path(__file__).parent / "icon.svg"
FOLLOWED = 5
"""Seconds after which a page looks whether it has become dark."""
SHOWN: dict[str, Callable[[Book, Filter], None]] = {
    "book": glance.page,
    "accounts": accounts.page,
    "account": one.page,
    "worklists": worklists.page,
    "proof": record.page,
    "whatif": whatif.page,
}
"""View -> what shows it; views are those of `bookwords`, and the name of one is its address."""


def show_page() -> None:
    """Show the page that is asked for, of the book as it is published now."""
    import streamlit as st

    st.set_page_config(page_title="healthscore", page_icon=str(ICON), layout="wide")
    drawing.html(markup.style())
    try:
        book = shelf.shown().book()
    except HealthScoreError as error:
        drawing.refuse(error)
        return
    pages = {
        name: st.Page(partial(show_view, name, book), title=VIEWS[name], url_path=name, default=name == "book")
        for name in SHOWN
    }
    page = st.navigation(list(pages.values()), position="top")
    account = going.asked()
    if account is not None:
        st.switch_page(pages["account"], query_params={NAMED: account})
    page.run()
    _follow(drawing.theme())


def _follow(drawn: Theme) -> None:
    """Draw the figures again when the page goes from light to dark, which tells nobody but the browser."""
    import streamlit as st

    @st.fragment(run_every=FOLLOWED)
    def look() -> None:
        if drawing.theme() != drawn:
            st.rerun()

    look()


def show_view(name: str, book: Book) -> None:
    """Show a view; what the library refuses is said in its place, never as a stack of calls."""
    looked_at = chosen(book)
    try:
        SHOWN[name](book, looked_at)
    except HealthScoreError as error:
        drawing.refuse(error)
