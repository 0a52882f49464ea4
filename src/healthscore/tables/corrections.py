"""Corrections: rows of one identity are versions of one row, and each stands until the next one was known.

Worked example: order 7 is 5 EUR, known on 3 January; on 10 February it is corrected to 8 EUR. As of 1 February it is
5 EUR, as of 1 March 8 EUR, and whoever scores 1 February again in April still sees 5 EUR: the first version carries
`until_day` = 10 February, the first day on which a later one was known. A version that withdraws the row (`retracted`)
ends the one before it in the same way and is itself never a row.

Rows that the run leaves out take part: an order whose second version no longer meets `where` is left out from the day
on which that was known. Faulty rows do not: they are set aside and replace nothing.
"""

from __future__ import annotations

from healthscore.tables.engine import Engine
from healthscore.tables.judgement import Judgement, number_faults
from healthscore.tables.places import file_of, first_places, places
from healthscore.tables.problems import Problem
from healthscore.tables.quoting import quote_identifier
from healthscore.tables.rules import Rule, bound
from healthscore.tables.shapes import FIRST_MOMENT
from healthscore.tables.sources import FILE, LINE

CORRECTION = Rule(
    "correction",
    "known_at",
    '"_later"',
    "count",
    "a later version takes a row's place from the day on which it was known; until then the older one stands",
    "",
)
_UNSTATED = ("known_at", "end_known_at")


def link_versions(engine: Engine, judgement: Judgement, key: str) -> bool:
    """Find the versions of each row and until when they stand. Whether all rows are the only versions of theirs.

    Parameters
    ----------
    engine
        Where the relations are.
    judgement
        Takes the table of versions (file, line, mark, until_day, later, tied), the rules of those that are no rows, and
        the warning about versions whose order nothing tells.
    key
        SQL of what identifies a row; NULL for rows that are things of their own.
    """
    table = quote_identifier(f"{judgement.binding.name}/versions")
    engine.execute(f"CREATE OR REPLACE TABLE {table} AS {_versions(judgement, key)}")
    if not engine.query(f"SELECT count(*) AS n FROM {table}").to_pylist()[0]["n"]:
        return True
    judgement.versions = table
    judgement.rules += _version_rules(judgement)
    number_faults(engine, judgement)
    tied = '"_tied"'
    found = engine.query(
        f"SELECT count(*) FILTER (WHERE {CORRECTION.predicate}) AS later, count(*) FILTER (WHERE {tied}) AS tied, "
        f"{first_places(tied)} AS places FROM {judgement.relation} WHERE _fault IS NULL"
    ).to_pylist()[0]
    judgement.counts[CORRECTION] = int(found["later"])
    if found["tied"]:
        judgement.problems.append(_tied(judgement, int(found["tied"]), places(found["places"])))
    return False


def _versions(judgement: Judgement, key: str) -> str:
    """SQL: the place of every row that is replaced, replaces another, or is a copy, and what becomes of it."""
    binding, time = judgement.binding, FIRST_MOMENT[judgement.binding.contract.name]
    delay = binding.source.availability_delay_days
    left_out = [str(number) for number, rule in enumerate(judgement.rules) if rule.action == "drop"]
    usable = f"(_fault IS NULL OR _fault IN ({', '.join(left_out)}))"
    ended = f"{bound('end')} IS NOT NULL" if "end" in binding.present else "FALSE"
    rows = {
        "file": FILE,
        "line": LINE,
        "key": key,
        "said": f"CAST({binding.says(*_UNSTATED)} AS VARCHAR) || CASE WHEN _fault IS NULL THEN '' ELSE ' left out' END",
        "unended": binding.says(*_UNSTATED, "end"),
        "ended": ended,
        "known": f"COALESCE({binding.instants['known_at']}, {binding.instants[time]})",
        "known_on": f"COALESCE({bound('known_at')}, {bound(time)}) + {delay}",
        "visible": binding.shaped["known_day"],
        "withdrawn": f"{bound('retracted')} IS TRUE" if "retracted" in binding.present else "FALSE",
    }
    columns = ", ".join(f"{sql} AS {name}" for name, sql in rows.items())
    several = f"SELECT {key} FROM {judgement.relation} WHERE {usable} GROUP BY 1 HAVING count(*) > 1"
    return (
        f"WITH rows AS (SELECT {columns} FROM {judgement.relation} "
        f"WHERE {usable} AND ({rows['withdrawn']} OR {key} IN ({several}))), "
        "lined AS (SELECT *, row_number() OVER chain AS number, lag(said) OVER chain AS before FROM rows "
        # Of versions known at one instant, one that withdraws the row comes last; which of the others does is settled
        # by what they say, so that it never depends on the order of the rows.
        "WINDOW chain AS (PARTITION BY key ORDER BY known NULLS FIRST, withdrawn, said, file, line)), "
        "kept AS (SELECT *, lead(known_on) OVER chain AS until_day, row_number() OVER chain AS version, "
        "unended IS NOT DISTINCT FROM lag(unended) OVER chain AND NOT lag(ended) OVER chain AS closes, "
        "known = lag(known) OVER chain AND NOT withdrawn AS tied "
        "FROM lined WHERE number = 1 OR said IS DISTINCT FROM before "
        "WINDOW chain AS (PARTITION BY key ORDER BY number)), "
        "marked AS (SELECT file, line, CASE WHEN withdrawn THEN 'retraction' WHEN until_day <= visible "
        "THEN 'superseded' END AS mark, until_day, version > 1 AND NOT closes AS later, COALESCE(tied, FALSE) AS tied "
        "FROM kept UNION ALL SELECT file, line, CASE WHEN withdrawn THEN 'retraction' ELSE 'duplicate' END, NULL, "
        "FALSE, FALSE FROM lined WHERE number > 1 AND said IS NOT DISTINCT FROM before) "
        "SELECT * FROM marked WHERE mark IS NOT NULL OR until_day IS NOT NULL OR later"
    )


def _version_rules(judgement: Judgement) -> list[Rule]:
    """What becomes of versions that are no rows."""
    identity = (*judgement.binding.source.deduplicate_by, *judgement.binding.contract.key)[0]

    def dropped(code: str, column: str, rule: str) -> Rule:
        return Rule(code, column, f"\"_mark\" = '{code}'", "drop", rule, "")

    withdrawn = "a version that withdraws a row ends it from the day on which it was known, and is no row itself"
    return [
        dropped("retraction", "retracted", withdrawn),
        dropped("superseded", "known_at", "of versions known on one day only the last stands"),
        dropped("duplicate", identity, "of versions that say the same, the one known first is used"),
    ]


def _tied(judgement: Judgement, count: int, lines: tuple[str, ...]) -> Problem:
    rule = "versions of one row become known one after the other; of these, which one is the last cannot be told"
    remedy = "export known_at with its time of day"
    where = (judgement.binding.name, "known_at", count, count / judgement.rows_in, lines)
    return Problem("tied_versions", "warning", *where, rule=rule, remedy=remedy, file=file_of(lines))
