"""Validity: accounts of which the source keeps every state, each with the days on which it held.

Worked example: A is `small` from 2024-01-01 to 2024-06-01 and `large` from then on. On 2024-06-01 itself, at midnight,
A is still known as `small`; at every later as-of date as `large`. The relation of the accounts keeps the last state,
and the versions tell what was known at a date: the last one whose `known_day` lies before it. A version without
`valid_from` has held since ever.
"""

from __future__ import annotations

from collections.abc import Collection

from healthscore.asof import date_of
from healthscore.tables.dates import OPEN
from healthscore.tables.engine import Engine
from healthscore.tables.judgement import Judgement
from healthscore.tables.places import SHOWN, file_of, places
from healthscore.tables.problems import Problem
from healthscore.tables.quoting import quote_identifier
from healthscore.tables.rules import bound
from healthscore.tables.sources import FILE, LINE

EVER = -OPEN
"""Stands for a beginning that is not given."""


def has_history(present: Collection[str]) -> bool:
    """Whether a source of accounts that fills these columns keeps several states per account."""
    return "valid_from" in present


def overlaps(engine: Engine, judgement: Judgement) -> list[Problem]:
    """An error if two states of one account hold on the same day: ids, dates and lines of the first pairs."""
    binding = judgement.binding
    end = f"COALESCE({bound('valid_to')}, {OPEN})" if "valid_to" in binding.present else str(OPEN)
    states = (
        f"SELECT {bound('account_id')} AS id, COALESCE({bound('valid_from')}, {EVER}) AS since, {end} AS until, "
        f"{FILE} AS file, {LINE} AS line FROM {judgement.relation} WHERE _fault IS NULL"
    )
    # A source that keeps one row per account under an open `valid_from` is the usual case, and needs no join.
    pairs = (
        f"WITH states AS ({states}), several AS (SELECT id FROM states GROUP BY id HAVING count(*) > 1) "
        "SELECT a.id, a.since, a.until, b.since AS again, b.until AS last, {'file': a.file, 'line': a.line} AS one, "
        "{'file': b.file, 'line': b.line} AS other FROM states a JOIN several s ON a.id = s.id "
        "JOIN states b ON a.id = b.id WHERE a.since < b.since AND b.since < a.until"
    )
    count = engine.query(f"SELECT count(*) AS n FROM ({pairs})").to_pylist()[0]["n"]
    if not count:
        return []
    first = engine.query(f"{pairs} ORDER BY a.id, a.since, b.since LIMIT {SHOWN}").to_pylist()
    shown = "; ".join(
        f"{row['id']}: {_span(row['since'], row['until'])}, and {_span(row['again'], row['last'])}" for row in first
    )
    lines = tuple(dict.fromkeys(places([row[side] for row in first for side in ("one", "other")])))
    rule = f"an account is in one state at a time; here states overlap, in {count:,} pairs of rows: {shown}"
    remedy = "end a row by `valid_to` on the day on which the next one begins"
    where = (binding.name, "valid_from", int(count), count / max(judgement.used, 1), lines)
    return [Problem("overlapping_validity", "error", *where, rule=rule, remedy=remedy, file=file_of(lines))]


def _span(since: int, until: int) -> str:
    begin = "since ever" if since == EVER else date_of(since).isoformat()
    return f"{begin} to {date_of(until).isoformat()}" if until < OPEN else f"{begin} and on"


def split_versions(engine: Engine, name: str, relation: str, delay: int) -> tuple[str, str]:
    """Relations of the last state of each account, and of every state with the day on which it became known.

    Parameters
    ----------
    engine
        Where the relation is.
    name
        The source's name.
    relation
        Its bound rows, no two states of an account at the same time.
    delay
        Days by which every row is known later.
    """
    latest, every = quote_identifier(f"latest:{name}"), quote_identifier(f"versions:{name}")
    since = f"COALESCE(valid_from, {EVER})"
    last = f"SELECT account_id AS _id, max({since}) AS _since FROM {relation} GROUP BY account_id"
    same = f"account_id = _id AND {since} = _since"
    engine.execute(f"CREATE TABLE {latest} AS SELECT v.* FROM {relation} AS v JOIN ({last}) AS l ON {same}")
    engine.execute(f"CREATE VIEW {every} AS SELECT *, valid_from + {delay} AS known_day FROM {relation}")
    return latest, every
