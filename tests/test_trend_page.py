"""The page on trends: its examples give what it says, and it tells every key, rule, kind and column."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from documented_pages import CODE, PAGES, first_cells, section
from healthscore.config import Trend
from healthscore.config.section import Section
from healthscore.config.trend import RULES
from healthscore.pipelines.trend.changes import COLUMNS, KINDS
from healthscore.pipelines.trend.following import TREND_COLUMNS, trend_of
from scored_history import write_course

PAGE = PAGES["trend.md"]
ROW = re.compile(r"^\| (\d+) days \| ([^|]*) \| ?([^|]*) ?\|$", flags=re.MULTILINE)


def rows(heading: str) -> list[tuple[str, ...]]:
    return [found.groups() for found in ROW.finditer(section(PAGE, heading))]


def course(told: str) -> list[float | str | None]:
    return [None if one == "–" else float(one) for one in told.split(", ")]


@pytest.mark.parametrize(("every", "scores", "found"), rows("## Rules"))
def test_an_example_of_the_rules_is_found_so(tmp_path: Path, every: str, scores: str, found: str) -> None:
    told = trend_of(write_course(tmp_path, course(scores), int(every)), Trend()).set_index("account_id")
    assert told.loc["a", "trend_rules"] == ";".join(CODE.findall(found))


def test_the_finding_that_is_quoted_is_the_one_that_is_made(tmp_path: Path) -> None:
    told = trend_of(write_course(tmp_path, [88, 72], 30), Trend()).set_index("account_id")["trend"]
    assert f"`{told.to_dict()['a']}`" in PAGE


@pytest.mark.parametrize(("every", "scores", "bands"), rows("## A band that does not flicker"))
def test_an_example_of_the_steady_band_is_so(tmp_path: Path, every: str, scores: str, bands: str) -> None:
    whole = course(scores)
    told = [
        trend_of(write_course(tmp_path / str(n), whole[:n], int(every)), Trend()).set_index("account_id")
        for n in range(1, len(whole) + 1)
    ]
    assert ", ".join(str(one.loc["a", "steady_band"]) for one in told) == bands.strip()


def keys(section_: type[Section], before: str) -> Iterator[str]:
    for name, field in section_.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            yield from keys(kind, f"{before}.{name}")
        else:
            yield f"{before}.{name}"


def test_the_page_tells_every_key_with_its_default() -> None:
    assert sorted(first_cells(section(PAGE, "## Settings"))) == sorted(keys(Trend, "trend"))
    for key, default in re.findall(
        r"^\| `([\w.]+)` \|[^|]*\| ([^|]*) ?\|$", section(PAGE, "## Settings"), re.MULTILINE
    ):
        value: object = Trend()
        for part in key.split(".")[1:]:
            value = getattr(value, part)
        shown = ", ".join(map(str, value)) if isinstance(value, tuple) else value
        assert default.strip() == (f"{shown:g}" if isinstance(shown, float) else str(shown)), key


def test_the_page_tells_every_rule_kind_and_column() -> None:
    assert first_cells(section(PAGE, "## Rules"))[: len(RULES)] == list(RULES)
    assert first_cells(section(PAGE, "## Columns")) == list(TREND_COLUMNS)
    assert first_cells(section(PAGE, "## Why it changed: the ledger")) == [*COLUMNS, *KINDS]
