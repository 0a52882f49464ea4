"""Which accounts have a panel row where a run has no outcome."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from healthscore.asof import day_of
from healthscore.features.panel import PanelPlan
from healthscore.tables import open_tables
from literal import accounts_of, run_of


def test_an_account_is_there_once_an_event_or_a_contract_of_it_is_known(tmp_path: Path) -> None:
    # C pays and never shows up: the very account that must not be missing.
    events = """
    account_id  time        known_at
    A           2024-01-10  2024-01-10
    B           2024-01-10  2024-01-20
    """
    contracts = """
    account_id  start       end
    C           2024-01-10  2024-01-15
    """
    run = run_of(
        tmp_path,
        {"events": events, "subscriptions": contracts},
        as_of=["2024-01-10", "2024-01-11", "2024-01-21"],
        signals={"usage": {"families": ["recency"]}},
    )
    assert run.as_of is not None
    with open_tables(run) as tables:
        plan = PanelPlan(run, tables, accounts_of(run, tables), [day_of(t) for t in run.as_of.dates])
        seen = plan.seen()
    np.testing.assert_array_equal(
        seen,
        [
            [False, False, False],
            [True, False, True],
            [True, True, True],
        ],
    )


def test_an_account_is_there_once_an_interval_or_a_level_of_it_is_known(tmp_path: Path) -> None:
    tickets = """
    account_id  start       known_at
    A           2024-01-10  2024-01-20
    """
    answers = """
    account_id  time        value
    B           2024-01-10  9
    C           2024-01-12  -
    """
    run = run_of(
        tmp_path,
        {"intervals": tickets, "levels": answers},
        as_of=["2024-01-10", "2024-01-11", "2024-01-21"],
        signals={"tickets": {"source": "intervals"}, "answers": {"source": "levels"}},
    )
    assert run.as_of is not None
    with open_tables(run) as tables:
        plan = PanelPlan(run, tables, accounts_of(run, tables), [day_of(t) for t in run.as_of.dates])
        seen = plan.seen()
    np.testing.assert_array_equal(seen, [[False] * 3, [False, True, False], [True] * 3])
