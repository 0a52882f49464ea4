"""Worklists by hand: order, capacity, files that carry no person's name."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from healthscore.config import Worklist
from healthscore.pipelines.actions.matching import NOBODY
from healthscore.pipelines.actions.worklists import ALL, INDEX, at_risk, by_owner, ranking, worklist

AS_OF = date(2025, 5, 1)
BANDS = ["at risk", "needs attention", "healthy"]
HOSTILE = "../../Ana = cmd"


def scores() -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "account_id": ["a", "b", "c", "d", "e"],
            "owner": [HOSTILE, HOSTILE, HOSTILE, None, "Ben"],
            "band": ["at risk", "needs attention", "healthy", "at risk", "at risk"],
            "health": [20.0, 50.0, 80.0, 30.0, 35.0],
            "probability": [0.5, 0.2, 0.1, 0.4, 0.3],
            "value": [100.0, 1000.0, np.nan, 10.0, 50.0],
            "days_to_renewal": [np.nan, 30.0, np.nan, np.nan, 7.0],
        }
    )
    return frame.assign(revenue_at_risk=at_risk(frame, BANDS)[0], _ranking=ranking(frame, BANDS))


TASKS = pd.DataFrame(
    {
        "row": [0, 1, 2, 3, 4],
        "playbook": ["call", "write", "call", "call", "call"],
        "action": ["Call", "Write", "Call", "Call", "Call"],
        "owner": [HOSTILE, HOSTILE, HOSTILE, NOBODY, "Ben"],
        "priority": [1, 2, 1, 1, 1],
        "due_days": pd.array([3, None, 0, 3, 3], dtype="Int64"),
    }
)


def test_revenue_at_risk_is_value_times_probability_and_by_a_card_value_times_bands_above() -> None:
    frame = scores()
    told, how = at_risk(frame, BANDS)
    np.testing.assert_allclose(told, [50.0, 200.0, np.nan, 4.0, 15.0])
    assert "probability" in how
    told, how = at_risk(frame.assign(probability=np.nan), BANDS)
    np.testing.assert_allclose(told, [100.0, 500.0, np.nan, 10.0, 50.0])
    assert "bands" in how


def test_an_unknown_value_counts_with_the_median_and_without_any_risk_alone_ranks() -> None:
    frame = scores()
    np.testing.assert_allclose(ranking(frame, BANDS), [50.0, 200.0, 7.5, 4.0, 15.0])
    np.testing.assert_allclose(ranking(frame.assign(value=np.nan), BANDS), [0.5, 0.2, 0.1, 0.4, 0.3])


def test_lists_are_ranked_by_priority_then_revenue_and_cut_to_capacity() -> None:
    listed = worklist(TASKS, scores(), Worklist(capacity=2, owners={"Ben": 0}), AS_OF)
    shown = list(zip(listed["owner"], listed["place"], listed["account_id"], listed["within_capacity"], strict=True))
    assert shown == [
        (NOBODY, 1, "d", True),
        (HOSTILE, 1, "a", True),
        (HOSTILE, 2, "c", True),
        (HOSTILE, 3, "b", False),
        ("Ben", 1, "e", False),
    ]
    due = dict(zip(listed["account_id"], listed["due"], strict=True))
    assert due["a"] == date(2025, 5, 4)
    assert due["c"] == AS_OF
    assert pd.isna(due["b"])


def test_files_are_numbered_and_the_index_says_whose_they_are() -> None:
    files = by_owner(worklist(TASKS, scores(), Worklist(capacity=2), AS_OF))
    assert list(files) == [ALL, "worklists/001.csv", "worklists/002.csv", "worklists/003.csv", INDEX]
    assert len(files[ALL]) == 5
    index = files[INDEX]
    assert list(index["owner"]) == [NOBODY, HOSTILE, "Ben"]
    assert list(index["listed"]) == [1, 2, 1]
    assert list(index["waiting"]) == [0, 1, 0]
    np.testing.assert_allclose(index["revenue_at_risk"], [4.0, 50.0, 15.0])
    np.testing.assert_allclose(index["waiting_at_risk"], [0.0, 200.0, 0.0])
    assert list(files["worklists/002.csv"]["account_id"]) == ["a", "c"]


def test_the_order_of_rows_is_of_no_matter() -> None:
    straight = worklist(TASKS, scores(), Worklist(), AS_OF)
    turned = worklist(TASKS.iloc[::-1].reset_index(drop=True), scores(), Worklist(), AS_OF)
    pd.testing.assert_frame_equal(straight, turned)


def test_nothing_to_do_makes_an_empty_list_and_an_empty_index() -> None:
    files = by_owner(worklist(TASKS.iloc[:0], scores(), Worklist(), AS_OF))
    assert list(files) == [ALL, INDEX]
    assert files[ALL].empty
    assert files[INDEX].empty
