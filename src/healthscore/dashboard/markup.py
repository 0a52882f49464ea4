"""Texts and tables as HTML of the page: names of accounts, and all else that came with data, are never more than text.

Streamlit reads Markdown nearly everywhere; what holds data is therefore written as HTML, which the template escapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pandas as pd

from healthscore.display import Bar, Mark
from healthscore.pipelines.bookwords import Column, column, written
from healthscore.pipelines.colours import colours

if TYPE_CHECKING:
    from jinja2 import Template

STYLE = Path(__file__).parent / "dashboard.css"
SHAPES = {"risk": "▼", "caution": "◆", "good": "▲", "plain": "■"}
"""Beside the colour of a band's tone, for whoever does not see it."""
_MARKDOWN = re.compile(r"([!-/:-@\[-`{-~])")


@dataclass(frozen=True)
class Link:
    """A text that leads to another page."""

    text: str
    address: str


@dataclass(frozen=True)
class Grid:
    """A table as the template takes it; `numeric` says which columns stand flush right."""

    caption: str
    titles: Sequence[tuple[str, str]]
    numeric: Sequence[bool]
    rows: Sequence[Sequence[object]]
    plain: bool
    """Whether the caption is seen; a heading may say it already, and who does not see hears it."""


@dataclass(frozen=True)
class Explained:
    """A text with what it means in small ink."""

    text: str
    meaning: str


Rows = Iterable[Mapping[str, Any]] | pd.DataFrame


def markdown(text: object) -> str:
    """A text that is no Markdown where Streamlit reads it, in labels of widgets; web addresses in it become links."""
    return _MARKDOWN.sub(r"\\\1", str(text)).replace("\n", " ")


def table(
    caption: str,
    rows: Rows,
    columns: Sequence[str],
    view: str = "",
    *,
    tones: Mapping[str, str] | None = None,
    own: Mapping[str, Column] | None = None,
    along: str = "",
    plain: bool = False,
) -> str:
    """Rows as a table: titles and formats of columns are those of `bookwords`, what is shown otherwise is given so.

    Parameters
    ----------
    rows
        Cells by name: values, texts as they are to be read, or `Mark`, `Bar`, `Link` and `Explained`. An account's id
        is the address of its page.
    columns
        Names of `bookwords`; that of a `Bar`, which is a picture of another column, begins with a point.
    tones
        Band -> tone, for columns that hold bands.
    own
        Columns that mean something here that they mean nowhere else.
    along
        What links take along: the filter, as it stands in an address.
    plain
        Whether the caption is seen; if not, a heading says it.
    """
    known = own or {}
    told = [known.get(name) or (Column("") if name.startswith(".") else column(name, view)) for name in columns]
    given: Any = rows.to_dict("records") if isinstance(rows, pd.DataFrame) else rows
    cells = [
        [_cell(row, name, one.kind, tones or {}, along) for name, one in zip(columns, told, strict=True)]
        for row in given
    ]
    titles = [(one.title, one.meaning) for one in told]
    return _written("table", Grid(caption, titles, [one.numeric for one in told], cells, plain))


def _cell(row: Mapping[str, Any], name: str, kind: Any, tones: Mapping[str, str], along: str) -> object:
    value = row.get(name)
    if isinstance(value, Mark | Bar | Link | Explained):
        return value
    if kind == "band" and value in tones:
        return Mark(str(value), tones[str(value)])
    if name == "account_id" and value is not None:
        return Link(str(value), account_address(str(value), along))
    return value if isinstance(value, str) and value else written(value, kind)


def account_address(account: str, along: str = "") -> str:
    """Where the page of an account is, from any page."""
    return f"account?account={quote(account, safe='')}{'&' if along else ''}{along}"


def heading(text: str) -> str:
    """The heading of a page that is called by a name: Streamlit would read addresses, arrows and logos into it."""
    return _written("heading", text)


def tiles(figures: Iterable[tuple[str, str, str]]) -> str:
    """Figures, each with its range (or nothing) and what it says."""
    return _written("tiles", list(figures))


def chips(marks: Iterable[Mark]) -> str:
    """Words in a row, each with the colour and the shape of its tone."""
    return _written("chips", list(marks))


def sentences(texts: Iterable[str]) -> str:
    """Paragraphs."""
    return _written("sentences", list(texts))


def points(texts: Iterable[str]) -> str:
    """A list of short texts."""
    return _written("points", list(texts))


def note(*texts: str) -> str:
    """What a reader should know, set apart."""
    return _written("note", texts)


def style() -> str:
    """The style of all of these, in the colours of the reports, for light and dark."""
    light, dark = colours("light"), colours("dark")
    named = "".join(f"{name}:light-dark({light[name]},{dark[name]});" for name in light)
    return f"<style>:root{{{named}}}\n{STYLE.read_text(encoding='utf-8')}</style>"


def _written(macro: str, told: object) -> str:
    return str(getattr(_template().module, macro)(told))


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    kinds = {"mark": Mark, "bar": Bar, "link": Link, "explained": Explained}
    environment.tests |= {name: lambda cell, kind=kind: isinstance(cell, kind) for name, kind in kinds.items()}
    environment.globals["shapes"] = SHAPES
    return environment.from_string((Path(__file__).parent / "dashboard.html.j2").read_text(encoding="utf-8"))
