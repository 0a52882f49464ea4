"""The form that each contract takes downstream: bound columns -> the relation that features and outcomes read.

A moment becomes days, `time` simply `day`; known-at is never before the thing itself, and later by the declared delay.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from healthscore.tables.contract import Contract, Kind
from healthscore.tables.dates import OPEN
from healthscore.tables.quoting import quote_identifier
from healthscore.tables.rules import Rule, bound

OPENABLE = frozenset({"end", "notice", "deadline"})
"""Columns in which 9999-12-31 means "not (yet)"."""

HAPPENED = {
    "events": ("time", "known_at"),
    "levels": ("time", "known_at"),
    "intervals": ("start", "known_at"),
    "interventions": ("date",),
}
"""Columns that cannot lie beyond the data's end; a subscription may well begin or end later."""

FIRST_DAY = {
    "events": "day",
    "levels": "day",
    "intervals": "start_day",
    "subscriptions": "start",
    "interventions": "date",
}
"""Column by which a source's first and last day are told."""

_TYPES = {Kind.IDENTIFIER: "VARCHAR", Kind.TEXT: "VARCHAR", Kind.MOMENT: "INTEGER", Kind.DATE: "INTEGER", Kind.NUMBER: "BIGINT", Kind.FLAG: "BOOLEAN"}  # fmt: skip


def shape(contract: Contract, present: Collection[str], delay: int) -> dict[str, str]:
    """Columns of the bound relation and their SQL over `bound(...)` columns; absent ones are NULL of their type.

    Parameters
    ----------
    present
        Contract columns that the source fills.
    delay
        Days after which a row without more knowledge is known.
    """

    def of(name: str) -> str:
        column = contract.column(name)
        kind = Kind.DATE if column is None else column.kind
        value = bound(name) if name in present else f"CAST(NULL AS {_TYPES[kind]})"
        return f"CASE WHEN {value} < {OPEN} THEN {value} END" if name in OPENABLE and name in present else value

    shaped = {}
    for column in contract.columns:
        if column.kind is not Kind.MOMENT:
            shaped[column.name] = of(column.name)
    return shaped | _times(contract, present, of, delay)


def _times(contract: Contract, present: Collection[str], of: Callable[[str], str], delay: int) -> dict[str, str]:
    def known(moment: str, at: str) -> str:
        value = f"GREATEST({moment}, COALESCE({bound(at)}, {moment}))" if at in present else moment
        return f"{value} + {delay}" if delay else value

    if contract.name in {"events", "levels"}:
        return {"day": of("time"), "known_day": known(of("time"), "known_at")}
    if contract.name == "intervals":
        end = of("end")
        ended = f"CASE WHEN {end} IS NOT NULL THEN {known(end, 'end_known_at')} END" if "end" in present else end
        return {
            "start_day": of("start"),
            "end_day": end,
            "known_day": known(of("start"), "known_at"),
            "end_known_day": ended,
        }
    if contract.name == "subscriptions":
        return {"known_day": known(of("start"), "known_at")}
    if contract.name == "interventions":
        return {"known_day": known(of("date"), "known_at")}
    return {}


def contract_rules(contract: Contract, present: Collection[str], source: str) -> list[Rule]:
    """Rules between the columns of one row."""
    rules = [
        Rule("missing_value", column.name, f"{bound(column.name)} IS NULL", "quarantine", f"every row has {column.name}: {column.meaning}",
             f"mend the rows, or drop them by `where` in [sources.{source}]")
        for column in contract.columns
        if column.required and column.name != "account_id"
    ]  # fmt: skip
    if contract.name == "subscriptions":
        rules += _subscription_rules(present)
    if contract.name == "intervals" and "end" in present:
        rules.append(
            _quarantine(
                "end_before_start",
                "end",
                f"{bound('end')} < {bound('start')}",
                "an interval ends when it begins or later",
            )
        )
    at = HAPPENED.get(contract.name, ())
    if "known_at" in present and at[:1]:
        rules.append(
            Rule("known_before_time", "known_at", f"{bound('known_at')} < {bound(at[0])}", "count", f"known_at before {at[0]} is taken as {at[0]}",
                 "mend known_at, or leave it out and declare availability_delay_days")
        )  # fmt: skip
    return rules


def _subscription_rules(present: Collection[str]) -> list[Rule]:
    rules = []
    if "end" in present:
        rules.append(
            _quarantine(
                "end_before_start", "end", f"{bound('end')} <= {bound('start')}", "a subscription ends after it starts"
            )
        )
    if "notice" in present:
        nonsense = f"{bound('notice')} < {bound('start')}"
        if "end" in present:
            nonsense += f" OR ({bound('notice')} > {bound('end')} AND {bound('notice')} < {OPEN})"
        rules.append(_quarantine("notice_outside", "notice", nonsense, "notice is given between the start and the end"))
    if "seats" in present:
        rules.append(_quarantine("negative_seats", "seats", f"{bound('seats')} < 0", "seats are not negative"))
    return rules


def _quarantine(code: str, column: str, predicate: str, rule: str) -> Rule:
    return Rule(code, column, predicate, "quarantine", rule, "mend the rows, or drop them by `where`")


def projection(columns: dict[str, str]) -> str:
    """SELECT list."""
    return ", ".join(f"{sql} AS {quote_identifier(name)}" for name, sql in columns.items())
