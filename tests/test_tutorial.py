"""The tutorial: every command and line of Python on it runs, in its order, and prints what the page shows."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from documented_pages import Block, blocks
from page_workspace import PageWorkspace, alike, commands, first_difference

PAGE = [block for block in blocks() if block.page == "tutorial.md"]
SERVED = ("healthscore dashboard",)
"""Commands that serve until they are stopped: the tests of the dashboard start it."""


def untracked(run: Path) -> None:
    """Record nothing in MLflow, which prints nothing and takes time."""
    run.write_text(run.read_text(encoding="utf-8") + "\n[tracking]\nenabled = false\n", encoding="utf-8")


def test_the_tutorial_runs_and_prints_what_it_shows(tmp_path: Path) -> None:
    workspace = PageWorkspace(tmp_path)
    shown = 0
    for block, after in pairwise([*PAGE, Block("tutorial.md", 0, "", "")]):
        if block.language not in ("console", "python"):
            continue
        printed = ""
        for line in commands(block.text) if block.language == "console" else ():
            if line not in SERVED:
                code, said = workspace.command(line)
                assert code == 0, f"{block}: {line}\n{workspace.said}"
                printed = said or printed
            if line.startswith("healthscore simulate"):
                untracked(tmp_path / "company" / "healthscore.toml")
        if block.language == "python":
            printed = workspace.python(block.text)
        if after.language == "text":
            assert first_difference(after.text, printed) is None, str(after)
            shown += 1
    assert shown == sum(block.language == "text" for block in PAGE)


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("red  12 (7–17)", "red 12 (7–17)", True),
        ("AUC 0.799", "AUC 0.801", True),
        ("AUC 0.799", "AUC 0.760", False),
        ("A-000214 39.9", "A-000215 39.9", False),
        ("2025-06-01 -44.4", "2025-07-01 -44.4", False),
        ("5,229 snapshots", "5,229 rows", False),
    ],
)
def test_lines_are_alike_by_their_words_and_nearly_by_their_numbers(shown: str, printed: str, same: bool) -> None:
    assert alike(shown, printed) == same


def test_a_page_may_leave_lines_out_where_it_says_so() -> None:
    printed = "one\n\ntwo\nthree\nfour\n"
    assert first_difference("one\n[...]\nthree\nfour", printed) is None
    assert first_difference("[...]\ntwo\n[...]", printed) is None
    assert first_difference("one\nthree\nfour", printed) is not None
    assert first_difference("one\ntwo\n", printed) == "the page does not show 'three'"
    assert first_difference("one\n[...]\nfive", printed) is not None
