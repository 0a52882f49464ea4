"""The reference is what the code says: every page is current, and leaves out no command, key or public name."""

from __future__ import annotations

import re

import pytest
from typer.main import get_command

import healthscore
from healthscore.cli.application import application
from healthscore.config import Outcome, Signal, Source
from healthscore.config.section import Section
from reference.configuration import meanings
from reference.pages import FOLDER, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_a_reference_page_is_what_the_code_says(name: str) -> None:
    there = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    assert there == PAGES[name](), "run `make reference`"


def test_no_page_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == set(PAGES)


def test_every_option_of_every_command_has_a_meaning() -> None:
    page = PAGES["commands"]()
    silent = re.findall(r"^\| `([^`]+)`(?: \|[^|]*)? \|  \|$", page, flags=re.MULTILINE)
    assert silent == []
    score = get_command(application).commands["score"]  # type: ignore[attr-defined]  # a group, which Typer hides
    section = page.split("\n## healthscore score\n")[1].split("\n## ")[0]
    for param in score.params:
        assert max(param.opts, key=len).removeprefix("run") in section


def sections(above: type[Section] = Section) -> list[type[Section]]:
    """Every table that a TOML may have: other rooms keep records of the same kind, which nobody writes by hand."""
    own = [one for one in above.__subclasses__() if one.__module__.startswith("healthscore.config")]
    return [section for one in own for section in (one, *sections(one))]


@pytest.mark.parametrize("section", sections(), ids=lambda section: section.__name__)
def test_every_key_says_what_it_means(section: type[Section]) -> None:
    assert [key for key in section.model_fields if not meanings(section).get(key)] == []


@pytest.mark.parametrize("section", [Source, Signal, Outcome])
def test_the_page_has_every_key_with_its_meaning(section: type[Section]) -> None:
    rows = PAGES["configuration"]().splitlines()
    for key, meaning in meanings(section).items():
        assert [row for row in rows if row.startswith(f"| `{key}` |") and row.endswith(f"| {meaning} |")], key


def test_a_key_tells_what_it_holds_and_its_default() -> None:
    rows = PAGES["configuration"]().splitlines()
    assert [row.split(" | ")[:3] for row in rows if row.startswith("| `horizon_days`")] == [
        ["| `horizon_days`", "whole number, 1 to 3660", "*required*"]
    ]
    assert [row.split(" | ")[1:3] for row in rows if row.startswith("| `closures`")] == [["list of pairs of dates", ""]]
    assert [row.split(" | ")[1:3] for row in rows if row.startswith("| `every_days`")] == [
        ["list of whole numbers, 1 to 366", "`[7, 28]`"]
    ] * 2


def test_every_public_name_is_told() -> None:
    page = PAGES["python"]()
    told = set(re.findall(r"^###? (\w+)$", page, flags=re.MULTILINE)) | set(
        re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    )
    assert set(healthscore.__all__) <= told


def test_docstrings_become_sentences() -> None:
    page = PAGES["python"]()
    section = page.split("\n### promote\n")[1].split("\n### ")[0]
    assert (
        "def promote(\n    run: Run | str | Path | None = None,\n    version: int | None = None,\n    *,\n" in section
    )
    assert "- `force`, `why`: promote whatever the comparison says, for this reason." in section
    assert "\n----" not in page
