"""Each kind of evidence on tables small enough to count."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from healthscore.asof import day_of
from healthscore.config import load_run
from healthscore.pipelines.build import build_book
from healthscore.pipelines.leakcheck import find_leaks
from healthscore.pipelines.leaks import EVIDENCE
from healthscore.pipelines.leaks.arrivals import is_writing
from healthscore.pipelines.leaks.findings import Finding, of_tables
from healthscore.pipelines.leaks.material import Material
from healthscore.pipelines.leaks.periods import period_begun
from healthscore.pipelines.leaks.timing import Gathering
from healthscore.tables import open_tables
from literal import run_of

BEGIN = date(2024, 1, 1)
LEAVERS, ACCOUNTS = 40, 120
T = date(2024, 9, 1)
CHURN = {"kind": "churn", "source": "subscriptions", "horizon_days": 60}
EXITS = {i: date(2024, 9, 2) + timedelta(days=i) for i in range(LEAVERS)}


def account(i: int) -> str:
    """Ids whose order says nothing: 37 and 120 have no common factor."""
    return f"a{i * 37 % ACCOUNTS:03d}"


def dates(days: list[date | None]) -> pa.Array:
    return pa.array(days, pa.date32())


def contracts(**columns: Any) -> pa.Table:
    """120 customers since January; the first forty leave one a day from 2 September on."""
    ids = [account(i) for i in range(ACCOUNTS)]
    end = [EXITS.get(i) for i in range(ACCOUNTS)]
    return pa.table({"account_id": ids, "start": dates([BEGIN] * ACCOUNTS), "end": dates(end), **columns})


def weekly(**columns: Any) -> pa.Table:
    """A row per account and week until it leaves; a column is a function of (account, day)."""
    rows = [
        (i, day)
        for i in range(ACCOUNTS)
        for day in (BEGIN + timedelta(days=7 * week + i % 7) for week in range(45))
        if day < EXITS.get(i, date.max)
    ]
    return pa.table(
        {
            "account_id": [account(i) for i, _ in rows],
            "time": dates([day for _, day in rows]),
            **{name: [made(i, day) for i, day in rows] for name, made in columns.items()},
        }
    )


def found(folder: Path, kind: str, *, sources: Any = None, signal: Any = None, **tables: pa.Table) -> dict[str, Any]:
    run = run_of(
        folder,
        {"subscriptions": contracts(), "events": weekly(), **tables},
        as_of=[T],
        sources=sources,
        data_end=date(2024, 12, 1),
        signals={"use": {"families": ["frequency"], "windows": [28], **(signal or {})}},
        outcome=CHURN,
    )
    with open_tables(run) as opened:
        return find_leaks(run, opened, kinds=[kind])


@pytest.mark.parametrize("kind", EVIDENCE)
def test_regular_rows_until_the_end_are_silent(kind: str, tmp_path: Path) -> None:
    result = found(tmp_path, kind)
    assert (result["leaks"], result["questions"]) == ([], [])
    assert result["checked"]


# --- Cases -----------------------------------------------------------------------------------------------------------


def test_a_case_is_one_snapshot_per_account_and_leaves_out_who_left_later(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        {"subscriptions": contracts(), "events": weekly()},
        as_of=["2024-07-01", "2024-08-01", "2024-08-15"],
        data_end=date(2024, 12, 1),
        signals={"use": {"families": ["frequency"], "windows": [28]}},
        outcome=CHURN | {"horizon_days": 31},
    )
    with open_tables(run) as tables:
        material = Material(run, tables, build_book(run, tables))
        cases, exits = material.cases, material.exits
    # Of 40 leavers, 14 leave within 31 days of 15 August; the other 26 stayed then, and are gone by December.
    assert cases.left.sum() == 13
    assert len(cases.account) == 13 + 80
    assert set(cases.day[cases.left]) == {day_of(date(2024, 8, 15))}
    assert len(set(cases.day[~cases.left].tolist())) == 3
    assert exits is not None
    assert (len(exits), exits.ended.min()) == (LEAVERS, day_of(EXITS[0]))


# --- Timing ----------------------------------------------------------------------------------------------------------


def test_the_four_windows_of_an_exit_are_exchangeable_under_chance() -> None:
    hit = np.zeros((20, 4), bool)
    hit[:10, 0] = True
    assert Gathering(hit).chance == pytest.approx(0.25**10)
    assert (Gathering(hit).near, Gathering(hit).usual, Gathering(hit).excess) == (0.5, 0.0, 0.5)
    hit[:] = True
    assert Gathering(hit).chance == 1.0


def test_rows_around_exits_are_named_with_their_figures(tmp_path: Path) -> None:
    names = weekly(name=lambda i, day: "goodbye" if (EXITS.get(i, date.max) - day).days <= 7 else "hello")
    (leak,) = found(tmp_path, "timing", events=names)["leaks"]
    assert leak["where"] == "events.name = 'goodbye'"
    assert "100 % of 40 exits" in leak["evidence"]
    assert "a000 on 2024-08-26, 7 days before" in leak["evidence"]
    assert "not (name = 'goodbye')" in leak["remedy"]


# --- Periods ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "period"),
    [
        (["2024-01-01", "2024-04-01", "2024-07-01", "2024-10-01"], "quarter"),
        (["2024-01-01", "2024-02-01", "2024-03-01", "2024-05-01"], "month"),
        (["2024-01-01", "2024-01-08", "2024-01-15", "2024-02-05"], "week"),
        (["2024-01-01", "2024-01-08", "2024-01-16", "2024-02-05"], None),
        (["2024-01-01", "2024-02-01", "2024-03-01"], None),
    ],
)
def test_first_days_of_a_period_are_recognised(days: list[str], period: str | None) -> None:
    assert period_begun(np.array([day_of(date.fromisoformat(day)) for day in days])) == period


def monthly(known: bool) -> pa.Table:
    """Days of use per month, dated with its first day; or, unless it is known how the month ends, a constant."""
    rows = []
    for i in range(ACCOUNTS):
        for month in range(1, 12):
            first, after = date(2024, month, 1), date(2024, month + 1, 1)
            last = EXITS.get(i, date.max)
            if first < last:
                rows.append((account(i), first, (min(after, last) - first).days if known else 30 + i % 5))
    ids, days, totals = zip(*rows, strict=True)
    return pa.table({"account_id": list(ids), "time": dates(list(days)), "quantity": list(totals)})


def test_totals_that_know_the_day_of_the_exit_are_a_leak(tmp_path: Path) -> None:
    depth = {"families": ["depth"]}
    (leak,) = found(tmp_path / "a", "periods", events=monthly(True), signal=depth)["leaks"]
    assert (leak["code"], leak["where"]) == ("period_start", "events")
    assert "availability_delay_days = 31" in leak["remedy"]
    assert not found(tmp_path / "b", "periods", events=monthly(False), signal=depth)["leaks"]
    delayed = {"events": {"availability_delay_days": 31}}
    assert not found(tmp_path / "c", "periods", events=monthly(True), signal=depth, sources=delayed)["leaks"]


# --- Arrivals --------------------------------------------------------------------------------------------------------


def test_times_of_writing_are_known_by_their_names() -> None:
    assert [is_writing(name) for name in ("created_at", "IngestedAt", "closed_at", "due")] == [True, True, False, False]


@pytest.mark.parametrize(("days", "leaks"), [(0, 0), (9, 1)])
def test_rows_written_later_than_they_are_dated_are_a_leak(days: int, leaks: int, tmp_path: Path) -> None:
    late = weekly(loaded_at=lambda i, day: day + timedelta(days=days))
    result = found(tmp_path, "arrivals", events=late)
    assert len(result["leaks"]) == leaks
    if leaks:
        assert result["leaks"][0]["where"] == "events.loaded_at"
        assert 'columns.known_at = "loaded_at"' in result["leaks"][0]["remedy"]


def test_another_time_that_tells_who_left_is_a_question_and_only_where_all_rows_have_it(tmp_path: Path) -> None:
    gone = {i: EXITS.get(i) for i in range(ACCOUNTS)}
    everywhere = weekly(reviewed_on=lambda i, day: gone[i] or day)
    result = found(tmp_path / "a", "arrivals", events=everywhere)
    assert (result["leaks"], len(result["questions"])) == ([], 1)
    some = weekly(reviewed_on=lambda i, day: gone[i])
    assert not found(tmp_path / "b", "arrivals", events=some)["questions"]


# --- Current state ---------------------------------------------------------------------------------------------------

STATES = {"events": {"attributes": {"stage": "stage"}}}
READ = {"where": "stage = 'x'"}


def test_a_value_per_account_that_tells_who_left_is_a_leak_and_else_a_question(tmp_path: Path) -> None:
    today = weekly(stage=lambda i, day: "x" if i < LEAVERS else "y")
    (leak,) = found(tmp_path / "a", "current state", events=today, sources=STATES, signal=READ)["leaks"]
    assert (leak["code"], leak["where"]) == ("current_state", "events.stage")
    told = weekly(stage=lambda i, day: "x" if i % 3 else "y")
    result = found(tmp_path / "b", "current state", events=told, sources=STATES, signal=READ)
    assert (result["leaks"], [question["code"] for question in result["questions"]]) == ([], ["no_history"])


def test_a_value_with_a_history_is_none_of_it(tmp_path: Path) -> None:
    changing = weekly(stage=lambda i, day: "x" if (i + day.month) % 3 else "y")
    result = found(tmp_path, "current state", events=changing, sources=STATES, signal=READ)
    assert (result["leaks"], result["questions"]) == ([], [])


def test_a_value_that_only_leavers_rows_have_is_a_leak(tmp_path: Path) -> None:
    written = weekly(stage=lambda i, day: "x" if i < LEAVERS and day.month == 8 else "y")
    (leak,) = found(tmp_path, "current state", events=written, sources=STATES, signal=READ)["leaks"]
    assert leak["code"] == "written_later"
    assert "stage = 'x' stands on rows of 100 % of 40 accounts that left" in leak["evidence"]


def test_an_attribute_that_nothing_reads_does_not_matter(tmp_path: Path) -> None:
    today = weekly(stage=lambda i, day: "x" if i < LEAVERS else "y")
    assert not found(tmp_path, "current state", events=today, sources=STATES)["leaks"]


# --- Missing pasts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("without", "leaks", "questions"), [(40, 1, 0), (14, 0, 1), (4, 0, 0)])
def test_leavers_without_rows_are_a_leak_when_they_are_many(
    without: int, leaks: int, questions: int, tmp_path: Path
) -> None:
    rows, deleted = weekly(), {account(i) for i in range(without)}
    kept = [name not in deleted for name in rows["account_id"].to_pylist()]
    result = found(tmp_path, "missing pasts", events=rows.filter(pa.array(kept)))
    assert (len(result["leaks"]), len(result["questions"])) == (leaks, questions)


# --- Identifiers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "what"),
    [
        (lambda i: f"{'x' if i < LEAVERS else 'a'}{i * 37 % ACCOUNTS:03d}", "the beginning"),
        (lambda i: f"a{i * 37 % ACCOUNTS:03d}{'-closed' if i < LEAVERS else ''}", "the end"),
        (lambda i: f"a{i:03d}", "the order"),
    ],
)
def test_ids_that_leaving_changed_are_a_leak(named: Callable[[int], str], what: str, tmp_path: Path) -> None:
    new = {account(i): named(i) for i in range(ACCOUNTS)}

    def renamed(table: pa.Table) -> pa.Table:
        return table.set_column(0, "account_id", [[new[name] for name in table["account_id"].to_pylist()]])

    tables = {"subscriptions": renamed(contracts()), "events": renamed(weekly())}
    (leak,) = found(tmp_path, "identifiers", **tables)["leaks"]
    assert leak["where"] == "account_id"
    assert leak["evidence"].startswith(what)


# --- Single features -------------------------------------------------------------------------------------------------


def test_a_feature_that_knows_everything_is_a_leak(tmp_path: Path) -> None:
    events, leavers = weekly(), {account(i) for i in range(LEAVERS)}
    kept = [
        not (name in leavers and day > date(2024, 7, 20))
        for name, day in zip(events["account_id"].to_pylist(), events["time"].to_pylist(), strict=True)
    ]
    result = found(tmp_path, "single features", events=events.filter(pa.array(kept)))
    (leak,) = result["leaks"]
    assert (leak["code"], leak["where"][:4]) == ("too_good", "use_")
    assert "AUC of 1.00" in leak["evidence"]


# --- One file, several sources ---------------------------------------------------------------------------------------


def of_file(where: str, remedy: str, code: str = "timing") -> Finding:
    return Finding(code, "leak", where, "62 % of 40 exits", remedy)


@pytest.mark.parametrize(
    ("engine", "read"),
    [("", 'path = "{}.csv"'), ('engine = "postgresql"\ndatabase = "env:NOT_READ"\n', 'table = "company.{}"')],
    ids=["files", "tables"],
)
def test_what_several_sources_of_one_file_or_table_show_is_one_finding(engine: str, read: str, tmp_path: Path) -> None:
    text = "".join(
        f'[sources.{name}]\ncontract = "events"\n{read.format(place)}\n'
        for name, place in {"invoices": "bills", "billing": "bills", "surveys": "answers"}.items()
    )
    (tmp_path / "healthscore.toml").write_text(f'name = "one"\n{engine}[as_of]\ndates = [2024-01-01]\n{text}')
    findings = [
        of_file("invoices.kind = 'settlement'", "leave out in invoices"),
        of_file("billing.name = 'settlement'", "leave out in billing"),
        of_file("billing.name = 'reminder'", "leave out in billing"),
        of_file("surveys", "bind in surveys"),
        of_file("surveys.name = 'settlement'", "leave out in surveys"),
        of_file("invoices", "restore [sources.invoices]", "missing_past"),
        of_file("billing", "mend the file", "missing_past"),
        of_file("account_id", "export the ids", "identifier"),
    ]
    merged = of_tables(findings, load_run(tmp_path / "healthscore.toml"))
    assert [(finding.where, finding.remedy) for finding in merged] == [
        ("invoices.kind = 'settlement' and billing.name = 'settlement'", "leave out in invoices; likewise for billing"),
        ("billing.name = 'reminder'", "leave out in billing"),
        ("surveys", "bind in surveys"),
        ("surveys.name = 'settlement'", "leave out in surveys"),
        ("invoices and billing", "restore [sources.invoices]; mend the file"),
        ("account_id", "export the ids"),
    ]
