"""The form that each contract takes downstream: bound columns -> the relation that features and outcomes read.

A moment becomes days, `time` simply `day`; known-at is never before the thing itself, and later by the declared delay.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from healthscore.tables.contract import Contract, Kind
from healthscore.tables.dates import OPEN
from healthscore.tables.expressions import listed
from healthscore.tables.quoting import quote_identifier, quote_literal
from healthscore.tables.rules import Rule, bound

OPENABLE = frozenset({"end", "notice", "deadline", "valid_to"})
"""Columns in which 9999-12-31 means "not (yet)"."""

HAPPENED = {
    "events": ("time", "known_at"),
    "levels": ("time", "known_at"),
    "intervals": ("start", "known_at"),
    "interventions": ("date",),
    "successions": ("date",),
}
"""Columns that cannot lie beyond the data's end; a subscription may well begin or end later."""

FIRST_DAY = {
    "events": "day",
    "levels": "day",
    "intervals": "start_day",
    "subscriptions": "start",
    "interventions": "date",
    "successions": "date",
    "overrides": "made_on",
    "panel": "as_of",
}
"""Column by which a source's first and last day are told."""

FIRST_MOMENT = {"events": "time", "levels": "time", "intervals": "start"}
"""When a row of a contract came to be, of those whose rows may be versions of one another: `until_day` of their
relation is the first day on which a later one was known."""

CHECKED_ONLY = frozenset({"currency", "purpose", "retracted"})
"""Columns that decide which rows are used, and that nobody reads afterwards: the relation does without them."""

_TYPES = {Kind.MOMENT: "INTEGER", Kind.DATE: "INTEGER", Kind.NUMBER: "BIGINT", Kind.FLAG: "BOOLEAN"}


def shape(contract: Contract, present: Collection[str], delay: int, instant: str = "") -> dict[str, str]:
    """Columns of the bound relation and their SQL over `bound(...)` columns; absent ones are NULL of their type.

    Parameters
    ----------
    contract
        Of the source.
    present
        Contract columns that the source fills.
    delay
        Days by which everything is known later: rows, ends and notices alike.
    instant
        SQL of the exact moment, of contracts whose rows have an order within the day.
    """

    def of(name: str) -> str:
        column = contract.column(name)
        if name not in present or column is None:
            return f"CAST(NULL AS {_TYPES.get(column.kind, 'VARCHAR') if column else 'INTEGER'})"
        return f"CASE WHEN {bound(name)} < {OPEN} THEN {bound(name)} END" if name in OPENABLE else bound(name)

    kept = (c.name for c in contract.columns if c.kind is not Kind.MOMENT and c.name not in CHECKED_ONLY)
    plain = {name: of(name) for name in kept} | _times(contract, present, of, delay)
    if contract.name == "levels":
        plain["instant"] = instant
    return plain | ({"until_day": "CAST(NULL AS INTEGER)"} if contract.name in FIRST_MOMENT else {})


def _times(contract: Contract, present: Collection[str], of: Callable[[str], str], delay: int) -> dict[str, str]:
    def later(day: str) -> str:
        return f"{day} + {delay}" if delay else day

    def known(moment: str, at: str) -> str:
        return later(f"GREATEST({moment}, COALESCE({bound(at)}, {moment}))" if at in present else moment)

    if contract.name in {"events", "levels"}:
        return {"day": of("time"), "known_day": known(of("time"), "known_at")}
    if contract.name == "intervals":
        end = of("end")
        ended = f"CASE WHEN {end} IS NOT NULL THEN {known(end, 'end_known_at')} END" if "end" in present else end
        known_day = known(of("start"), "known_at")
        return {"start_day": of("start"), "end_day": end, "known_day": known_day, "end_known_day": ended}
    if contract.name in {"subscriptions", "interventions", "successions", "overrides"}:
        days = {"known_day": known(of(FIRST_DAY[contract.name]), "known_at")}
        if contract.name == "subscriptions":
            # Known-at is that of the start: an end and a notice become known on their own day, or when they are noted.
            days |= {"end_known_day": later(of("end")), "notice_known_day": later(of("notice"))}
        return days
    return {}


def contract_rules(
    contract: Contract, present: Collection[str], source: str, *, corrections: bool = False, bands: Collection[str] = ()
) -> list[Rule]:
    """Rules between the columns of one row, and for the names of bands."""
    rules = [_required(column.name, column.meaning, source) for column in contract.columns if column.required]
    rules = [rule for rule in rules if rule.column != "account_id"]  # rows without an account are dropped, not faulty
    if "retracted" in present and corrections:
        rules = [replace(rule, predicate=f"{rule.predicate} AND NOT {_WITHDRAWS}") for rule in rules]
    elif "retracted" in present:
        rules.append(_retracted(source))
    if contract.name == "subscriptions":
        rules += _subscription_rules(present)
    if contract.name == "overrides":
        rules += _override_rules(present, source, bands)
    if contract.name == "intervals" and "end" in present:
        before = f"{bound('end')} < {bound('start')}"
        rules.append(_broken("end_before_start", "end", before, "an interval ends when it begins or later"))
    if contract.name == "accounts" and {"valid_from", "valid_to"} <= set(present):
        before = f"{bound('valid_to')} <= {bound('valid_from')}"
        rules.append(_broken("end_before_start", "valid_to", before, "a state ends after the day on which it begins"))
    happened = HAPPENED.get(contract.name, ())
    if "known_at" in present and happened:
        rules.append(_known_before(happened[0]))
    return rules


def _subscription_rules(present: Collection[str]) -> list[Rule]:
    rules = []
    if "end" in present:
        before = f"{bound('end')} <= {bound('start')}"
        rules.append(_broken("end_before_start", "end", before, "a subscription ends after the day on which it starts"))
    if "notice" in present:
        outside = f"{bound('notice')} < {bound('start')}"
        if "end" in present:
            outside += f" OR ({bound('notice')} > {bound('end')} AND {bound('notice')} < {OPEN})"
        rules.append(_broken("notice_outside", "notice", outside, "notice is given between the start and the end"))
    if "seats" in present:
        rules.append(_broken("negative_seats", "seats", f"{bound('seats')} < 0", "seats are not negative"))
    return rules


def _override_rules(present: Collection[str], source: str, bands: Collection[str]) -> list[Rule]:
    """What a person says of a score is a health or a band of it, for a time that has a length."""
    given = [f"{bound(name)} IS NULL" for name in ("health", "band") if name in present]
    what = "an override says a health or a band"
    remedy = f"fill one of them in, or drop the rows by `where` in [sources.{source}]"
    rules = [Rule("missing_value", "health", " AND ".join(given) or "TRUE", "quarantine", what, remedy)]
    if "band" in present:
        unknown = f"{bound('band')} NOT IN ({', '.join(map(quote_literal, bands))})"
        what = f"an override names a band of the score: {listed(bands)}"
        rules.append(Rule("unknown_band", "band", unknown, "quarantine", what, "mend the band's name"))
    before = f"{bound('expires_on')} <= {bound('made_on')}"
    return [*rules, _broken("end_before_start", "expires_on", before, "an override expires after the day it was made")]


_WITHDRAWS = f"COALESCE({bound('retracted')} AND {bound('known_at')} IS NOT NULL, FALSE)"
"""A version that withdraws a row need not repeat what the row said, if only it says when this became known."""


def _retracted(source: str) -> Rule:
    withdrawn = f"{bound('retracted')} IS TRUE"
    rule = "rows that were withdrawn are versions of earlier ones"
    remedy = f"declare `corrections = true` in [sources.{source}], or drop them by `where`"
    return Rule("retracted", "retracted", withdrawn, "quarantine", rule, remedy)


def _required(column: str, meaning: str, source: str) -> Rule:
    remedy = f"mend the rows, or drop them by `where` in [sources.{source}]"
    rule = f"every row has {column}: {meaning}"
    return Rule("missing_value", column, f"{bound(column)} IS NULL", "quarantine", rule, remedy)


def _known_before(happened: str) -> Rule:
    before = f"{bound('known_at')} < {bound(happened)}"
    rule = f"nothing is known before it happens; known_at before {happened} is taken as {happened}"
    remedy = "mend known_at, or leave it out and declare availability_delay_days"
    return Rule("known_before_time", "known_at", before, "count", rule, remedy)


def _broken(code: str, column: str, predicate: str, rule: str) -> Rule:
    return Rule(code, column, predicate, "quarantine", rule, "mend the rows, or drop them by `where`")


def projection(columns: Mapping[str, str]) -> str:
    """SELECT list."""
    return ", ".join(f"{sql} AS {quote_identifier(name)}" for name, sql in columns.items())
