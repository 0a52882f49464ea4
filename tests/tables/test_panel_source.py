"""A ready-made panel as a source: what it must hold, and what is said where it does not."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pytest

from healthscore.asof import day_of
from healthscore.config import Run
from healthscore.tables import Problem, SourcesError, inspect_tables, open_tables
from table_workspace import Workspace

MARCH, APRIL = date(2024, 3, 1), date(2024, 4, 1)


def panel_run(workspace: Workspace, path: str, **panel: Any) -> Run:
    declared = {"path": path, "components": {"activity": ["logins"]}} | panel
    fixed = {"name": "test", "path": workspace.root / "run.toml", "data": workspace.root, "out": workspace.root}
    return Run.model_validate(fixed | {"panel": declared})


def rows_of(workspace: Workspace, path: str, **panel: Any) -> list[dict[str, Any]]:
    with open_tables(panel_run(workspace, path, **panel)) as tables:
        return workspace.rows(tables, "panel")


def refused(workspace: Workspace, path: str, **panel: Any) -> Problem:
    """The one fault for which the panel is refused."""
    with pytest.raises(SourcesError) as caught:
        open_tables(panel_run(workspace, path, **panel))
    assert len(caught.value.problems) == 1, caught.value
    problem = caught.value.problems[0]
    assert "sources.panel" not in str(problem), "a person wrote [panel]"
    return problem


def panel_file(workspace: Workspace, **columns: Any) -> str:
    return workspace.parquet("panel.parquet", **{"account_id": ["a", "b"], "as_of": [MARCH, MARCH], **columns})


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([1, 2], pa.int16()), [1.0, 2.0]),
        (pa.array([0.1, None]), [0.1, None]),
        (pa.array([0.1, float("nan")]), [0.1, None]),
        (pa.array([True, False]), [1.0, 0.0]),
        (pa.array(["1.5", " 1e3 "]), [1.5, 1000.0]),
        (pa.array([None, None]), [None, None]),
    ],
    ids=["integers", "empty", "nan", "truths", "texts", "nothing"],
)
def test_a_feature_is_a_number_whatever_its_type(workspace: Workspace, values: pa.Array, expected: list[Any]) -> None:
    found = rows_of(workspace, panel_file(workspace, logins=values))
    assert [row["logins"] for row in found] == expected


def test_a_panel_may_be_a_csv_with_columns_of_any_name(workspace: Workspace) -> None:
    path = workspace.csv(
        "panel.csv", "id,date,Log-ins (28 d),gone", "a,01/03/2024,0.30000000000000004,1", "b,01/04/2024,,"
    )
    found = rows_of(
        workspace,
        path,
        account_id="id",
        as_of="date",
        time_format="%d/%m/%Y",
        components={"activity": ["Log-ins (28 d)"]},
        outcome="gone",
    )
    assert [(row["as_of"], row["Log-ins (28 d)"], row["outcome"]) for row in found] == [
        (day_of(MARCH), 0.30000000000000004, 1),
        (day_of(APRIL), None, None),
    ]


def test_text_in_a_feature_is_an_error_that_names_it(workspace: Workspace) -> None:
    problem = refused(workspace, panel_file(workspace, logins=["gold", "silver"]))
    assert (problem.code, problem.source, problem.column, problem.count) == ("feature_not_number", "panel", "logins", 2)
    assert problem.lines == ("panel.parquet:1", "panel.parquet:2")
    assert "one 0/1 column per name" in problem.remedy


def test_a_date_is_no_feature(workspace: Workspace) -> None:
    problem = refused(workspace, panel_file(workspace, logins=[MARCH, MARCH]))
    assert (problem.code, problem.column) == ("feature_not_number", "logins")


def test_a_feature_that_the_file_does_not_have_is_named_with_the_nearest(workspace: Workspace) -> None:
    problem = refused(workspace, panel_file(workspace, log_ins=[1, 2]))
    assert (problem.code, problem.column) == ("missing_column", "logins")
    assert "[panel.components]" in problem.rule
    assert "'log_ins'" in problem.remedy


def test_rows_that_are_infinite_or_no_number_are_set_aside(workspace: Workspace) -> None:
    accounts = [f"a{i:04}" for i in range(1000)]
    path = workspace.parquet(
        "panel.parquet",
        account_id=accounts,
        as_of=[MARCH] * 1000,
        logins=["NaN", "1e309", "1,5", *("1" for _ in range(997))],
    )
    with open_tables(panel_run(workspace, path), quarantine_dir=workspace.root / "quarantine") as tables:
        report = tables.reports["panel"]
    assert sum(report.quarantined.values()) == 3
    assert report.used == 997
    assert {row["line"] for row in workspace.quarantined("panel")} == {1, 2, 3}
    infinite = [float("inf"), *(1.0 for _ in range(999))]
    path = workspace.parquet("panel.parquet", account_id=accounts, as_of=[MARCH] * 1000, logins=infinite)
    with open_tables(panel_run(workspace, path)) as tables:
        assert tables.reports["panel"].quarantined == {"number_not_finite": 1}


@pytest.mark.parametrize("logins", [(1, 1), (1, 2)], ids=["equal", "different"])
def test_two_rows_of_one_account_and_date_are_an_error(workspace: Workspace, logins: tuple[int, int]) -> None:
    path = workspace.parquet(
        "panel.parquet", account_id=["a", "a", "a"], as_of=[MARCH, MARCH, APRIL], logins=[*logins, 3]
    )
    problem = refused(workspace, path)
    assert (problem.code, problem.column) == ("repeated_row", "as_of")
    assert "one row per account and as-of date" in problem.rule


@pytest.mark.parametrize(
    "as_of",
    [
        pa.array([datetime(2024, 3, 1)] * 2, pa.timestamp("ns")),
        pa.array([datetime(2024, 3, 1)] * 2, pa.timestamp("us", "UTC")),
        pa.array(["2024-03-01", "2024-03-01 00:00:00"]),
    ],
    ids=["naive", "utc", "text"],
)
def test_a_timestamp_at_midnight_is_a_date(workspace: Workspace, as_of: pa.Array) -> None:
    found = rows_of(workspace, panel_file(workspace, as_of=as_of, logins=[1, 2]))
    assert [row["as_of"] for row in found] == [day_of(MARCH)] * 2


@pytest.mark.parametrize(
    "as_of",
    [
        pa.array([datetime(2024, 3, 1), datetime(2024, 3, 1, 12)], pa.timestamp("ns")),
        pa.array([datetime(2024, 3, 1), datetime(2024, 3, 1, 12)], pa.timestamp("us", "UTC")),
        pa.array(["2024-03-01", "2024-03-01T12:00"]),
        pa.array(["2024-03-01", "2024-03-01T00:00+02:00"]),
        pa.array(["2024-03-01", "1 March"]),
    ],
    ids=["naive", "utc", "text", "offset", "words"],
)
def test_an_as_of_date_with_a_time_of_day_is_an_error_with_a_remedy(workspace: Workspace, as_of: pa.Array) -> None:
    problem = refused(workspace, panel_file(workspace, as_of=as_of, logins=[1, 2]))
    assert (problem.code, problem.column, problem.count) == ("as_of_not_date", "as_of", 1)
    assert problem.lines == ("panel.parquet:2",)
    assert "time_format" in problem.remedy


def test_an_as_of_date_that_is_a_number_is_an_error(workspace: Workspace) -> None:
    problem = refused(workspace, panel_file(workspace, as_of=[20240301, 20240301], logins=[1, 2]))
    assert problem.code == "as_of_not_date"
    found = rows_of(workspace, panel_file(workspace, as_of=[20240301] * 2, logins=[1, 2]), time_format="%Y%m%d")
    assert [row["as_of"] for row in found] == [day_of(MARCH)] * 2


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([1, None]), [1, None]),
        (pa.array([1.0, float("nan")]), [1, None]),
        (pa.array([True, False]), [1, 0]),
        (pa.array(["1", ""]), [1, None]),
        (pa.array(["1.0", "0"]), [1, 0]),
    ],
    ids=["integers", "floats", "truths", "texts", "decimals"],
)
def test_an_outcome_is_one_zero_or_empty(workspace: Workspace, values: pa.Array, expected: list[Any]) -> None:
    found = rows_of(workspace, panel_file(workspace, logins=[1, 2], gone=values), outcome="gone")
    assert [row["outcome"] for row in found] == expected


@pytest.mark.parametrize(
    "values", [pa.array([1, 2]), pa.array([1.0, 0.5]), pa.array(["1", "yes"])], ids=["2", "half", "yes"]
)
def test_any_other_outcome_is_an_error(workspace: Workspace, values: pa.Array) -> None:
    problem = refused(workspace, panel_file(workspace, logins=[1, 2], gone=values), outcome="gone")
    assert (problem.code, problem.column, problem.count) == ("outcome_value", "outcome", 1)
    assert problem.lines == ("panel.parquet:2",)


def test_a_date_is_no_outcome(workspace: Workspace) -> None:
    path = panel_file(workspace, logins=[1, 2], left_on=[MARCH, None])
    assert refused(workspace, path, outcome="left_on").code == "outcome_value"
    said = "CASE WHEN left_on IS NULL THEN 0 ELSE 1 END"
    assert [row["outcome"] for row in rows_of(workspace, path, outcome=said)] == [1, 0]


def test_outcomes_may_lie_in_a_second_file(workspace: Workspace) -> None:
    workspace.parquet("outcomes.parquet", account_id=["b", "a"], as_of=[MARCH, MARCH], outcome=[0, 1])
    lookup = {"path": "outcomes.parquet", "on": ["account_id", "as_of"], "columns": ["outcome"]}
    found = rows_of(workspace, panel_file(workspace, logins=[1, 2]), outcome="outcome", lookup=[lookup])
    assert [row["outcome"] for row in found] == [1, 0]


def test_rows_of_unknown_accounts_are_told_by_the_accounts(workspace: Workspace) -> None:
    workspace.csv("accounts.csv", "account_id", "a")
    run = panel_run(workspace, panel_file(workspace, logins=[1, 2]))
    fixed = run.model_dump(exclude={"sources", "panel"}) | {"panel": run.panel}
    known = Run.model_validate(fixed | {"sources": {"accounts": {"contract": "accounts", "path": "accounts.csv"}}})
    with inspect_tables(known) as tables:
        assert {problem.code for problem in tables.problems} == {"orphan"}
        assert tables.reports["panel"].quarantined == {"orphan": 1}
