"""Faults 54 and 55: columns and files. What a column may be called, and which dialects are read, is tested in
tests/tables/test_source_files.py."""

from __future__ import annotations

import gzip
from typing import Any

import pyarrow as pa
import pytest

from messages import NONE, Rows, assert_told
from table_workspace import Workspace

EVENTS: dict[str, Any] = {"path": "events.csv", "contract": "events"}
GOOD = b"account_id,time\na,2024-01-01\nb,2024-01-02\n"


@pytest.mark.parametrize(
    ("header", "column", "rule", "remedy"),
    [
        ("account_id,when", "time", "events need time (when it happened); found 'account_id', 'when'", "columns.time"),
        ("account_id,Time", "time", "found 'account_id', 'Time'; did you mean 'Time'?", 'columns.time = "Time"'),
        ("acount_id,time", "account_id", "did you mean 'acount_id'?", 'columns.account_id = "acount_id"'),
    ],
    ids=["missing", "other case", "renamed"],
)
def test_a_missing_column_is_told_with_what_is_there(
    workspace: Workspace, header: str, column: str, rule: str, remedy: str
) -> None:
    """fault 54: what was expected, what was found, and the nearest name."""
    workspace.csv("events.csv", header, "a,2024-01-01")
    fault = workspace.refusal({"events": EVENTS})["missing_column"]
    assert_told(fault, source="events", column=column, file="events.csv", rule=rule, remedy=remedy, rows=NONE)


@pytest.mark.parametrize("header", ["account_id,time,time", "account_id,time,TIME"])
def test_a_column_that_is_there_twice_is_refused(workspace: Workspace, header: str) -> None:
    """fault 54: which of two columns of one name is meant cannot be told, whatever their case."""
    workspace.csv("events.csv", header, "a,2024-01-01,2024-01-02")
    assert_told(
        workspace.refusal({"events": EVENTS})["duplicate_column"],
        source="events",
        column="time",
        file="events.csv",
        rule="a column's name occurs once, whatever its case; found 'time', ",
        remedy="rename one of them",
    )


def test_files_of_one_source_have_the_same_columns(workspace: Workspace) -> None:
    """fault 54: a column that one month's file has more, or less, or under another name."""
    workspace.csv("events1.csv", "account_id,time,plan", "a,2024-01-01,pro")
    workspace.csv("events2.csv", "account_id,time,tier,site", "a,2024-01-01,pro,1")
    assert_told(
        workspace.refusal({"events": EVENTS | {"path": "events*.csv"}})["mixed_columns"],
        source="events",
        column="",
        file="events2.csv",
        rule="against events1.csv, missing ['plan'], added ['site', 'tier']",
        remedy="export all files alike",
    )


def test_a_required_column_without_values_is_refused(workspace: Workspace) -> None:
    """fault 54: a column that is there and holds nothing is as good as none."""
    workspace.csv("events.csv", "account_id,time", "a,", "b,", "c,", "d,")
    assert_told(
        workspace.refusal({"events": EVENTS})["missing_value"],
        source="events",
        column="time",
        file="events.csv",
        rows=Rows(4, 1.0, ("events.csv:2", "events.csv:3", "events.csv:4")),
        rule="every row has time: when it happened; here the column is empty throughout",
        remedy="drop them by `where` in [sources.events]",
    )


BROKEN = {
    "no bytes": (b"", "empty_file", 0, "this one holds 0 bytes"),
    "a header only": (b"account_id,time\n", "no_rows", 0, "a source holds at least one row; this one has none"),
    "UTF-16": (GOOD.decode().encode("utf-16"), "encoding", 1, "a text is UTF-8; this one looks like UTF-16"),
    "Latin-1": (GOOD + "Müller,2024-01-01\n".encode("latin-1"), "encoding", 4, "a text is UTF-8; this one is not"),
    "NUL": (GOOD + b"c\0,2024-01-01\n", "nul_character", 4, "a text holds no NUL character"),
    "a ragged row": (GOOD + b"c\n", "ragged_row", 4, "every row has as many fields as the header"),
    "an unclosed quote": (GOOD + b'"c,2024-01-01\n', "unclosed_quote", 4, "a quote that opens is closed"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_file_that_is_no_table_is_refused_with_the_line(workspace: Workspace, what: str) -> None:
    """fault 55: what is wrong with the bytes, in which line."""
    content, code, line, rule = BROKEN[what]
    workspace.raw("events.csv", content)
    fault = workspace.refusal({"events": EVENTS})[code]
    lines = (f"events.csv:{line}",) if line else ()
    assert (fault.source, fault.lines) == ("events", lines)
    assert fault.file == ("" if code == "no_rows" else "events.csv")
    assert rule in fault.rule
    assert fault.remedy


@pytest.mark.parametrize("name", ["events.parquet", "events.csv.gz"])
def test_a_file_that_was_cut_off_is_refused(workspace: Workspace, name: str) -> None:
    """fault 55: half a Parquet file, or half a gzip file, is none."""
    days = pa.array([19000] * 100, pa.date32())
    workspace.parquet("events.parquet", account_id=["a"] * 100, time=days)
    workspace.raw("events.csv.gz", gzip.compress(GOOD * 100, mtime=0))
    whole = (workspace.root / name).read_bytes()
    workspace.raw(name, whole[: len(whole) // 2])
    fault = workspace.refusal({"events": EVENTS | {"path": name}})["damaged_file"]
    assert_told(fault, source="events", column="", file=name, rule="it is no whole ", remedy="export it again")


def test_a_file_that_unpacks_to_very_much_is_refused(workspace: Workspace) -> None:
    """fault 55: more than 200 times its size is a bomb; it is not unpacked to find out."""
    workspace.raw("events.csv.gz", gzip.compress(GOOD + b"a,2024-01-01\n" * 1_000_000, mtime=0))
    assert_told(
        workspace.refusal({"events": EVENTS | {"path": "events.csv.gz"}})["bomb"],
        source="events",
        column="",
        file="events.csv.gz",
        rule="a file unpacks to at most 200 times its size",
        remedy="export it plain",
    )


@pytest.mark.parametrize("name", ["events.parquet", "events.csv", "events.csv.gz"])
def test_how_large_a_file_may_be_is_the_runs(workspace: Workspace, name: str) -> None:
    """fault 55: `file_limit_gigabytes` bounds what a file unpacks to, whatever packs it."""
    ids = [f"account-{n}" for n in range(2000)]
    workspace.parquet("events.parquet", account_id=ids, time=pa.array([19000] * 2000, pa.date32()))
    lines = GOOD + "".join(f"{name},2024-01-01\n" for name in ids).encode()
    workspace.raw("events.csv", lines)
    workspace.raw("events.csv.gz", gzip.compress(lines, mtime=0))
    source = {"events": EVENTS | {"path": name}}
    assert workspace.open(source, checks={"file_limit_gigabytes": 0.001}).reports["events"].used >= 2000
    assert_told(
        workspace.refusal(source, checks={"file_limit_gigabytes": 0.00001})["bomb"],
        source="events",
        column="",
        file=name,
        rule="a file unpacks to at most 1e-05 gigabytes; this one to more",
        remedy="split it, or raise `file_limit_gigabytes` in [checks]",
    )
