"""Going from a row to the page of its account."""

from __future__ import annotations

ASKED = "going to"


def open_account(account: str) -> None:
    """Show the page of an account next; nothing that stands behind this is done."""
    import streamlit as st

    st.session_state[ASKED] = account
    st.rerun()


def asked() -> str | None:
    """The account whose page is to be shown next, told once."""
    import streamlit as st

    found: str | None = st.session_state.pop(ASKED, None)
    return found
