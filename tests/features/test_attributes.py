"""Attributes: what the source knew of an account at the date, and never what it says today."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import oracle
from healthscore.asof import day_of
from healthscore.config import Run
from healthscore.errors import ConfigurationError
from healthscore.features.ready import plan_panel
from healthscore.tables import SourcesError, open_tables
from literal import accounts_of, entry_of, expect, oracle_signals, panel_of, run_of

DAY = timedelta(days=1)
NO_TENURE = {"tenure": False}
STATES = """
account_id  valid_from  valid_to    plan   seats  vip
A           2024-01-01  2024-03-01  small  3      no
A           2024-03-01  -           large  30     yes
B           -           2024-02-01  small  5      no
C           2024-01-01  9999-12-31  exotic -      -
D           2024-01-01  -           -      7      no
"""
ACCOUNTS: dict[str, Any] = {
    "attributes": {"plan": "plan", "seats": "CAST(seats AS integer)", "vip": "vip = 'yes'"},
}
SIGNALS: dict[str, Any] = {
    "plan": {"source": "accounts", "attribute": "plan", "component": "profile", "key": ["small", "large"]},
    "seats": {"source": "accounts", "attribute": "seats", "component": "profile", "unit": "seats"},
    "vip": {"source": "accounts", "attribute": "vip", "component": "profile", "label": "important customer"},
}
DATES = ["2024-01-15", "2024-02-01", "2024-02-02", "2024-03-01", "2024-03-02"]


def run_with(folder: Path, states: str = STATES, accounts: dict[str, Any] | None = None, **signals: Any) -> Run:
    sources = {"accounts": ACCOUNTS | (accounts or {})}
    chosen = signals or {name: dict(signal) for name, signal in SIGNALS.items()}
    return run_of(folder, {"accounts": states}, as_of=DATES, sources=sources, signals=chosen, features=NO_TENURE)


def test_the_state_in_force_at_the_date_counts(tmp_path: Path) -> None:
    """A state is known from the day after its first; on the day on which it ends its end is still the future."""
    expect(
        panel_of(run_with(tmp_path)),
        """
        account  as_of       plan_small  plan_large  seats  vip
        A        2024-01-15  1           0           3      0
        A        2024-03-01  1           0           3      0
        A        2024-03-02  0           1           30     1
        B        2024-02-01  1           0           5      0
        B        2024-02-02  -           -           -      -
        C        2024-01-15  0           0           -      -
        C        2024-03-02  0           0           -      -
        D        2024-01-15  -           -           7      0
        """,
    )


def test_a_delay_holds_for_the_beginning_and_the_end_of_a_state(tmp_path: Path) -> None:
    expect(
        panel_of(run_with(tmp_path, accounts={"availability_delay_days": 14})),
        """
        account  as_of       plan_small  plan_large
        A        2024-01-15  -           -
        A        2024-02-01  1           0
        A        2024-03-02  1           0
        B        2024-02-02  1           0
        B        2024-03-01  -           -
        """,
    )


def test_the_dictionary_says_what_an_attribute_is(tmp_path: Path) -> None:
    run = run_with(tmp_path)
    plan, seats = entry_of(run, "plan_small"), entry_of(run, "seats")
    assert (plan.component, plan.family, plan.signal, plan.unit) == ("profile", "attributes", "plan", "0 or 1")
    assert (plan.say(1), plan.say(0)) == ("plan is small: yes", "plan is small: no")
    assert plan.label == "plan is small: yes or no"
    assert seats.say(1) == "1 seat (seats)"
    assert seats.say(float("nan")) == "seats not known (seats)"


def test_an_attribute_is_no_sign_of_life(tmp_path: Path) -> None:
    with open_tables(run := run_with(tmp_path)) as tables:
        plan = plan_panel(run, tables, accounts_of(run, tables), [day_of(date(2024, 3, 2))])
        assert not plan.seen().any()


# --- current states --------------------------------------------------------------------------------------------------

TODAY = """
account_id  plan   seats  vip
A           large  30     yes
"""


def test_a_current_state_is_refused_with_three_remedies(tmp_path: Path) -> None:
    with pytest.raises(SourcesError) as caught:
        panel_of(run_with(tmp_path, TODAY, plan=dict(SIGNALS["plan"])))
    problem = caught.value.problems[0]
    assert (problem.code, problem.source, problem.column) == ("current_state", "accounts", "plan")
    assert "without history" in problem.rule
    assert "leak" in problem.rule
    for remedy in ('static = ["plan"]', "columns.valid_from", "leave signals.plan out"):
        assert remedy in problem.remedy


def test_a_static_attribute_stands_for_the_past(tmp_path: Path) -> None:
    run = run_with(tmp_path, TODAY, accounts={"static": ["plan"]}, plan=dict(SIGNALS["plan"]))
    expect(
        panel_of(run),
        """
        account  as_of       plan_small  plan_large
        A        2024-01-15  0           1
        """,
    )


@pytest.mark.parametrize(("data_end", "allowed"), [("2024-03-01", True), ("2024-03-02", False)])
def test_from_the_data_end_on_the_current_state_is_the_state(tmp_path: Path, data_end: str, allowed: bool) -> None:
    """So it can be scored with, and never be learned from: outcomes lie behind the dates that are learned from."""
    run = run_with(tmp_path, TODAY, seats=dict(SIGNALS["seats"]))
    with open_tables(run) as tables:
        accounts, days = accounts_of(run, tables), [day_of(date(2024, 3, 1))]
        if allowed:
            plan = plan_panel(run, tables, accounts, days, day_of(date.fromisoformat(data_end)))
            assert [feature.name for feature in plan.features] == ["seats"]
        else:
            with pytest.raises(SourcesError):
                plan_panel(run, tables, accounts, days, day_of(date.fromisoformat(data_end)))


# --- what cannot be meant --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signal", "what", "remedy"),
    [
        ({"attribute": "plam", "key": ["small"]}, "no attribute 'plam'; there are", "'plan'"),
        ({"key": ["small"]}, "no attribute None", "plan"),
        ({"attribute": "plan"}, "'plan' is a text: which of its names count?", "key = "),
        ({"attribute": "seats", "key": ["3"]}, "'seats' is no text", "leave `key` out"),
        ({"attribute": "plan", "key": ["a b", "a-b"]}, "'a-b' and 'a b' make no name", "CASE WHEN"),
        ({"attribute": "plan", "key": ["?"]}, "'?' makes no name", "CASE WHEN"),
        ({"attribute": "plan", "key": ["small"], "where": "vip"}, "no rows to choose from", "leave `where` out"),
        ({"attribute": "plan", "key": ["small"], "families": ["recency"]}, "no family 'recency' of accounts", "attr"),
    ],
    ids=["unknown", "none", "text", "number", "alike", "nameless", "where", "family"],
)
def test_what_cannot_be_meant_is_told(tmp_path: Path, signal: dict[str, Any], what: str, remedy: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        panel_of(run_with(tmp_path, plan={"source": "accounts", "component": "profile"} | signal))
    assert what in caught.value.what
    assert remedy in caught.value.remedy


# --- against the oracle ----------------------------------------------------------------------------------------------

BEGIN = date(2024, 1, 1)
states = st.lists(
    st.tuples(
        st.integers(0, 30),
        st.integers(1, 30),
        st.sampled_from(["EU", "US west", "elsewhere", None]),
        st.one_of(st.none(), st.integers(-5, 99)),
    ),
    max_size=4,
)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    lives=st.lists(states, min_size=1, max_size=4),
    ever=st.booleans(),
    delay=st.sampled_from([0, 3]),
    at=st.sets(st.integers(-3, 140), min_size=1, max_size=6),
    seed=st.integers(0, 5),
)
def test_random_lives_have_the_attributes_that_the_oracle_finds(
    tmp_path_factory: pytest.TempPathFactory, lives: list[Any], ever: bool, delay: int, at: set[int], seed: int
) -> None:
    rows = [{"account_id": "quiet", "valid_from": BEGIN, "valid_to": None, "region": "EU", "size": 1}]
    for number_of_account, life in enumerate(lives):
        day = BEGIN
        for number, (pause, length, region, size) in enumerate(life):
            begin, day = day + pause * DAY, day + (pause + length) * DAY
            open_end = number == len(life) - 1 and size == 7
            rows.append(
                {
                    "account_id": f"a{number_of_account}",
                    "valid_from": None if ever and number == 0 else begin,
                    "valid_to": None if open_end else day,
                    "region": region,
                    "size": size,
                }
            )
    random.Random(seed).shuffle(rows)
    types = {"account_id": pa.string(), "valid_from": pa.date32(), "valid_to": pa.date32()}
    schema = pa.schema(types | {"region": pa.string(), "size": pa.int64()})
    run = run_of(
        tmp_path_factory.mktemp("lives"),
        {"accounts": pa.Table.from_pylist(rows, schema)},
        as_of=sorted(BEGIN + n * DAY for n in at),
        sources={"accounts": {"attributes": {"region": "region", "size": "size"}, "availability_delay_days": delay}},
        signals={
            "region": {"source": "accounts", "attribute": "region", "key": ["EU", "US west", "unheard of"]},
            "size": {"source": "accounts", "attribute": "size"},
        },
        features=NO_TENURE,
    )
    found = panel_of(run)
    signals = oracle_signals(run, {})
    for (account, t), cells in found.items():
        assert cells == oracle.features(signals, account, t, tenure=False), (account, t)
