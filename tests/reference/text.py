"""What the pages share: their first lines, tables, and docstrings as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

HEAD = "<!-- Written by `make reference` from the code; do not edit. -->\n"
SECTIONS = ("Parameters", "Attributes", "Raises", "Returns", "Yields", "Notes")
"""Of a numpy-style docstring."""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table, and the blank line after it."""
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    return [*lines, *(f"| {' | '.join(row)} |" for row in cells), ""]


def plain(text: str) -> str:
    """A docstring's words as Markdown has them: double backticks are single ones."""
    return re.sub(r"``([^`]+)``", r"`\1`", text)


def paragraphs(text: str) -> list[str]:
    """Paragraphs, each on a line of its own; lists keep their lines."""
    return [
        plain(block if re.match(r"\s*[-*] ", block) else " ".join(block.split()))
        for block in re.split(r"\n\s*\n", text.strip())
        if block.strip()
    ]


def parted(docstring: str) -> dict[str, str]:
    """The sections of a numpy-style docstring by their headings; what stands before them under an empty one."""
    pattern = rf"^({'|'.join(SECTIONS)})\n-+\n"
    pieces = re.split(pattern, docstring, flags=re.MULTILINE)
    return {
        "": pieces[0].strip(),
        **{name: text.strip("\n") for name, text in zip(pieces[1::2], pieces[2::2], strict=True)},
    }


def entries(text: str) -> list[tuple[str, str]]:
    """Names and meanings of a section: a line of names, then what is said of them, indented."""
    found = re.findall(r"^(\S[^\n]*)\n((?:[ \t]+[^\n]*\n?|\n)+)", text + "\n", flags=re.MULTILINE)
    return [(names.strip(), " ".join(paragraphs(meaning))) for names, meaning in found]


def coded(names: str) -> str:
    """`a, b` of a docstring as code: each name by itself."""
    return ", ".join(f"`{name.strip()}`" for name in names.split(","))
