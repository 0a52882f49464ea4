"""Differences in words: more or fewer, with a range that says the same."""

from __future__ import annotations

import pytest

from healthscore.pipelines.wording import capital, change, change_size


@pytest.mark.parametrize(
    ("estimate", "low", "high", "kind", "said"),
    [
        (7.7, 2.2, 13, "count", "8 more (2–13)"),
        (7.7, 0.3, 1300, "count", "8 more (0–1,300)"),
        (2, -1, 5, "count", "2 more (1 fewer to 5 more)"),
        (-1, -6, 4, "count", "1 fewer (6 fewer to 4 more)"),
        (-3, -6, -1, "count", "3 fewer (1–6)"),
        (0.2, -3, 3, "count", "as many (3 fewer to 3 more)"),
        (-0.2, -3, 0, "count", "as many (3 fewer to 0)"),
        (3, None, None, "count", "3 more"),
        (0.12, 0.02, 0.21, "points", "12 points more (2–21)"),
        (-0.01, -0.1, 0.02, "points", "1 point less (10 less to 2 more)"),
        (0.001, -0.02, 0.02, "points", "as much (2 less to 2 more)"),
    ],
)
def test_a_difference_is_more_or_fewer(
    estimate: float, low: float | None, high: float | None, kind: str, said: str
) -> None:
    difference = {"estimate": estimate, "low": low, "high": high}
    assert change(difference, kind) == said
    assert said.startswith(change_size(difference, kind))


def test_a_capital_letter_changes_no_other() -> None:
    assert (capital("by the CRM"), capital("É"), capital("")) == ("By the CRM", "É", "")
