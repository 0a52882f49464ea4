"""How people and programs write numbers and dates: what can be meant in one way only is read, the rest is not.

A decimal comma is one where no thousands can be meant (``79,4``; ``1,234`` alone could be either). Days of dates with
points come first wherever such dates are written (``31.12.2024``); those of dates with slashes do not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime

from healthscore.asof import day_of

NO_NUMBER = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "--", "#n/a"})
"""Words that stand for "no score" in a column of numbers. In a column of ids they would be ids."""
OPEN_END = "9999-12-31"
FIRST_YEAR, LAST_YEAR = 1990, 2199
POINT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
COMMA = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?")
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?( ?(Z|UTC|[+-]\d{2}:?\d{2}))?)?")
POINT_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})( \d{1,2}:\d{2}(:\d{2})?)?")
OFFERED = (
    *("%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y%m%d", "%Y-%m", "%d.%m.%y"),
    *("%d/%m/%y", "%m/%d/%y", "%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y"),
)
"""Ways of writing dates that are offered where every date fits them."""


def numbers_of(words: Sequence[str]) -> list[float | None]:
    """The words of one column as numbers: NaN for a word that stands for none, None for what is no number.

    >>> numbers_of(["79,4", "80", "1.020,5", ""])
    [79.4, 80.0, 1020.5, nan]
    >>> numbers_of(["1,234"])
    [None]
    """
    comma = _with_commas(words)
    return [_number(word, comma) for word in words]


def days_of(words: Sequence[str], date_format: str | None, *, open_end: bool) -> list[int | None]:
    """The words of one column as days since 1970-01-01: -1 for no date, None for what is none.

    A format counts where any date of the column has it; a file that has none, beside one that does, has its own.
    """
    if date_format is not None:
        days = [_day(word, date_format, open_end) for word in words]
        if any(day is not None and day >= 0 for day in days):
            return days
    found = [_day(word, None, open_end) for word in words]
    return found if date_format is None or all(day is not None for day in found) else days


def date_remedy(words: Sequence[str]) -> str:
    """What to do about dates that were not understood: the formats that all of them fit, if there are any."""
    filled = [word for word in words if word and word[:10] != OPEN_END]
    fitting = [
        f"--date-format '{one}'" for one in OFFERED if all(_day(word, one, False) is not None for word in filled)
    ]
    if not fitting:
        return "write dates as YYYY-MM-DD, or say how they are written: --date-format '%d/%m/%Y'"
    return f"say how they are written: {' or '.join(fitting)}"


def _with_commas(words: Sequence[str]) -> bool:
    """Whether commas of a column are decimal ones: every word can be read so, and one cannot be read otherwise."""
    filled = [word for word in words if word.lower() not in NO_NUMBER]
    certain = any("," in word and not THOUSANDS.fullmatch(word) for word in filled)
    return certain and all(COMMA.fullmatch(word) for word in filled)


def _number(word: str, comma: bool) -> float | None:
    if word.lower() in NO_NUMBER:
        return float("nan")
    if comma:
        return float(word.replace(".", "").replace(",", "."))
    return float(word) if POINT.fullmatch(word) else None


def _day(word: str, date_format: str | None, open_end: bool) -> int | None:
    if word == "" or (open_end and (word[:10] == OPEN_END or word == "31.12.9999")):
        return -1
    try:
        if date_format is not None:
            found = datetime.strptime(word, date_format).date()
        elif ISO_DATE.fullmatch(word):
            found = date.fromisoformat(word[:10])
        elif parts := POINT_DATE.fullmatch(word):
            found = date(int(parts[3]), int(parts[2]), int(parts[1]))
        else:
            return None
    except ValueError:
        return None
    return day_of(found) if FIRST_YEAR <= found.year <= LAST_YEAR else None
