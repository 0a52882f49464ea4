"""Checks: faults -> error, quarantine or counted rule, and the account of every row.

One aggregate query per source, grouped by the id as it is spelled, tells how many rows break some rule and everything
about ids; only when something was found does a second query say which rule and where.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from healthscore.config import Checks
from healthscore.tables.binding import Binding, own
from healthscore.tables.engine import Engine
from healthscore.tables.identities import alike_ids, find_orphans, mark_repeats, orphan_rule, repeat_rules
from healthscore.tables.problems import Problem
from healthscore.tables.quoting import quote_identifier
from healthscore.tables.rules import Rule, bound, raw
from healthscore.tables.shapes import FIRST_DAY
from healthscore.tables.sources import FILE, LINE


@dataclass
class Judgement:
    """A source's rows, each with the number of the first rule that takes it out (`_fault`), and what was counted.

    Attributes
    ----------
    relation
        Quoted view over the binding's, with `_fault`.
    counts
        Rule -> rows that it takes out (or, for `count`, concerns).
    used
        Rows left.
    """

    binding: Binding
    relation: str
    rules: list[Rule]
    rows_in: int = 0
    used: int = 0
    accounts: int = 0
    first_day: int | None = None
    last_day: int | None = None
    counts: dict[Rule, int] = field(default_factory=dict)
    places: dict[Rule, tuple[str, ...]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    groups: str = ""
    marks: str = ""

    def taken(self, action: str) -> dict[str, int]:
        """Code -> rows, for rules of one action."""
        totals: dict[str, int] = {}
        for rule, count in self.counts.items():
            if rule.action == action and count:
                totals[rule.code] = totals.get(rule.code, 0) + count
        return totals

    @property
    def considered(self) -> int:
        """Rows that no rule drops: what shares are shares of."""
        return self.rows_in - sum(self.taken("drop").values())


def judge(engine: Engine, binding: Binding, checks: Checks, known_accounts: Sequence[str]) -> Judgement:
    """Judge every row of a source and account for it."""
    outs = [rule for rule in binding.rules if rule.action != "count"]
    judgement = Judgement(binding, quote_identifier(f"{binding.name}/judged"), outs)
    _view(engine, judgement)
    _group(engine, judgement)
    if known_accounts and binding.contract.name != "accounts":
        _find_orphans(engine, judgement, checks, known_accounts)
    _find_repeats(engine, judgement)
    _count(engine, judgement)
    if binding.text_ids:
        judgement.problems += alike_ids(engine, binding.name, judgement.groups)
    judgement.problems += _weigh(judgement, checks)
    return judgement


def _view(engine: Engine, judgement: Judgement, orphans: str = "") -> None:
    """(Re)create the view that numbers each row's first fault. Reasons for taking rows out go before reasons for dropping copies."""
    cases = " ".join(f"WHEN {rule.predicate} THEN {number}" for number, rule in enumerate(judgement.rules))
    source, joined = judgement.binding.relation, "SELECT *"
    if orphans:
        source = f'(SELECT t.*, o.raw IS NOT NULL AS "_orphan" FROM {source} t LEFT JOIN {orphans} o ON t.{raw("account_id")} = o.raw)'
    if judgement.marks:
        source = (
            f'(SELECT t.*, m.mark AS "_mark" FROM {source} t LEFT JOIN {judgement.marks} m '
            f"ON t.{FILE} = m.file AND t.{LINE} = m.line)"
        )
    engine.execute(f"CREATE OR REPLACE VIEW {judgement.relation} AS {joined}, CASE {cases} END AS _fault FROM {source}")


def _group(engine: Engine, judgement: Judgement) -> None:
    """The one pass: per spelling of an id, rows, rows with a fault, rows that counted rules concern, first and last day."""
    binding = judgement.binding
    judgement.groups = quote_identifier(f"{binding.name}/groups")
    counted = [rule for rule in binding.rules if rule.action == "count"]
    day = binding.shaped.get(FIRST_DAY.get(binding.contract.name, ""), "CAST(NULL AS INTEGER)")
    sums = "".join(
        f", count(*) FILTER (WHERE _fault IS NULL AND ({rule.predicate})) AS counted{n}"
        for n, rule in enumerate(counted)
    )
    engine.execute(
        f"CREATE OR REPLACE TABLE {judgement.groups} AS SELECT {raw('account_id')} AS raw, any_value({bound('account_id')}) AS id, "
        f"count(*) AS rows, count(_fault) AS faulty, min({day}) FILTER (WHERE _fault IS NULL) AS first_day, "
        f"max({day}) FILTER (WHERE _fault IS NULL) AS last_day{sums} FROM {judgement.relation} GROUP BY 1"
    )
    totals = engine.query(
        "SELECT COALESCE(sum(rows), 0) AS rows_in, COALESCE(sum(faulty), 0) AS faulty"
        + "".join(f", COALESCE(sum(counted{n}), 0) AS counted{n}" for n in range(len(counted)))
        + f" FROM {judgement.groups}"
    ).to_pylist()[0]
    judgement.rows_in = int(totals["rows_in"])
    judgement.used = judgement.rows_in - int(totals["faulty"])
    judgement.counts = {rule: int(totals[f"counted{n}"]) for n, rule in enumerate(counted)}


def _find_orphans(engine: Engine, judgement: Judgement, checks: Checks, known: Sequence[str]) -> None:
    orphans = find_orphans(engine, judgement.binding.name, judgement.groups, known)
    if orphans:
        judgement.rules.append(orphan_rule(judgement.binding.name, checks.orphan_limit))
        _view(engine, judgement, orphans)
        judgement.used = -1


def _find_repeats(engine: Engine, judgement: Judgement) -> None:
    """Rows of one identity: accounts by id, events by event_id where there is one, any source by its declared key."""
    binding = judgement.binding
    keys: list[tuple[str, bool]] = []
    identity = binding.contract.key[0] if binding.contract.key and binding.contract.key[0] in binding.present else ""
    if identity:
        keys.append((bound(identity), False))
    if binding.source.deduplicate_by:
        keys.append(
            (f"row({', '.join(_key_column(binding, column) for column in binding.source.deduplicate_by)})", True)
        )
    if not keys:
        return
    marks = quote_identifier(f"{binding.name}/marks")
    engine.execute(f"CREATE OR REPLACE TABLE {marks} ({FILE} VARCHAR, {LINE} BIGINT, mark VARCHAR)")
    values = [bound(c) for c in binding.present if c not in ("known_at", "end_known_at")] + [
        own(a) for a in binding.source.attributes
    ]
    payload = f"to_json([{', '.join(f'CAST({value} AS VARCHAR)' for value in values)}])"
    known = bound("known_at") if "known_at" in binding.present else "0"
    for key, declared in keys:
        mark_repeats(engine, marks, judgement.relation, key, payload, known, declared=declared)
    if engine.query(f"SELECT count(*) AS n FROM {marks}").to_pylist()[0]["n"]:
        engine.execute(
            f"CREATE OR REPLACE TABLE {marks} AS SELECT {FILE} AS file, {LINE} AS line, min(mark) AS mark FROM {marks} GROUP BY ALL"
        )
        judgement.marks = marks
        judgement.rules += repeat_rules(binding.name, binding.contract.name)
        orphaned = any(rule.code == "orphan" for rule in judgement.rules)
        _view(engine, judgement, quote_identifier(f"{binding.name}/orphans") if orphaned else "")
        judgement.used = -1


def _key_column(binding: Binding, column: str) -> str:
    return bound(column) if column in binding.present else own(column)


def _count(engine: Engine, judgement: Judgement) -> None:
    """Which rules were broken and where first, if any; and what is left."""
    judgement.counts |= dict.fromkeys(judgement.rules, 0)
    if judgement.used != judgement.rows_in:
        rows = engine.query(
            f"SELECT _fault, count(*) AS rows, min({{'file': {FILE}, 'line': {LINE}}}, 3) AS places FROM {judgement.relation} "
            "WHERE _fault IS NOT NULL GROUP BY 1 ORDER BY 1"
        ).to_pylist()
        for row in rows:
            rule = judgement.rules[int(row["_fault"])]
            judgement.counts[rule] = int(row["rows"])
            judgement.places[rule] = tuple(f"{_base(place['file'])}:{place['line']}" for place in row["places"])
    judgement.used = judgement.rows_in - sum(
        count for rule, count in judgement.counts.items() if rule.action != "count"
    )
    _extent(engine, judgement)


def _extent(engine: Engine, judgement: Judgement) -> None:
    binding = judgement.binding
    orphans = any(rule.code == "orphan" for rule in judgement.rules)
    keep = f" AND raw NOT IN (SELECT raw FROM {quote_identifier(f'{binding.name}/orphans')})" if orphans else ""
    extent = engine.query(
        f"SELECT count(DISTINCT id) AS accounts, min(first_day) AS first_day, max(last_day) AS last_day "
        f"FROM {judgement.groups} WHERE id IS NOT NULL AND rows > faulty{keep}"
    ).to_pylist()[0]
    judgement.accounts, judgement.first_day, judgement.last_day = (
        extent["accounts"],
        extent["first_day"],
        extent["last_day"],
    )


def _base(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _weigh(judgement: Judgement, checks: Checks) -> list[Problem]:
    """A finding per rule that concerns rows; an error where the share is beyond what the run tolerates."""
    considered = max(judgement.considered, 1)
    pooled = (
        sum(n for rule, n in judgement.counts.items() if rule.action == "quarantine" and rule.limit is None)
        / considered
    )
    findings = []
    for rule, count in judgement.counts.items():
        if not count:
            continue
        share = count / (considered if rule.action == "quarantine" else max(judgement.rows_in, 1))
        finding = Problem(
            rule.code, "rule", judgement.binding.name, rule.column, count, share, judgement.places.get(rule, ()), rule.rule, rule.remedy
        )  # fmt: skip
        if rule.action == "quarantine":
            beyond = pooled > checks.quarantine_limit if rule.limit is None else share > rule.limit
            text = (
                f"{rule.rule}; at most {checks.quarantine_limit:.2%} of rows may be set aside"
                if rule.limit is None
                else rule.rule
            )
            finding = replace(finding, severity="error" if beyond else "quarantine", rule=text)
        findings.append(finding)
    if judgement.rows_in == 0:
        findings.append(_no_rows(judgement, "a source holds at least one row; this one has none", "export it again"))
    elif judgement.used == 0:
        remedy = "mend the condition" if "where" in judgement.taken("drop") else "mend `columns.account_id`"
        findings.append(_no_rows(judgement, f"a source has rows to use; of {judgement.rows_in:,} none is left", remedy))
    return findings


def _no_rows(judgement: Judgement, rule: str, remedy: str) -> Problem:
    return Problem("no_rows", "error", judgement.binding.name, rule=rule, remedy=remedy)


def quarantine_query(judgement: Judgement) -> str:
    """Rows set aside: reason, column, file, line and the original row as JSON."""
    reasons: list[tuple[int, Any]] = [
        (n, rule) for n, rule in enumerate(judgement.rules) if rule.action == "quarantine"
    ]
    reason = " ".join(f"WHEN {n} THEN '{rule.code}'" for n, rule in reasons)
    column = " ".join(f"WHEN {n} THEN '{rule.column}'" for n, rule in reasons)
    numbers = ", ".join(str(n) for n, _ in reasons)
    return (
        f'SELECT CASE _fault {reason} END AS reason, CASE _fault {column} END AS "column", {FILE} AS file, {LINE} AS line, '
        f"_original AS original FROM {judgement.relation} WHERE _fault IN ({numbers}) ORDER BY file, line"
    )
