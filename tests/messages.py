"""What every message about bad input must say."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from healthscore.tables import Problem


@dataclass(frozen=True)
class Rows:
    """The rows that a message is about."""

    count: int
    share: float
    lines: tuple[str, ...]


NONE = Rows(0, 0.0, ())
"""A fault of a file or of its columns, not of its rows."""


def assert_told(
    problem: Problem,
    *,
    source: str,
    column: str,
    file: str,
    rule: str,
    remedy: str,
    rows: Rows = NONE,
    severity: str = "error",
) -> None:
    """A finding names table, file and column, counts its rows with their share and the first three lines, and gives
    the rule and what to do; its text holds them all. `rule` and `remedy` are pieces of the sentences."""
    assert (problem.severity, problem.source, problem.column) == (severity, source, column)
    assert (problem.file, problem.count, problem.lines) == (file, rows.count, rows.lines)
    assert problem.share == pytest.approx(rows.share)
    assert rule in problem.rule
    assert remedy in problem.remedy
    text = str(problem)
    said = [source, column, file, problem.rule, problem.remedy, *rows.lines]
    said += [f"{rows.count:,} rows", f"({rows.share:.2%})"] if rows.count else []
    assert [piece for piece in said if piece not in text] == []
