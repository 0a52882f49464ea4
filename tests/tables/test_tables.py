"""The seam: bound relations, their columns and scales, and conditions over them."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from healthscore.asof import day_of
from healthscore.errors import ConfigurationError
from table_workspace import Workspace

HEAD = "account_id,time,actor_id,name,quantity,known_at,event_id,plan,seats"
ROWS = [
    "a,2024-01-01,u1,view,1.50,2024-01-02,1,pro,3",
    "a,2024-01-02,u2,edit,,,2,pro,3",
    "b,2024-01-03,,view,2.25,,3,basic,1",
    "b,2024-01-03,,view,2.25,,3,basic,1",
    "c,never,,view,1,,4,basic,1",
]
EVENTS: dict[str, Any] = {
    "path": "events.csv",
    "contract": "events",
    "attributes": {"plan": "plan", "licences": "CAST(seats AS integer)"},
}


def test_a_relation_has_every_column_of_its_contract(workspace: Workspace) -> None:
    workspace.csv("events.csv", HEAD, *ROWS[:3])
    tables = workspace.open({"events": EVENTS})
    assert workspace.rows(tables, "events")[0] == {
        "account_id": "a", "actor_id": "u1", "name": "view", "quantity": 150, "event_id": "1",
        "day": day_of(date(2024, 1, 1)), "known_day": day_of(date(2024, 1, 2)), "until_day": None,
        "plan": "pro", "licences": 3,
    }  # fmt: skip
    types = tables.engine.describe(f"SELECT * FROM {tables.relation('events')}")
    assert types == {
        "account_id": "VARCHAR", "actor_id": "VARCHAR", "name": "VARCHAR", "quantity": "BIGINT", "event_id": "VARCHAR",
        "day": "INTEGER", "known_day": "INTEGER", "until_day": "INTEGER", "plan": "VARCHAR", "licences": "BIGINT",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("contract", "columns"),
    [
        (
            "accounts",
            ["account_id", "name", "segment", "owner", "person_id", "parent_id", "valid_from", "valid_to"],
        ),
        ("events", ["account_id", "actor_id", "name", "quantity", "event_id", "day", "known_day", "until_day"]),
        ("levels", ["account_id", "name", "value", "day", "known_day", "instant", "until_day"]),
        (
            "intervals",
            [
                *("account_id", "kind", "quantity", "deadline", "start_day", "end_day"),
                *("known_day", "end_known_day", "until_day"),
            ],
        ),
        (
            "subscriptions",
            [
                *("account_id", "start", "end", "notice", "exit_type", "status", "seats", "value"),
                *("subscription_id", "renewal", "known_day", "end_known_day", "notice_known_day"),
            ],
        ),
        ("interventions", ["account_id", "date", "kind", "arm", "known_day"]),
        ("successions", ["account_id", "successor_id", "date", "kind", "known_day"]),
        (
            "overrides",
            ["account_id", "health", "band", "author", "reason", "made_on", "expires_on", "known_day"],
        ),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_columns_that_a_source_does_not_fill_are_null_of_their_type(
    workspace: Workspace, contract: str, columns: list[str], kind: str
) -> None:
    needed: dict[str, list[Any]] = {
        "account_id": ["a"],
        "time": [date(2024, 1, 1)],
        "start": [date(2024, 1, 1)],
        "date": [date(2024, 1, 1)],
        "value": [1],
        "successor_id": ["b"],
        "health": [50],
        "author": ["c"],
        "reason": ["d"],
        "made_on": [date(2024, 1, 1)],
        "expires_on": [date(2024, 2, 1)],
    }
    if kind == "csv":
        path = workspace.csv("t.csv", ",".join(needed), ",".join(str(values[0]) for values in needed.values()))
    else:
        path = workspace.parquet("t.parquet", **needed)
    tables = workspace.open({"source": {"path": path, "contract": contract, "availability_delay_days": 3}})
    types = tables.engine.describe(f"SELECT * FROM {tables.relation('source')}")
    assert list(types) == columns == list(tables.columns("source"))
    assert set(types.values()) <= {"VARCHAR", "INTEGER", "BIGINT"}
    (row,) = workspace.rows(tables, "source")
    if contract != "accounts":
        assert row["known_day"] == day_of(date(2024, 1, 4))
    assert set(tables.bound_columns("source")) <= set(needed)


def test_what_is_filled_and_at_which_scale(workspace: Workspace) -> None:
    workspace.csv("events.csv", "account_id,time,quantity,plan,seats", "a,2024-01-01,1.25,pro,1")
    tables = workspace.open({"events": EVENTS})
    assert tables.bound_columns("events") == ("account_id", "time", "quantity", "plan", "licences")
    assert tables.scale("events", "quantity") == 2
    assert tables.scale("events", "licences") == 0


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("name = 'view'", 2),
        ("quantity > 1.5", 1),
        ("quantity >= 1.5 and quantity * 2 = 3", 1),
        ("plan in ('pro') and licences = 3", 2),
        ("actor_id is null", 1),
        ("quantity is null", 1),
        ("name not like 'v%' or account_id = 'b'", 2),
    ],
)
def test_conditions_see_numbers_as_they_are(workspace: Workspace, condition: str, count: int) -> None:
    workspace.csv("events.csv", HEAD, *ROWS[:3])
    tables = workspace.open({"events": EVENTS})
    sql = f"SELECT count(*) AS n FROM {tables.relation('events')} WHERE {tables.predicate('events', condition)}"
    assert tables.engine.query(sql)["n"].to_pylist() == [count]


def test_conditions_see_dates_as_dates(workspace: Workspace) -> None:
    workspace.csv("s.csv", "account_id,start,end", "a,2024-01-01,2024-02-01", "b,2024-03-01,")
    tables = workspace.open({"subs": {"path": "s.csv", "contract": "subscriptions"}})
    condition = tables.predicate("subs", "start >= '2024-02-01' and \"end\" is null")
    assert workspace.column(tables, "subs", "account_id") == ["a", "b"]
    found = tables.engine.query(f"SELECT account_id FROM {tables.relation('subs')} WHERE {condition}")
    assert found["account_id"].to_pylist() == ["b"]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("quantity", "is number, no condition"),
        ("plans = 'pro'", "did you mean 'plan'"),
        ("now() > '2024-01-01'", "function now"),
        ("true; DROP TABLE x", "not one expression"),
        ("known_day < 3", "there is no column 'known_day'"),
    ],
)
def test_conditions_that_are_none_are_refused(workspace: Workspace, condition: str, message: str) -> None:
    workspace.csv("events.csv", HEAD, *ROWS[:3])
    tables = workspace.open({"events": EVENTS})
    with pytest.raises(ConfigurationError, match="where over events") as caught:
        tables.predicate("events", condition)
    assert message in str(caught.value)


def test_a_source_that_is_not_open_is_named(workspace: Workspace) -> None:
    workspace.csv("events.csv", HEAD, *ROWS[:3])
    with pytest.raises(ConfigurationError, match="no open source 'orders'; there are 'events'"):
        workspace.open({"events": EVENTS}).relation("orders")


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"columns": {"acount_id": "account_id"}}, "did you mean 'account_id'"),
        ({"columns": {"colour": "plan"}}, r"go under \[sources.events.attributes\]"),
        ({"attributes": {"name": "plan"}}, "choose another name"),
        ({"attributes": {"day": "plan"}}, "choose another name"),
        ({"where": "plan"}, "is text, no condition"),
        ({"where": "plan = now()"}, "function now"),
    ],
)
def test_a_run_that_cannot_be_meant_is_refused(workspace: Workspace, declared: dict[str, Any], message: str) -> None:
    workspace.csv("events.csv", HEAD, *ROWS[:3])
    with pytest.raises(ConfigurationError, match=message):
        workspace.open({"events": {**EVENTS, **declared}})


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_neither_the_order_of_rows_nor_files_nor_threads_matter(workspace: Workspace, kind: str) -> None:
    rows, expected = [*ROWS * 3, *(f"d{n},2024-02-0{n % 9 + 1},,x,0.1,,x{n},pro,1" for n in range(400))], None
    checks = {"quarantine_limit": 0.5}
    for seed, threads, files in [(0, 1, 1), (1, 2, 1), (2, 2, 3)]:
        random.Random(seed).shuffle(rows)
        for number in range(files):
            part = rows[number::files]
            if kind == "csv":
                workspace.csv(f"part{seed}{number}.csv", HEAD, *part)
            else:
                cells = list(zip(*(row.split(",") for row in part), strict=True))
                workspace.parquet(
                    f"part{seed}{number}.parquet", **dict(zip(HEAD.split(","), map(pa.array, cells), strict=True))
                )
        source = {**EVENTS, "path": f"part{seed}*.{kind}"}
        tables = workspace.open({"events": source}, checks=checks, threads=threads)
        report = tables.reports["events"].to_dict() | {"fingerprint": "", "findings": []}
        found = (workspace.rows(tables, "events"), report)
        expected = expected or found
        assert found == expected
    assert expected is not None
    # Of three rows each with ids 1 and 2 one stays, of six with id 3 one, and those with a time that is none go first.
    assert (expected[1]["dropped"], expected[1]["quarantined"]) == ({"duplicate": 9}, {"time_unreadable": 3})
