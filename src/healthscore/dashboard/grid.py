"""Tables of any size, which sort and scroll: columns by their words and units, numbers as numbers, bands in colour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from healthscore.dashboard import going, markup
from healthscore.dashboard.drawing import html, said
from healthscore.dashboard.markup import SHAPES, markdown
from healthscore.pipelines.bookwords import Column
from healthscore.pipelines.colours import colours
from healthscore.pipelines.wording import MISSING

if TYPE_CHECKING:
    import pandas as pd

HEIGHT, ROW = 620, 36
"""Pixels of a table that scrolls, and of one of its rows."""
PAGE = 50
"""Rows of a page of a plain table."""
OPENED = "opened account"
"""Where Streamlit says which id was clicked, by its text."""
FORMATS = {
    "points": "%.1f",
    "signed": "%+.1f",
    "count": "localized",
    "money": "localized",
    "share": "%.1f%%",
    "hundredth": "%.0f%%",
    "figure": "localized",
}
"""How numbers of a kind are written; money is whole, and shares are in per cent, before they come here."""


def show_accounts(
    rows: pd.DataFrame,
    columns: Mapping[str, Column],
    tones: Mapping[str, str],
    title: str,
    key: str,
    *,
    plain: bool,
    along: str,
) -> None:
    """Show a table; the ids of accounts in it are buttons that lead to their pages.

    Cells of it are painted, and those buttons need a pointer: the plain table has a link in each row instead, which
    takes the filter along.
    """
    import streamlit as st

    if plain:
        _pages(rows, columns, tones, title, key, along)
        return
    st.dataframe(
        prepared(rows, columns, tones),
        height=min(HEIGHT, ROW * (len(rows) + 1) + 3),
        row_height=ROW,
        hide_index=True,
        column_config=configured(columns, tones),
        key=key,
        placeholder=MISSING,
        alt=title,
    )
    clicked = st.session_state.get(OPENED)
    if clicked is not None:
        _go(str(clicked["label"]), rows)


def _go(account: str, rows: pd.DataFrame) -> None:
    """Open the account whose id was clicked; its row may be another by now: the rows may be newer than the click."""
    if account in set(rows["account_id"].astype(str)):
        going.open_account(account)
    else:
        said(f"{account} is not in this table any more: newer scores were published, or the account was removed.")


def ask_plain() -> bool:
    """Offer tables page by page, for keyboards and for whoever listens to them."""
    import streamlit as st

    return st.toggle("Plain table, page by page", key="plain", bind="query-params")


def _pages(
    rows: pd.DataFrame, columns: Mapping[str, Column], tones: Mapping[str, str], title: str, key: str, along: str
) -> None:
    """A page of the rows, with links."""
    import streamlit as st

    pages = -(-len(rows) // PAGE)
    number = st.pagination(pages, key=f"page of {key}") if pages > 1 else 1
    some = rows.iloc[PAGE * (number - 1) : PAGE * number]
    caption = f"{title}, page {number} of {pages}"
    html(markup.table(caption, some, list(columns), own=columns, tones=tones, along=along, plain=True))


def prepared(rows: pd.DataFrame, columns: Mapping[str, Column], tones: Mapping[str, str]) -> pd.DataFrame:
    """The columns as Streamlit takes them: a band as a chip with a shape, in the colour of its tone."""
    return rows[list(columns)].assign(**{name: _cells(rows[name], one, tones) for name, one in columns.items()})


def configured(columns: Mapping[str, Column], tones: Mapping[str, str]) -> dict[str, Any]:
    """Titles, formats and colours of the columns."""
    return {name: _configured(name, one, tones) for name, one in columns.items()}


def _cells(values: pd.Series[Any], column: Column, tones: Mapping[str, str]) -> Any:
    if column.kind == "band":
        chips = {name: [chip(name, tone)] for name, tone in tones.items()}
        return [chips.get(value) for value in values]
    if column.kind == "money":
        return values.astype("float64").round()
    if column.kind == "share":
        return 100.0 * values.astype("float64")
    if column.kind == "text":
        return values.astype("object").where(values.notna() & (values != ""), None)
    return values


def chip(name: str, tone: str) -> str:
    """A band with the shape of its tone."""
    return f"{SHAPES[tone]} {name}"


def _configured(name: str, column: Column, tones: Mapping[str, str]) -> Any:
    import streamlit as st

    told: dict[str, Any] = {"label": column.title, "help": markdown(column.meaning) or None}
    if name == "account_id":
        return st.column_config.ButtonColumn(**told, pinned=True, alignment="left", key=OPENED)
    if column.kind == "band":
        palette = colours("light")  # Streamlit writes on them in white, in the dark as well
        return st.column_config.MultiselectColumn(
            **told,
            options=[chip(*one) for one in tones.items()],
            color=[palette[f"--{tone}"] for tone in tones.values()],
        )
    if column.kind in FORMATS:
        return st.column_config.NumberColumn(**told, format=FORMATS[column.kind])
    if column.kind == "day":
        return st.column_config.DateColumn(**told, format="D MMM YYYY")
    return st.column_config.TextColumn(**told, width="medium" if name in ("name", "playbook") else None)
