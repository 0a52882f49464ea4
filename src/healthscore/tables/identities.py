"""Whose rows they are: unknown accounts, accounts that are left out, and ids that look alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from healthscore.tables.engine import Engine
from healthscore.tables.judgement import Judgement
from healthscore.tables.places import located
from healthscore.tables.problems import Problem
from healthscore.tables.quoting import quote_identifier
from healthscore.tables.rules import Rule, bound

LISTED = 20
"""Ids that an error spells out."""
_LOOSE = {"ltrim({0}, '0')": "leading zeros", "lower({0})": "upper and lower case"}
"""SQL under which ids that a person takes for the same are equal -> in what they differ."""


def find_strangers(engine: Engine, name: str, groups: str, known: Sequence[str], excluded: Sequence[str]) -> str:
    """Spellings of ids that no accounts source holds, as a table (raw, id, why); empty name if there are none.

    `why` is ``excluded`` for accounts that the run leaves out, ``orphan`` for others.

    Parameters
    ----------
    engine
        Where the relations are.
    name
        The source's name.
    groups
        Relation of (raw, id, ...) per spelling.
    known, excluded
        Relations of the bound accounts sources, and of the accounts that they leave out.
    """
    strangers = quote_identifier(f"{name}/strangers")
    left_out = f"id IN (SELECT account_id FROM ({_union(excluded)}))" if excluded else "FALSE"
    why = f"CASE WHEN {left_out} THEN 'excluded' ELSE 'orphan' END"
    engine.execute(
        f"CREATE OR REPLACE TABLE {strangers} AS SELECT raw, id, {why} AS why FROM {groups} "
        f"WHERE id IS NOT NULL AND id NOT IN (SELECT account_id FROM ({_union(known)}))"
    )
    return strangers if engine.query(f"SELECT count(*) AS n FROM {strangers}").to_pylist()[0]["n"] else ""


def excluded_accounts(engine: Engine, name: str, judged: str, relation: str, excluded: Sequence[int]) -> str:
    """Accounts that a source of accounts leaves out altogether, as a table (account_id).

    Parameters
    ----------
    engine
        Where the relations are.
    name
        The source's name.
    judged
        Its rows with `_fault`.
    relation
        Its bound rows.
    excluded
        Numbers of the rules that leave rows out.
    """
    table = quote_identifier(f"{name}/excluded")
    engine.execute(
        f"CREATE OR REPLACE TABLE {table} AS SELECT DISTINCT {bound('account_id')} AS account_id FROM {judged} "
        f"WHERE _fault IN ({', '.join(map(str, excluded))}) AND {bound('account_id')} IS NOT NULL "
        f"AND {bound('account_id')} NOT IN (SELECT account_id FROM {relation})"
    )
    return table


def excluded_rule() -> Rule:
    """Rows of accounts that the accounts source leaves out: tests, bots, the company's own."""
    rule = "rows of accounts that `exclude` leaves out of the accounts source are left out too"
    return Rule("excluded", "account_id", "\"_stranger\" = 'excluded'", "drop", rule, "")


def orphan_rule(engine: Engine, name: str, strangers: str, known: Sequence[str], limit: float) -> Rule:
    """Rows of accounts that the accounts source does not have, with a hint where ids are only written differently."""
    hints = []
    for loose, words in _LOOSE.items():
        same = f"{loose.format('id')} IN (SELECT {loose.format('account_id')} FROM ({_union(known)}))"
        query = f"SELECT count(*) AS n FROM {strangers} WHERE why = 'orphan' AND {same}"
        found = engine.query(query).to_pylist()[0]["n"]
        if found:
            hints.append(f"{found:,} of these ids differ from an account's only in {words}; ")
    return Rule(
        "orphan",
        "account_id",
        "\"_stranger\" = 'orphan'",
        "quarantine",
        f"every account is in the accounts source; at most {limit:.1%} of rows may be of others",
        f"{''.join(hints)}complete the accounts, mend `columns.account_id` in [sources.{name}], "
        "or raise `orphan_limit` in [checks]",
        limit=limit,
    )


def _union(relations: Sequence[str]) -> str:
    return " UNION ".join(f"SELECT account_id FROM {relation}" for relation in relations)


def alike_ids(engine: Engine, judgement: Judgement) -> Iterator[Problem]:
    """Ids that tidying has made equal (an error), and ids that are equal but for leading zeros or case (a warning)."""
    name, id_ = judgement.binding.name, bound("account_id")
    used = f"(SELECT * FROM {judgement.groups} WHERE id IS NOT NULL AND rows > faulty)"

    def of_rows(problem: Problem, ids: str) -> Problem:
        return located(engine, judgement.relation, problem, f"{id_} IN ({ids})", among="_fault IS NULL")

    merged = f"FROM {used} GROUP BY id HAVING count(*) > 1"
    listing = f"SELECT id, list(raw ORDER BY raw) AS spellings {merged} ORDER BY id LIMIT {LISTED}"
    collisions = engine.query(listing).to_pylist()
    if collisions:
        spelled = "; ".join(" and ".join(ascii(text) for text in row["spellings"]) for row in collisions)
        rule = f"ids stay apart when blanks and Unicode forms are tidied; these become one: {spelled}"
        remedy = f'mend the ids; for one account declare `columns.account_id = "trim(...)"` in [sources.{name}]'
        problem = Problem("id_collision", "error", name, "account_id", rule=rule, remedy=remedy)
        yield of_rows(problem, f"SELECT id {merged}")
    for loose, words in _LOOSE.items():
        alike = f"FROM (SELECT DISTINCT id FROM {used}) GROUP BY {loose.format('id')} HAVING count(*) > 1"
        found = engine.query(
            "SELECT COALESCE(sum(n), 0) AS n, min(example) AS example FROM "
            f"(SELECT count(*) AS n, min(id) || ' and ' || max(id) AS example {alike})"
        ).to_pylist()[0]
        if found["n"]:
            rule = f"{found['n']:,} ids differ only in {words} and are different accounts, such as {found['example']}"
            remedy = "mend the ids if they are one account"
            problem = Problem("ids_look_alike", "warning", name, "account_id", rule=rule, remedy=remedy)
            yield of_rows(
                problem, f"SELECT id FROM {used} WHERE {loose.format('id')} IN (SELECT {loose.format('id')} {alike})"
            )
