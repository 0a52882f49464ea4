"""Checks: faults -> error, quarantine or counted rule, and the account of every row.

One aggregate query per source, grouped by the id as it is spelled, tells how many rows break some rule and everything
about ids; only when something was found does a second query say which rule and where.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from healthscore.config import Checks
from healthscore.tables.binding import Binding
from healthscore.tables.engine import Engine
from healthscore.tables.identities import alike_ids, excluded_rule, find_strangers, orphan_rule
from healthscore.tables.judgement import Judgement, number_faults
from healthscore.tables.places import file_of, first_places, places
from healthscore.tables.problems import Problem, errors
from healthscore.tables.quoting import quote_identifier
from healthscore.tables.repeats import still_open, without_repeats, without_two_open
from healthscore.tables.rules import bound, raw
from healthscore.tables.shapes import FIRST_DAY, projection
from healthscore.tables.texts import untidy


def judge(
    engine: Engine, binding: Binding, checks: Checks, known: Sequence[str], excluded: Sequence[str] = ()
) -> Judgement:
    """Judge every row of a source and account for it.

    Parameters
    ----------
    engine
        Where the binding's relation is.
    binding
        The source, bound.
    checks
        Shares of rows that may be set aside.
    known
        Relations of the accounts sources; empty if rows are not to be held against them.
    excluded
        Relations of the accounts that those sources leave out.
    """
    outs = [rule for rule in binding.rules if rule.action != "count"]
    judgement = Judgement(binding, quote_identifier(f"{binding.name}/judged"), outs)
    number_faults(engine, judgement)
    clean = _group(engine, judgement)
    if known and binding.contract.name != "accounts":
        clean &= _without_strangers(engine, judgement, known, excluded, checks.orphan_limit)
    clean &= without_repeats(engine, judgement)
    clean &= without_two_open(engine, judgement)
    judgement.counts = dict.fromkeys(judgement.rules, 0) | judgement.counts
    if not clean:
        _count(engine, judgement)
    judgement.used = judgement.considered - sum(judgement.taken("quarantine").values())
    _extent(engine, judgement)
    judgement.shaped = binding.shaped | {text: raw(text) for text in _tidy(engine, judgement)}
    if judgement.versions:
        judgement.shaped["until_day"] = '"_until"'
    if "account_id" in binding.texts:
        judgement.problems += alike_ids(engine, judgement)
    judgement.problems += _weigh(judgement, checks)
    return judgement


def _group(engine: Engine, judgement: Judgement) -> bool:
    """The one pass: per spelling of an id, rows, faulty rows, rows that counted rules concern, first and last day.

    Returns whether there is nothing to look into.
    """
    binding = judgement.binding
    judgement.groups = quote_identifier(f"{binding.name}/groups")
    counted = [rule for rule in binding.rules if rule.action == "count"]
    day = binding.shaped.get(FIRST_DAY.get(binding.contract.name, ""), "CAST(NULL AS INTEGER)")
    kept = "FILTER (WHERE _fault IS NULL)"
    sums = {"rows": "count(*)", "faulty": "count(_fault)"}
    if binding.contract.name == "subscriptions":
        sums["still_open"] = f"count(*) FILTER (WHERE _fault IS NULL AND {still_open(binding.present)})"
    for number, rule in enumerate(counted):
        sums[f"counted{number}"] = f"count(*) FILTER (WHERE _fault IS NULL AND ({rule.predicate}))"
    others = {f"probe{number}": f"max({probe})" for number, probe in enumerate(binding.probes)}
    others |= {"first_day": f"min({day}) {kept}", "last_day": f"max({day}) {kept}"}
    engine.execute(
        f"CREATE OR REPLACE TABLE {judgement.groups} AS SELECT {raw('account_id')} AS raw, "
        f"any_value({bound('account_id')}) AS id, {projection(sums | others)} FROM {judgement.relation} GROUP BY 1"
    )
    asked = {name: f"COALESCE(sum({name}), 0)" for name in sums}
    totals = engine.query(f"SELECT {projection(asked)} FROM {judgement.groups}").to_pylist()[0]
    judgement.rows_in = int(totals["rows"])
    judgement.counts = {rule: int(totals[f"counted{number}"]) for number, rule in enumerate(counted)}
    return not totals["faulty"] and not any(judgement.counts.values())


def _without_strangers(
    engine: Engine, judgement: Judgement, known: Sequence[str], excluded: Sequence[str], limit: float
) -> bool:
    name = judgement.binding.name
    judgement.strangers = find_strangers(engine, name, judgement.groups, known, excluded)
    if judgement.strangers:
        # Nobody is hurt by other faults of rows that are left out, as of those without an account.
        first = next(number for number, rule in enumerate(judgement.rules) if rule.code == "anonymous")
        judgement.rules.insert(first, excluded_rule())
        judgement.rules.append(orphan_rule(engine, name, judgement.strangers, known, limit))
        number_faults(engine, judgement)
    return not judgement.strangers


def _count(engine: Engine, judgement: Judgement) -> None:
    """Second query: which rules were broken, by how many rows, and where first."""
    # Where the rows are that the run itself leaves out is no news.
    noted = ", ".join(str(n) for n, rule in enumerate(judgement.rules) if rule.code not in ("where", "excluded"))
    rows = engine.query(
        f"SELECT _fault, count(*) AS rows, {first_places(f'_fault IN ({noted})')} AS places "
        f"FROM {judgement.relation} WHERE _fault IS NOT NULL GROUP BY 1"
    ).to_pylist()
    for row in rows:
        rule = judgement.rules[int(row["_fault"])]
        judgement.counts[rule] = int(row["rows"])
        judgement.places[rule] = places(row["places"])
    counted = [rule for rule, count in judgement.counts.items() if rule.action == "count" and count]
    if counted:
        first = ", ".join(f"{first_places(rule.predicate)} AS c{n}" for n, rule in enumerate(counted))
        found = engine.query(f"SELECT {first} FROM {judgement.relation} WHERE _fault IS NULL").to_pylist()[0]
        judgement.places |= {rule: places(found[f"c{number}"]) for number, rule in enumerate(counted)}


def _tidy(engine: Engine, judgement: Judgement) -> list[str]:
    """Texts that are tidy throughout: whoever reads the rows need not tidy them again."""
    binding = judgement.binding
    asked = {text: f"bool_or({untidy(raw(text))})" for text in binding.texts if text != "account_id"}
    found = engine.query(f"SELECT {projection(asked)} FROM {binding.relation}").to_pylist()[0] if asked else {}
    if "account_id" in binding.texts:
        query = f"SELECT bool_or(raw IS DISTINCT FROM id) AS untidy FROM {judgement.groups} WHERE raw IS NOT NULL"
        found["account_id"] = engine.query(query).to_pylist()[0]["untidy"]
    return [text for text in binding.texts if not found[text]]


def _extent(engine: Engine, judgement: Judgement) -> None:
    """Accounts, first and last day of the rows used."""
    extent = engine.query(
        "SELECT count(DISTINCT id) AS accounts, min(first_day) AS first_day, max(last_day) AS last_day "
        f"FROM {judgement.kept}"
    ).to_pylist()[0]
    judgement.accounts, judgement.first_day, judgement.last_day = extent.values()


def _weigh(judgement: Judgement, checks: Checks) -> list[Problem]:
    """A finding per rule that concerns rows; an error where the share is beyond what the run tolerates."""
    considered, name = max(judgement.considered, 1), judgement.binding.name
    pooled = sum(n for r, n in judgement.counts.items() if r.action == "quarantine" and r.limit is None) / considered
    tolerated = f"; at most {checks.quarantine_limit:.2%} of rows may be set aside for such reasons"
    findings = []
    for rule, count in judgement.counts.items():
        if not count:
            continue
        share = count / (considered if rule.action == "quarantine" else judgement.rows_in)
        lines = judgement.places.get(rule, ())
        where = (name, rule.column, count, share, lines)
        finding = Problem(rule.code, "rule", *where, rule=rule.rule, remedy=rule.remedy, file=file_of(lines))
        if rule.action == "quarantine":
            beyond = pooled > checks.quarantine_limit if rule.limit is None else share > rule.limit
            text = rule.rule + (tolerated if rule.limit is None else "")
            if rule.code == "missing_value" and count == considered:
                text = f"{rule.rule}; here the column is empty throughout"
            finding = replace(finding, severity="error" if beyond else "quarantine", rule=text)
        findings.append(finding)
    if judgement.rows_in == 0:
        rule_, remedy = "a source holds at least one row; this one has none", "export it again"
        findings.append(Problem("no_rows", "error", name, rule=rule_, remedy=remedy))
    elif judgement.used == 0 and not errors(findings):
        rule_ = f"a source has rows to use; of {judgement.rows_in:,} none is left"
        remedy = f"mend `where` or `columns.account_id` in [sources.{name}]"
        findings.append(Problem("no_rows", "error", name, rule=rule_, remedy=remedy))
    return findings
