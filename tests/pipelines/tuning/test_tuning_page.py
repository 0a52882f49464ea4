"""The page of the documentation, and that of a study, against the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from documented_pages import PAGES, first_cells, section
from healthscore.models.treesettings import BoosterSettings
from healthscore.models.tuning.folds import LEAST_SAMPLE, SAMPLE_SHARE
from healthscore.models.tuning.objective import SAMPLE_TREES
from healthscore.models.tuning.plots import plots
from healthscore.models.tuning.space import SPACE
from healthscore.models.tuning.study import RANDOM_TRIALS, SAMPLED_PER_MEASURED, TRIALS_BEFORE_PRUNING, Trial
from healthscore.pipelines.tuning import page
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
    parts = {4: "quarter", 6: "sixth"}
    quarter, sixth = parts[round(1 / SAMPLE_SHARE)], parts[SAMPLE_TREES]
    rows, exits = (f"{number:,}" for number in LEAST_SAMPLE)
    assert f"a {quarter} of the accounts of the latest date make {rows} rows or more with {exits} exits" in text
    assert f"a {sixth} of each number of trees" in text
    assert f"among the best {parts[SAMPLED_PER_MEASURED]} of all trials so far" in text
    told = (Path(page.__file__).parents[1] / "templates" / "tuning.html.j2").read_text(encoding="utf-8")
    assert f"a {quarter} of the accounts of the latest fold, with a {sixth} of the trees" in told
    assert f"among the best {parts[SAMPLED_PER_MEASURED]} of all that were" in told


def test_settings_that_were_given_up_on_the_sample_have_no_line_by_fold() -> None:
    place = {name: ends.low for name, ends in SPACE.items()}
    other = {name: ends.high for name, ends in SPACE.items()}
    left = Trial(1, other, (), 50, pruned=True, sample=0.4)
    trials = [Trial(0, place, (0.3, 0.31), 300, pruned=False, sample=0.35), left]
    trials.append(Trial(2, other, (0.29, 0.3), 200, pruned=False, sample=0.34))
    drawn = plots(trials, COLUMNS, seed=1)
    assert [line["name"] for line in drawn["folds"]["data"]] == ["default", "best found"]


def test_the_page_says_what_settings_were_first_tried_on() -> None:
    past: dict[str, Any] = {"folds_of": "dates", "folds": 2, "known_until": "2025-01-01", "n": 1000}
    result: dict[str, Any] = {"judged_dates": ["2025-02-01"], "past": past | {"sample": None}}
    assert "promising" not in page.seen(result)
    assert "before the first judged date, 1 February 2025: 1,000 snapshots." in page.seen(result)
    result["past"]["sample"] = {"n": 250_000, "events": 9_000}
    assert page.seen(result).endswith("only those that looked promising on 250,000 snapshots of it first.")


def test_the_documentation_has_the_keys_of_the_result() -> None:
    keys = set(first_cells(section(PAGE, "## Using what was found")))
    assert keys == {
        *("decision", "why", "judged", "judged_dates", "past", "trials"),
        *("default", "best", "study", "tuned", "writing"),
    }


def test_every_setting_has_words_that_fit_their_place() -> None:
    assert list(COLUMNS) == list(SETTINGS) == list(SPACE)
    assert all(len(name) <= LONGEST_NAME_OF_A_PLOT for name in COLUMNS.values())
