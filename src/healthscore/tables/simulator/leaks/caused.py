"""Rows that an exit causes, and that are dated before the company books the exit."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from healthscore.tables.simulator.leaks.scene import Leak, Scene, working_hours
from healthscore.tables.simulator.timeline import dates, instants, money

HOUR = 3_600_000_000


def _exit_survey(scene: Scene) -> None:
    random = scene.stream("exit_survey")
    account, day = scene.caused(random, 0.75, 0, 9)
    answered = working_hours(random, day)
    first_user = scene.tables["users"]["user_id"].take(pa.array(_first_users(scene)[account]))
    scene.append(
        "surveys",
        {
            "account_id": scene.ids(account),
            "user_id": first_user,
            "asked_at": instants(answered - HOUR),
            "answered_at": instants(answered),
            "nps": pa.array(random.integers(0, 4, len(day))),
            "purpose": pa.array(["periodic"] * len(day)),
        },
    )


def _first_users(scene: Scene) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Row of each account's first user: users are sorted by account."""
    position = {name: code for code, name in enumerate(scene.company.population.ids)}
    accounts = np.array([position[name] for name in scene.tables["users"]["account_id"].to_pylist()])
    return np.searchsorted(accounts, np.arange(len(position)))


def _cancel_notice(scene: Scene) -> None:
    random = scene.stream("cancel_notice")
    account, day = scene.caused(random, 0.8, 0, 6)
    moment = working_hours(random, day)
    scene.append(
        "events",
        {
            "account_id": scene.ids(account),
            "user_id": scene.tables["users"]["user_id"].take(pa.array(_first_users(scene)[account])),
            "time": instants(moment),
            "name": pa.array(["plan_change_requested"] * len(day)),
            "quantity": pa.array(np.ones(len(day), np.int64)),
            "ingested_at": instants(moment + HOUR // 60),
        },
    )


def _final_invoice(scene: Scene) -> None:
    random = scene.stream("final_invoice")
    invoices = scene.tables["invoices"]
    scene.tables["invoices"] = invoices.append_column("kind", pa.array(["monthly"] * invoices.num_rows))
    account, day = scene.caused(random, 0.85, 0, 5)
    scene.append(
        "invoices",
        {
            "account_id": scene.ids(account),
            "issued": dates(day),
            "due": dates(day + 14),
            "amount": money(random.integers(5_000, 90_000, len(day))),
            "kind": pa.array(["settlement"] * len(day)),
        },
    )


EXIT_SURVEY = Leak(
    "exit_survey",
    'answers to a survey that the click on "cancel" triggers, among the periodic ones',
    "as many bad answers to surveys, whoever gives them and whenever",
    "surveys",
    _exit_survey,
)
CANCEL_NOTICE = Leak(
    "cancel_notice",
    "the request to change the plan, made on the way out, counted as product use",
    "as many such requests that led nowhere",
    "usage",
    _cancel_notice,
    """
[signals.plan_changes]
source = "usage"
component = "intent"
label = "plan change requests"
where = "name = 'plan_change_requested'"
families = ["frequency", "recency"]
windows = [28, 84]
""",
)
FINAL_INVOICE = Leak(
    "final_invoice",
    "the settlement that ends a contract, invoiced before the end is booked",
    "as many settlements of other matters",
    "billing",
    _final_invoice,
    """
[sources.billing]
contract = "events"
path = "invoices.parquet"
columns = { time = "issued", name = "kind", quantity = "amount" }

[signals.billing]
source = "billing"
component = "finance"
label = "invoices"
unit = "dollars"
families = ["frequency", "depth"]
windows = [28, 84]
""",
)
