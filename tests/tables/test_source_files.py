"""Files: found, told apart, and refused where they cannot be tables. Fault numbers are those of the faults page."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from table_workspace import Workspace

HEAD = b"account_id,time\n"
GOOD = HEAD + b"a,2024-01-01\nb,2024-01-02\n"


def events(path: Any, **declared: Any) -> dict[str, dict[str, Any]]:
    return {"events": {"path": path, "contract": "events", **declared}}


@pytest.mark.parametrize(
    ("name", "content", "code", "line"),
    [
        ("e.csv", b"", "empty_file", None),
        ("e.csv", b"\xef\xbb\xbf", "empty_file", None),
        ("e.csv", b"\n", "empty_file", None),
        ("e.csv", HEAD, "no_rows", None),
        ("e.csv", HEAD + b"a,2024-01-01\nb\n", "ragged_row", 3),
        ("e.csv", HEAD + b"a,2024-01-01\nb,2024-01-01,c\n", "ragged_row", 3),
        ("e.csv", HEAD + b'a,2024-01-01\n"b,2024-01-01\nc,2024-01-01\n', "unclosed_quote", 3),
        ("e.csv", b'account_id,"time\na,2024-01-01\n', "bad_header", 1),
        ("e.csv", HEAD + b"a,2024-01-01\nb\0,2024-01-01\n", "nul_character", 3),
        ("e.csv", GOOD.decode().encode("utf-16"), "encoding", 1),
        ("e.csv", GOOD.decode().encode("utf-16-le"), "encoding", 1),
        ("e.csv", HEAD + "a,2024-01-01\nMüller,2024-01-01\n".encode("latin-1"), "encoding", 3),
        ("e.csv", HEAD + "a,2024-01-01\nMülle".encode()[:-4], "encoding", 3),
        ("e.csv", HEAD + b"a,2024-01-01\r\nb,2024-01-01\nc,2024-01-01\r\n", "mixed_lines", None),
        ("e.csv.gz", gzip.compress(GOOD, mtime=0)[:-9], "damaged_file", None),
        ("e.csv.gz", GOOD, "damaged_file", None),
        ("e.csv.gz", gzip.compress(HEAD + b"a,2024-01-01\n" * 1_000_000, mtime=0), "bomb", None),
        ("e.parquet", b"", "empty_file", None),
        ("e.parquet", b"PAR1 nothing of the kind", "damaged_file", None),
        ("e.xlsx", b"PK", "unknown_format", None),
    ],
)
def test_files_that_cannot_be_tables_are_refused(
    workspace: Workspace, name: str, content: bytes, code: str, line: int | None
) -> None:  # fault 55
    fault = workspace.refusal(events(workspace.raw(name, content)))[code]
    assert fault.source == "events"
    assert fault.remedy
    assert fault.lines == ((f"{name}:{line}",) if line else ())
    assert fault.file == ("" if code == "no_rows" else name)


def test_a_truncated_parquet_file_is_refused(workspace: Workspace) -> None:  # fault 55
    path = workspace.parquet("e.parquet", account_id=["a"] * 1000, time=pa.array([19000] * 1000, pa.date32()))
    whole = (workspace.root / path).read_bytes()
    (workspace.root / path).write_bytes(whole[: len(whole) // 2])
    assert workspace.refusal(events(path))["damaged_file"].file == "e.parquet"


def test_a_parquet_file_with_damaged_pages_is_refused(workspace: Workspace) -> None:  # fault 55
    path = workspace.parquet(
        "e.parquet", account_id=[f"a{n}" for n in range(5000)], time=pa.array([19000] * 5000, pa.date32())
    )
    whole = bytearray((workspace.root / path).read_bytes())
    whole[4:400] = b"\xff" * 396
    (workspace.root / path).write_bytes(bytes(whole))
    assert "engine" in workspace.refusal(events(path))


def test_a_parquet_file_without_rows_is_refused(workspace: Workspace) -> None:  # fault 55
    path = workspace.parquet("e.parquet", account_id=pa.array([], pa.string()), time=pa.array([], pa.date32()))
    assert "this one has none" in workspace.refusal(events(path))["no_rows"].rule


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + GOOD,
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.replace(b",", b";"),
        GOOD.replace(b",", b"\t"),
        GOOD.replace(b",", b"|"),
        GOOD.rstrip(b"\n"),
        b'"account_id","time"\n"a","2024-01-01"\n"b","2024-01-02"\n',
        b"account_id,time,\na,2024-01-01,\nb,2024-01-02,x\n",
    ],
)
def test_dialects_of_csv_are_read(workspace: Workspace, content: bytes) -> None:  # fault 55: a BOM is accepted
    tables = workspace.open(events(workspace.raw("e.csv", content)))
    assert workspace.column(tables, "events", "account_id") == ["a", "b"]


def test_compressed_csv_is_read(workspace: Workspace) -> None:
    tables = workspace.open(events(workspace.raw("e.csv.gz", gzip.compress(GOOD, mtime=0))))
    assert tables.reports["events"].used == 2


def test_globs_and_lists_are_one_source_with_places_in_each_file(workspace: Workspace) -> None:
    workspace.raw("e1.csv", GOOD)
    workspace.raw("e2.csv", HEAD + b"c,2024-01-03\nd,never\n")
    workspace.raw("last.csv", b"time,account_id\n2024-01-04,e\n")
    tables = workspace.open(events(["e*.csv", "last.csv", "e1.csv"]), checks={"quarantine_limit": 0.5})
    assert workspace.column(tables, "events", "account_id") == ["a", "b", "c", "e"]
    assert workspace.quarantined("events")[0]["line"] == 3
    assert workspace.quarantined("events")[0]["file"].endswith("e2.csv")


def test_parquet_files_whose_columns_stand_in_another_order_are_one_source(workspace: Workspace) -> None:
    days = pa.array([19000], pa.date32())
    workspace.parquet("e1.parquet", account_id=["a"], time=days)
    workspace.parquet("e2.parquet", time=days, account_id=["b"])
    assert workspace.column(workspace.open(events("e*.parquet")), "events", "account_id") == ["a", "b"]


def test_files_that_differ_are_refused(workspace: Workspace) -> None:  # fault 54
    workspace.raw("e1.csv", GOOD)
    workspace.raw("e2.csv", b"account_id,tme\na,2024-01-01\n")
    fault = workspace.refusal(events("e*.csv"))["mixed_columns"]
    assert fault.file == "e2.csv"
    assert "missing ['time'], added ['tme']" in fault.rule


def test_files_of_two_kinds_are_refused(workspace: Workspace) -> None:
    workspace.raw("e1.csv", GOOD)
    workspace.parquet("e2.parquet", account_id=["a"], time=["2024-01-01"])
    assert workspace.refusal(events(["e1.csv", "e2.parquet"]))["mixed_formats"].file == "e2.parquet"


def test_a_missing_file_is_named_with_the_nearest(workspace: Workspace) -> None:
    workspace.raw("events.csv", GOOD)
    fault = workspace.refusal(events("event.csv"))["no_file"]
    assert "did you mean 'events.csv'" in fault.remedy
    assert "HEALTHSCORE_DATA" in fault.remedy


@pytest.mark.parametrize(
    ("header", "missing", "nearest"),
    [("account,time", "account_id", "account"), ("account_id,Time", "time", "Time"), ("account_id,x", "time", "")],
)
def test_missing_columns_are_named_with_what_is_there(
    workspace: Workspace, header: str, missing: str, nearest: str
) -> None:  # fault 54
    fault = workspace.refusal(events(workspace.csv("e.csv", header, "a,2024-01-01")))["missing_column"]
    assert fault.column == missing
    assert f"found {', '.join(repr(name) for name in header.split(','))}" in fault.rule
    assert (f"did you mean {nearest!r}?" in fault.rule) == bool(nearest)


def test_a_renamed_column_in_an_expression_is_named(workspace: Workspace) -> None:  # fault 54
    source = events(workspace.csv("e.csv", "account_id,time,amount", "a,2024-01-01,3"), where="amout = '3'")
    fault = workspace.refusal(source)["missing_column"]
    assert "where = \"amout = '3'\"" in fault.rule
    assert "did you mean 'amount'" in fault.rule


@pytest.mark.parametrize("header", ["account_id,time,time", "account_id,time,Time", "account_id,time,TIME "])
def test_columns_that_occur_twice_are_refused(workspace: Workspace, header: str) -> None:  # fault 54
    fault = workspace.refusal(events(workspace.csv("e.csv", header, "a,2024-01-01,x")))["duplicate_column"]
    assert fault.column == "time"


def test_columns_that_occur_twice_in_parquet_are_refused(workspace: Workspace) -> None:  # fault 54
    table = pa.Table.from_arrays([pa.array(["a"]), pa.array([1]), pa.array([2])], names=["account_id", "time", "Time"])
    pq.write_table(table, workspace.root / "e.parquet")
    assert "duplicate_column" in workspace.refusal(events("e.parquet"))


def test_a_required_column_without_values_is_refused(workspace: Workspace) -> None:  # fault 54
    fault = workspace.refusal(events(workspace.csv("e.csv", "account_id,time", "a,", "b,")))["missing_value"]
    assert (fault.column, fault.count, fault.share) == ("time", 2, 1.0)
    assert "empty throughout" in fault.rule


@pytest.mark.parametrize(
    "column",
    ['a"; DROP TABLE x; --', "'", '"' * 64, "select", "😀", "a b", "at", "a.b", "{x}", "%s", "\\", "$1", "time\t2"],
)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_hostile_column_names_are_only_names(workspace: Workspace, column: str, kind: str) -> None:  # S5
    if kind == "csv":
        quoted = '"' + column.replace('"', '""') + '"'
        path = workspace.csv("e.csv", f"account_id,time,{quoted}", "a,2024-01-01,x")
    else:
        path = workspace.parquet("e.parquet", account_id=["a"], time=pa.array([19000], pa.date32()), **{column: ["x"]})
    tables = workspace.open(events(path, columns={"name": column}))
    assert workspace.column(tables, "events", "name") == ["x"]


@pytest.mark.parametrize("name", ["a'b.csv", "a b.csv", "ä.csv", "a[1].csv", "a{b}.csv", "a*.csv", "a?.csv", 'a".csv'])
def test_hostile_file_names_are_only_names(workspace: Workspace, name: str) -> None:  # S5
    tables = workspace.open(events(workspace.raw(name, GOOD)))
    assert tables.reports["events"].used == 2
    parquet = workspace.parquet(name.replace(".csv", ".parquet"), account_id=["a"], time=pa.array([19000], pa.date32()))
    assert workspace.open(events(parquet)).reports["events"].used == 1


def test_the_fingerprint_is_of_names_and_contents(workspace: Workspace, tmp_path: Path) -> None:
    first = workspace.open(events(workspace.raw("e.csv", GOOD))).reports["events"].fingerprint
    assert workspace.open(events(workspace.raw("e.csv", GOOD))).reports["events"].fingerprint == first
    workspace.raw("e.csv", GOOD.replace(b"b", b"c"))
    assert workspace.open(events("e.csv")).reports["events"].fingerprint != first
