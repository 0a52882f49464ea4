"""The page of scale: its arithmetic follows from what it says goes in."""

from __future__ import annotations

import math
import re

from documented_pages import PAGES, section

PAGE = PAGES["scale.md"]
GIVEN = re.compile(r"^\| `(\w+)` \| ([\d.]+) \| [^|]+ \| [^|`]+ \|$", re.MULTILINE)
FOLLOWS = re.compile(r"^\| `(\w+)` \| ([\d.]+) \| [^|]+ \| `([^|`]+)` \|$", re.MULTILINE)
FORMULA = re.compile(r"[\w\s.+\-*/()]+")


def test_every_figure_follows_from_those_before_it() -> None:
    arithmetic = section(PAGE, "## The arithmetic of a billion events a day")
    known = {name: float(value) for name, value in GIVEN.findall(arithmetic)}
    rows = FOLLOWS.findall(arithmetic)
    assert len(known) + len(rows) == len(re.findall(r"^\| `\w+` \|", arithmetic, re.MULTILINE))
    assert rows
    for name, shown, formula in rows:
        assert FORMULA.fullmatch(formula), formula
        assert name not in known
        # The page's own formulas, of names, numbers and signs: the pattern above lets nothing else through.
        known[name] = eval(formula, {"__builtins__": {}, "ceil": math.ceil}, dict(known))  # noqa: S307
        assert f"{known[name]:.3g}" == shown, (name, known[name])


def test_every_given_figure_is_used() -> None:
    arithmetic = section(PAGE, "## The arithmetic of a billion events a day")
    used = set(re.findall(r"\w+", " ".join(formula for _, _, formula in FOLLOWS.findall(arithmetic))))
    assert {name for name, _ in GIVEN.findall(arithmetic)} <= used
