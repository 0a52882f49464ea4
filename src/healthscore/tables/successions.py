"""Successions: accounts that cease because another takes their place (merge) or several do (split).

Worked example: A is merged into B on 2024-03-01, which was known on that day. As of 2024-03-01 nothing has happened
yet; from 2024-03-02 on, B also has the events that A ever had, and A is no customer any more: its subscription ended on
2024-03-01 by an exit of type ``merged``, which is no churn unless the run says so. If B is merged into C later, C has
the rows of both from then on. What is split off begins anew: rows stay with the account that they were written for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from healthscore.tables.binding import Binding
from healthscore.tables.chains import Codes, cycles, ends, least_above, reach
from healthscore.tables.engine import Engine
from healthscore.tables.hierarchy import about, circles_text, codes, following, of_accounts
from healthscore.tables.judgement import Judgement
from healthscore.tables.places import file_of
from healthscore.tables.problems import Problem
from healthscore.tables.rules import Rule, bound

NEVER = np.iinfo(np.int32).max
"""Stands for a day that does not come."""
EXITS = {"merge": "merged", "split": "split"}
"""Kind of a succession -> type of the exit of the account that ceases."""


@dataclass(frozen=True)
class Successions:
    """What successions and parents together make of whose rows count for whom; days are those that it was known on.

    Attributes
    ----------
    heirs
        (account_id, heir_id, heir_day): the account's rows count for the heir too, a top parent, from that day on.
    ceased
        (account_id, ceased_date, ceased_day, ceased_by): the account is none any more, by an exit of that type.
    founded
        (account_id, day): the account began as a part of another that was split.
    """

    heirs: pa.Table
    ceased: pa.Table
    founded: pa.Table

    @classmethod
    def none(cls) -> Successions:
        """Nobody ceased, and nobody came from a split."""
        day = pa.int32()
        heirs = {"account_id": pa.string(), "heir_id": pa.string(), "heir_day": day}
        ceased = {"account_id": pa.string(), "ceased_date": day, "ceased_day": day, "ceased_by": pa.string()}
        founded = {"account_id": pa.string(), "day": day}
        return cls(*(pa.schema(columns).empty_table() for columns in (heirs, ceased, founded)))

    def ceased_on(self, accounts: pa.Array) -> NDArray[np.int32]:
        """Day on which each account was known to have ceased, shape (accounts,); `NEVER` for others."""
        return _days(accounts, self.ceased["account_id"], self.ceased["ceased_day"])

    def ceased_by(self, accounts: pa.Array) -> NDArray[np.int32]:
        """Day on which each account ceased, which may have become known later; `NEVER` for others."""
        return _days(accounts, self.ceased["account_id"], self.ceased["ceased_date"])

    def founded_on(self, accounts: pa.Array) -> NDArray[np.int32]:
        """Day on which each account was known to come from a split, shape (accounts,); `NEVER` for others."""
        return _days(accounts, self.founded["account_id"], self.founded["day"])


def _days(accounts: pa.Array, ids: pa.ChunkedArray, days: pa.ChunkedArray) -> NDArray[np.int32]:
    place = pc.index_in(accounts, value_set=ids.combine_chunks())
    found: NDArray[np.int32] = pc.fill_null(days.take(place), int(NEVER)).to_numpy().astype(np.int32)
    return found


def with_succession_rules(binding: Binding, known: Sequence[str], limit: float) -> Binding:
    """The binding with the rules that only successions have.

    Parameters
    ----------
    binding
        Of a source of successions.
    known
        Relations of the accounts sources; empty if rows are not to be held against them.
    limit
        Share of rows that may be of unknown accounts.
    """
    rules = []
    if "kind" in binding.present:
        strange = f"lower({bound('kind')}) NOT IN ('merge', 'split')"
        rule = "an account ceases by a merge or a split"
        rules.append(
            Rule("unknown_kind", "kind", strange, "quarantine", rule, "write merge or split, or mend `columns.kind`")
        )
    if known:
        accounts = " UNION ".join(f"SELECT account_id FROM {relation}" for relation in known)
        strange = f"{bound('successor_id')} NOT IN ({accounts})"
        rule = f"every successor is in the accounts source; at most {limit:.1%} of rows may name others"
        remedy = f"complete the accounts, or mend `columns.successor_id` in [sources.{binding.name}]"
        rules.append(Rule("orphan", "successor_id", strange, "quarantine", rule, remedy, limit=limit))
    return replace(binding, rules=(*binding.rules, *rules))


def read_successions(
    engine: Engine, judgement: Judgement, relation: str, links: pa.Table
) -> tuple[Successions | None, list[Problem]]:
    """Resolve the successions of a source against the parents of the accounts, or say why they contradict each other.

    Parameters
    ----------
    engine
        Where the relations are.
    judgement
        Of the source of successions, for the places of its rows.
    relation
        Its bound rows.
    links
        (account_id, parent_id) of the accounts that are parts of others.
    """
    rows = engine.query(
        "SELECT account_id, successor_id, COALESCE(lower(kind), 'merge') AS kind, min(date) AS date, "
        f"min(known_day) AS day FROM {relation} GROUP BY 1, 2, 3 ORDER BY day, 1, 2, 3"
    )
    ids, (account, successor, child, parent) = codes(
        rows["account_id"], rows["successor_id"], links["account_id"], links["parent_id"]
    )
    kin = _Kin(rows, ids, account, successor, following(len(ids), child, parent))
    problems = [*_two_successors(engine, judgement, kin), *_circular(engine, judgement, kin)]
    return (None, problems) if problems else (kin.resolve(), [])


class _Kin:
    """Rows of successions and links of parents, as codes of ids.

    What becomes of a whole becomes of its parts, too. A part may also go its own way; then both hold, each from its own
    day on, so that what is known later never takes back what was known before.
    """

    def __init__(self, rows: pa.Table, ids: pa.Array, account: Codes, successor: Codes, above: Codes) -> None:
        self.ids, self.account, self.successor, self.above = ids, account, successor, above
        self.split = pc.equal(rows["kind"], "split").to_numpy()
        self.day, self.date = (rows[name].to_numpy().astype(np.int64) for name in ("day", "date"))
        self.top = ends(above)

    def resolve(self) -> Successions:
        """Who inherits, who ceased, and who began."""
        return Successions(self._heirs(), self._ceased(), self._founded())

    def _heirs(self) -> pa.Table:
        """Every account with the top parents to which merges lead, of its own or of what it is a part of."""
        merged = ~self.split
        step = following(len(self.ids), self.account[merged], self.successor[merged])
        day = np.zeros(len(self.ids), np.int64)
        day[self.account[merged]] = self.day[merged]
        start = np.flatnonzero(least_above(self.above, np.where(step >= 0, 0, 1)) == 0)
        always = np.full(len(self.ids), np.iinfo(np.int32).min, np.int64)
        account, node, known = reach(start, [(self.above, always), (step, day)])
        heir = self.top[node]
        other = heir != self.top[account]  # within one top nothing changes hands
        account, heir, known = account[other], heir[other], known[other]
        order = np.lexsort((known, heir, account))
        pairs = np.stack([account, heir], axis=1)[order]
        first = np.append(True, (np.diff(pairs, axis=0) != 0).any(axis=1)) if len(pairs) else np.empty(0, bool)
        return pa.table(
            {
                "account_id": self._names(pairs[first, 0]),
                "heir_id": self._names(pairs[first, 1]),
                "heir_day": pa.array(known[order][first], pa.int32()),
            }
        )

    def _ceased(self) -> pa.Table:
        """Accounts that ceased, or that are parts of one that did, by the succession that was known first."""
        none = len(self.account)
        row = np.full(len(self.ids), none, np.int64)
        np.minimum.at(row, self.account, np.arange(none))  # rows are in order of the day on which they were known
        row = least_above(self.above, row)
        ceased = np.flatnonzero(row < none)
        row = row[ceased]
        return pa.table(
            {
                "account_id": self._names(ceased),
                "ceased_date": pa.array(self.date[row], pa.int32()),
                "ceased_day": pa.array(self.day[row], pa.int32()),
                "ceased_by": pa.array(np.where(self.split[row], EXITS["split"], EXITS["merge"]).tolist(), pa.string()),
            }
        )

    def _founded(self) -> pa.Table:
        """Top parents that a split has made, with the first day on which that was known."""
        new = self.split & (self.top[self.successor] == self.successor) & (self.top[self.account] != self.successor)
        founded, first = np.unique(self.successor[new], return_index=True)  # rows are in order of time
        return pa.table({"account_id": self._names(founded), "day": pa.array(self.day[new][first], pa.int32())})

    def _names(self, of: Codes) -> pa.Array:
        return self.ids.take(pa.array(of))


def _two_successors(engine: Engine, judgement: Judgement, kin: _Kin) -> Iterator[Problem]:
    """Accounts that are merged into one and go on as another, too."""
    rows = np.bincount(kin.account, minlength=len(kin.ids))
    merges = np.bincount(kin.account[~kin.split], minlength=len(kin.ids))
    several = np.flatnonzero((rows > 1) & (merges > 0))
    if len(several):
        names = kin.ids.take(pa.array(several)).to_pylist()
        count, share, lines = about(engine, judgement, of_accounts(names))
        shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
        rule = f"an account is merged into one other; these have several successors: {shown}"
        remedy = "keep the row of its last step, or write kind = split if it was divided"
        where = (judgement.binding.name, "successor_id", count, share, lines)
        yield Problem("two_successors", "error", *where, rule=rule, remedy=remedy, file=file_of(lines))


def _circular(engine: Engine, judgement: Judgement, kin: _Kin) -> Iterator[Problem]:
    """Accounts that succeed themselves: A into B into A, or a whole into its own part."""
    parts = np.flatnonzero(kin.above >= 0)
    source, target = np.append(kin.account, parts), np.append(kin.successor, kin.above[parts])
    circles = cycles(len(kin.ids), source, target)
    if circles:
        inside = kin.ids.take(pa.array(np.concatenate(circles))).to_pylist()
        count, share, lines = about(engine, judgement, of_accounts(inside))
        shown = circles_text(kin.ids, circles)
        rule = f"successions lead to an account that lives on; these lead back to themselves: {shown}"
        remedy = "leave out the row that leads back; an account that returns is a new id, or no succession"
        where = (judgement.binding.name, "successor_id", count, share, lines)
        yield Problem("succession_cycle", "error", *where, rule=rule, remedy=remedy, file=file_of(lines))
