"""The pages of the documentation: their blocks of TOML, sections and tables."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PLACES = {
    "README.md": ROOT / "README.md",
    **{path.relative_to(DOCS).as_posix(): path for path in sorted(DOCS.rglob("*.md"))},
}
"""Every page by its name: the README, and those of the site."""
PAGES = {name: path.read_text(encoding="utf-8") for name, path in PLACES.items()}
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$\n?", flags=re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Example:
    """A block of TOML on a page, and what the page says right after it."""

    page: str
    line: int
    content: dict[str, Any]
    after: str

    @property
    def of_scorecard(self) -> bool:
        """Whether it is (a part of) a scorecard, and not of a run."""
        return (self.page == "scorecards.md" and "scorecard" not in self.content) or "variant" in self.content

    @property
    def of_database(self) -> bool:
        """Whether its tables lie in a database, so that it is run where there is one."""
        return "database" in self.content

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Block:
    """Any fenced block on a page."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks() -> Iterator[Block]:
    """Every fenced block on every page, in order."""
    for page, text in PAGES.items():
        for found in FENCED.finditer(text):
            yield Block(page, text[: found.start()].count("\n") + 1, found[1], found[2])


def examples() -> Iterator[Example]:
    """Every block of TOML on every page."""
    for page, text in PAGES.items():
        for found in re.finditer(r"^```toml\n(.*?)^```\n(.*?)(?=^```|\Z)", text, flags=re.DOTALL | re.MULTILINE):
            line = text[: found.start()].count("\n") + 1
            yield Example(page, line, tomllib.loads(found[1]), found[2].strip().split("\n\n")[0])


def section(text: str, heading: str) -> str:
    """What stands under a heading, up to the next one of its level or above."""
    level = len(heading) - len(heading.lstrip("#"))
    found = re.search(rf"^{re.escape(heading)}\n(.*?)(?=^#{{1,{level}}} |\Z)", text, flags=re.DOTALL | re.MULTILINE)
    assert found, f"there is no {heading!r}"
    return found[1]


def first_cells(text: str) -> list[str]:
    """Everything in code in the first column of the tables, in order."""
    return [word for row in re.findall(r"^\| ([^|]*) \|", text, flags=re.MULTILINE) for word in CODE.findall(row)]
