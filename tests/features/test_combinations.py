"""Combinations: what features mean together, and what is said where some of them are not known."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthscore.config import Combination, Condition, Run
from healthscore.errors import ConfigurationError
from healthscore.features.combinations import _holds, _met
from healthscore.features.dictionary import Feature
from literal import entry_of, expect, panel_of, run_of

EVENTS = """
account_id  time
A           2024-02-05
A           2024-02-06
A           2024-02-20
B           2024-02-05
B           2024-02-27
"""
ANSWERS = """
account_id  time        value
A           2024-02-10  10
B           2024-02-10  3
C           2024-02-10  9
"""
PRAISE: dict[str, Any] = {
    "component": "satisfaction",
    "direction": "risky",
    "label": "praise with falling use",
    "conditions": [{"feature": "nps_last", "at_least": 9}, {"feature": "usage_trend_14d", "at_most": -0.1}],
}


def run_with(folder: Path, **combinations: Any) -> Run:
    return run_of(
        folder,
        {"events": EVENTS, "levels": ANSWERS},
        as_of=["2024-03-01"],
        signals={
            "usage": {"families": ["frequency", "trend", "recency"], "windows": [14], "label": "log-ins"},
            "nps": {"source": "levels", "families": ["levels"], "windows": [28], "label": "NPS"},
        },
        features={"tenure": False},
        combinations=combinations,
    )


def test_a_combination_holds_where_its_conditions_do(tmp_path: Path) -> None:
    """A praises and logs in less; B logs in as before; C, who praises, never did."""
    found = panel_of(run_with(tmp_path, praise=PRAISE, weak=PRAISE | {"at_least": 1}))
    expect(
        found,
        """
        account  as_of       nps_last  usage_trend_14d  praise  praise_met  weak  weak_met
        A        2024-03-01  10        ln(3/5)          1       2           1     2
        B        2024-03-01  3         0                0       0           0     0
        C        2024-03-01  9         0                0       1           1     1
        """,
    )


@pytest.mark.parametrize(
    ("values", "needed", "holds", "met"),
    [
        ((1, 1, 1), 2, 1, 3),
        ((1, 1, None), 2, 1, None),
        ((1, 0, None), 2, None, None),
        ((0, 0, None), 2, 0, None),
        ((1, None, None), 3, None, None),
        ((0, None, None), 3, 0, None),
        ((None, None, None), 1, None, None),
        ((0, 0, 1), 1, 1, 1),
    ],
)
def test_what_is_not_known_is_missing_only_where_it_decides(
    values: tuple[float | None, ...], needed: int, holds: float | None, met: float | None
) -> None:
    assert judged(values, needed) == (holds, met)


def judged(values: tuple[float | None, ...], needed: int) -> tuple[float | None, float | None]:
    """Whether "at least `needed` values are 1 or more" holds, and how many are."""
    columns = {f"f{i}": np.array([np.nan if value is None else value]) for i, value in enumerate(values)}
    conditions = [Condition(feature=name, at_least=1) for name in columns]
    found = (_holds(columns, conditions, needed)[0], _met(columns, conditions)[0])
    return (None if found[0] != found[0] else found[0], None if found[1] != found[1] else found[1])


@given(values=st.lists(st.sampled_from([0.0, 1.0, None]), min_size=2, max_size=5), needed=st.integers(1, 5))
def test_it_is_known_if_every_filling_of_the_unknown_agrees(values: list[float | None], needed: int) -> None:
    fillings: list[tuple[float, ...]] = [()]
    for value in values:
        fillings = [(*filling, other) for filling in fillings for other in ([0.0, 1.0] if value is None else [value])]
    answers = {float(sum(filling) >= needed) for filling in fillings}
    assert judged(tuple(values), needed)[0] == (answers.pop() if len(answers) == 1 else None)


def test_the_dictionary_says_the_conditions_in_words(tmp_path: Path) -> None:
    several = PRAISE | {
        "label": None,
        "at_least": 2,
        "conditions": [*PRAISE["conditions"], {"feature": "usage_recency", "at_least": 10}],
    }
    run = run_with(tmp_path, praise=PRAISE, several_warnings=several)
    entry, counted = entry_of(run, "praise"), entry_of(run, "praise_met")
    assert (entry.component, entry.family, entry.healthy, entry.unit) == ("satisfaction", "combinations", -1, "0 or 1")
    both = (
        "at least 9, the last of the NPS; and at least 10% fewer log-ins in the last 14 days than in the 14 days before"
    )
    assert entry.say(1) == f"praise with falling use: yes ({both})"
    assert entry.say(0) == f"praise with falling use: no ({both})"
    assert entry.say(float("nan")) == "what is not known could decide it (0 or 1)"
    assert counted.say(1).startswith("1 of 2 hold for praise with falling use: at least 9, the last of the NPS; ")
    told = entry_of(run, "several_warnings").say(1)
    assert told.startswith("several warnings: yes (at least 2 of: at least 9, the last of the NPS; ")
    assert told.endswith("; at least 10 days since the last day with log-ins)")


def sentence(text: str) -> Feature:
    return Feature("f", "c", "", "", "", "", "", "", text, 0, lambda state: state)


@pytest.mark.parametrize(
    ("text", "bound", "value", "said"),
    [
        ("{value} users", "at least", 3, "at least 3 users"),
        ("{value} users", "at most", 0.125, "at most 0.125 users"),
        ("{value} euros", "at least", 12000, "at least 12,000 euros"),
        ("{percent} of the seats", "at most", 0.3, "at most 30% of the seats"),
        ("{ratio} log-ins", "at most", -0.35667494393873245, "at least 30% fewer log-ins"),
        ("{ratio} log-ins", "at least", -0.35667494393873245, "at most 30% fewer log-ins"),
        ("{ratio} log-ins", "at least", 0.4054651081081644, "at least 50% more log-ins"),
        ("{ratio} log-ins", "at most", 0.4054651081081644, "at most 50% more log-ins"),
        ("{ratio} log-ins", "at most", 0, "no more log-ins"),
        ("{ratio} log-ins", "at least", 0, "no fewer log-ins"),
        ("{value} users", "at least", 1, "at least 1 user"),
        ("{signed} points", "at least", 2, "at least +2 points"),
        ("{signed} points", "at most", -2.5, "at most -2.5 points"),
        ("plan is small: {truth}", "at least", 1, "plan is small: yes"),
        ("plan is small: {truth}", "at most", 0, "plan is small: no"),
        ("logins_28d is {value}", "at least", 3, "logins_28d is at least 3"),
    ],
)
def test_a_condition_is_the_features_own_sentence(text: str, bound: Any, value: float, said: str) -> None:
    assert sentence(text).bounded(bound, value) == said


# --- what cannot be meant --------------------------------------------------------------------------------------------


def test_an_unknown_feature_is_told_with_the_nearest(tmp_path: Path) -> None:
    wrong = PRAISE | {"conditions": [{"feature": "nps_lst", "at_least": 9}, {"feature": "usage_recency", "at_most": 3}]}
    with pytest.raises(ConfigurationError, match=r"combinations\.praise: there is no feature 'nps_lst'") as caught:
        panel_of(run_with(tmp_path, praise=wrong))
    assert "'nps_last'" in caught.value.remedy


@pytest.mark.parametrize("other", ["praise", "praise_met"])
def test_a_combination_is_made_of_features_only(tmp_path: Path, other: str) -> None:
    nested = PRAISE | {"conditions": [{"feature": other, "at_least": 1}, {"feature": "nps_last", "at_least": 9}]}
    with pytest.raises(ConfigurationError, match=f"'{other}' is a combination"):
        panel_of(run_with(tmp_path, praise=PRAISE, worse=nested))


def test_the_name_of_a_combination_is_its_own(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is a feature 'nps_last' already"):
        panel_of(run_with(tmp_path, nps_last=PRAISE))


def test_all_conditions_are_needed_unless_a_number_is_given() -> None:
    assert Combination.model_validate(PRAISE).at_least is None


def test_dates_do_not_see_each_other(tmp_path: Path) -> None:
    run = run_with(tmp_path, praise=PRAISE)
    early, late = date(2024, 2, 25), date(2024, 3, 1)
    both = panel_of(run, [early, late])
    assert {row: cells for row, cells in both.items() if row[1] == early} == panel_of(run, [early])
