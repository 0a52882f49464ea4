"""The tables of docs/scale.md: what they show of the figures that were measured. No times."""

from __future__ import annotations

import json
from typing import Any

import pytest

from learned import quality_table, samples_table
from pages import renewed
from peaks import table
from scale import PAGE, RECORD, with_tables
from speed_page import Table

NONE = {"estimate": 0.00012, "low": -0.00003, "high": 0.00027}


@pytest.mark.skipif(not RECORD.is_file(), reason="no figures: benchmarks/scale.py --record docs/scale.json")
def test_the_page_shows_the_figures_that_were_measured() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_tables(page, json.loads(RECORD.read_text(encoding="utf-8"))) == page


def test_each_table_takes_the_place_of_its_own() -> None:
    page = "| a | b |\n|---|---|\n| 1 | 2 |\n\n| c | d |\n|---|---|\n"
    made = renewed(page, [Table(("a", "b"), [("3", "4")])])
    assert made == "| a | b |\n| --- | ---: |\n| 3 | 4 |\n\n| c | d |\n|---|---|\n"
    for wrong, found in ((page.replace("a", "c"), 0), (page + "\n" + page, 2)):
        with pytest.raises(SystemExit, match=f"the page has {found} tables of 'a'"):
            renewed(wrong, [Table(("a", "b"), [])])


def size(gigabytes: float) -> dict[str, Any]:
    here = {"cpu_s": 10, "memory_gb": gigabytes}
    workers = [{"cpu_s": 5, "memory_gb": 0.2}, {"cpu_s": 6, "memory_gb": 0.3}]
    return {"alone": {"here": here, "workers": []}, "shared": {"here": here | {"memory_gb": 0.4}, "workers": workers}}


def test_memory_is_told_with_the_line_through_it_and_of_workers_the_larger() -> None:
    rows = table({"sizes": {"100000": size(0.5), "200000": size(0.8)}}).rows
    assert rows[0] == ("100,000", "0.50", "10", "0.40", "0.30", "21")
    assert rows[-1][:2] == ("each million more", "3.00")


def test_differences_are_told_with_their_intervals() -> None:
    metric = {"alone": 0.2, "two_workers": NONE, "other_bins": NONE}
    found = {
        "accounts": 2000,
        "past": {"rows": 1000, "exits": 10},
        "later": {"rows": 300, "exits": 3},
        "metrics": {"auc": metric},
    }
    (row,) = quality_table({"other_bins": 100, "companies": [found]}).rows
    assert row[:7] == ("2,000", "1,000", "10", "300", "3", "AUC", "0.20000")
    assert row[7] == row[8] == "+0.00012 (-0.00003 to +0.00027)"


def test_samples_are_told_by_their_first_draw_and_how_much_others_differ() -> None:
    draws = {"draws": [{"rows": 500, "exits": 5}] * 2, "log_loss": [0.3, 0.4], "differences": [NONE] * 2}
    shares = {"0.05": draws | {"shared": NONE}, "1.0": draws | {"differences": [NONE], "shared": NONE}}
    part, whole = samples_table({"shares": shares}).rows
    shown = "+0.00012 (-0.00003 to +0.00027)"
    assert part == ("5%", "500", "5", "0.30000", shown, "+0.00012", shown)
    assert whole == ("100%", "500", "5", "0.30000", "-", "-", shown)
