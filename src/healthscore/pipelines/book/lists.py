"""The lists of what to do: worklists, renewals, growth, outreach, paths; read as published, and to be taken along."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
from pyarrow import csv

from healthscore.errors import ConfigurationError
from healthscore.pipelines.actions.lists import GROWTH, OUTREACH, REVENUE
from healthscore.pipelines.actions.paths import FILE as PATHS
from healthscore.pipelines.actions.renewals import FILE as RENEWALS
from healthscore.pipelines.actions.worklists import ALL
from healthscore.pipelines.publish import QUOTED, csv_bytes, csv_safe
from healthscore.pipelines.references import FILE as REFERENCES

if TYPE_CHECKING:
    from healthscore.pipelines.book.opening import Book

TITLES = {
    ALL: "Worklist",
    RENEWALS: "Renewals",
    OUTREACH: "Outreach",
    GROWTH: "Growth",
    REVENUE: "Revenue at risk",
    REFERENCES: "References",
    PATHS: "Paths to the next band",
}
"""Lists of a publication, by the name of their file."""
TEXTS = (
    *("account_id", "name", "segment", "owner", "playbook", "action", "band", "band_then", "trend", "drivers_down"),
    *("drivers_up", "low_confidence", "path", "why", "actions", "override_band", "override_author", "override_reason"),
    *("growth_drivers", "signal", "component", "feature", "sentence"),
)
"""Columns that hold texts, whatever those look like: an id may be a number."""


def lists(book: Book) -> dict[str, str]:
    """File -> title of the lists that were published."""
    return {name: title for name, title in TITLES.items() if (book.directory / name).is_file()}


def listed(book: Book, name: str = ALL, owner: str | None = None) -> pd.DataFrame:
    """A list, in the order of its work; that of one owner, where one is named.

    Texts are as they were: without the quotes that the file has before what a spreadsheet would execute. An empty
    cell, and nothing else, is missing: an account may be called NA.

    Raises
    ------
    ConfigurationError
        There is no such list.
    """
    if name not in lists(book):
        raise ConfigurationError(f"there is no list {name!r}", f"there are {', '.join(lists(book)) or 'none'}")
    table: pd.DataFrame = csv.read_csv(
        book.directory / name,
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(TEXTS, pa.string()), null_values=[""], strings_can_be_null=True
        ),
    ).to_pandas()
    table = _unquoted(book, table)
    return table if owner is None else table[table["owner"] == owner].reset_index(drop=True)


def export(rows: pd.DataFrame) -> bytes:
    """A table as a CSV file that spreadsheets open as it is, and that runs nothing there."""
    return csv_bytes(rows)


def _unquoted(book: Book, table: pd.DataFrame) -> pd.DataFrame:
    """The list without quotes; of ids, those that are the book's own, whatever they begin with."""
    texts = {name: _without_quotes(table[name]) for name in TEXTS if name in table}
    if "account_id" in texts:
        ids = book.table[["account_id"]]
        written = dict(zip(csv_safe(ids)["account_id"], ids["account_id"], strict=True))
        texts["account_id"] = table["account_id"].map(written).fillna(texts["account_id"])
    return table.assign(**texts)


def _without_quotes(texts: pd.Series[str]) -> pd.Series[str]:
    """The texts as they were before they were written; most have no quote at all, which is found at once."""
    odd = texts.str.contains("'", regex=False, na=False)
    return texts.mask(odd, texts[odd].str.replace(QUOTED, r"\1", regex=True))
