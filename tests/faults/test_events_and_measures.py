"""Faults 30 to 43: events and measures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from healthscore.errors import ConfigurationError
from healthscore.tables.scales import two_scales
from messages import Rows, assert_told
from table_workspace import Workspace, padded

EVENTS: dict[str, Any] = {"path": "events.csv", "contract": "events"}
LEVELS: dict[str, Any] = {"path": "levels.csv", "contract": "levels"}
DAY = "2024-01-01"


def levels(workspace: Workspace, *values: object) -> dict[str, dict[str, Any]]:
    workspace.csv("levels.csv", "account_id,time,value", *(f"a{n},{DAY},{value}" for n, value in enumerate(values)))
    return {"levels": LEVELS}


def test_copies_of_an_event_are_one(workspace: Workspace) -> None:
    """fault 30: under an event_id a copy is dropped and counted; without one two logins in a second are two."""
    workspace.csv("events.csv", "account_id,time,event_id", f"a,{DAY},1", f"a,{DAY},2", f"a,{DAY},1", f"a,{DAY},1")
    tables = workspace.open({"events": EVENTS})
    (finding,) = tables.findings
    assert_told(
        finding,
        severity="rule",
        source="events",
        column="event_id",
        file="events.csv",
        rows=Rows(2, 0.5, ("events.csv:4", "events.csv:5")),
        rule="of rows that say the same, the one known first is used",
        remedy="",
    )
    workspace.csv("events.csv", "account_id,time", f"a,{DAY}", f"a,{DAY}")
    assert workspace.open({"events": EVENTS}).reports["events"].used == 2


def test_one_event_does_not_say_two_things(workspace: Workspace) -> None:
    """fault 31: contradictions are set aside, both of them, and beyond 0.1 % refused."""
    odd = [f"a,{DAY},same,1", f"b,{DAY},same,1"]
    workspace.csv("events.csv", "account_id,time,event_id,quantity", *padded(odd, lambda n: f"a,{DAY},{n},1", 1000))
    assert_told(
        workspace.refusal({"events": EVENTS})["conflict"],
        source="events",
        column="event_id",
        file="events.csv",
        rows=Rows(2, 0.002, ("events.csv:2", "events.csv:3")),
        rule="rows of one event_id say the same; at most 0.1% of rows may not",
        remedy="declare `deduplicate_by` in [sources.events]",
    )
    workspace.csv("events.csv", "account_id,time,event_id,quantity", *padded(odd, lambda n: f"a,{DAY},{n},1", 2000))
    workspace.open({"events": EVENTS})
    assert [(row["reason"], row["line"]) for row in workspace.quarantined("events")] == [
        ("conflict", 2),
        ("conflict", 3),
    ]


AMOUNTS = ["€1.234,56", "$1,234.56", "1 234", "(120.00)", "12 EUR", "1'234.50"]


@pytest.mark.parametrize("text", AMOUNTS)
def test_amounts_as_people_write_them_are_refused(workspace: Workspace, text: str) -> None:
    """fault 35: never stripped and guessed: is 1.234 a thousand or one?"""
    workspace.csv("events.csv", "account_id,time,quantity", f'a,{DAY},"{text}"', f"b,{DAY},7")
    assert_told(
        workspace.refusal({"events": EVENTS})["number_unreadable"],
        source="events",
        column="quantity",
        file="events.csv",
        rows=Rows(1, 0.5, ("events.csv:2",)),
        rule="no blanks, currency, thousands marks, NaN or inf; at most 0.50% of rows may be set aside",
        remedy='another decimal mark is declared by `decimal = ","` in [sources.events]',
    )


def paid(workspace: Workspace, *rows: str) -> dict[str, dict[str, Any]]:
    workspace.csv("invoices.csv", "account_id,time,quantity,currency", *rows)
    return {"invoices": {"path": "invoices.csv", "contract": "events"}}


def test_amounts_of_two_currencies_are_not_added(workspace: Workspace) -> None:
    """fault 35: yen and euros in one column are refused until the run converts them."""
    rows = [f"a,{DAY},10,EUR", f"a,{DAY},1500,JPY", f"b,{DAY},11,eur ", f"c,{DAY},5,", f"c,{DAY},0,USD"]
    assert_told(
        workspace.refusal(paid(workspace, *rows))["mixed_currencies"],
        source="invoices",
        column="currency",
        file="invoices.csv",
        rows=Rows(2, 0.4, ("invoices.csv:3", "invoices.csv:5")),
        rule="amounts of one source are in one currency; here 2 in EUR, 1 in none, 1 in JPY",
        remedy="fetch the rates by `lookup`, multiply in `columns`",
    )


def test_the_remedy_for_two_currencies_works(workspace: Workspace) -> None:
    """fault 35: with a table of rates and an expression the amounts are of one currency."""
    sources = paid(workspace, f"a,{DAY},10,EUR", f"b,{DAY},1600,JPY")
    workspace.csv("rates.csv", "currency,rate", "EUR,1", "JPY,0.00625")
    sources["invoices"] |= {
        "lookup": [{"path": "rates.csv", "on": ["currency"], "columns": ["rate"]}],
        "columns": {"quantity": "CAST(quantity AS double) * CAST(rate AS double)", "currency": "'EUR'"},
    }
    tables = workspace.open(sources)
    assert workspace.column(tables, "invoices", "quantity") == [10, 10]


def test_one_currency_and_counts_beside_currencies_are_sound(workspace: Workspace) -> None:
    """fault 35: the column alone is no fault: what is in two currencies must be amounts."""
    workspace.open(paid(workspace, f"a,{DAY},1,EUR", f"b,{DAY},2,eur"))
    workspace.csv("invoices.csv", "account_id,time,currency", f"a,{DAY},EUR", f"b,{DAY},USD")
    workspace.open({"invoices": {"path": "invoices.csv", "contract": "events"}})


def test_refunds_keep_their_sign(workspace: Workspace) -> None:
    """fault 36: a negative amount is a refund or a credit, and counts as what it is."""
    workspace.csv("events.csv", "account_id,time,quantity", f"a,{DAY},120.50", f"a,{DAY},-20.50")
    tables = workspace.open({"events": EVENTS})
    assert workspace.column(tables, "events", "quantity") == [-205, 1205]


def test_a_declared_sign_is_kept_to(workspace: Workspace) -> None:
    """fault 36: where nothing can be refunded, `ranges` says so."""
    rows = padded([f"a,{DAY},-1"], lambda n: f"a,{DAY},1")
    workspace.csv("events.csv", "account_id,time,quantity", *rows)
    tables = workspace.open({"events": EVENTS | {"ranges": {"quantity": [0, 1e6]}}})
    assert tables.reports["events"].quarantined == {"out_of_range": 1}


def test_seats_are_not_negative(workspace: Workspace) -> None:
    """fault 36: -1 seat is no seat."""
    rows = padded(["b,2024-01-01,,-1"], lambda n: f"a{n},2024-01-01,,3")
    workspace.csv("subs.csv", "account_id,start,end,seats", *rows)
    tables = workspace.open({"subs": {"path": "subs.csv", "contract": "subscriptions"}})
    (finding,) = tables.findings
    assert_told(
        finding,
        severity="quarantine",
        source="subs",
        column="seats",
        file="subs.csv",
        rows=Rows(1, 0.001, ("subs.csv:2",)),
        rule="seats are not negative",
        remedy="mend the rows, or drop them by `where`",
    )


@pytest.mark.parametrize(
    ("value", "code"),
    [("inf", "number_unreadable"), ("NaN", "number_unreadable"), ("1e309", "number_overflow")],
)
def test_numbers_that_are_none_are_set_aside(workspace: Workspace, value: str, code: str) -> None:
    """fault 37: infinity, "NaN" and what no 64 bits hold."""
    workspace.csv("events.csv", "account_id,time,quantity", *padded([f"a,{DAY},{value}"], lambda n: f"a,{DAY},1"))
    (finding,) = workspace.open({"events": EVENTS}).findings
    assert (finding.code, finding.column, finding.count, finding.lines) == (code, "quantity", 1, ("events.csv:2",))
    (row,) = workspace.quarantined("events")
    assert (row["reason"], row["column"]) == (code, "quantity")
    assert f'"quantity":"{value}"' in row["original"]


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_typed_numbers_that_are_none_are_set_aside(workspace: Workspace, value: float) -> None:
    """fault 37: in a typed column too."""
    days = pa.array([19000] * 1000, pa.date32())
    workspace.parquet("e.parquet", account_id=["a"] * 1000, time=days, quantity=pa.array([value] + [1.5] * 999))
    tables = workspace.open({"events": EVENTS | {"path": "e.parquet"}})
    assert tables.reports["events"].quarantined == {"number_not_finite": 1}


TO_PERCENTAGES = "CASE WHEN CAST(value AS double) <= 1 THEN 100 * CAST(value AS double) ELSE CAST(value AS double) END"


def shares(count: int, seed: int = 1) -> list[str]:
    """Shares of seats in use, as a person types them."""
    return [f"{value:.2f}" for value in np.random.default_rng(seed).beta(5, 3, count).clip(0.06, 0.99)]


def percentages(count: int, seed: int = 2) -> list[str]:
    return [f"{float(value) * 100:.0f}" for value in shares(count, seed)]


def test_shares_among_percentages_are_refused_where_percentages_are_declared(workspace: Workspace) -> None:
    """fault 38: 0.45 and 45 both lie within [0, 100]; two clusters a hundred times apart do not by chance."""
    values = [*percentages(100), *shares(30)]
    sources = levels(workspace, *values)
    sources["levels"] = LEVELS | {"ranges": {"value": [0, 100]}}
    assert_told(
        workspace.refusal(sources)["mixed_scale"],
        source="levels",
        column="value",
        file="levels.csv",
        rows=Rows(30, 30 / 130, ("levels.csv:102", "levels.csv:103", "levels.csv:104")),
        rule="here 30 look like shares (up to 1) and 100 like percentages (up to 100)",
        remedy=f'declare `columns.value = "{TO_PERCENTAGES}"` in [sources.levels]',
    )


def test_percentages_among_shares_are_refused_where_shares_are_declared(workspace: Workspace) -> None:
    """fault 38: under [0, 1] a percentage lies outside, and the scale that would fit is named."""
    sources = levels(workspace, *shares(100), *percentages(5))
    sources["levels"] = LEVELS | {"ranges": {"value": [0, 1]}}
    fault = workspace.refusal(sources)["out_of_range"]
    assert fault.lines == ("levels.csv:102", "levels.csv:103", "levels.csv:104")
    assert "where the scale [0, 100] would fit" in fault.rule
    assert "bring them to one by `columns.value` = CASE WHEN ... END" in fault.remedy


def test_two_scales_that_nobody_declared_are_a_question(workspace: Workspace) -> None:
    """fault 38: without a declared range it is a warning, and the remedy that it names ends it."""
    sources = levels(workspace, *percentages(100), *shares(30))
    (warning,) = workspace.open(sources).reports["levels"].warnings
    assert (warning.code, warning.severity, warning.count) == ("mixed_scale", "warning", 30)
    assert TO_PERCENTAGES in warning.remedy
    assert workspace.open({"levels": LEVELS | {"columns": {"value": TO_PERCENTAGES}}}).findings == ()


def test_each_name_has_its_own_scale(workspace: Workspace) -> None:
    """fault 38: a share and a percentage of two names are two things; within one name they are a mixture."""
    sound = [f"a,{DAY},use,{value}" for value in shares(60)] + [f"a,{DAY},nps,{value}" for value in percentages(60)]
    workspace.csv("levels.csv", "account_id,time,name,value", *sound)
    assert workspace.open({"levels": LEVELS}).findings == ()
    mixed = [f"a,{DAY},use,{value}" for value in percentages(20)]
    workspace.csv("levels.csv", "account_id,time,name,value", *sound, *mixed)
    (warning,) = workspace.open({"levels": LEVELS}).findings
    assert (warning.count, warning.lines[0]) == (20, "levels.csv:122")
    assert "values of 'use' are on one scale" in warning.rule


RANDOM = np.random.default_rng(7)
ONE_SCALE = {
    "shares": RANDOM.beta(5, 3, 500),
    "percentages": RANDOM.beta(5, 3, 500) * 100,
    "small percentages": RANDOM.exponential(4, 500).clip(0, 100),
    "many zeros": np.where(RANDOM.random(500) < 0.5, 0, RANDOM.beta(5, 3, 500) * 100),
    "ratings of 1 to 5 in halves": RANDOM.integers(1, 11, 500) / 2,
    "ratings of 0 to 10": RANDOM.integers(0, 11, 500) + 0.0,
    "amounts": RANDOM.lognormal(2, 1, 500).clip(0, 100),
    "amounts up to 100": RANDOM.uniform(0, 100, 5000),
    "prices of a few articles": RANDOM.choice([0.49, 0.99, 19.99, 49.99, 79.99], 500),
    "hours": RANDOM.gamma(0.7, 8, 500).clip(0, 100),
    "one odd value": np.append(RANDOM.beta(5, 3, 500) * 100, 0.5),
    "too few": np.append(RANDOM.beta(5, 3, 20) * 100, RANDOM.beta(5, 3, 20)),
}


@pytest.mark.parametrize("what", ONE_SCALE)
def test_one_scale_is_not_taken_for_two(what: str) -> None:
    """fault 38: no alarm for what is merely wide, or takes few values."""
    values, counts = np.unique(np.ceil(ONE_SCALE[what] * 100) / 100, return_counts=True)
    assert not two_scales(values[values > 0], counts[values > 0])


@pytest.mark.parametrize("values", [("11",), ("-1",), ("10.5",)])
def test_answers_beyond_the_scale_are_set_aside(workspace: Workspace, values: tuple[str, ...]) -> None:
    """fault 39: an NPS of 11 or of -1 is none."""
    workspace.csv(
        "levels.csv", "account_id,time,value", *padded([f"a,{DAY},{v}" for v in values], lambda n: f"a,{DAY},9")
    )
    tables = workspace.open({"levels": LEVELS | {"ranges": {"value": [0, 10]}}})
    (finding,) = tables.findings
    assert_told(
        finding,
        severity="quarantine",
        source="levels",
        column="value",
        file="levels.csv",
        rows=Rows(1, 0.001, ("levels.csv:2",)),
        rule="values lie within [0, 10], as `ranges` declares",
        remedy="`ranges.value` in [sources.levels]",
    )
    assert [row["reason"] for row in workspace.quarantined("levels")] == ["out_of_range"]


def test_an_answer_with_its_scale_is_no_number(workspace: Workspace) -> None:
    """fault 39: "9/10" is not 9, and not 0.9."""
    workspace.csv("levels.csv", "account_id,time,value", *padded([f"a,{DAY},9/10"], lambda n: f"a,{DAY},9"))
    tables = workspace.open({"levels": LEVELS | {"ranges": {"value": [0, 10]}}})
    assert tables.reports["levels"].quarantined == {"number_unreadable": 1}


def test_answers_on_two_scales_are_refused_with_the_one_that_fits(workspace: Workspace) -> None:
    """fault 39: CSAT of 1 to 5 with answers of 1 to 7 among them."""
    sources = levels(workspace, *[1, 2, 3, 4, 5] * 10, 7, 6)
    sources["levels"] = LEVELS | {"ranges": {"value": [1, 5]}}
    assert_told(
        workspace.refusal(sources)["out_of_range"],
        source="levels",
        column="value",
        file="levels.csv",
        rows=Rows(2, 2 / 52, ("levels.csv:52", "levels.csv:53")),
        rule="they lie between 1 and 7, where the scale [1, 7] would fit",
        remedy="declare `ranges = { value = [1, 7] }` in [sources.levels]",
    )


def test_a_range_is_of_a_number_of_the_contract(workspace: Workspace) -> None:
    """fault 39: a range of a column that is not there is a fault of the run."""
    levels(workspace, 1)
    with pytest.raises(ConfigurationError, match=r"(?s)sources\.levels\.ranges\.valu: .* did you mean 'value'"):
        workspace.open({"levels": LEVELS | {"ranges": {"valu": [0, 10]}}})


def test_no_answer_is_no_value(workspace: Workspace) -> None:
    """fault 40: whoever was asked and did not answer has no value: not 0, not the mean, and no error."""
    tables = workspace.open(levels(workspace, "", 9, 4))
    assert workspace.column(tables, "levels", "value") == [4, 9, None]
    assert (tables.reports["levels"].used, tables.findings) == (3, ())


def test_exit_surveys_are_left_out(workspace: Workspace) -> None:
    """fault 41: whoever is asked why they leave has left."""
    rows = [f"a,{DAY},9,quarterly", f"b,{DAY},1,Exit", f"c,{DAY},,exit", f"d,{DAY},7,"]
    workspace.csv("levels.csv", "account_id,time,value,purpose", *rows)
    tables = workspace.open({"levels": LEVELS})
    assert workspace.column(tables, "levels", "account_id") == ["a", "d"]
    (finding,) = tables.findings
    assert_told(
        finding,
        severity="rule",
        source="levels",
        column="purpose",
        file="levels.csv",
        rows=Rows(2, 0.5, ("levels.csv:3", "levels.csv:4")),
        rule="answers to an exit survey are left out",
        remedy="",
    )


def test_a_ticket_without_a_close_date_is_open(workspace: Workspace) -> None:
    """fault 42: no end is no fault."""
    workspace.csv("tickets.csv", "account_id,start,end", "a,2024-01-01,", "b,2024-01-01,2024-01-03")
    tables = workspace.open({"tickets": {"path": "tickets.csv", "contract": "intervals"}})
    assert [value is None for value in workspace.column(tables, "tickets", "end_day")] == [False, True]
    assert [finding.code for finding in tables.findings] == []
