"""Hierarchy: accounts that are parts of another are counted with it, up to the top.

Worked example: A1 and A2 belong to A, which belongs to H. All four are in the accounts; the book has one row, H, and
the events of all four are events of H. Parents are what the accounts say today, once and for all: an account that
becomes a part of another at some date is a succession, so that what was known before stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from healthscore.tables.chains import Codes, cycles, ends
from healthscore.tables.engine import Engine
from healthscore.tables.judgement import Judgement
from healthscore.tables.places import SHOWN, file_of, first_places, places
from healthscore.tables.problems import Problem, Severity
from healthscore.tables.quoting import quote_literal
from healthscore.tables.rules import bound

LINKS = pa.schema([("account_id", pa.string()), ("parent_id", pa.string())])


def read_parents(engine: Engine, judgement: Judgement, relation: str, limit: float) -> tuple[pa.Table, list[Problem]]:
    """Links (account_id, parent_id) that hold, and what is wrong with the others.

    An account that names itself has no parent. A parent that is not among the accounts is ignored and warned of, and an
    error where that concerns more than `limit` of the rows; accounts that are parts of themselves are an error.

    Parameters
    ----------
    engine
        Where the relations are.
    judgement
        Of the source of accounts, for the places of its rows.
    relation
        Its bound rows, one per account.
    limit
        Share of rows that may name a parent which is no account.
    """
    problems = [*_changed(engine, judgement), *_unknown(engine, judgement, limit)]
    links = engine.query(
        f"SELECT account_id, parent_id FROM {relation} WHERE parent_id <> account_id "
        f"AND parent_id IN (SELECT account_id FROM {relation}) ORDER BY account_id"
    )
    ids, (child, parent) = codes(links["account_id"], links["parent_id"])
    circles = cycles(len(ids), child, parent)
    if circles:
        problems.append(_circular(engine, judgement, ids, circles))
        links = links.filter(pa.array(~np.isin(child, np.concatenate(circles))))
    elif len(links):
        problems.append(_rolled_up(judgement, links))
    return links, problems


def codes(*columns: pa.ChunkedArray) -> tuple[pa.Array, list[Codes]]:
    """Ids of all columns, rising, and each column as positions in them."""
    ids = pc.unique(pa.chunked_array([chunk for column in columns for chunk in column.chunks], pa.string()))
    ids = ids.take(pc.sort_indices(ids))
    found = [pc.index_in(column, value_set=ids) for column in columns]
    return ids, [np.asarray(column.to_numpy(), np.int64) for column in found]


def top_parents(links: pa.Table) -> pa.Table:
    """Every part with the account that it is counted with: (account_id, top_id)."""
    ids, (child, parent) = codes(links["account_id"], links["parent_id"])
    top = ends(following(len(ids), child, parent))
    return pa.table({"account_id": links["account_id"], "top_id": ids.take(pa.array(top[child]))})


def following(accounts: int, source: Codes, target: Codes) -> Codes:
    """Links as an array over all accounts: the code that each leads to, -1 for none."""
    step = np.full(accounts, -1, np.int64)
    step[source] = target
    return step


def circles_text(ids: pa.Array, circles: Sequence[NDArray[np.int64]]) -> str:
    """The ids of the first circles, in words."""
    first = [ids.take(pa.array(circle)).to_pylist() for circle in circles[:SHOWN]]
    more = f"; and {len(circles) - SHOWN:,} more" if len(circles) > SHOWN else ""
    return "; ".join(", ".join(circle[:10]) + (", ..." if len(circle) > 10 else "") for circle in first) + more


def about(engine: Engine, judgement: Judgement, condition: str) -> tuple[int, float, tuple[str, ...]]:
    """How many of the rows that are used meet a condition, which share, and the places of the first."""
    found = engine.query(
        f"SELECT count(*) FILTER (WHERE {condition}) AS n, {first_places(condition)} AS places "
        f"FROM {judgement.relation} WHERE _fault IS NULL"
    ).to_pylist()[0]
    return int(found["n"]), found["n"] / max(judgement.used, 1), places(found["places"])


def of_accounts(ids: Iterable[str]) -> str:
    """SQL: the row is one of these accounts."""
    return f"{bound('account_id')} IN ({', '.join(map(quote_literal, ids))})"


def _changed(engine: Engine, judgement: Judgement) -> Iterator[Problem]:
    """Accounts whose states name different parents: today's would be taken for that of the past."""
    parent = f"COALESCE({bound('parent_id')}, {bound('account_id')})"
    several = (
        f"SELECT {bound('account_id')} FROM {judgement.relation} WHERE _fault IS NULL GROUP BY 1 "
        f"HAVING count(DISTINCT {parent}) > 1"
    )
    count, share, lines = about(engine, judgement, f"{bound('account_id')} IN ({several})")
    if count:
        rule = "all states of an account name the same parent, because rows of the past are counted with it too"
        remedy = "bind today's parent in every state, and what changed as a source of successions, with its date"
        where = (judgement.binding.name, "parent_id", count, share, lines)
        yield Problem("parent_changes", "error", *where, rule=rule, remedy=remedy, file=file_of(lines))


def _unknown(engine: Engine, judgement: Judgement, limit: float) -> Iterator[Problem]:
    known = f"SELECT {bound('account_id')} FROM {judgement.relation} WHERE _fault IS NULL"
    count, share, lines = about(engine, judgement, f"{bound('parent_id')} NOT IN ({known})")
    if count:
        name = judgement.binding.name
        rule = f"a parent is an account too; where it is not, the account stands for itself; at most {limit:.1%} may"
        remedy = f"add the parents to the accounts, or mend `columns.parent_id` in [sources.{name}]"
        severity: Severity = "error" if share > limit else "warning"
        where = (name, "parent_id", count, share, lines)
        yield Problem("unknown_parent", severity, *where, rule=rule, remedy=remedy, file=file_of(lines))


def _circular(engine: Engine, judgement: Judgement, ids: pa.Array, circles: Sequence[Codes]) -> Problem:
    inside = ids.take(pa.array(np.concatenate(circles))).to_pylist()
    count, share, lines = about(engine, judgement, of_accounts(inside))
    rule = f"parents lead to a top; these accounts are parts of themselves: {circles_text(ids, circles)}"
    where = (judgement.binding.name, "parent_id", count, share, lines)
    remedy = "empty `parent_id` of the one that is the top"
    return Problem("parent_cycle", "error", *where, rule=rule, remedy=remedy, file=file_of(lines))


def _rolled_up(judgement: Judgement, links: pa.Table) -> Problem:
    tops = len(pc.unique(top_parents(links)["top_id"]))
    rule = f"parts are counted with the account at the top: {len(links):,} accounts with {tops:,}"
    where = (judgement.binding.name, "parent_id", len(links), len(links) / max(judgement.accounts, 1))
    return Problem("rolled_up", "rule", *where, rule=rule)
