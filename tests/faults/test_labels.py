"""Faults 44 to 53: labels. Those that need outcomes and models are listed in test_every_fault.py."""

from __future__ import annotations

from typing import Any

import pytest

from healthscore.errors import InsufficientDataError
from healthscore.pipelines.train import train
from messages import Rows, assert_told
from table_workspace import Workspace, padded

SUBS: dict[str, Any] = {"path": "subs.csv", "contract": "subscriptions"}


def good(number: int) -> str:
    return f"a{number},2024-01-01,2024-06-01"


@pytest.mark.parametrize("row", ["b,2024-02-01,2024-01-01", "b,2024-02-01,2024-02-01"], ids=["before", "at the start"])
def test_nobody_leaves_before_or_as_they_begin(workspace: Workspace, row: str) -> None:
    """fault 51: a life of no day, or of fewer, is set aside."""
    workspace.csv("subs.csv", "account_id,start,end", *padded([row], good))
    (finding,) = workspace.open({"subs": SUBS}).findings
    assert_told(
        finding,
        severity="quarantine",
        source="subs",
        column="end",
        file="subs.csv",
        rows=Rows(1, 0.001, ("subs.csv:2",)),
        rule="a subscription ends after the day on which it starts",
        remedy="mend the rows, or drop them by `where`",
    )
    (row_,) = workspace.quarantined("subs")
    assert (row_["reason"], row_["column"], row_["line"]) == ("end_before_start", "end", 2)


OPEN_TWICE = ["b,2024-01-01,", "c,2024-01-01,", "b,2024-02-01,9999-12-31"]


def test_an_account_has_one_open_subscription(workspace: Workspace) -> None:
    """fault 51: of two open lives nobody knows which one holds; both are set aside."""
    workspace.csv("subs.csv", "account_id,start,end", *padded(OPEN_TWICE, good))
    tables = workspace.open({"subs": SUBS})
    (finding,) = tables.findings
    assert_told(
        finding,
        severity="quarantine",
        source="subs",
        column="end",
        file="subs.csv",
        rows=Rows(2, 0.002, ("subs.csv:2", "subs.csv:4")),
        rule="an account has one open subscription; an older one ends when the next begins",
        remedy="tell them apart by `columns.subscription_id`",
    )
    assert [(row["reason"], row["line"]) for row in workspace.quarantined("subs")] == [("two_open", 2), ("two_open", 4)]
    # Another account is not concerned.
    assert "c" in workspace.column(tables, "subs", "account_id")


def test_add_ons_that_have_ids_may_be_open_side_by_side(workspace: Workspace) -> None:
    """fault 51: an id tells several subscriptions of an account apart; one of them open twice is a fault."""
    lines = [f"{row},{number}" for number, row in enumerate(OPEN_TWICE)]
    workspace.csv("subs.csv", "account_id,start,end,subscription_id", *lines)
    assert workspace.open({"subs": SUBS}).reports["subs"].used == 3
    workspace.csv("subs.csv", "account_id,start,end,subscription_id", *lines, "b,2024-03-01,,0")
    assert workspace.inspect({"subs": SUBS}).reports["subs"].quarantined == {"two_open": 2}


def test_copies_of_an_open_subscription_can_be_declared_to_be_one(workspace: Workspace) -> None:
    """fault 51: the remedy works: under a declared key the row that was known first stays."""
    workspace.csv("subs.csv", "account_id,start,end", *OPEN_TWICE)
    tables = workspace.open({"subs": SUBS | {"deduplicate_by": ["account_id"]}})
    assert (tables.reports["subs"].used, tables.reports["subs"].dropped) == (2, {"duplicate": 1})


def test_one_open_subscription_after_closed_ones_is_sound(workspace: Workspace) -> None:
    """fault 51: consecutive rows, the last one open, are one life, and an overlap with a closed row is none."""
    workspace.csv("subs.csv", "account_id,start,end", "b,2024-01-01,2024-03-01", "b,2024-02-01,", "c,2024-01-01,")
    assert workspace.open({"subs": SUBS}).findings == ()


def test_one_class_supports_no_model(workspace: Workspace) -> None:
    """fault 53: where everybody left there is nothing to tell leaving from."""
    workspace.csv("subs.csv", "account_id,start,end", *(f"a{n},2023-01-01,2024-02-{10 + n % 15}" for n in range(60)))
    workspace.csv("events.csv", "account_id,time", *(f"a{n},2024-01-{1 + n % 20:02d}" for n in range(60)))
    run = workspace.run(
        {"subs": SUBS, "events": {"path": "events.csv", "contract": "events"}},
        as_of={"dates": ["2024-02-01"]},
        data_end="2024-06-01",
        features={"windows": [30]},
        signals={"use": {"source": "events", "component": "usage"}},
        outcome={"kind": "churn", "source": "subs", "horizon_days": 30},
    )
    with pytest.raises(
        InsufficientDataError, match="each of the 60 labelled snapshots is of an account that left"
    ) as no:
        train(run)
    assert no.value.exit_code == 3
    assert "a shorter horizon" in no.value.remedy
    assert not run.out.exists()
