"""Renewals: when they are due by what was known at the date, and in which order they are listed."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from healthscore.pipelines.actions.renewals import days_to_renewal, renewal_source, renewals
from table_workspace import Workspace

AS_OF = date(2025, 5, 1)
SOURCES = {"contracts": {"contract": "subscriptions", "path": "contracts.csv"}}


def test_days_to_the_next_renewal_are_those_known_at_the_date(workspace: Workspace) -> None:
    workspace.csv(
        "contracts.csv",
        "account_id,start,end,renewal,known_at",
        "a,2024-06-01,,2025-06-01,2024-06-01",
        "b,2024-05-01,,2025-05-01,2024-05-01",
        "c,2024-06-01,,2025-06-01,2025-05-02",  # written down after the date
        "d,2023-04-30,2025-04-30,2025-04-30,2023-04-30",  # over
        "e,2024-01-01,,,2024-01-01",
    )
    run, tables = workspace.run(SOURCES), workspace.open(SOURCES)
    found = days_to_renewal(run, tables, AS_OF, pd.Series(["e", "d", "c", "b", "a"]))
    np.testing.assert_array_equal(found, [np.nan, np.nan, np.nan, 0.0, 31.0])
    assert renewal_source(run, tables) == "contracts"


def test_contracts_without_a_renewal_say_so(workspace: Workspace) -> None:
    workspace.csv("contracts.csv", "account_id,start", "a,2024-06-01")
    run, tables = workspace.run(SOURCES), workspace.open(SOURCES)
    assert renewal_source(run, tables) is None
    assert days_to_renewal(run, tables, AS_OF, pd.Series(["a"])).isna().all()


def test_reminders_begin_with_those_at_risk_then_with_most_revenue() -> None:
    scores = pd.DataFrame(
        {
            "account_id": ["a", "b", "c", "d", "e", "f"],
            "status": ["scored"] * 5 + ["leaving"],
            "band": ["healthy", "at risk", "at risk", "needs attention", "at risk", None],
            "days_to_renewal": [0.0, 90.0, 10.0, 5.0, 91.0, 3.0],
            "revenue_at_risk": [900.0, 5.0, np.nan, 70.0, 500.0, np.nan],
        }
    )
    found = renewals(scores, AS_OF, 90, ["at risk", "needs attention", "healthy"])
    assert list(found["account_id"]) == ["b", "c", "d", "a"]
    assert list(found["renewal"]) == [date(2025, 7, 30), date(2025, 5, 11), date(2025, 5, 6), AS_OF]
    assert list(found["days_to_renewal"]) == [90, 10, 5, 0]
