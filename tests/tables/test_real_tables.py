"""Public data, bound: skipped, visibly, where the folder is not there."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from healthscore.asof import day_of
from table_workspace import Workspace

ENROLMENT = "code_module || '/' || code_presentation || '/' || id_student"
COURSES = {
    "path": "oulad/courses.parquet",
    "on": ["code_module", "code_presentation"],
    "columns": ["assumed_start_date"],
}


def test_online_retail(workspace: Workspace, real_data: Path) -> None:
    source: dict[str, Any] = {
        "path": "online_retail_ii/transactions.parquet",
        "contract": "events",
        "timezone": "Europe/London",
        "columns": {
            "account_id": "customer_id",
            "time": "invoice_ts",
            "name": "stock_code",
            "quantity": "quantity * unit_price_gbp",
        },
        "attributes": {"invoice": "invoice"},
        "where": "not (sheet = '2009-2010' and invoice_ts >= '2010-12-01')",
    }
    tables = workspace.open({"orders": source}, data=real_data, timezone="Europe/London", data_end="2011-12-10")
    report = tables.reports["orders"]
    # The publisher's figures: 1,067,370 lines, 22,523 of them twice, 5,942 customers.
    assert (report.rows_in, report.used, report.accounts) == (1_067_370, 809_560, 5_942)
    assert report.dropped == {"where": 22_523, "anonymous": 235_287}
    assert report.quarantined == {}
    assert (report.first_day, report.last_day) == (day_of(date(2009, 12, 1)), day_of(date(2011, 12, 9)))
    assert tables.scale("orders", "quantity") == 3
    relation, cancelled = tables.relation("orders"), tables.predicate("orders", "invoice like 'C%'")
    query = f"SELECT count(*) FILTER (WHERE {cancelled}) AS cancelled, sum(quantity) AS pounds FROM {relation}"
    # Computed from the file by pandas.
    assert tables.engine.query(query).to_pylist() == [{"cancelled": 18_446, "pounds": 16_343_651_038}]


def test_online_retail_days_do_not_depend_on_how_they_are_computed(workspace: Workspace, real_data: Path) -> None:
    source = {
        "path": "online_retail_ii/transactions.parquet",
        "contract": "events",
        "timezone": "Europe/London",
        "columns": {"account_id": "customer_id", "time": "invoice_ts"},
    }
    days = []
    for zone in ("Europe/London", "Europe/Lisbon"):  # the same clock by another name: once as written, once over UTC
        tables = workspace.open({"orders": source}, data=real_data, timezone=zone)
        query = f"SELECT day, count(*) AS n FROM {tables.relation('orders')} GROUP BY 1 ORDER BY 1"
        days.append(tables.engine.query(query).to_pydict())
    assert days[0] == days[1]


def test_oulad(workspace: Workspace, real_data: Path) -> None:
    clicks: dict[str, Any] = {
        "path": "oulad/student_vle.parquet",
        "contract": "events",
        "columns": {
            "account_id": ENROLMENT,
            "time": "assumed_start_date + date",
            "name": "activity_type",
            "quantity": "sum_click",
        },
        "lookup": [COURSES, {"path": "oulad/vle.parquet", "on": ["id_site"], "columns": ["activity_type"]}],
    }
    registrations: dict[str, Any] = {
        "path": "oulad/student_registration.parquet",
        "contract": "subscriptions",
        "columns": {
            "account_id": ENROLMENT,
            "start": "assumed_start_date",
            "end": "assumed_start_date + date_unregistration",
            "known_at": "assumed_start_date + date_registration",
        },
        "where": "date_unregistration is null or date_unregistration > 0",
        "lookup": [COURSES],
    }
    tables = workspace.open({"clicks": clicks, "registrations": registrations}, data=real_data)
    report = tables.reports["clicks"]
    assert (report.rows_in, report.used) == (1_047_523, 1_047_523)
    assert report.findings == ()
    query = f"SELECT count(DISTINCT name) AS kinds, sum(quantity) AS clicks FROM {tables.relation('clicks')}"
    # Computed from the files by pandas, as the days are.
    assert tables.engine.query(query).to_pylist() == [{"kinds": 12, "clicks": 3_513_263}]
    assert (report.first_day, report.last_day) == (day_of(date(2013, 1, 23)), day_of(date(2015, 6, 27)))
    # 32,593 registrations, 3,097 of which ended on or before day 0, as published.
    assert tables.reports["registrations"].dropped == {"where": 3_097}
    assert tables.reports["registrations"].used == 29_496
