"""The accounts as a table: filtered, sorted, page by page, with the score in every form that people read it in."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from healthscore.errors import ConfigurationError
from healthscore.pipelines.auditing.material import POINTS, SCORED
from healthscore.pipelines.bookwords import NEXT_REASON
from healthscore.pipelines.views import tone
from healthscore.pipelines.wording import MISSING, count, percent

if TYPE_CHECKING:
    from healthscore.pipelines.book.opening import Book

NOT_GIVEN = "(none)"
"""Segment and owner of accounts that have none; `actions.lists` calls it so, too."""
NO_SCORE = "(no score)"
"""Band of accounts that have a status instead of a score."""
READ = (
    *("account_id", "name", "segment", "owner", "status", "health", "health_low", "health_high", "band", "grade"),
    *("rank", "percentile", "probability", "value", "revenue_at_risk", "change", "change_week", "change_month"),
    *("change_reason", "steady_band", "trend_rules", "days_to_renewal", "priority", "actions", "low_confidence"),
    *("override_health", "override_band", "drivers_down"),
)
"""Published columns that tables and filters use, as far as they are there; reasons of one account are read alone."""
SEARCHED = ("account_id", "name")
TOP_DRIVER, RENEWAL = "top_driver", "renewal"
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Filter:
    """Which accounts are looked at: those that fit every part that is not empty.

    Attributes
    ----------
    segments, owners, bands
        Names as the table has them, `NOT_GIVEN` and `NO_SCORE` among them.
    text
        Part of an id or a name, upper and lower case alike.
    """

    segments: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    text: str = ""

    def fits(self, table: pd.DataFrame) -> Flags:
        """Which rows fit, shape (n,). The table has segment, owner and band, and for a text account_id and name."""
        found = np.ones(len(table), dtype=np.bool_)
        for column, names in (("segment", self.segments), ("owner", self.owners), ("band", self.bands)):
            if names:
                found &= table[column].isin(names).to_numpy(bool)
        if self.text.strip():
            asked = self.text.strip()
            by_id, by_name = (table[one].str.contains(asked, case=False, regex=False, na=False) for one in SEARCHED)
            found &= (by_id | by_name).to_numpy(bool)
        return found


EVERYONE = Filter()


@dataclass(frozen=True)
class Page:
    """Some rows of a table, and how many it has in all."""

    rows: pd.DataFrame
    total: int


def named(table: pd.DataFrame) -> pd.DataFrame:
    """The table with a word in the place of a segment, owner or band that is not there."""
    words = {"segment": NOT_GIVEN, "owner": NOT_GIVEN, "band": NO_SCORE}
    return table.assign(
        **{name: table[name].mask(table[name].isna() | (table[name] == ""), word) for name, word in words.items()}
    )


def read_accounts(book: Book) -> pd.DataFrame:
    """Every published account by rank, those without a score last: the columns of `READ`, points, and two more.

    `points_<component>` are displayed points; `top_driver` is what lowers the score most, in words; `renewal` the day
    of the next renewal that is known.
    """
    points = [name for name in book.columns if name.startswith(POINTS)]
    frame = named(book.publication.scores([*(name for name in READ if name in book.columns), *points]))
    days = pd.to_numeric(frame["days_to_renewal"]).astype("float64")
    renewal = pd.Timestamp(book.now.as_of) + pd.to_timedelta(days, unit="D")
    first: pd.Series[Any] = frame["drivers_down"].str.split(NEXT_REASON, n=1, regex=True).str[0]
    return frame.drop(columns="drivers_down").assign(**{TOP_DRIVER: first, RENEWAL: renewal})


def filled(book: Book, names: Sequence[str]) -> list[str]:
    """Those of the table's columns in which some account has something, in the order in which they are named."""
    table = book.table
    return [name for name in names if name in table and (table[name].notna() & (table[name] != "")).any()]


def choices(book: Book) -> dict[str, list[str]]:
    """What can be filtered by: segments and owners by their names, what has none last, and bands, the lowest first."""
    found = {}
    for column in ("segment", "owner"):
        names = sorted(map(str, book.table[column].unique()))
        found[f"{column}s"] = [*(n for n in names if n != NOT_GIVEN), *(n for n in names if n == NOT_GIVEN)]
    lacking = (book.table["band"] == NO_SCORE).any()
    return found | {"bands": [*book.bands.names, *([NO_SCORE] if lacking else [])]}


def accounts_page(
    book: Book,
    chosen: Filter = EVERYONE,
    *,
    by: str = "rank",
    descending: bool = False,
    start: int = 0,
    size: int = 50,
) -> Page:
    """A page of the accounts that fit, by any column of the table; equal ones by rank, what is missing last.

    Bands are sorted from the least healthy.

    Raises
    ------
    ConfigurationError
        There is no such column.
    """
    if by not in book.table:
        near = difflib.get_close_matches(by, list(map(str, book.table)), n=1)
        raise ConfigurationError(
            f"the accounts have no column {by!r}", f"did you mean {near[0]!r}?" if near else "sort by `rank`"
        )
    rows = book.table[chosen.fits(book.table)]
    key: pd.Series[Any] = rows[by]
    if by in ("band", "steady_band"):
        key = key.map({name: place for place, name in enumerate(book.bands.names)})
    elif key.dtype == "str":
        key = key.str.lower().mask(key == "")
    order = key.sort_values(ascending=not descending, kind="stable", na_position="last").index
    return Page(rows.loc[order[start : start + size]].reset_index(drop=True), len(rows))


def displays(book: Book, rows: pd.DataFrame) -> pd.DataFrame:
    """The score of some accounts in each of its forms: a page of them, not a book.

    Returns
    -------
    `percent` (of the full 100 points), `letter`, `rank` among all that are scored, and `colour`: `risk`, `caution` or
    `good`, the names of the style sheet's colours, which colour-blind people can tell apart. `MISSING` without a score.
    """
    scored = rows["status"] == SCORED
    of = int((book.table["status"] == SCORED).sum())
    tones = tones_of(book)
    return pd.DataFrame(
        {
            "percent": [percent(v / 100.0) if s else MISSING for v, s in zip(rows["health"], scored, strict=True)],
            "letter": rows["grade"].where(scored, MISSING).to_numpy(object),
            "rank": [f"{count(v)} of {count(of)}" if s else MISSING for v, s in zip(rows["rank"], scored, strict=True)],
            "colour": [tones.get(band, "") for band in rows["band"]],
        },
        index=rows.index,
    )


def tones_of(book: Book) -> dict[str, str]:
    """Band -> `risk`, `caution` or `good`, by its place."""
    return {name: tone(place, len(book.bands.names)) for place, name in enumerate(book.bands.names)}


def points_of(table: pd.DataFrame, components: Sequence[str]) -> NDArray[np.float64]:
    """Displayed points of the components, shape (n, components)."""
    return table[[f"{POINTS}{name}" for name in components]].to_numpy(np.float64)
