"""Figures in words: how percentages, counts and intervals are written for people, in sentences, tables and reports."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

MISSING = "–"
SHOWN = 30
"""Names of a list that are told."""
NARROW = "\u202f"
"""Narrow no-break space: keeps a number and its unit on one line."""


class Change(NamedTuple):
    """Words of a kind of difference, which is multiplied by `factor`."""

    factor: int
    more: str
    fewer: str
    neither: str
    unit: str


CHANGES = {
    "count": Change(1, "more", "fewer", "as many", ""),
    "points": Change(100, "more", "less", "as much", "point"),
}


def count(value: float | None) -> str:
    """A number of things: whole, with a comma per thousand."""
    return number(value, 0)


def number(value: float | None, digits: int = 1) -> str:
    """A figure with so many decimals; never a minus before zero."""
    if value is None:
        return MISSING
    text = f"{value:,.{digits}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) != 0 else text.lstrip("-")


def percent(value: float | None, digits: int = 1) -> str:
    """A share as a percentage; a tenth more digits where it would round to nothing."""
    if value is None:
        return MISSING
    value = 0.0 if abs(value) < 1e-9 else value  # what is left of a difference of equal shares
    shown = digits if value in (0, 1) or abs(value) >= 0.5 * 10 ** (-digits - 2) else digits + 1
    return f"{number(100 * value, shown)}{NARROW}%"


def spread(figure: Mapping[str, Any] | None, kind: str = "number", digits: int = 1) -> str:
    """The interval of a figure in brackets, or nothing where it has none. Kinds as in `figure`."""
    if not figure or figure.get("low") is None or figure.get("high") is None:
        return ""
    low, high = (_written(figure[end], kind, digits).removesuffix(f"{NARROW}%") for end in ("low", "high"))
    return f"({low} to {high})" if "−" in low + high else f"({low}–{high})"


def figure(estimate: Mapping[str, Any] | None, kind: str = "number", digits: int = 1) -> str:
    """A figure with its interval: ``31 (24–38)``. Kinds: count, number, percent."""
    if not estimate or estimate.get("estimate") is None:
        return MISSING
    return f"{_written(estimate['estimate'], kind, digits)} {spread(estimate, kind, digits)}".rstrip()


def change(difference: Mapping[str, Any], kind: str = "count") -> str:
    """A difference in words, with its interval: ``8 more (2–13)``, ``1 fewer (4 fewer to 2 more)``, ``as many``.

    Kinds: count, and points for differences of shares: ``12 points more (2–21)``.
    """
    return f"{change_size(difference, kind)} {change_spread(difference, kind)}".rstrip()


def change_size(difference: Mapping[str, Any], kind: str = "count") -> str:
    """A difference in words, without its interval."""
    said = CHANGES[kind]
    size = round(said.factor * difference["estimate"])
    if size == 0:
        return said.neither
    return f"{plural(abs(size), said.unit) if said.unit else count(abs(size))} {said.more if size > 0 else said.fewer}"


def change_spread(difference: Mapping[str, Any], kind: str = "count") -> str:
    """The interval of a difference in brackets, in words where its ends have different signs; nothing without one."""
    if difference.get("low") is None or difference.get("high") is None:
        return ""
    said = CHANGES[kind]
    size, low, high = (round(said.factor * difference[end]) for end in ("estimate", "low", "high"))
    if (size > 0 and low >= 0) or (size < 0 and high <= 0):
        near, far = sorted((abs(low), abs(high)))
        return f"({count(near)}–{count(far)})"
    ends = [f"{count(abs(end))} {said.more if end > 0 else said.fewer}" if end else "0" for end in (low, high)]
    return f"({ends[0]} to {ends[1]})"


def times(value: float | None) -> str:
    """A ratio in words: ``3.1 times as often as``, ``half as often as`` is left to the reader."""
    return MISSING if value is None else f"{number(value, 1 if value < 10 else 0)} times"


def duration(days: float | None) -> str:
    """A number of days with its word."""
    if days is None:
        return MISSING
    return "1 day" if days == 1 else f"{count(days)} days"


def capital(text: str) -> str:
    """The text with a capital letter first; the others stay as they are."""
    return f"{text[:1].upper()}{text[1:]}"


def plural(value: float, one: str, many: str | None = None) -> str:
    """A count with its noun: ``1 account``, ``2,000 accounts``."""
    return f"{count(value)} {one if value == 1 else many or one + 's'}"


def day_text(iso: str | None) -> str:
    """An ISO date as people read it, ``1 March 2024``; anything else stays as it is."""
    try:
        day = date.fromisoformat(str(iso))
    except ValueError:
        return MISSING if iso is None else str(iso)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def listed(words: list[str], conjunction: str = "and") -> str:
    """Words as a list in a sentence."""
    return f" {conjunction} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def meant(name: str, names: Iterable[str]) -> str:
    """What to do about a name that is none of these: the nearest of them, or if none is like it, what there is."""
    there = list(names)
    nearest = difflib.get_close_matches(name, there, n=1)
    if nearest:
        return f"did you mean {nearest[0]!r}?"
    more = f" and {len(there) - SHOWN} more" if len(there) > SHOWN else ""
    return f"there are {', '.join(there[:SHOWN]) or 'none'}{more}"


def late_rows(told: Iterable[tuple[str, str]]) -> list[str]:
    """Sources, and why late rows cannot be told (empty where they can), as a sentence for all that are alike."""
    sources: dict[str, list[str]] = {}
    for name, why in told:
        sources.setdefault(why, []).append(name)
    return [f"{', '.join(names)}: {why}" for why, names in sources.items() if why]


MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
"""Not from the locale: the same data give the same report everywhere."""


def _written(value: float, kind: str, digits: int) -> str:
    if kind == "percent":
        return percent(value, digits)
    return count(value) if kind == "count" else number(value, digits)
