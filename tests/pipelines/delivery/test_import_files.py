"""Files for other tools, byte by byte, and texts that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
import math
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from healthscore.pipelines.delivery import DeliveryWarning, deliver
from healthscore.pipelines.delivery.files import HUBSPOT, SALESFORCE
from healthscore.pipelines.delivery.texts import Dialect, cell, write_files
from healthscore.pipelines.delivery.whole import whole_file
from published_book import book, publish, run_of

SIGNS = ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
BEFORE = ["", " ", "\u00a0", "\u200b", "\n", "\r\n", "text\r"]
PAYLOADS = [f"{before}{sign}1+cmd|' /C calc'!A0" for sign in SIGNS for before in BEFORE]
PAYLOADS += ["\tcmd", "\rcmd", "\ncmd", "a\n\tcmd", '=HYPERLINK("http://example.com","x")', "+1-2;3"]


def delivered(folder: Path, text: str) -> list[bytes]:
    """Contents of the files that a delivery of the book leaves in `files/`."""
    deliver(run_of(folder, text), publish(folder / "out", "aaaa", book()))
    return [path.read_bytes() for path in sorted((folder / "files").iterdir())]


def test_salesforce_upserts_by_external_id(tmp_path: Path) -> None:
    """LF, field names, #N/A for no value (an empty cell would leave the old one), ISO dates."""
    (content,) = delivered(tmp_path, '[deliveries.crm]\nkind = "salesforce"\npath = "files"\n')
    assert content.decode() == (
        "Account_Id__c,Health_Score__c,Health_Band__c,Health_Change__c,Health_Trend__c,Health_As_Of__c\n"
        "A-1,12.5,at risk,-3.2,fell by 20.0 points in a month,2025-05-01\n"
        "A-2,55.0,needs attention,0.0,#N/A,2025-05-01\n"
        "A-3,91.3,healthy,1e-07,#N/A,2025-05-01\n"
        "A-4,#N/A,#N/A,#N/A,#N/A,2025-05-01\n"
    )
    assert [path.name for path in (tmp_path / "files").iterdir()] == ["2025-05-01-aaaa-001.csv"]


def test_salesforce_in_the_words_of_the_run(tmp_path: Path) -> None:
    (content,) = delivered(
        tmp_path,
        '[deliveries.crm]\nkind = "salesforce"\npath = "files"\nexternal_id = "Customer_Number__c"\n'
        'only = {bands = ["needs attention", "healthy"]}\n'
        'mapping = {name = "Name", reference = "Is_Reference__c", rank = "Rank__c"}\n',
    )
    assert content.decode() == (
        "Customer_Number__c,Name,Is_Reference__c,Rank__c\n"
        'A-2,"Müller & Söhne, ""Köln""",true,2\n'
        'A-3,"Line\nbreak",#N/A,3\n'
    )


def test_hubspot_imports_companies(tmp_path: Path) -> None:
    (content,) = delivered(tmp_path, '[deliveries.crm]\nkind = "hubspot"\npath = "files"\n')
    assert content.decode() == (
        "Account ID,Health score,Health band,Health change,Health trend,Health as of\r\n"
        "A-1,12.5,at risk,-3.2,fell by 20.0 points in a month,2025-05-01\r\n"
        "A-2,55.0,needs attention,0.0,,2025-05-01\r\n"
        "A-3,91.3,healthy,1e-07,,2025-05-01\r\n"
        "A-4,,,,,2025-05-01\r\n"
    )


def test_engagement_tools_take_plain_csv(tmp_path: Path) -> None:
    (content,) = delivered(
        tmp_path, '[deliveries.calls]\nkind = "engagement"\npath = "files"\nonly = {bands = ["at risk"]}\n'
    )
    assert content.decode() == (
        "Account ID,Account Name,Health Score,Health Band,Health Trend,Health As Of\r\n"
        "A-1,'=cmd(),12.5,at risk,fell by 20.0 points in a month,2025-05-01\r\n"
    )


def test_a_csv_file_holds_all_columns_in_the_names_of_the_run(tmp_path: Path) -> None:
    (content,) = delivered(
        tmp_path, '[deliveries.share]\nkind = "files"\npath = "files/scores.csv"\nmapping = {health = "Score"}\n'
    )
    header, first = content.decode().split("\r\n")[:2]
    assert header == ("account_id,name,status,as_of,rank,Score,band,steady_band,change,reference,trend,trend_rules")
    assert first == (
        "A-1,'=cmd(),scored,2025-05-01,1,12.5,at risk,at risk,-3.2,false,fell by 20.0 points in a month,drop;decline"
    )


def test_a_parquet_file_holds_what_was_published(tmp_path: Path) -> None:
    delivered(tmp_path, '[deliveries.share]\nkind = "files"\npath = "files/scores.parquet"\n')
    given = pq.read_table(tmp_path / "files/scores.parquet")
    published = pq.read_table(tmp_path / "out/published/aaaa/scores.parquet")
    assert given.to_pylist() == published.to_pylist()
    assert given.schema.equals(published.schema)


VALUES: list[tuple[Any, str]] = [
    (None, "#N/A"),
    (math.nan, "#N/A"),
    (True, "true"),
    (False, "false"),
    (7, "7"),
    (-3.2, "-3.2"),
    (0.1 + 0.2, "0.30000000000000004"),
    (1e300, "1e+300"),
    (date(2025, 2, 28), "2025-02-28"),
    (datetime(2025, 2, 28, 7, 5), "2025-02-28T07:05:00"),
    ("text", "text"),
    ("", "#N/A"),
]


@pytest.mark.parametrize(("value", "text"), VALUES, ids=lambda one: repr(one))
def test_every_value_has_one_way_to_be_written(value: object, text: str) -> None:
    assert cell(value, SALESFORCE.missing) == text


def rows_in(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode(), newline="")))


def table_of(texts: list[str]) -> pa.Table:
    return pa.table({"id": [f"A{n}" for n in range(len(texts))], "text": texts, "n": [-1.5] * len(texts)})


@pytest.mark.parametrize("dialect", [SALESFORCE, HUBSPOT, Dialect()], ids=["salesforce", "hubspot", "plain"])
def test_no_line_of_a_text_begins_like_a_formula(tmp_path: Path, dialect: Dialect) -> None:
    """S3: 62 payloads, in every way of writing; numbers below zero stay numbers."""
    assert len(PAYLOADS) >= 60
    (path,) = write_files(table_of(PAYLOADS), dialect, lambda _: tmp_path / "t.csv", raw=False, opened=whole_file)
    rows = rows_in(path)
    assert len(rows) == len(PAYLOADS)
    for row, payload in zip(rows, PAYLOADS, strict=True):
        for line in row["text"].splitlines():
            assert line.strip(" \u00a0\u200b")[:1] not in {*SIGNS, "\t"}
        assert row["text"][:1] not in "\t\r\n"
        assert row["text"].replace("'", "") == payload.replace("'", "")
        assert row["n"] == "-1.5"


@pytest.mark.parametrize("dialect", [SALESFORCE, HUBSPOT, Dialect()], ids=["salesforce", "hubspot", "plain"])
def test_raw_gives_every_text_back(tmp_path: Path, dialect: Dialect) -> None:
    texts = [*PAYLOADS, 'a "quoted" word', "a,b", "", "NA", "ends\\", "Ünï 🎈"]
    (path,) = write_files(table_of(texts), dialect, lambda _: tmp_path / "t.csv", raw=True, opened=whole_file)
    rows = rows_in(path)
    assert [row["text"] for row in rows] == [text or dialect.missing for text in texts]


def test_a_header_is_no_formula_either(tmp_path: Path) -> None:
    (content,) = delivered(
        tmp_path,
        '[deliveries.share]\nkind = "files"\npath = "files/scores.csv"\ncolumns = ["health"]\n'
        'mapping = {health = "=cmd()"}\n',
    )
    assert content.decode().startswith("'=cmd()\r\n12.5\r\n")


@pytest.mark.parametrize(("bytes_", "rows"), [(40, None), (None, 2), (1, None), (40, 3)])
def test_a_large_book_becomes_several_files(tmp_path: Path, bytes_: int | None, rows: int | None) -> None:
    """Each with a header, none above the limits unless one row alone is; together every row once, in order."""
    table = table_of([f"text {n}" for n in range(9)])
    dialect = Dialect("\n", "", bytes_, rows)
    written = write_files(table, dialect, lambda n: tmp_path / f"{n}.csv", raw=False, opened=whole_file)
    read = [rows_in(path) for path in written]
    assert [row["id"] for part in read for row in part] == table["id"].to_pylist()
    for path, part in zip(written, read, strict=True):
        assert len(part) == 1 or bytes_ is None or path.stat().st_size <= bytes_
        assert rows is None or len(part) <= rows


def test_an_empty_selection_is_a_header(tmp_path: Path) -> None:
    (content,) = delivered(
        tmp_path,
        '[deliveries.crm]\nkind = "salesforce"\npath = "files"\nmapping = {health = "H__c"}\n'
        'only = {rules = ["recovery"]}\n',
    )
    assert content == b"Account_Id__c,H__c\n"


def test_ids_that_the_guard_would_change_are_refused_unless_raw(tmp_path: Path) -> None:
    """Guarded, an id would be another one, and a CRM would make a new record of it."""
    text = '[deliveries.crm]\nkind = "salesforce"\npath = "files"\nmapping = {health = "H__c"}\n'
    published = publish(tmp_path / "out", "aaaa", book().assign(account_id=["-1", "+2", "A-3", "A-4"]))
    with pytest.warns(DeliveryWarning, match="2 ids begin like a formula, the first '-1', '\\+2'"):
        deliver(run_of(tmp_path, text), published)
    assert not (tmp_path / "files").exists()
    deliver(run_of(tmp_path, text + "raw = true\n"), published)
    (path,) = (tmp_path / "files").iterdir()
    assert path.read_text().startswith("Account_Id__c,H__c\n-1,12.5\n+2,55.0\n")
