"""Columns of an export cast by their meaning: ids to text, dates to days, numbers to floats; the rest is refused."""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from healthscore.errors import InputError
from healthscore.pipelines.validation.spreadsheets import Sheet
from healthscore.pipelines.validation.writing import FIRST_YEAR, LAST_YEAR, date_remedy, days_of, numbers_of


def identifiers(sheet: Sheet) -> NDArray[np.object_]:
    """Ids as text: trimmed, in Unicode's composed form; blank where there is none. Numbers with decimals are no ids."""
    import pyarrow as pa

    array = sheet.column("account_id")
    if (
        pa.types.is_null(array.type)
        or pa.types.is_string(array.type)
        or pa.types.is_large_string(array.type)
        or pa.types.is_integer(array.type)
    ):
        raw = array.cast(pa.string()).fill_null("")
    else:
        raise InputError(
            f"{sheet.label}, column {sheet.columns['account_id']!r}: ids must be text, and these are {array.type}",
            "export the ids as text: as numbers they lose zeros and digits",
        )
    encoded = raw.dictionary_encode()
    words = encoded.dictionary.to_pylist()
    clean = [unicodedata.normalize("NFC", word).strip().strip("\u200b\ufeff").strip() for word in words]
    distinct = [word for word in clean if word]
    if len(set(distinct)) < len(distinct):
        twice = next(word for word in distinct if distinct.count(word) > 1)
        raise InputError(
            f"{sheet.label}, column {sheet.columns['account_id']!r}: {twice!r} is written in several ways "
            "(spaces around it, or another Unicode form)",
            "write each id in one way",
        )
    return np.asarray(np.array(clean, dtype=object)[encoded.indices.to_numpy(zero_copy_only=False)])


def texts(sheet: Sheet, name: str) -> NDArray[np.object_] | None:
    """Texts without spaces around them, blank where there is none; None without such a column."""
    import pyarrow as pa

    array = sheet.column(name)
    if array is None:
        return None
    texts = array.cast(pa.string()).fill_null("").to_numpy(zero_copy_only=False)
    return np.array([str(text).strip() for text in texts], dtype=object)


def dates(sheet: Sheet, date_format: str | None, *, open_end: bool) -> NDArray[np.int64]:
    """Days since 1970-01-01, -1 where there is no date. A time of day is cut off as it is written."""
    import pyarrow as pa
    import pyarrow.compute as pc

    array = sheet.column("date")
    if pa.types.is_timestamp(array.type) and array.type.tz is not None:
        array = pc.local_timestamp(array)
    if pa.types.is_integer(array.type) and date_format is not None:
        array = array.cast(pa.string())
    if pa.types.is_timestamp(array.type) or pa.types.is_date(array.type):
        texts = pc.strftime(array.cast(pa.timestamp("us")), format="%Y-%m-%d").fill_null("")
        date_format = None
    elif pa.types.is_string(array.type) or pa.types.is_large_string(array.type) or pa.types.is_null(array.type):
        texts = array.cast(pa.string()).fill_null("")
    else:
        raise InputError(
            f"{sheet.label}, column {sheet.columns['date']!r}: dates are expected, and these are {array.type}",
            "write dates as YYYY-MM-DD, or give --date-format",
        )
    encoded = texts.dictionary_encode()
    indices = encoded.indices.to_numpy(zero_copy_only=False)
    words = [word.strip() for word in encoded.dictionary.to_pylist()]
    days = days_of(words, date_format, open_end=open_end)
    wrong = np.array([day is None for day in days], dtype=bool)[indices]
    if wrong.any():
        example = words[indices[np.flatnonzero(wrong)[0]]][:40]
        expected = "YYYY-MM-DD" if date_format is None else date_format
        raise sheet.problem(
            "date",
            np.flatnonzero(wrong).tolist(),
            f"are no dates of the form {expected} between {FIRST_YEAR} and {LAST_YEAR}, such as {example!r}",
            date_remedy(words),
        )
    return np.asarray(np.array(days, dtype=np.int64)[indices])


def numbers(sheet: Sheet, name: str, *, required: bool = True) -> Any:
    """Numbers as float64, NaN where there is none; None without such a column. Texts must be plain decimals."""
    import pyarrow as pa

    array = sheet.column(name)
    if array is None:
        return None
    if pa.types.is_null(array.type):
        return np.full(len(array), np.nan)
    if pa.types.is_integer(array.type) or pa.types.is_floating(array.type) or pa.types.is_decimal(array.type):
        numbers = array.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64)
        return _finite(sheet, name, numbers)
    if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
        raise InputError(
            f"{sheet.label}, column {sheet.columns[name]!r}: numbers are expected, and these are {array.type}",
            "export numbers",
        )
    encoded = array.cast(pa.string()).fill_null("").dictionary_encode()
    indices = encoded.indices.to_numpy(zero_copy_only=False)
    words = [word.strip() for word in encoded.dictionary.to_pylist()]
    values = numbers_of(words)
    wrong = np.array([value is None for value in values], dtype=bool)[indices]
    if wrong.any():
        example = words[indices[np.flatnonzero(wrong)[0]]][:40]
        raise sheet.problem(
            name,
            np.flatnonzero(wrong).tolist(),
            f"hold no plain number, such as {example!r}",
            "write numbers as 79.4 or 79,4, one way in a column, without signs for percent, currency or thousands",
        )
    return _finite(sheet, name, np.array(values, dtype=np.float64)[indices])


def _finite(sheet: Sheet, name: str, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    infinite = np.flatnonzero(np.isinf(numbers))
    if infinite.size:
        raise sheet.problem(name, infinite.tolist(), "are infinite", "export finite numbers")
    if name == "value" and (numbers < 0).any():
        raise sheet.problem(
            name, np.flatnonzero(numbers < 0).tolist(), "are negative", "give what an account is worth, 0 or more"
        )
    return numbers
