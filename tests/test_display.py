"""Displays of results in notebooks: tables that anybody can read, and texts that stay texts."""

from __future__ import annotations

import re

import pytest

from displayed import Parsed
from healthscore.display import ROWS, STYLE, Bar, Display, Mark, Table
from report_samples import PAYLOADS

DISPLAY = Display(
    "Score of 1 May",
    "A-1 Northwind",
    Mark("7.1 points: at risk", "risk"),
    ("SMB, looked after by Dana.",),
    (("16", "of 45 (12–22)", "were found"), ("648", "", "accounts")),
    (
        Table("The sum", ("component", "", "points"), [("base", Bar(0, 50), "50"), ("score", None, "7.1")], 2, True),
        Table("Nothing", ("a",), []),
        Table("Verdicts", ("component", "verdict"), [("use", Mark("confirmed", "good"))]),
    ),
    ("few exits",),
)


def test_a_display_says_everything_in_order() -> None:
    assert Parsed(DISPLAY.html()).said == [
        "Score of 1 May · A-1 Northwind",
        "7.1 points: at risk",
        "SMB, looked after by Dana.",
        *("16", "of 45 (12–22)", "were found", "648", "accounts"),
        *("The sum", "component", "points", "base", "50", "score", "7.1"),
        *("Verdicts", "component", "verdict", "use", "confirmed"),
        "Note: few exits",
    ]


def test_cells_are_found_by_readers_of_tables() -> None:
    tags = Parsed(DISPLAY.html()).tags
    assert {attrs["scope"] for tag, attrs in tags if tag == "th"} == {"col", "row"}
    assert all("scope" in attrs for tag, attrs in tags if tag == "th")
    names = [tag for tag, _ in tags]
    assert names.count("table") == names.count("caption") == 2, "a table without rows is left out"
    assert ("section", {"class": "healthscore", "aria-label": "Score of 1 May: A-1 Northwind"}) in tags
    (bar,) = [attrs for _, attrs in tags if attrs.get("aria-hidden")]
    assert bar["style"] == "margin-left:0%;width:50%"


def test_of_a_long_table_the_first_rows_are_shown() -> None:
    long = Table("Features", ("name",), [(f"f{place}",) for place in range(1_234)])
    said = Parsed(Display("Panel", "saas", tables=(long,)).html()).said
    assert f"f{ROWS - 1}" in said
    assert f"f{ROWS}" not in said
    assert said[-1] == "and 1,214 more rows"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_texts_stay_texts_wherever_they_stand(payload: str) -> None:
    table = Table(payload, (payload, payload), [(payload, Mark(payload, "risk"))])
    tiles = ((payload, payload, payload),)
    bad = Display(payload, payload, Mark(payload, "risk"), (payload,), tiles, (table,), (payload,))
    page, honest = Parsed(bad.html()), Parsed(DISPLAY.html())
    assert {tag for tag, _ in page.tags} <= {tag for tag, _ in honest.tags}
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    assert " ".join(page.said).count(payload.strip()) >= 9
    assert [attrs for tag, attrs in page.tags if tag == "style"] == [{}]


def test_the_style_is_the_displays_own_and_fetches_nothing() -> None:
    rules = [rule.partition("{")[0] for rule in STYLE.replace(",\n", ",").split("}") if rule.strip()]
    assert all(one.strip().startswith(".healthscore") for rule in rules for one in rule.split(","))
    assert "url(" not in STYLE
    assert "@import" not in STYLE
    assert STYLE in DISPLAY.html()


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("ground", ["#ffffff", "#111111"])
def test_marks_and_bars_stand_out_in_light_and_in_dark(ground: str) -> None:
    colours = set(re.findall(r"#[0-9a-f]{6}", STYLE))
    assert len(colours) == 4
    for colour in colours:
        light, dark = sorted((luminance(colour), luminance(ground)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3
