"""Lookups: columns of a second file by equality, more rows only where the run says so."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa

from healthscore.asof import day_of
from healthscore.pipelines.publish import run_identity
from table_workspace import Workspace


def source(
    workspace: Workspace, *, on: list[str], columns: list[str], path: str = "sites.csv"
) -> dict[str, dict[str, Any]]:
    workspace.csv("clicks.csv", "account_id,time,site", "a,2024-01-01,1", "b,2024-01-01,2", "c,2024-01-01,")
    lookup = {"path": path, "on": on, "columns": columns}
    return {"clicks": {"path": "clicks.csv", "contract": "events", "columns": {"name": "kind"}, "lookup": [lookup]}}


def test_columns_are_fetched_by_equality(workspace: Workspace) -> None:
    workspace.csv("sites.csv", "site,kind", "1,quiz", "2,forum", "3,video")
    tables = workspace.open(source(workspace, on=["site"], columns=["kind"]))
    assert workspace.column(tables, "clicks", "name") == ["forum", "quiz", None]


def test_another_lookup_file_is_another_fingerprint_and_another_run(workspace: Workspace) -> None:
    """Results follow from what was looked up as from the source's own rows."""

    def opened() -> tuple[str, str]:
        sources = source(workspace, on=["site"], columns=["kind"])
        prints = {name: report.fingerprint for name, report in workspace.open(sources).reports.items()}
        return prints["clicks"], run_identity(workspace.run(sources), "train", prints)

    workspace.csv("sites.csv", "site,kind", "1,quiz", "2,forum")
    before, same = opened(), opened()
    workspace.csv("sites.csv", "site,kind", "1,quiz", "2,chats")
    after = opened()
    workspace.csv("sites.csv", "site,kind", "1,quiz", "2,forum")
    assert before == same == opened()
    assert after[0] != before[0]
    assert after[1] != before[1]


def test_rows_that_find_nothing_are_a_warning(workspace: Workspace) -> None:
    workspace.csv("sites.csv", "site,kind", "1,quiz")
    tables = workspace.open(source(workspace, on=["site"], columns=["kind"]))
    (warning,) = tables.reports["clicks"].warnings
    assert (warning.code, warning.column, warning.count) == ("lookup_unmatched", "site", 2)


def test_integers_and_texts_are_compared_as_texts(workspace: Workspace) -> None:
    workspace.parquet("sites.parquet", site=pa.array([1, 2], pa.int32()), kind=["quiz", "forum"])
    tables = workspace.open(source(workspace, on=["site"], columns=["kind"], path="sites.parquet"))
    assert workspace.column(tables, "clicks", "name") == ["forum", "quiz", None]


def test_floating_point_keys_are_refused(workspace: Workspace) -> None:
    workspace.parquet("sites.parquet", site=[1.0, 2.0], kind=["quiz", "forum"])
    assert "lookup_type" in workspace.refusal(source(workspace, on=["site"], columns=["kind"], path="sites.parquet"))


def test_a_lookup_that_would_multiply_rows_is_refused(workspace: Workspace) -> None:  # fault 12
    workspace.csv("sites.csv", "site,kind", "1,quiz", "1,forum", "2,forum")
    fault = workspace.refusal(source(workspace, on=["site"], columns=["kind"]))["lookup_multiplies"]
    assert (fault.column, fault.count) == ("site", 2)
    assert "would multiply rows" in fault.rule


def test_columns_that_are_not_there_are_named(workspace: Workspace) -> None:
    workspace.csv("sites.csv", "site,kind", "1,quiz")
    assert (
        "did you mean 'kind'"
        in workspace.refusal(source(workspace, on=["site"], columns=["kinds"]))["missing_column"].rule
    )
    assert "in the source" in workspace.refusal(source(workspace, on=["kind"], columns=["site"]))["missing_column"].rule


def test_a_column_that_the_source_has_is_not_looked_up(workspace: Workspace) -> None:
    workspace.csv("sites.csv", "site,time", "1,x")
    fault = workspace.refusal(source(workspace, on=["site"], columns=["time"]))["lookup_column_taken"]
    assert fault.column == "time"


def test_several_lookups_follow_each_other(workspace: Workspace) -> None:
    workspace.csv("sites.csv", "site,kind", "1,quiz", "2,forum")
    workspace.csv("kinds.csv", "kind,weight", "quiz,3", "forum,1")
    declared = source(workspace, on=["site"], columns=["kind"])
    declared["clicks"]["lookup"].append({"path": "kinds.csv", "on": ["kind"], "columns": ["weight"]})
    declared["clicks"]["columns"]["quantity"] = "weight"
    assert workspace.column(workspace.open(declared), "clicks", "quantity") == [1, 3, None]


def test_a_lookup_without_a_file_is_named(workspace: Workspace) -> None:
    assert "sites.csv" in workspace.refusal(source(workspace, on=["site"], columns=["kind"]))["no_file"].rule


JOINED = date(2024, 1, 1)
STEPS: dict[str, Any] = {
    "path": "accounts.csv",
    "contract": "intervals",
    "columns": {"start": "joined", "deadline": "joined + due_day", "end": "joined + done_day", "kind": "step"},
    "lookup": [
        {"path": "steps.csv", "on": ["plan"], "columns": ["step", "due_day"], "many": True},
        {"path": "done.csv", "on": ["account_id", "step"], "columns": ["done_day"], "optional": True},
    ],
}


def steps(workspace: Workspace, **lookup: Any) -> dict[str, dict[str, Any]]:
    workspace.parquet("accounts.parquet", account_id=["a", "b", "c"], plan=["pro", "free", "old"], joined=[JOINED] * 3)
    workspace.parquet(
        "steps.parquet", plan=["pro", "pro", "free"], step=["invite", "import", "invite"], due_day=[7, 14, 7]
    )
    workspace.parquet("done.parquet", account_id=["a"], step=["invite"], done_day=[5])
    named = STEPS | {"path": "accounts.parquet"}
    first, second = ({**each, "path": each["path"].replace("csv", "parquet")} for each in STEPS["lookup"])
    return {"steps": named | {"lookup": [first | lookup, second]}}


def test_what_is_due_from_everybody_on_a_plan_is_a_row_per_step(workspace: Workspace) -> None:
    tables = workspace.open(steps(workspace, optional=True))
    assert workspace.rows(tables, "steps", "account_id, kind, end_day, deadline") == [
        {"account_id": "a", "kind": "import", "end_day": None, "deadline": day_of(JOINED) + 14},
        {"account_id": "a", "kind": "invite", "end_day": day_of(JOINED) + 5, "deadline": day_of(JOINED) + 7},
        {"account_id": "b", "kind": "invite", "end_day": None, "deadline": day_of(JOINED) + 7},
    ]
    assert tables.reports["steps"].rows_in == 3
    assert not tables.reports["steps"].warnings


def test_rows_that_stand_for_nothing_fall_out_with_a_warning(workspace: Workspace) -> None:
    tables = workspace.open(steps(workspace))
    (warning,) = tables.reports["steps"].warnings
    assert (warning.code, warning.column, warning.count) == ("lookup_unmatched", "plan", 1)
    assert "the row falls out" in warning.rule
