"""A literal book with a literal scorecard, small enough to be worked out by hand; it has no outcome."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from healthscore.config import Run, Scorecard
from healthscore.pipelines.score import ScoreResult
from literal import run_of

AS_OF = date(2024, 3, 1)
VISITS = {"a": 8, "b": 10, "c": 2, "d": 5, "h": 4}
ACCOUNTS = """
account_id segment owner
a          smb     Ann
b          smb     Ann
c          smb     Bob
d          big     Bob
e          smb     Bob
g          smb     Bob
h          smb     Bob
i          smb     Bob
"""
SURVEYS = """
account_id time       value
a          2024-02-01 9
b          2024-02-01 10
d          2024-02-05 5
d          2024-03-01 10
"""
CASES = """
account_id start      end
a          2024-02-20 -
b          2024-02-20 -
b          2024-02-21 -
b          2024-02-22 2024-03-03
c          2024-02-21 -
c          2024-02-22 2024-03-05
d          2024-02-02 -
d          2024-02-03 -
d          2024-02-04 2024-02-06
h          2024-03-01 -
"""
CONTRACTS = """
account_id start      end        notice     status value
a          2023-01-01 -          -          active 100
b          2023-01-01 -          2024-03-02 active 200
c          2023-01-01 -          -          active 50
d          2023-01-01 2024-03-20 -          active 900
e          2023-01-01 2024-02-01 -          active 10
g          2023-01-01 -          2024-02-20 active 30
h          2024-02-25 -          -          active 20
i          2024-02-25 -          -          trial  5
"""
CARD: dict[str, Any] = {
    "name": "literal_card",
    "components": {
        "use": {
            "weight": 50,
            "measures": [{"feature": "visits_active_days_28d", "linear": [[0, 0], [10, 100]]}],
        },
        "support": {
            "weight": 30,
            "measures": [{"feature": "cases_open", "linear": [[0, 100], [4, 0]], "tolerance": 1}],
        },
        "survey": {"weight": 20, "measures": [{"feature": "survey_last", "linear": [[0, 0], [10, 100]]}]},
    },
    "cap": [
        {"name": "three cases", "when": [{"feature": "cases_open", "at_least": 3}], "band": "needs attention"},
    ],
    "variant": [
        {
            "name": "beginner",
            "when": [{"feature": "tenure_days", "at_most": 90}],
            "weights": {"use": 80, "support": 20},
            "edges": [20.0, 50.0],
        },
        {"name": "large", "segments": ["big"], "weights": {"use": 20, "support": 60, "survey": 20}},
    ],
}
ACTIONS: dict[str, Any] = {
    "weight": 50,
    "start": 50,
    "actions": [
        {"name": "came often", "when": {"feature": "visits_active_days_28d", "at_least": 5}, "points": 30},
        {"name": "came very often", "when": {"feature": "visits_active_days_28d", "at_least": 8}, "points": 40},
        {"name": "has open cases", "when": {"feature": "cases_open", "at_least": 2}, "points": -20},
    ],
}
"""A component of actions."""
TABLES: dict[str, str] = {
    "accounts": ACCOUNTS,
    "levels": SURVEYS,
    "intervals": CASES,
    "subscriptions": CONTRACTS,
}


def visits(days: Mapping[str, int] = VISITS) -> str:
    """So many days with a visit, the first on 10 February, and one more on the as-of date that nobody may see.

    Somebody came long before, so that every window lies within what was recorded.
    """
    rows = ["e 2023-01-02"]
    rows += [f"{account} 2024-02-{day}" for account, n in days.items() for day in range(10, 10 + n)]
    return "\n".join(["", "account_id time", *rows, *(f"{account} 2024-03-01" for account in days)]) + "\n"


def literal_run(folder: Path, tables: Mapping[str, str] = TABLES, **sections: Any) -> Run:
    return run_of(
        folder,
        {"events": visits(), **tables},
        as_of=[AS_OF],
        features={"windows": [28], "families": ["frequency", "levels", "intervals"]},
        signals={
            "visits": {"source": "events"},
            "survey": {"source": "levels", "component": "survey"},
            "cases": {"source": "intervals", "component": "support"},
        },
        tracking={"enabled": False},
        **sections,
    )


def card_of(**changed: Any) -> Scorecard:
    return Scorecard.model_validate(CARD | changed)


def rated(result: ScoreResult) -> pd.DataFrame:
    return result.scores[result.scores["status"] == "scored"].set_index("account_id")


def by_account(result: ScoreResult) -> dict[str, dict[str, Any]]:
    rows = rated(result)
    return dict(zip(rows.index, rows.to_dict("records"), strict=True))
