"""The tables of docs/scoring.md: what they show of the figures that were measured. No times."""

from __future__ import annotations

import json
from typing import Any

import pytest

from explaining import CONTRIBUTIONS, LOOKED_UP, POINTS, missed, table
from scoring import HELP, IMPORT, PAGE, RECORD, TABLES, late, with_tables


def rates(**rates: float) -> dict[str, Any]:
    names = {"contributions": CONTRIBUTIONS, "looked_up": LOOKED_UP, "points": POINTS}
    ways = {names[name]: {"rows_per_cpu_s": rate, "rows": 1000, "tables_s": 1} for name, rate in rates.items()}
    return {"ways": ways}


SMALL, LARGE = rates(contributions=100, looked_up=1000, points=9900), rates(contributions=100, looked_up=999)
FIGURES = {
    "models": {"ours": SMALL, "large": LARGE, "additive": rates(contributions=100, looked_up=1000, points=10000)}
}


@pytest.mark.skipif(not RECORD.is_file(), reason="no figures: benchmarks/scoring.py --record docs/scoring.json")
def test_the_page_shows_the_figures_that_were_measured() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_tables(page, json.loads(RECORD.read_text(encoding="utf-8"))) == page


def test_a_table_takes_the_place_of_the_one_before() -> None:
    before = "Text.\n\n| way | ours |\n|---|---|\n| points | 1 |\n\nMore.\n"
    assert with_tables(before, {"points": FIGURES}) == f"Text.\n\n{shown()}\nMore.\n"
    with pytest.raises(SystemExit, match="0 tables of 'way'"):
        with_tables("Text.\n", {"points": FIGURES})


def shown() -> str:
    """The table of these figures; ways that were not measured are left out of this one."""
    return table(FIGURES).markdown()


def test_rates_are_told_with_how_many_times_those_of_pred_contrib_and_with_tables() -> None:
    rows = {row[0]: list(row[1:]) for row in table(FIGURES).rows}
    assert rows[CONTRIBUTIONS] == ["100", "100", "100"]
    assert rows["woodelf"] == ["not installed"] * 3
    assert rows[LOOKED_UP] == ["1,000 (10)", "999 (10)", "1,000 (10)"]
    assert rows[f"{LOOKED_UP}, tables counted"] == ["500 (5)", "500 (5)", "500 (5)"]
    assert rows[POINTS] == ["9,900 (99)", "as SHAP values", "10,000 (100)"]


def test_a_missed_goal_is_named() -> None:
    assert missed(FIGURES) == [f"ours: {POINTS}", f"large: {LOOKED_UP}"]


def test_every_table_has_its_place_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for heading in ("way", "stage", "command"):
        assert page.count(f"\n| {heading} | ") == 1, heading


def test_a_command_that_begins_too_late_is_named() -> None:
    cost = {"cpu_s": 0.123, "wall_s": 0.3, "memory_gb": 0.05}
    section = {"commands": {IMPORT: cost, HELP: cost}}
    assert late(section) == [HELP]
    assert TABLES["startup"](section).rows[1] == ("`healthscore --help`", "0.12", "0.30")
