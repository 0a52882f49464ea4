"""The page of scorecards: every example loads and gives the points that it promises, and every key is told."""

from __future__ import annotations

import re

import numpy as np
import pytest

from documented_pages import PAGES, Example, examples, first_cells, section
from healthscore.config import (
    Action,
    Cap,
    CardBands,
    Component,
    Letters,
    Measure,
    Provenance,
    Purpose,
    Scorecard,
    Variant,
)
from healthscore.config.section import Section
from healthscore.models.health import displayed
from healthscore.models.scorecard import card_drivers, score_card
from healthscore.models.subscores import CardRows, subscore

PAGE = PAGES["scorecards.md"]
EXAMPLES = [example for example in examples() if example.of_scorecard]


def whole(example: Example) -> Scorecard:
    """The example as a whole scorecard: with the components of the page's first, or with another for what is left."""
    content = {"name": "shown", "components": EXAMPLES[0].content["components"], **example.content}
    left = 100 - sum(part["weight"] for part in content["components"].values())
    if left:
        content["components"] = {**content["components"], "others": {"weight": left}}
    return Scorecard.model_validate(content)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_every_example_is_part_of_a_scorecard(example: Example) -> None:
    assert whole(example).components


TABLE = re.compile(r"^\| `(\w+)` \|([^\n]*)\|\n\|[-|]+\|\n\| points \|([^\n]*)\|$", flags=re.MULTILINE)


@pytest.mark.parametrize("example", [e for e in EXAMPLES if TABLE.match(e.after)], ids=str)
def test_a_measure_gives_the_points_that_its_table_says(example: Example) -> None:
    found = TABLE.match(example.after)
    assert found
    values, points = ([float(cell) for cell in found[row].split("|")] for row in (2, 3))
    component = next(iter(whole(example).components.values()))
    rows = CardRows("shown", [found[1]], np.array([values]).T, None)
    assert subscore(rows, "shown", component).tolist() == points


def test_the_first_scorecard_gives_the_score_that_the_page_says() -> None:
    card = whole(EXAMPLES[0])
    rows = np.array([[14, 3, 0.6, 60, 0], [14, 3, 0.6, 60, -0.5]])
    names = ["usage_active_days_28d", "cases_open", "people_share_of_seats_28d", "decision_makers_recency"]
    found = score_card(card, [*names, "usage_trend_14d"], rows)
    assert displayed(found.score).tolist() == [75, 69.9]
    assert card_drivers(card, found).points_tenths[0].tolist() == [-120, -40, -50, -40]


@pytest.mark.parametrize(
    ("heading", "model"),
    [
        ("### Purpose", Purpose),
        ("### Component", Component),
        ("### Measure", Measure),
        ("### Action", Action),
        ("### Cap", Cap),
        ("### Variant", Variant),
        ("### Bands", CardBands),
        ("### Letters and their edges", Letters),
        ("### Provenance", Provenance),
    ],
)
def test_the_page_tells_every_key_of_a_scorecard(heading: str, model: type[Section]) -> None:
    assert sorted(first_cells(section(PAGE, heading))) == sorted(model.model_fields)
    told = re.split(r"^### ", section(PAGE, "## All keys"), flags=re.MULTILINE)[0]
    assert {*first_cells(told), "path"} == set(Scorecard.model_fields)
