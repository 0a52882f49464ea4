"""Rows against rows of their own source: copies, contradictions, and two open subscriptions of one account."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from healthscore.tables.binding import Binding
from healthscore.tables.contract import Contract
from healthscore.tables.corrections import link_versions
from healthscore.tables.dates import OPEN
from healthscore.tables.engine import Engine
from healthscore.tables.judgement import Judgement, number_faults
from healthscore.tables.quoting import quote_identifier
from healthscore.tables.rules import Rule, bound
from healthscore.tables.sources import FILE, LINE

CONFLICT_LIMIT = 0.001
"""Share of rows under a repeated id with different contents above which the run refuses."""


def without_repeats(engine: Engine, judgement: Judgement) -> bool:
    """Look for rows of one identity: accounts by id, events by event_id, any source by the key that it declares."""
    binding = judgement.binding
    keys = [(key, False) for key in identities(binding.contract, binding.present)]
    if binding.source.deduplicate_by:
        # A declared key says what one row is, so it comes first and settles contradictions.
        keys.insert(0, (_declared_key(binding), True))
    if not keys:
        return True
    if binding.source.corrections:
        return link_versions(engine, judgement, keys[0][0])
    known = bound("known_at") if "known_at" in binding.present else "0"
    for key, declared in keys:
        found = _fresh_marks(engine, judgement)
        mark_repeats(engine, found, judgement.relation, key, binding.payload, known, declared=declared)
        _take_marks(engine, judgement, found, repeat_rules(binding.name, binding.contract.name))
    return not judgement.marks


def without_two_open(engine: Engine, judgement: Judgement) -> bool:
    """Look for accounts with several open subscriptions; versions of one row are told apart elsewhere."""
    binding = judgement.binding
    if binding.contract.name != "subscriptions" or binding.source.corrections:
        return True
    per_account = f"SELECT sum(still_open) AS n FROM {judgement.groups} WHERE id IS NOT NULL GROUP BY id"
    if (engine.query(f"SELECT max(n) AS most FROM ({per_account})").to_pylist()[0]["most"] or 0) <= 1:
        return True
    found = _fresh_marks(engine, judgement)
    mark_two_open(engine, found, judgement.relation, binding.present)
    return not _take_marks(engine, judgement, found, [two_open_rule(binding.name)])


def _fresh_marks(engine: Engine, judgement: Judgement) -> str:
    found = quote_identifier(f"{judgement.binding.name}/found")
    engine.execute(f"CREATE OR REPLACE TABLE {found} ({FILE} VARCHAR, {LINE} BIGINT, mark VARCHAR)")
    return found


def _take_marks(engine: Engine, judgement: Judgement, found: str, rules: Sequence[Rule]) -> bool:
    """Judge by further marks and their rules. Whether there are any."""
    if not engine.query(f"SELECT count(*) AS n FROM {found}").to_pylist()[0]["n"]:
        return False
    marks = quote_identifier(f"{judgement.binding.name}/marks")
    below = f" UNION ALL SELECT file, line, mark FROM {judgement.marks}" if judgement.marks else ""
    engine.execute(
        f"CREATE OR REPLACE TABLE {marks} AS SELECT {FILE} AS file, {LINE} AS line, mark FROM {found}{below}"
    )
    judgement.rules += [rule for rule in rules if rule not in judgement.rules]
    judgement.marks = marks
    number_faults(engine, judgement)
    return True


def _declared_key(binding: Binding) -> str:
    """SQL of the columns that the source declares to identify a row; NULL where all are missing: no identity."""
    values = [binding.exact(column) for column in binding.source.deduplicate_by]
    given = " OR ".join(f"{value} IS NOT NULL" for value in values)
    fields = ", ".join(f"k{number} := {value}" for number, value in enumerate(values))
    return f"CASE WHEN {given} THEN struct_pack({fields}) END"


def identities(contract: Contract, present: Collection[str]) -> list[str]:
    """SQL of what the contract takes for a row's identity: one row says what a thing is, and further ones are repeats.

    An account whose states are kept is one thing per state: rows that begin on the same day are the same state.
    """
    if contract.name == "panel":
        return [f"struct_pack(account := {bound('account_id')}, as_of := {bound('as_of')})"]
    keys = [bound(key) for key in contract.key if key in present]
    if contract.name == "accounts" and "valid_from" in present:
        keys = [f"struct_pack(account := {bound('account_id')}, since := COALESCE({bound('valid_from')}, {-OPEN}))"]
    return keys


def mark_repeats(
    engine: Engine, marks: str, judged: str, key: str, payload: str, known: str, *, declared: bool
) -> None:
    """Write the places of repeated rows into `marks`: later copies as `duplicate`, contradictions as `conflict`.

    Of equal rows the one known first stays. Under a declared key rows may differ, and the one known first stays all the
    same. Which row of a file it is does not depend on the order of the files' rows, unless nothing tells them apart.
    """
    conflict = "FALSE" if declared else "min(payload) OVER same <> max(payload) OVER same"
    repeated = f"SELECT {key} FROM {judged} WHERE _fault IS NULL GROUP BY 1 HAVING count(*) > 1"
    engine.execute(
        f"INSERT INTO {marks} SELECT {FILE}, {LINE}, CASE WHEN conflict THEN 'conflict' ELSE 'duplicate' END FROM ("
        f"SELECT {FILE}, {LINE}, {conflict} AS conflict, "
        f"row_number() OVER (PARTITION BY key ORDER BY known NULLS LAST, payload, {FILE}, {LINE}) AS position "
        f"FROM (SELECT {FILE}, {LINE}, {key} AS key, {payload} AS payload, {known} AS known FROM {judged} "
        f"WHERE _fault IS NULL AND {key} IN ({repeated})) WINDOW same AS (PARTITION BY key)) "
        "WHERE conflict OR position > 1"
    )


def repeat_rules(name: str, contract: str) -> list[Rule]:
    """What becomes of rows that `mark_repeats` has marked."""
    if contract == "panel":
        once = "a panel holds one row per account and as-of date"
        remedy = "leave one of them; a join that adds rows is the usual cause"
        return [Rule("repeated_row", "as_of", '"_mark" IS NOT NULL', "quarantine", once, remedy, limit=0.0)]
    limit, column = (0.0, "account_id") if contract == "accounts" else (CONFLICT_LIMIT, "event_id")
    tolerated = f"at most {limit:.1%} of rows may not" if limit else "none may not"
    remedy = f"mend the rows, or declare `deduplicate_by` in [sources.{name}] to keep the row that was known first"
    if contract == "accounts":
        remedy += "; where they are an account's states one after the other, bind `columns.valid_from`"
    agree = f"rows of one {column} say the same; {tolerated}"
    first = "of rows that say the same, the one known first is used"
    return [
        Rule("conflict", column, "\"_mark\" = 'conflict'", "quarantine", agree, remedy, limit=limit),
        Rule("duplicate", column, "\"_mark\" = 'duplicate'", "drop", first, ""),
    ]


def still_open(present: Collection[str]) -> str:
    """SQL: whether a subscription has no end."""
    return f"COALESCE({bound('end')}, {OPEN}) >= {OPEN}" if "end" in present else "TRUE"


def mark_two_open(engine: Engine, marks: str, judged: str, present: Collection[str]) -> None:
    """Write the places of open subscriptions into `marks` of which an account has several: which one holds is unknown.

    Parameters
    ----------
    engine
        Where the relations are.
    marks
        Table of (file, line, mark).
    judged
        The source's rows with `_fault`.
    present
        Contract columns that it fills; under a `subscription_id` each of them may have an open row.
    """
    key = bound("account_id")
    if "subscription_id" in present:
        key = f"struct_pack(account := {key}, subscription := {bound('subscription_id')})"
    open_rows = f"FROM {judged} WHERE _fault IS NULL AND {still_open(present)}"
    several = f"SELECT {key} {open_rows} GROUP BY 1 HAVING count(*) > 1"
    engine.execute(f"INSERT INTO {marks} SELECT {FILE}, {LINE}, 'two_open' {open_rows} AND {key} IN ({several})")


def two_open_rule(name: str) -> Rule:
    """What becomes of rows that `mark_two_open` has marked."""
    rule = "an account has one open subscription; an older one ends when the next begins"
    remedy = (
        f"end the older rows, keep one by `deduplicate_by` in [sources.{name}], or, where an account really has "
        "several subscriptions, tell them apart by `columns.subscription_id`"
    )
    return Rule("two_open", "end", "\"_mark\" = 'two_open'", "quarantine", rule, remedy)
