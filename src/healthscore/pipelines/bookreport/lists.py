"""The published lists as a page holds them: cells as their files write them, so that what is downloaded is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from pandas.api.types import is_object_dtype, is_string_dtype

from healthscore.pipelines import bookwords
from healthscore.pipelines.actions.paths import FILE as PATHS
from healthscore.pipelines.book import listed, lists
from healthscore.pipelines.bookreport.packing import texts

if TYPE_CHECKING:
    from healthscore.pipelines.book import Book

LONG = ("top_driver", "drivers_down", "drivers_up", "growth_drivers", "path", "action", "actions", "trend")
"""Columns of long texts, which get room."""


def offered(book: Book) -> dict[str, str]:
    """File -> title of the lists that the page holds: all but the paths, which each account has."""
    return {name: title for name, title in lists(book).items() if name != PATHS}


def list_of(book: Book, name: str) -> dict[str, Any]:
    """A list: its columns, each with its words, and `plain`: whether its cells are numbers, which no file quotes."""
    table = listed(book, name)
    columns = []
    for place, label in enumerate(map(str, table.columns)):
        said, cells = bookwords.column(label, name), table.iloc[:, place]
        told = is_object_dtype(cells.dtype) or is_string_dtype(cells.dtype)
        columns.append(
            {
                "name": label,
                "title": said.title,
                "kind": said.kind,
                "meaning": said.meaning,
                "long": label in LONG,
                "plain": not told,
                **texts(cells.astype(object) if told else _written(cells)),
            }
        )
    return {"file": name, "rows": len(table), "columns": columns}


def _written(cells: pd.Series[Any]) -> list[str]:
    """Numbers as a CSV file has them; a line of nothing but an empty cell would be quoted."""
    lines = cells.to_csv(index=False, header=False, lineterminator="\n").split("\n")[:-1]
    return ["" if line == '""' else line for line in lines]
