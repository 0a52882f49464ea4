"""Faults 1 to 13: ids and joins."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from healthscore.asof import day_of
from messages import Rows, assert_told
from table_workspace import Workspace, padded

ACCOUNTS: dict[str, Any] = {"path": "accounts.csv", "contract": "accounts"}
EVENTS: dict[str, Any] = {"path": "events.csv", "contract": "events"}
DAY = "2024-01-01"


def test_floating_point_ids_are_refused(workspace: Workspace) -> None:
    """fault 1: 1001.0 is no id, and nobody guesses that it is 1001."""
    days = pa.array([19000] * 3, pa.date32())
    workspace.parquet("events.parquet", account_id=pa.array([1001.0, None, 1002.0]), time=days)
    assert_told(
        workspace.refusal({"events": EVENTS | {"path": "events.parquet"}})["id_not_text"],
        source="events",
        column="account_id",
        file="events.parquet",
        rows=Rows(2, 2 / 3, ("events.parquet:1", "events.parquet:3")),
        rule="ids must be text (integers are taken exactly)",
        remedy='columns.account_id = "CAST(CAST(account_id AS integer) AS text)"',
    )


def test_leading_zeros_tell_accounts_apart(workspace: Workspace) -> None:
    """fault 2: 00042 and 42 stay two accounts, and the report says so."""
    workspace.csv("events.csv", "account_id,time", f"00042,{DAY}", f"42,{DAY}", f"7,{DAY}")
    tables = workspace.open({"events": EVENTS})
    assert workspace.column(tables, "events", "account_id") == ["00042", "42", "7"]
    (warning,) = tables.reports["events"].warnings
    assert_told(
        warning,
        severity="warning",
        source="events",
        column="account_id",
        file="events.csv",
        rows=Rows(2, 2 / 3, ("events.csv:2", "events.csv:3")),
        rule="2 ids differ only in leading zeros and are different accounts, such as 00042 and 42",
        remedy="mend the ids if they are one account",
    )


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_integers_beyond_two_to_the_53_survive_blanks(workspace: Workspace, kind: str) -> None:
    """fault 3: 9007199254740993 is the first integer that a float changes, and blanks make floats of integers."""
    ids = [9007199254740993, 9007199254740992, None]
    if kind == "csv":
        workspace.csv("events.csv", "account_id,time", *(f"{'' if i is None else i},{DAY}" for i in ids))
    else:
        days = pa.array([19000] * 3, pa.date32())
        workspace.parquet("events.parquet", account_id=pa.array(ids, pa.int64()), time=days)
    tables = workspace.open({"events": EVENTS | {"path": f"events.{kind}"}})
    assert workspace.column(tables, "events", "account_id") == ["9007199254740992", "9007199254740993"]
    assert tables.reports["events"].dropped == {"anonymous": 1}


def test_words_for_missing_are_ids(workspace: Workspace) -> None:
    """fault 4: an account may be called NA, and its rows meet its account."""
    words = ["N/A", "NA", "NULL", "NaN", "None", "nan", "null"]
    workspace.csv("accounts.csv", "account_id", *words)
    workspace.csv("events.csv", "account_id,time", *(f"{word},{DAY}" for word in words))
    tables = workspace.open({"accounts": ACCOUNTS, "events": EVENTS})
    assert workspace.column(tables, "events", "account_id") == words
    assert [finding.code for finding in tables.findings if finding.severity != "warning"] == []


def test_ids_that_tidying_makes_equal_are_refused(workspace: Workspace) -> None:
    """fault 5: blanks and Unicode forms are tidied alike in all tables; what becomes one by that is listed."""
    workspace.csv("events.csv", "account_id,time", f"b,{DAY}", f"a,{DAY}", f'"a\u00a0",{DAY}', f"a,{DAY}")
    assert_told(
        workspace.refusal({"events": EVENTS})["id_collision"],
        source="events",
        column="account_id",
        file="events.csv",
        rows=Rows(3, 0.75, ("events.csv:3", "events.csv:4", "events.csv:5")),
        rule="these become one: 'a' and 'a\\xa0'",
        remedy='declare `columns.account_id = "trim(...)"` in [sources.events]',
    )


def test_rows_without_an_id_belong_to_nobody(workspace: Workspace) -> None:
    """fault 6: blank never meets blank: two rows without an id are no account of their own."""
    workspace.csv("accounts.csv", "account_id,name", ",Nobody", "a,Somebody")
    workspace.csv("events.csv", "account_id,time", f",{DAY}", f'" ",{DAY}', f"a,{DAY}")
    tables = workspace.open({"accounts": ACCOUNTS, "events": EVENTS})
    joined = (
        f"SELECT count(*) AS n FROM {tables.relation('events')} JOIN {tables.relation('accounts')} USING (account_id)"
    )
    assert tables.engine.query(joined)["n"].to_pylist() == [1]
    (finding,) = [finding for finding in tables.reports["events"].findings if finding.code == "anonymous"]
    assert_told(
        finding,
        severity="rule",
        source="events",
        column="account_id",
        file="events.csv",
        rows=Rows(2, 2 / 3, ("events.csv:2", "events.csv:3")),
        rule="rows without an account belong to nobody",
        remedy="",
    )


def test_rows_of_unknown_accounts_are_set_aside(workspace: Workspace) -> None:
    """fault 7: an event of an account that nobody knows is written to quarantine."""
    workspace.csv("accounts.csv", "account_id", "a")
    workspace.csv("events.csv", "account_id,time", *padded([f"x,{DAY}"], lambda n: f"a,{DAY}", 100))
    tables = workspace.open({"accounts": ACCOUNTS, "events": EVENTS})
    assert tables.reports["events"].quarantined == {"orphan": 1}
    assert workspace.quarantined("events") == [
        {
            "reason": "orphan",
            "column": "account_id",
            "file": str(workspace.root / "events.csv"),
            "line": 2,
            "original": f'{{"account_id":"x","time":"{DAY}"}}',
        }
    ]


def test_a_wrong_key_column_is_refused(workspace: Workspace) -> None:
    """fault 7: beyond 5 % of a table it is the key that is wrong, not the rows."""
    workspace.csv("accounts.csv", "account_id", "a")
    workspace.csv(
        "events.csv", "account_id,time", *padded([f"x{n},{DAY}" for n in range(6)], lambda n: f"a,{DAY}", 100)
    )
    assert_told(
        workspace.refusal({"accounts": ACCOUNTS, "events": EVENTS})["orphan"],
        source="events",
        column="account_id",
        file="events.csv",
        rows=Rows(6, 0.06, ("events.csv:2", "events.csv:3", "events.csv:4")),
        rule="every account is in the accounts source; at most 5.0% of rows may be of others",
        remedy="mend `columns.account_id` in [sources.events], or raise `orphan_limit`",
    )


def test_accounts_that_contradict_themselves_are_refused(workspace: Workspace) -> None:
    """fault 8: two rows of one account with different contents, without the days on which each held."""
    workspace.csv("accounts.csv", "account_id,segment", "a,small", "b,large", "a,large", "b,large")
    assert_told(
        workspace.refusal({"accounts": ACCOUNTS})["conflict"],
        source="accounts",
        column="account_id",
        file="accounts.csv",
        rows=Rows(2, 2 / 3, ("accounts.csv:2", "accounts.csv:4")),
        rule="rows of one account_id say the same; none may not",
        remedy="bind `columns.valid_from`",
    )


def test_identical_accounts_are_one(workspace: Workspace) -> None:
    """fault 8: copies of an account are dropped and counted."""
    workspace.csv("accounts.csv", "account_id,segment", "b,large", "a,small", "b,large")
    tables = workspace.open({"accounts": ACCOUNTS})
    assert tables.reports["accounts"].dropped == {"duplicate": 1}
    (finding,) = tables.findings
    assert (finding.severity, finding.count, finding.lines) == ("rule", 1, ("accounts.csv:4",))


def test_a_join_never_adds_rows(workspace: Workspace) -> None:
    """fault 12: a second file that holds a key twice would multiply rows."""
    workspace.csv("sites.csv", "site,kind", "1,quiz", "1,forum", "2,forum")
    workspace.csv("clicks.csv", "account_id,time,site", f"a,{DAY},1", f"b,{DAY},2")
    lookup = {"path": "sites.csv", "on": ["site"], "columns": ["kind"]}
    assert_told(
        workspace.refusal({"clicks": {"path": "clicks.csv", "contract": "events", "lookup": [lookup]}})[
            "lookup_multiplies"
        ],
        source="clicks",
        column="site",
        file="sites.csv",
        rows=Rows(2, 2 / 3, ("sites.csv:2", "sites.csv:3")),
        rule="one row per site; sites.csv repeats 1 of them and would multiply rows",
        remedy="add the columns that make it unique to `on`",
    )


HOSTILE = ["../../x", "CON", "x" * 300, "a\nb", "/etc/passwd", "~", "%2e%2e", "a\\b"]


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_an_id_is_never_a_path(workspace: Workspace, hostile: str) -> None:
    """fault 13: whatever an id looks like, no file is called after it, in quarantine neither."""
    days = pa.array([date(2024, 1, 1)] * 999 + [date(1970, 1, 1)])
    workspace.parquet("events.parquet", account_id=[hostile] * 1000, time=days)
    tables = workspace.open({"events": EVENTS | {"path": "events.parquet"}})
    assert set(workspace.column(tables, "events", "account_id")) == {hostile}
    assert [row["line"] for row in workspace.quarantined("events")] == [1000]
    written = {path.relative_to(workspace.root).as_posix() for path in workspace.root.rglob("*") if path.is_file()}
    assert written == {"events.parquet", "quarantine/events.parquet"}


def test_bots_and_tests_are_left_out_of_every_table(workspace: Workspace) -> None:
    """fault 32: accounts that `exclude` leaves out take their rows with them, and all are counted."""
    workspace.csv("accounts.csv", "account_id,kind", "a,customer", "t,test", "b,customer", "own,staff", "c,")
    workspace.csv("events.csv", "account_id,time", f"a,{DAY}", f"t,{DAY}", "t,never", f"own,{DAY}", f"c,{DAY}")
    excluding = ACCOUNTS | {"exclude": "kind in ('test', 'staff')"}
    tables = workspace.open({"accounts": excluding, "events": EVENTS})
    assert workspace.column(tables, "accounts", "account_id") == ["a", "b", "c"]
    assert workspace.column(tables, "events", "account_id") == ["a", "c"]
    assert tables.reports["accounts"].dropped == {"excluded": 2}
    # An orphan is somebody whom nobody knows; these are known, and not meant. Their other faults hurt nobody.
    assert (tables.reports["events"].dropped, tables.reports["events"].quarantined) == ({"excluded": 3}, {})
    assert tables.reports["events"].first_day == day_of(date(2024, 1, 1))


def test_rows_are_excluded_where_the_run_says_so(workspace: Workspace) -> None:
    """fault 32: `exclude` of a source leaves out its rows; where it cannot be told, a row is used."""
    workspace.csv("events.csv", "account_id,time,agent", f"a,{DAY},bot", f"a,{DAY},human", f"a,{DAY},")
    tables = workspace.open({"events": EVENTS | {"exclude": "agent = 'bot'"}})
    assert tables.reports["events"].used == 2
    (finding,) = tables.reports["events"].findings
    assert_told(
        finding,
        severity="rule",
        source="events",
        column="exclude",
        file="",
        rows=Rows(1, 1 / 3, ()),
        rule="rows are left out where agent = 'bot'",
        remedy="",
    )
