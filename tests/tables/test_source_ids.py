"""Ids: text everywhere, tidied alike everywhere, never guessed. Fault numbers are those of the faults page."""

from __future__ import annotations

import unicodedata
from typing import Any

import pyarrow as pa
import pytest

from table_workspace import Workspace


def events(path: str, **declared: Any) -> dict[str, dict[str, Any]]:
    return {"events": {"path": path, "contract": "events", "columns": {"account_id": "id"}, **declared}}


def ids(workspace: Workspace, *texts: str) -> str:
    return workspace.csv("events.csv", "id,time", *(f'"{text}",2024-01-01' for text in texts))


@pytest.mark.parametrize("kind", [pa.float64(), pa.float32(), pa.decimal128(10, 2)])
def test_floating_point_ids_are_refused(workspace: Workspace, kind: pa.DataType) -> None:  # fault 1
    import decimal

    values = pa.array([decimal.Decimal("1001.00")], kind) if pa.types.is_decimal(kind) else pa.array([1001.0], kind)
    path = workspace.parquet("events.parquet", id=values, time=pa.array([0], pa.date32()))
    fault = workspace.refusal(events(path))["id_not_text"]
    assert fault.rule.startswith("ids must be text")
    assert '`columns.account_id = "CAST(CAST(id AS integer) AS text)"`' in fault.remedy


def test_the_remedy_for_floating_point_ids_works(workspace: Workspace) -> None:
    path = workspace.parquet("events.parquet", id=[1001.0, 1002.0], time=pa.array([19000, 19000], pa.date32()))
    declared = events(path, columns={"account_id": "CAST(CAST(id AS integer) AS text)"})
    assert workspace.column(workspace.open(declared), "events", "account_id") == ["1001", "1002"]


@pytest.mark.parametrize("kind", [pa.int64(), pa.uint64(), pa.decimal128(20, 0)])
def test_integer_ids_become_text_exactly(workspace: Workspace, kind: pa.DataType) -> None:  # faults 1, 3
    path = workspace.parquet(
        "events.parquet", id=pa.array([9007199254740993, None], kind), time=pa.array([19000] * 2, pa.date32())
    )
    tables = workspace.open(events(path))
    assert workspace.column(tables, "events", "account_id") == ["9007199254740993"]
    assert tables.reports["events"].dropped == {"anonymous": 1}


def test_integers_with_blanks_in_a_csv_stay_exact(workspace: Workspace) -> None:  # fault 3
    tables = workspace.open(events(ids(workspace, "9007199254740993", "")))
    assert workspace.column(tables, "events", "account_id") == ["9007199254740993"]


def test_leading_zeros_are_kept_and_a_warning(workspace: Workspace) -> None:  # fault 2
    tables = workspace.open(events(ids(workspace, "00042", "42", "7")))
    assert workspace.column(tables, "events", "account_id") == ["00042", "42", "7"]
    (warning,) = tables.reports["events"].warnings
    assert (warning.code, warning.count) == ("ids_look_alike", 2)
    assert "00042 and 42" in warning.rule


def test_words_for_missing_are_ids(workspace: Workspace) -> None:  # fault 4
    words = ["N/A", "NA", "None", "nan", "null"]
    assert workspace.column(workspace.open(events(ids(workspace, *words))), "events", "account_id") == words


def test_ids_are_tidied_alike_in_all_tables(workspace: Workspace) -> None:  # fault 5
    composed, decomposed = unicodedata.normalize("NFC", "é1"), unicodedata.normalize("NFD", "é1")
    accounts = workspace.csv("accounts.csv", "account_id", "a", f"{composed}", "b ")
    path = ids(workspace, "\u00a0a\u200b", decomposed, "b")
    tables = workspace.open(events(path) | {"accounts": {"path": accounts, "contract": "accounts"}})
    assert workspace.column(tables, "events", "account_id") == ["a", "b", composed]
    assert workspace.column(tables, "accounts", "account_id") == ["a", "b", composed]


def test_case_is_kept_and_a_warning(workspace: Workspace) -> None:  # fault 5
    tables = workspace.open(events(ids(workspace, "Acme", "ACME")))
    assert workspace.column(tables, "events", "account_id") == ["ACME", "Acme"]
    assert [warning.count for warning in tables.reports["events"].warnings] == [2]


def test_ids_that_tidying_makes_equal_are_refused_with_a_list(workspace: Workspace) -> None:  # fault 5
    fault = workspace.refusal(events(ids(workspace, "a", "a\u200b", "b")))["id_collision"]
    assert "'a' and 'a\\u200b'" in fault.rule
    assert fault.count == 2


def test_a_collision_can_be_declared_to_be_one_account(workspace: Workspace) -> None:
    declared = events(ids(workspace, "a", "a\u200b"), columns={"account_id": "trim(id)"})
    assert workspace.column(workspace.open(declared), "events", "account_id") == ["a", "a"]


@pytest.mark.parametrize("blank", ["", "   ", "\u00a0", "\u200b", "\t"])
def test_rows_without_an_id_are_counted_and_never_joined(workspace: Workspace, blank: str) -> None:  # fault 6
    accounts = workspace.csv("accounts.csv", "account_id,name", f'"{blank}",Nobody', "a,Somebody")
    tables = workspace.open(
        events(ids(workspace, blank, blank, "a")) | {"accounts": {"path": accounts, "contract": "accounts"}}
    )
    assert tables.reports["events"].dropped == {"anonymous": 2}
    assert tables.reports["accounts"].dropped == {"anonymous": 1}
    assert workspace.column(tables, "accounts", "account_id") == ["a"]


def test_actors_and_texts_are_tidied_too(workspace: Workspace) -> None:
    path = workspace.csv(
        "events.csv", "account_id,time,actor_id,name", 'a,2024-01-01," u\u00a0"," view "', 'a,2024-01-01,""," "'
    )
    tables = workspace.open({"events": {"path": path, "contract": "events"}})
    assert workspace.rows(tables, "events", "actor_id, name") == [
        {"actor_id": "u", "name": "view"},
        {"actor_id": None, "name": None},
    ]


@pytest.mark.parametrize(
    "hostile", ["../../etc/passwd", "CON", 'a"; DROP TABLE x; --', "'", "x" * 300, "a\nb", "😀", "=1+1"]
)
def test_hostile_ids_are_only_texts(workspace: Workspace, hostile: str) -> None:  # fault 13
    path = workspace.parquet("events.parquet", id=[hostile], time=pa.array([19000], pa.date32()))
    assert workspace.column(workspace.open(events(path)), "events", "account_id") == [hostile]


def test_dictionaries_and_large_strings_are_texts(workspace: Workspace) -> None:
    days, large = pa.array([19000, 19000], pa.date32()), pa.array(["x", "y"], pa.large_string())
    path = workspace.parquet("events.parquet", id=pa.array(["a", "b"]).dictionary_encode(), time=days, name=large)
    assert workspace.rows(workspace.open(events(path)), "events", "account_id, name") == [
        {"account_id": "a", "name": "x"},
        {"account_id": "b", "name": "y"},
    ]
