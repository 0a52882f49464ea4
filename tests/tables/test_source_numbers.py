"""Numbers: cast strictly, kept as scaled integers, never stripped and guessed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from table_workspace import Workspace, padded

EVENTS: dict[str, Any] = {"path": "events.csv", "contract": "events"}


def typed(workspace: Workspace, values: pa.Array) -> dict[str, dict[str, Any]]:
    size = len(values)
    path = workspace.parquet(
        "e.parquet", account_id=["a"] * size, time=pa.array([19000] * size, pa.date32()), quantity=values
    )
    return {"events": {"path": path, "contract": "events"}}


def texts(workspace: Workspace, *values: str) -> None:
    workspace.csv("events.csv", "account_id,time,quantity", *(f'a,2024-01-01,"{value}"' for value in values))


@pytest.mark.parametrize(
    ("values", "scale", "scaled"),
    [
        (pa.array([3, -2, None], pa.int32()), 0, [-2, 3, None]),
        (pa.array([3.0, 2.0]), 0, [2, 3]),
        (pa.array([2.1, 12.75, 3.0]), 2, [210, 300, 1275]),
        (pa.array([0.1 + 0.2]), 1, [3]),
        (pa.array([2.1 * 6, 0.001]), 3, [1, 12600]),
        (pa.array([5.99, 12.5], pa.float32()), 2, [599, 1250]),
        (pa.array([1 / 3]), 6, [333333]),
        (pa.array([0.0000004]), 6, [0]),
        (pa.array([Decimal("2.50"), Decimal("3.00")], pa.decimal128(18, 2)), 1, [25, 30]),
        (pa.array([Decimal("-0.123456789")], pa.decimal128(38, 9)), 6, [-123457]),
        (pa.array([None, None], pa.null()), 0, [None, None]),
        (pa.array([True, False]), 0, [0, 1]),
    ],
)
def test_the_scale_is_the_decimals_that_there_are(
    workspace: Workspace, values: pa.Array, scale: int, scaled: list[int]
) -> None:
    tables = workspace.open(typed(workspace, values))
    assert tables.scale("events", "quantity") == scale
    assert workspace.column(tables, "events", "quantity") == scaled


def test_decimals_in_texts_are_exact(workspace: Workspace) -> None:
    texts(workspace, "12345678901234.56", "-.5", "5.", "+1", "1e3", "2.50E-1", " 7 ", "")
    tables = workspace.open({"events": EVENTS})
    assert tables.scale("events", "quantity") == 2
    assert workspace.column(tables, "events", "quantity") == [
        -50,
        25,
        100,
        500,
        700,
        100_000,
        1_234_567_890_123_456,
        None,
    ]


@pytest.mark.parametrize(
    "text",
    [
        "1 234",
        "$12",
        "€1.234,56",
        "1,234.56",
        "(120.00)",
        "NaN",
        "inf",
        "-Infinity",
        "0x10",
        "1_000",
        "12%",
        "1,5",
        "1.2.3",
        "e5",
    ],
)
def test_texts_that_are_no_numbers_are_set_aside(workspace: Workspace, text: str) -> None:  # faults 35, 37
    rows = padded([f'a,2024-01-01,"{text}"'], lambda n: "a,2024-01-01,1")
    workspace.csv("events.csv", "account_id,time,quantity", *rows)
    tables = workspace.open({"events": EVENTS})
    assert tables.reports["events"].quarantined == {"number_unreadable": 1}
    assert tables.engine.query(f"SELECT sum(quantity) AS s FROM {tables.relation('events')}")["s"].to_pylist() == [999]


@pytest.mark.parametrize("text", ["1e309", "99999999999999999999", "1e19"])
def test_numbers_beyond_64_bits_are_set_aside(workspace: Workspace, text: str) -> None:  # fault 37
    workspace.csv(
        "events.csv", "account_id,time,quantity", *padded([f"a,2024-01-01,{text}"], lambda n: "a,2024-01-01,1")
    )
    assert workspace.open({"events": EVENTS}).reports["events"].quarantined == {"number_overflow": 1}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_are_not_finite_are_set_aside(workspace: Workspace, value: float) -> None:  # fault 37
    tables = workspace.open(typed(workspace, pa.array([value] + [0.5] * 999)))
    assert tables.reports["events"].quarantined == {"number_not_finite": 1}
    assert tables.scale("events", "quantity") == 1


def test_typed_numbers_beyond_64_bits_are_set_aside(workspace: Workspace) -> None:
    tables = workspace.open(typed(workspace, pa.array([1e30] + [0.5] * 999)))
    assert tables.reports["events"].quarantined == {"number_overflow": 1}


def test_too_many_bad_numbers_are_refused_with_the_place(workspace: Workspace) -> None:  # fault 35
    texts(workspace, "1", "$2", "$3", "$4", "$5")
    fault = workspace.refusal({"events": EVENTS})["number_unreadable"]
    assert (fault.source, fault.column, fault.count, fault.share) == ("events", "quantity", 4, 0.8)
    assert fault.lines == ("events.csv:3", "events.csv:4", "events.csv:5")
    assert "at most 0.50% of rows" in fault.rule


def test_a_declared_decimal_comma_is_followed(workspace: Workspace) -> None:  # fault 35
    workspace.csv(
        "events.csv", "account_id;time;quantity", "a;2024-01-01;1234,5", "a;2024-01-01;2", *["a;2024-01-01;0,25"] * 998
    )
    tables = workspace.open({"events": {**EVENTS, "decimal": ","}})
    assert tables.scale("events", "quantity") == 2
    assert workspace.column(tables, "events", "quantity")[-1] == 123_450


def test_an_undeclared_decimal_comma_is_refused_with_the_line_that_declares_it(workspace: Workspace) -> None:
    workspace.csv("events.csv", "account_id;time;quantity", "a;2024-01-01;1234,5")
    assert '`decimal = ","` in [sources.events]' in workspace.refusal({"events": EVENTS})["number_unreadable"].remedy


def test_derived_numbers_do_not_overflow_their_files_types(workspace: Workspace) -> None:
    path = workspace.parquet(
        "e.parquet",
        account_id=["a"],
        time=pa.array([19000], pa.date32()),
        n=pa.array([2_000_000_000], pa.int32()),
        price=[0.25],
    )
    source = {"path": path, "contract": "events", "columns": {"quantity": "n * n"}, "attributes": {"paid": "n * price"}}
    tables = workspace.open({"events": source})
    assert workspace.rows(tables, "events", "quantity, paid") == [{"quantity": 4 * 10**18, "paid": 5e8}]


def test_a_cast_that_is_not_exact_is_set_aside(workspace: Workspace) -> None:
    rows = padded(["a,2024-01-01,12.75", "a,2024-01-01,x"], lambda n: "a,2024-01-01,12")
    workspace.csv("events.csv", "account_id,time,n", *rows)
    tables = workspace.open({"events": {**EVENTS, "columns": {"quantity": "CAST(n AS integer) * 2"}}})
    assert tables.reports["events"].quarantined == {"cast_failed": 2}
    assert set(workspace.column(tables, "events", "quantity")) == {24}


def test_a_cast_inside_a_case_may_fail(workspace: Workspace) -> None:
    workspace.csv("events.csv", "account_id,time,n", "a,2024-01-01,x", "a,2024-01-01,12")
    expression = "CASE WHEN n = 'x' THEN 0 ELSE CAST(n AS integer) END"
    tables = workspace.open({"events": {**EVENTS, "columns": {"quantity": expression}}})
    assert workspace.column(tables, "events", "quantity") == [0, 12]


def test_arithmetic_that_overflows_is_a_fault_of_the_source(workspace: Workspace) -> None:
    path = workspace.parquet("e.parquet", account_id=["a"], time=pa.array([19000], pa.date32()), n=[2**62])
    fault = workspace.refusal({"events": {"path": path, "contract": "events", "columns": {"quantity": "n * n"}}})[
        "engine"
    ]
    assert "Overflow" in fault.rule


def test_a_billion_keeps_its_cents(workspace: Workspace) -> None:
    tables = workspace.open(typed(workspace, pa.array([1_234_567_890.5, 12.0 * 6.95])))
    assert tables.scale("events", "quantity") == 1
    assert workspace.column(tables, "events", "quantity") == [834, 12_345_678_905]
