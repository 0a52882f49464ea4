"""Whatever bytes a file holds and whatever a run says: an error of ours, or every row accounted for (S11)."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from healthscore.errors import HealthScoreError
from healthscore.tables.expressions import Name, compile_expression
from healthscore.tables.sorts import Sort
from table_workspace import Workspace

ODD = ["", " ", "NA", "00042", "42", "2024-01-01T10:00:00Z", "2024-03-31 02:30:00", "1704067200", "9999-12-31", "1e309"]
ODDER = ["01/02/2024", "1.5", "1,5", "NaN", "$3", '"', "é", "\u200b", "a\nb", "-1", "1970-01-01", "\ufeff", ";", "'"]
COLUMNS = {
    "account_id": ["a", "b", "c"],
    "time": ["2024-01-01", "2024-02-01"],
    "start": ["2024-01-01", "2024-02-01"],
    "end": ["2024-03-01", ""],
    "name": ["x", "y"],
    "value": ["1", "2.5"],
    "quantity": ["1", "0.25"],
    "known_at": ["2024-02-02", ""],
    "event_id": ["1", "2", "3", ""],
}
# Most cells are sound, so that most tables open and the odd cells meet the row's rules, not only the column's.
ROW = st.tuples(*(st.sampled_from(sound * 12 + ODD + ODDER) for sound in COLUMNS.values()))
DECLARED = st.fixed_dictionaries(
    {"contract": st.sampled_from(["events", "subscriptions", "accounts", "levels", "intervals"])},
    optional={
        "timezone": st.sampled_from(["UTC", "Europe/Berlin", "America/Sao_Paulo"]),
        "time_unit": st.sampled_from(["s", "ms", "us", "ns"]),
        "time_format": st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%z", "%"]),
        "decimal": st.just(","),
        "where": st.sampled_from(["value > '1'", "account_id = 'a'", "CAST(value AS integer) > 0", "start is null"]),
        "deduplicate_by": st.sampled_from([["account_id"], ["value", "time"]]),
    },
)
HEADER = ",".join(COLUMNS)
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def judge(content: bytes, declared: dict[str, Any], name: str = "t.csv") -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        workspace.raw(name, content)
        source = {"path": name, **declared}
        try:
            tables = workspace.inspect({"source": source}, checks={"quarantine_limit": 1.0}, data_end="2024-06-01")
        except HealthScoreError:
            return
        for report in tables.reports.values():
            count = tables.engine.query(f"SELECT count(*) AS n FROM {tables.relation('source')}")["n"].to_pylist()[0]
            assert report.used == count
            assert report.rows_in == count + sum(report.quarantined.values()) + sum(report.dropped.values())
        tables.close()


@SLOW
@given(rows=st.lists(ROW, max_size=12), declared=DECLARED)
def test_any_cells(rows: list[tuple[str, ...]], declared: dict[str, Any]) -> None:
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    judge("\n".join([HEADER, *quoted, ""]).encode(), declared)


@SLOW
@given(content=st.binary(max_size=400), suffix=st.sampled_from(["t.csv", "t.csv.gz", "t.parquet"]))
def test_any_bytes(content: bytes, suffix: str) -> None:
    judge(content, {"contract": "events"}, suffix)
    judge(HEADER.encode() + b"\n" + content, {"contract": "events"}, suffix)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(text=st.text(alphabet="ab'\"()|+-*/%=<> ,.;$?[]{}1eE_:~!\\\n", max_size=25))
def test_any_expression(text: str) -> None:
    try:
        compile_expression(text, {"a": Name('"a"', Sort.TEXT), "b": Name('"b"', Sort.INTEGER)}, "here")
    except HealthScoreError:
        return
