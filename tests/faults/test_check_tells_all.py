"""`healthscore check` never refuses: it tells every fault of every table at once, each with what mends it."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from healthscore.cli.application import application
from healthscore.pipelines.check import check
from table_workspace import Workspace

RUN = """
name = "bad"
data = "."
data_end = 2024-06-01

[as_of]
dates = [2024-03-01]

[sources.accounts]
path = "accounts.csv"
contract = "accounts"
exclude = "kind = 'test'"

[sources.visits]
path = "visits.csv"
contract = "events"

[sources.invoices]
path = "invoices.csv"
contract = "events"

[sources.answers]
path = "answers.csv"
contract = "levels"
ranges = { value = [0, 10] }

[sources.contracts]
path = "contracts.csv"
contract = "subscriptions"

[sources.clicks]
path = "clicks.csv"
contract = "events"

[sources.cut]
path = "cut.parquet"
contract = "events"

[tracking]
enabled = false
"""
FOUND = {
    ("accounts", "excluded"): "rule",
    ("accounts", "ids_look_alike"): "warning",
    ("visits", "excluded"): "rule",
    ("visits", "anonymous"): "rule",
    ("visits", "orphan"): "error",
    ("visits", "time_unreadable"): "error",
    ("visits", "sentinel_time"): "error",
    ("visits", "future_time"): "error",
    ("invoices", "number_unreadable"): "error",
    ("invoices", "mixed_currencies"): "error",
    ("answers", "out_of_range"): "error",
    ("answers", "exit_survey"): "rule",
    ("contracts", "two_open"): "error",
    ("contracts", "end_before_start"): "error",
    ("clicks", "naive_time"): "error",
    ("cut", "damaged_file"): "error",
}


def write(workspace: Workspace) -> str:
    workspace.csv("accounts.csv", "account_id,kind", "a,", "007,", "7,", "t,test")
    visits = ["a,2024-01-01", "t,2024-01-01", ",2024-01-01", "x,2024-01-01", "a,never", "a,1970-01-01", "a,2030-01-01"]
    workspace.csv("visits.csv", "account_id,time", *visits)
    invoices = ["a,2024-01-01,10,EUR", "a,2024-01-01,10,USD", "a,2024-01-01,$5,USD"]
    workspace.csv("invoices.csv", "account_id,time,quantity,currency", *invoices)
    answers = ["a,2024-01-01,9,", "a,2024-01-01,11,", "a,2024-01-01,1,exit"]
    workspace.csv("answers.csv", "account_id,time,value,purpose", *answers)
    contracts = ["a,2023-01-01,", "a,2023-02-01,", "7,2023-02-01,2023-01-01", "7,2023-02-01,2024-03-10"]
    workspace.csv("contracts.csv", "account_id,start,end", *contracts)
    workspace.csv("clicks.csv", "account_id,time", "a,2024-01-01T10:00:00")
    workspace.raw("cut.parquet", b"PAR1 and no more")
    return str(workspace.raw("healthscore.toml", RUN.encode()))


def test_every_fault_is_told_at_once_with_what_mends_it(workspace: Workspace) -> None:
    made = check(workspace.root / write(workspace))
    assert not made.ok
    told = {(fault["source"], fault["code"]): fault["severity"] for fault in made.result["faults"]}
    assert {key: told.get(key) for key in FOUND} == FOUND
    for fault in made.result["faults"]:
        assert fault["rule"]
        assert fault["severity"] == "rule" or fault["remedy"], fault
    for source in made.result["sources"].values():
        accounted = source["used"] + sum(source["quarantined"].values()) + sum(source["dropped"].values())
        assert source["rows_in"] == accounted


def test_what_it_finds_is_printed_with_the_line_that_declares_it(workspace: Workspace) -> None:
    run = workspace.root / write(workspace)
    done = CliRunner().invoke(application, ["check", str(run)])
    assert done.exit_code == 2
    printed = " ".join(done.output.split())
    for line in (
        'declare `timezone = "UTC"` in [sources.clicks]',
        "tell them apart by `columns.subscription_id`",
        "fetch the rates by `lookup`",
        "ERROR visits.account_id: ",
        "; 1 row (",
        "By rule accounts.exclude: rows are left out where kind = 'test'; 1 row (25.00%) [excluded]",
        "visits, invoices, answers: rows do not say when they became known, so late ones cannot be told",
    ):
        assert line in printed
    found = json.loads(next((workspace.root / "healthscore-out").rglob("result.json")).read_text(encoding="utf-8"))
    assert set(found["quarantine"]) == {"visits", "invoices", "answers", "contracts"}
