"""A key of [outcome] that its kind does not read is told, with the kinds that do."""

from __future__ import annotations

from typing import Any

import pytest

from healthscore.config import Outcome, load_run, shipped_runs
from healthscore.errors import ConfigurationError
from healthscore.outcomes import OUTCOMES
from healthscore.outcomes.keys import ALWAYS, KEYS, refuse_unused_keys

VALUES: dict[str, Any] = {
    "where": "quantity > 0",
    "active_source": "subscriptions",
    "grace_days": 14,
    "types": ["voluntary"],
    "date": "effective",
    "eligible_within_days": 30,
    "change_percent": 20,
    "price_uplift_percent": 3,
    "first_days": 30,
    "minimum_purchases": 2,
    "decline_percent": 40,
}


def declared(kind: str, **keys: Any) -> Outcome:
    return Outcome.model_validate({"kind": kind, "source": "somewhere", "horizon_days": 60} | keys)


def test_every_kind_and_every_key_is_in_the_table() -> None:
    assert set(KEYS) == set(OUTCOMES)
    assert ALWAYS | frozenset().union(*KEYS.values()) == set(Outcome.model_fields)
    assert set(VALUES) == set(Outcome.model_fields) - ALWAYS


@pytest.mark.parametrize("kind", OUTCOMES)
def test_a_kind_takes_the_keys_that_it_reads_and_no_others(kind: str) -> None:
    refuse_unused_keys(declared(kind, gap_days=7, maturity_days=30))
    for key, value in VALUES.items():
        if key in KEYS[kind]:
            refuse_unused_keys(declared(kind, maturity_days=30, **{key: value}))
        else:
            with pytest.raises(ConfigurationError, match=f"outcome.{key}: {kind} has no use for {key} "):
                refuse_unused_keys(declared(kind, maturity_days=30, **{key: value}))


def test_the_error_names_every_such_key_and_who_reads_it() -> None:
    with pytest.raises(ConfigurationError) as raised:
        refuse_unused_keys(declared("inactivity", types=["voluntary"], decline_percent=50, grace_days=14))
    assert raised.value.what == (
        "outcome.decline_percent: inactivity has no use for decline_percent, grace_days, types (decline_percent is for "
        "declining_purchases; grace_days is for churn, non_renewal, contraction, expansion, complaint; types is for "
        "churn, non_renewal, contraction, expansion, complaint)"
    )
    assert "maturity_days" in raised.value.remedy


def test_a_default_that_is_written_out_is_a_key_too() -> None:
    with pytest.raises(ConfigurationError, match="change_percent"):
        refuse_unused_keys(declared("churn", change_percent=10))


@pytest.mark.parametrize("name", shipped_runs())
def test_shipped_runs_say_nothing_in_vain(name: str) -> None:
    outcome = load_run(name).need_outcome()
    refuse_unused_keys(outcome)
