"""Who counts as treated, held out, untreated: literal spans and actions, and the figures of an earlier audit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from healthscore.pipelines.auditing.before import compared, figures_of
from healthscore.pipelines.auditing.overridden import meant_by_band
from healthscore.pipelines.auditing.treated import group_spans

ACTIONS = pd.DataFrame(
    [("a", 10, "treated"), ("b", 10, "held_out"), ("c", 10, "held_out"), ("c", 12, "treated"), ("z", 10, "treated")],
    columns=["account_id", "date", "arm"],
)
SPANS = [
    ("a", 10, 20, "treated"),  # on the first day of the window
    ("a", 11, 20, "untreated"),  # before it
    ("a", 0, 10, "untreated"),  # on the day on which it left, or after the window
    ("a", 0, 11, "treated"),
    ("b", 0, 20, "held_out"),
    ("c", 0, 20, "treated"),  # both: something was done
    ("c", 0, 12, "held_out"),
    ("d", 0, 20, "untreated"),
]


@pytest.mark.parametrize(("account", "first", "until", "group"), SPANS)
def test_a_span_is_what_was_done_in_it(account: str, first: int, until: int, group: str) -> None:
    assert group_spans(np.array([account], object), np.array([first]), np.array([until]), ACTIONS).tolist() == [group]


def test_many_spans_at_once_keep_their_order() -> None:
    columns = list(zip(*SPANS, strict=True))
    found = group_spans(np.array(columns[0], object), np.array(columns[1]), np.array(columns[2]), ACTIONS)
    assert found.tolist() == list(columns[3])


def test_a_band_means_the_share_that_left_and_never_never() -> None:
    """Two of three left in the first band, none of one in the second, nobody was in the third."""
    meant = meant_by_band(np.array([0, 0, 0, 1]), np.array([True, True, False, False]), 3)
    assert meant.tolist() == [2.5 / 4, 0.5 / 2, 0.5]


def test_audits_are_compared_figure_by_figure() -> None:
    then = {"identity": "one", "as_of": "2025-01-01", "verdict": {"verdict": "keep"}, "drift": {"moved": 3}}
    now = {"pooled": {"rate": {"estimate": 0.03, "low": 0.02, "high": 0.04}}, "drift": {"moved": 5}}
    said = compared(now, then)
    assert said is not None
    assert (said["identity"], said["verdict"]) == ("one", "keep")
    assert {one["key"]: (one["then"], one["now"]) for one in said["figures"]} == {
        "rate": (None, {"estimate": 0.03, "low": 0.02, "high": 0.04}),
        "moved": ({"estimate": 3.0, "low": None, "high": None}, {"estimate": 5.0, "low": None, "high": None}),
    }
    assert compared(now, None) is None
    assert figures_of({}) == []
