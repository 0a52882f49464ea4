"""Reading numbers back from a saved model's JSON, strictly: what is absent, of another type or not finite is refused.

Everything raised here is a `ValueError`; the bundle turns it into a `BundleError` that names the file.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from healthscore.models.design import Design, Matrix, Vector

LARGEST = 1e100
"""Size of a learned number; squares and sums of larger ones, in the spread of refits, are no numbers any more."""


def section(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return the object under a key."""
    value = document.get(key)
    if not isinstance(value, dict):
        raise ValueError(f"{key!r} is missing or not an object")
    return value


def number(document: Mapping[str, Any], key: str) -> float:
    """Return the finite number under a key, up to LARGEST in size."""
    value = document.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{key!r} is missing or not a finite number")
    if abs(value) > LARGEST:
        raise ValueError(f"{key!r} holds {value:g}, which no model learns")
    return float(value)


def integer(document: Mapping[str, Any], key: str, *, low: int, high: int) -> int:
    """Return the whole number under a key, within `[low, high]`."""
    value = document.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{key!r} is missing or not a whole number from {low} to {high}")
    return value


def text(document: Mapping[str, Any], key: str) -> str:
    """Return the text under a key."""
    value = document.get(key)
    if not isinstance(value, str):
        raise ValueError(f"{key!r} is missing or not a text")
    return value


def flag(document: Mapping[str, Any], key: str) -> bool:
    """Return the truth value under a key."""
    value = document.get(key)
    if not isinstance(value, bool):
        raise ValueError(f"{key!r} is missing or neither true nor false")
    return value


def items(document: Mapping[str, Any], key: str) -> list[Any]:
    """Return the list under a key."""
    value = document.get(key)
    if not isinstance(value, list):
        raise ValueError(f"{key!r} is missing or not a list")
    return value


def numbers(document: Mapping[str, Any], key: str, length: int | None = None) -> Vector:
    """Return the finite numbers under a key, up to LARGEST in size, shape (length,)."""
    array = _finite(document, key, length)
    if (np.abs(array) > LARGEST).any():
        raise ValueError(f"{key!r} holds {np.abs(array).max():g}, which no model learns")
    return array


def _finite(document: Mapping[str, Any], key: str, length: int | None) -> Vector:
    values = items(document, key)
    if length is not None and len(values) != length:
        raise ValueError(f"{key!r} holds {len(values)} numbers, not {length}")
    if any(isinstance(value, bool) or not isinstance(value, (int, float)) for value in values):
        raise ValueError(f"{key!r} holds something that is not a number")
    array = np.array(values, dtype=np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"{key!r} holds a number that is not finite")
    return array


def numbers_or_missing(document: Mapping[str, Any], key: str, length: int) -> Vector:
    """Return numbers of which some may be missing (null in the file, NaN in the array): a customer's, of any size."""
    values = items(document, key)
    filled = {key: [0.0 if value is None else value for value in values]}
    array = _finite(filled, key, length)
    array[[value is None for value in values]] = np.nan
    return array


def texts(document: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Return the texts under a key."""
    values = items(document, key)
    if any(not isinstance(value, str) for value in values):
        raise ValueError(f"{key!r} holds something that is not a text")
    return tuple(values)


def design(document: Mapping[str, Any]) -> Design:
    """Return a saved design."""
    monotone = tuple(items(document, "monotone"))
    if any(isinstance(value, bool) or not isinstance(value, int) for value in monotone):
        raise ValueError("'monotone' holds something that is not a whole number")
    joint = tuple(texts({"group": group}, "group") for group in items(document, "joint"))
    return Design(texts(document, "names"), texts(document, "components"), monotone, joint, texts(document, "context"))


def plain(values: Matrix | Vector) -> list[Any]:
    """Return an array as lists of JSON numbers, NaN as null. Python's JSON gives every float back bit by bit."""
    missing = np.isnan(values)
    if not missing.any():
        return list(values.tolist())
    return [None if absent else value for value, absent in zip(values.tolist(), missing.tolist(), strict=True)]
