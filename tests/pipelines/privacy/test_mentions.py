"""Where an account is mentioned, and what is left without it: literal files in, literal files out."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from healthscore.pipelines.privacy.mentions import Account, without

ACME, SHORT = Account("ACME-0017"), Account("17")


@pytest.mark.parametrize(
    ("key", "telling"),
    [("A-17", True), ("A17", False), ("17", False), ("123456789", True), ("Acme", False), ("Acme Corp.", True)],
)
def test_an_id_is_telling_where_it_can_stand_for_nothing_else(key: str, telling: bool) -> None:
    assert Account(key).telling is telling


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"accounts": 3}, {"accounts": 3}),
        ({"worst": [{"account_id": "ACME-0017", "health": 3}, {"account_id": "B", "health": 4}]},
         {"worst": [{"account_id": "B", "health": 4}]}),
        ({"ACME-0017": 3, "B": 4}, {"B": 4}),
        ({"accounts": ["ACME-0017", "B"]}, {"accounts": ["B"]}),
        ({"why": "ACME-0017 left; ACME-00171 and XACME-0017 stay"},
         {"why": "(forgotten) left; ACME-00171 and XACME-0017 stay"}),
    ],
)  # fmt: skip
def test_json(tmp_path: Path, before: dict[str, Any], after: dict[str, Any]) -> None:
    path = tmp_path / "result.json"
    path.write_text(json.dumps(before))
    content = without(path, ACME)
    assert (before if content is None else json.loads(content)) == after
    assert (content is None) == (before == after)


def test_a_short_id_is_looked_for_where_ids_stand(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    said = {"accounts": ["17", "18"], "walk": {"17": 3}, "rows": [{"account_id": "17"}], "why": "17 of 20", "n": 17}
    path.write_text(json.dumps(said))
    content = without(path, SHORT)
    assert content is not None
    assert json.loads(content) == {"accounts": ["18"], "walk": {"17": 3}, "rows": [], "why": "17 of 20", "n": 17}


def test_parquet_loses_rows_and_texts_and_nothing_else(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "account_id": ["ACME-0017", "B", "C"],
            "health": [1.5, None, 3.0],
            "band": pd.Categorical(["red", "green", "red"]),
            "why": ["x", "after ACME-0017", None],
            "n": [1, 2, 3],
        }
    )
    path = tmp_path / "scores.parquet"
    frame.to_parquet(path, index=False)
    content = without(path, ACME)
    assert content is not None
    assert content == without(path, ACME), "the same bytes every time"
    path.write_bytes(content)
    expected = frame.iloc[1:].reset_index(drop=True)
    expected["why"] = ["after (forgotten)", None]
    pd.testing.assert_frame_equal(pd.read_parquet(path), expected, check_categorical=False)
    assert without(path, ACME) is None


def test_csv_keeps_its_form(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_bytes(b'account_id,name\r\nACME-0017,"Acme, Inc."\r\nB,"Beta, Inc."\r\n')
    assert without(path, ACME) == b'account_id,name\r\nB,"Beta, Inc."\r\n'
    crm = tmp_path / "crm.csv"
    crm.write_bytes(b"Account_Id__c,Rank__c\nACME-0017,1\n17,17\n18,17\n")
    assert without(crm, ACME) == b"Account_Id__c,Rank__c\n17,17\n18,17\n"
    assert without(crm, SHORT) is None, "another name, and an id that may be a rank"


def test_a_page_loses_the_rows_about_the_account(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    other, own = "<tr><td>B</td><td>17</td></tr>", '<tr class="x">\n<td><b>17</b></td><td>3</td></tr>'
    path.write_text(f"<table>{other}{own}</table><p>17 rows, ACME-0017</p>")
    assert without(path, SHORT) == f"<table>{other}</table><p>17 rows, ACME-0017</p>".encode()
    assert without(path, ACME) == f"<table>{other}{own}</table><p>17 rows, (forgotten)</p>".encode()


def test_databases_are_told_of_and_left(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "mlflow.db") as lite:
        lite.execute("CREATE TABLE params (value TEXT)")
        lite.execute("INSERT INTO params VALUES ('ACME-0017')")
    lite.close()
    with duckdb.connect(str(tmp_path / "crm.duckdb")) as duck:
        duck.execute("CREATE TABLE health_scores AS SELECT 'ACME-0017' AS account_id, 3 AS health")
    for name, why in (("mlflow.db", "VACUUM"), ("crm.duckdb", 'DELETE FROM "main"."health_scores"')):
        with pytest.raises(ValueError, match=why):
            without(tmp_path / name, ACME)
        assert without(tmp_path / name, Account("ACME-0018")) is None
