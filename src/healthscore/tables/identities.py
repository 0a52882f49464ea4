"""Whose rows they are: unknown accounts, ids that look alike, and rows that are there twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from healthscore.tables.engine import Engine
from healthscore.tables.problems import Problem
from healthscore.tables.quoting import quote_identifier
from healthscore.tables.rules import Rule
from healthscore.tables.sources import FILE, LINE

CONFLICT_LIMIT = 0.001
"""Share of rows under a repeated id with different contents above which the run refuses."""


def find_orphans(engine: Engine, name: str, groups: str, known: Sequence[str]) -> str:
    """Spellings of ids that no accounts source holds, as a table; empty name if there are none.

    Parameters
    ----------
    groups
        Relation of (raw, id, ...) per spelling.
    known
        Relations of the bound accounts sources.
    """
    orphans = quote_identifier(f"{name}/orphans")
    accounts = " UNION ".join(f"SELECT account_id FROM {relation}" for relation in known)
    engine.execute(
        f"CREATE OR REPLACE TABLE {orphans} AS SELECT raw FROM {groups} "
        f"WHERE id IS NOT NULL AND id NOT IN (SELECT account_id FROM ({accounts}))"
    )
    found = engine.query(f"SELECT count(*) AS n FROM {orphans}").to_pylist()[0]["n"]
    return orphans if found else ""


def orphan_rule(name: str, limit: float) -> Rule:
    """Rows of an account that the accounts source does not have."""
    return Rule(
        "orphan", "account_id", '"_orphan"', "quarantine", f"every account is in the accounts source (at most {limit:.1%} may not be)",
        f"complete the accounts, mend `columns.account_id` in [sources.{name}], or raise `checks.orphan_limit`", limit=limit,
    )  # fmt: skip


def alike_ids(engine: Engine, name: str, groups: str) -> Iterator[Problem]:
    """Ids that tidying has made equal (an error), and ids that are equal but for leading zeros or case (a warning)."""
    rows = engine.query(
        f"SELECT id, list(raw ORDER BY raw) AS spellings, sum(rows) AS rows FROM {groups} WHERE id IS NOT NULL AND rows > faulty "
        "GROUP BY id HAVING count(*) > 1 ORDER BY id LIMIT 20"
    ).to_pylist()
    if rows:
        spelled = "; ".join(" = ".join(repr(text) for text in row["spellings"]) for row in rows)
        yield Problem(
            "id_collision", "error", name, "account_id", int(sum(row["rows"] for row in rows)),
            rule=f"two ids stay two after blanks and Unicode forms are tidied; these become one: {spelled}",
            remedy=f'mend the ids; if they are one account, declare it: `columns.account_id = "trim(...)"` in [sources.{name}]',
        )  # fmt: skip
    for code, key, words in (
        ("leading_zeros", "ltrim(id, '0')", "leading zeros"),
        ("id_case", "lower(id)", "upper and lower case"),
    ):
        alike = engine.query(
            f"SELECT coalesce(sum(n), 0) AS n, any_value(example) AS example FROM (SELECT count(*) AS n, min(id) || ' and ' || max(id) AS example "
            f"FROM (SELECT DISTINCT id FROM {groups} WHERE id IS NOT NULL AND rows > faulty) GROUP BY {key} HAVING count(*) > 1)"
        ).to_pylist()[0]
        if alike["n"]:
            yield Problem(
                code, "warning", name, "account_id", int(alike["n"]), rule=f"ids that differ only in {words} are kept apart, such as {alike['example']}",
                remedy="mend the ids if they are one account",
            )  # fmt: skip


def mark_repeats(
    engine: Engine, marks: str, judged: str, key: str, payload: str, known: str, *, declared: bool
) -> None:
    """Write the place of every repeated row into `marks`: later copies as `duplicate`, contradictions as `conflict`.

    Of equal rows the one known first stays. Under a declared key rows may differ, and the first stays all the same.
    """
    conflict = "FALSE" if declared else "min(payload) OVER w <> max(payload) OVER w"
    engine.execute(
        f"INSERT INTO {marks} SELECT {FILE}, {LINE}, CASE WHEN conflict THEN 'conflict' ELSE 'duplicate' END FROM ("
        f"SELECT {FILE}, {LINE}, {conflict} AS conflict, "
        f"row_number() OVER (PARTITION BY key ORDER BY known NULLS LAST, payload, {FILE}, {LINE}) AS position "
        f"FROM (SELECT {FILE}, {LINE}, {key} AS key, {payload} AS payload, {known} AS known FROM {judged} "
        f"WHERE _fault IS NULL AND {key} IN (SELECT {key} FROM {judged} WHERE _fault IS NULL GROUP BY 1 HAVING count(*) > 1)) "
        "WINDOW w AS (PARTITION BY key)) WHERE conflict OR position > 1"
    )


def repeat_rules(name: str, contract: str) -> list[Rule]:
    """What becomes of rows that `mark_repeats` has marked."""
    limit = 0.0 if contract == "accounts" else CONFLICT_LIMIT
    column = "account_id" if contract == "accounts" else "event_id"
    return [
        Rule("conflict", column, "\"_mark\" = 'conflict'", "quarantine", f"rows of one {column} say the same (at most {limit:.1%} may not)",
             f"mend the rows, or declare `deduplicate_by` in [sources.{name}] to keep the row known first", limit=limit),
        Rule("duplicate", column, "\"_mark\" = 'duplicate'", "drop", "of rows that say the same, the one known first is used", ""),
    ]  # fmt: skip
