"""Which playbook fits which account: one literal book, and for each condition whom it chooses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from healthscore.config import Playbook
from healthscore.pipelines.actions.matching import NOBODY, Facts, match

BANDS = ["at risk", "needs attention", "healthy"]
SCORES = pd.DataFrame(
    {
        "account_id": ["a", "b", "c", "d", "e"],
        "owner": ["Ana", "Ben", None, " ", "Ana"],
        "segment": ["smb", "enterprise", "smb", None, "mid"],
        "band": ["at risk", "at risk", "needs attention", "healthy", "healthy"],
        "steady_band": ["at risk", "needs attention", "needs attention", "healthy", "healthy"],
        "health": [20.0, 39.0, 55.0, 72.0, 90.0],
        "change": [-5.0, np.nan, -10.0, -9.9, 3.0],
        "change_week": [np.nan] * 5,
        "change_month": [-30.0, np.nan, 4.0, -16.0, 0.0],
        "trend_rules": ["drop;decline", "", "recovery", "sudden_drop", ""],
        "value": [100.0, 5000.0, np.nan, 900.0, 1000.0],
        "days_to_renewal": [np.nan, 90.0, 91.0, 0.0, 400.0],
        "low_confidence": ["", "new", None, "", ""],
        "ready_for_expansion": [False, False, False, False, True],
        "reference": [False, False, False, True, True],
        "points_base": [50.0] * 5,
        "points_activity": [-20.0, -3.0, 0.0, 5.0, 20.0],
        "points_support": [-10.0, -8.0, 5.0, 17.0, 20.0],
        "points_capped": [-99.0] * 5,
    }
)
CHANGES = pd.DataFrame(
    [
        ("a", "component", "activity", -3.0),
        ("a", "component", "support", -4.0),
        ("a", "model", "", -8.0),
        ("c", "component", "activity", -10.0),
        ("d", "missing", "", -9.9),
        ("e", "component", "support", 3.0),
    ],
    columns=["account_id", "kind", "component", "points"],
)
FEATURES = pd.DataFrame({"logins": [0.0, 3.0, np.nan, 8.0, 20.0], "tone": [-0.5, 0.0, 0.4, np.nan, 1.0]})
FACTS = Facts(SCORES, BANDS, {"previous": CHANGES}, FEATURES)


def chosen(facts: Facts = FACTS, **says: Any) -> str:
    """Accounts that a playbook with these conditions fits, as one word."""
    tasks = match({"it": Playbook(action="do", owner="team", **says)}, facts).tasks
    return "".join(SCORES["account_id"].iloc[tasks["row"]])


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ({"bands": ["at risk"]}, "a"),  # the steady band, not the day's
        ({"bands": ["lowest", "highest"]}, "ade"),
        ({"bands": ["middle"]}, "bc"),
        ({"drop": 10}, "c"),
        ({"drop": 9.9}, "cd"),
        ({"drop": 16, "over": "month"}, "ad"),
        ({"trends": ["decline"]}, "a"),
        ({"trends": ["drop"]}, "a"),  # not sudden_drop
        ({"trends": ["recovery", "sudden_drop"]}, "cd"),
        ({"fell": ["support"]}, "a"),  # the model's part is no component's
        ({"fell": ["activity"]}, "c"),
        ({"fell": ["activity", "support"]}, "ac"),
        ({"worst": ["activity"]}, "a"),
        ({"worst": ["support"]}, "b"),
        ({"segments": ["smb"]}, "ac"),
        ({"segments": ["smb", "mid"], "bands": ["highest"]}, "e"),
        ({"renewal_within_days": 90}, "bd"),
        ({"renewal_within_days": 0}, "d"),
        ({"value_at_least": 1000}, "be"),
        ({"low_confidence": True}, "b"),
        ({"low_confidence": False}, "acde"),
        ({"ready_for_expansion": True}, "e"),
        ({"reference": True, "ready_for_expansion": False}, "d"),
        ({"when": [{"feature": "logins", "at_most": 3}]}, "ab"),
        ({"when": [{"feature": "tone", "at_most": -0.4}]}, "a"),
        ({"when": [{"feature": "logins", "at_least": 3}, {"feature": "tone", "at_least": 0}]}, "be"),
    ],
    ids=str,
)
def test_a_condition_chooses(says: dict[str, Any], expected: str) -> None:
    assert chosen(**says) == expected


@pytest.mark.parametrize(
    ("says", "why"),
    [
        ({"drop": 5, "over": "week"}, "no earlier score"),
        ({"fell": ["support"], "over": "week"}, "no earlier score"),
        ({"trends": ["drop"], "drop": 5, "over": "week"}, "no earlier score"),
        ({"bands": ["green"]}, "none of the bands green"),
        ({"worst": ["finance"]}, "none of the components finance"),
        ({"when": [{"feature": "logouts", "at_least": 1}]}, "not made of"),
    ],
    ids=str,
)
def test_a_playbook_that_can_fit_nobody_says_why(says: dict[str, Any], why: str) -> None:
    matched = match({"it": Playbook(action="do", **says)}, FACTS)
    assert matched.tasks.empty
    told = matched.told["it"]
    assert (told["fits"], told["counts"]) == (0, 0)
    assert why in str(told["why_none"])


@pytest.mark.parametrize(
    ("column", "says", "why"),
    [
        ("days_to_renewal", {"renewal_within_days": 30}, "when a renewal is due"),
        ("value", {"value_at_least": 1}, "what an account is worth"),
    ],
)
def test_what_no_source_says_is_told(column: str, says: dict[str, Any], why: str) -> None:
    facts = Facts(SCORES.assign(**{column: np.nan}), BANDS, {}, None)
    assert why in str(match({"it": Playbook(action="do", **says)}, facts).told["it"]["why_none"])


def test_activity_is_told_without_an_earlier_score_and_a_drop_is_not() -> None:
    first = Facts(SCORES.assign(change=np.nan, trend_rules="activity_drop"), BANDS, {}, None)
    both = {rule: Playbook(action="do", trends=(rule,), owner=rule) for rule in ("drop", "activity_drop")}
    told = match(both, first).told
    assert told["activity_drop"] == {"fits": 5, "counts": 5, "why_none": None}
    assert "no earlier score" in str(told["drop"]["why_none"])


def test_scores_without_trend_growth_or_features_say_what_lacks() -> None:
    bare = Facts(SCORES.drop(columns=["trend_rules", "steady_band", "ready_for_expansion"]), BANDS, {}, None)
    says: list[dict[str, Any]] = [
        {"trends": ["drop"]},
        {"ready_for_expansion": False},
        {"when": [{"feature": "logins", "at_least": 1}]},
    ]
    for one in says:
        assert match({"it": Playbook(action="do", **one)}, bare).told["it"]["why_none"]
    assert chosen(bare, bands=["at risk"]) == "ab"


def test_per_account_and_owner_the_most_urgent_counts_and_the_text_decides_between_equals() -> None:
    books = {
        "late": Playbook(action="later", bands=("lowest",), priority=3),
        "first": Playbook(action="first", bands=("lowest",), priority=2, due_days=3),
        "second": Playbook(action="second", bands=("lowest",), priority=2),
        "team": Playbook(action="look", bands=("lowest",), owner="support", priority=1),
        "off": Playbook(action="never", bands=("lowest",), priority=1, enabled=False),
    }
    matched = match(books, FACTS)
    tasks = matched.tasks
    assert list(zip(tasks["playbook"], tasks["owner"], tasks["priority"], strict=True)) == [
        ("team", "support", 1),
        ("first", "Ana", 2),
    ]
    assert {name: (told["fits"], told["counts"]) for name, told in matched.told.items()} == {
        "team": (1, 1),
        "first": (1, 1),
        "second": (1, 0),
        "late": (1, 0),
    }


def test_accounts_without_an_owner_are_nobodys() -> None:
    tasks = match({"it": Playbook(action="do", low_confidence=False)}, FACTS).tasks
    assert list(tasks["owner"]) == ["Ana", NOBODY, NOBODY, "Ana"]


def test_without_playbooks_there_is_nothing_to_do() -> None:
    matched = match({}, FACTS)
    assert matched.tasks.empty
    assert matched.told == {}


def test_components_of_a_joint_group_are_known_by_their_own_names() -> None:
    joint = SCORES.rename(columns={"points_activity": "points_activity + adoption"})
    assert chosen(Facts(joint, BANDS, {}, None), worst=["adoption"]) == "a"
