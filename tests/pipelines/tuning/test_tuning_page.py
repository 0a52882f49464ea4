"""The page of the documentation, and that of a study, against the code."""

from __future__ import annotations

import re

from documented_pages import PAGES, first_cells, section
from healthscore.models.treesettings import BoosterSettings
from healthscore.models.tuning.space import SPACE
from healthscore.models.tuning.study import RANDOM_TRIALS, TRIALS_BEFORE_PRUNING
from healthscore.pipelines.tuning.page import COLUMNS
from healthscore.pipelines.tuning.told import SETTINGS

PAGE = PAGES["tuning.md"]
LONGEST_NAME_OF_A_PLOT = 20


def test_the_documentation_has_the_search_space() -> None:
    table = section(PAGE, "## The search space")
    rows = re.findall(r"^\| `(\w+)` \| ([\d.]+) \| ([\d.]+) \|", table, flags=re.MULTILINE)
    assert {name: (float(low), float(high)) for name, low, high in rows} == {
        name: (ends.low, ends.high) for name, ends in SPACE.items()
    }
    numbers = BoosterSettings().trees_tried
    assert f"{', '.join(map(str, numbers[:-1]))} and {numbers[-1]}" in " ".join(table.split())


def test_the_documentation_has_the_numbers_of_the_search() -> None:
    words = {4: "four", 8: "eight"}
    text = " ".join(section(PAGE, "## The search space").split()).lower()
    assert f"{words[RANDOM_TRIALS]} trials are at random" in text
    assert f"after {words[TRIALS_BEFORE_PRUNING]} of these" in text


def test_the_documentation_has_the_keys_of_the_result() -> None:
    keys = set(first_cells(section(PAGE, "## Using what was found")))
    assert keys == {
        *("decision", "why", "judged", "judged_dates", "past", "trials"),
        *("default", "best", "study", "tuned", "writing"),
    }


def test_every_setting_has_words_that_fit_their_place() -> None:
    assert list(COLUMNS) == list(SETTINGS) == list(SPACE)
    assert all(len(name) <= LONGEST_NAME_OF_A_PLOT for name in COLUMNS.values())
