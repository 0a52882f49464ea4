"""Lineage: relations in which rows count for the accounts of the book, by parents and successions.

Where a run has neither, nothing here is run, and relations stay what they were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from healthscore.config import PANEL
from healthscore.tables.binding import Binding
from healthscore.tables.engine import Engine
from healthscore.tables.hierarchy import LINKS, about, read_parents, top_parents
from healthscore.tables.judgement import Judgement
from healthscore.tables.places import file_of
from healthscore.tables.problems import Problem
from healthscore.tables.quoting import quote_identifier
from healthscore.tables.rules import bound
from healthscore.tables.successions import Successions, read_successions

MEASURED = frozenset({"events", "levels", "intervals"})
"""Contracts of which a ceased account's rows count for its heirs too."""
AS_GIVEN = frozenset({"successions", PANEL})
"""Contracts whose ids stay those of the files."""

_TOPS, _HEIRS, _CEASED = (quote_identifier(f"lineage/{name}") for name in ("tops", "heirs", "ceased"))


@dataclass
class Lineage:
    """Parents and successions of a run as they are read, and then the relations that follow them.

    Attributes
    ----------
    limit
        Share of rows that may name unknown accounts.
    links
        (account_id, parent_id) of accounts that are parts of others.
    tops
        (account_id, top_id) of the same: the account at the top, with which each is counted.
    """

    engine: Engine
    limit: float
    links: pa.Table = field(default_factory=LINKS.empty_table)
    tops: pa.Table | None = None
    successions: Successions | None = None
    _told: dict[str, str] = field(default_factory=dict)

    def read(self, judgement: Judgement, relation: str) -> list[Problem]:
        """Take in a source that has just been bound; what is wrong with its links."""
        contract = judgement.binding.contract.name
        if contract == "accounts" and "parent_id" in judgement.binding.present:
            return self._second(judgement) or self._parents(judgement, relation)
        if contract == "successions":
            return self._second(judgement) or self._successions(judgement, relation)
        return self._rows_of_parts(judgement) if contract == PANEL and len(self.links) else []

    def _parents(self, judgement: Judgement, relation: str) -> list[Problem]:
        self.links, problems = read_parents(self.engine, judgement, relation, self.limit)
        if len(self.links):
            self.tops = top_parents(self.links)
            self.engine.register("lineage/tops", self.tops)
        return problems

    def _successions(self, judgement: Judgement, relation: str) -> list[Problem]:
        self.successions, problems = read_successions(self.engine, judgement, relation, self.links)
        if self.successions is not None:
            self.engine.register("lineage/heirs", self.successions.heirs)
            self.engine.register("lineage/ceased", self.successions.ceased)
        return problems

    def _second(self, judgement: Judgement) -> list[Problem]:
        """A second source of parents, or of successions: what both say together could contradict itself."""
        name, contract = judgement.binding.name, judgement.binding.contract.name
        first = self._told.setdefault(contract, name)
        if first == name:
            return []
        what = "parents are" if contract == "accounts" else "successions are"
        remedy = f"make one source of both: `path` in [sources.{first}] may be a list of files"
        return [
            Problem(
                "second_source", "error", name, rule=f"{what} told by one source, and {first} is one", remedy=remedy
            )
        ]

    def _rows_of_parts(self, judgement: Judgement) -> list[Problem]:
        """Rows of a ready-made panel that would be nobody's: the book holds the tops, and features do not add up."""
        condition = f"{bound('account_id')} IN (SELECT account_id FROM {_TOPS})"
        count, share, lines = about(self.engine, judgement, condition)
        if not count:
            return []
        rule = (
            "a panel's rows are of accounts of the book; these are of accounts with a parent, which are counted with it"
        )
        remedy = "write the panel by the accounts at the top, or leave `columns.parent_id` out of the accounts"
        where = (judgement.binding.name, "account_id", count, share, lines)
        return [Problem("rows_of_parts", "error", *where, rule=rule, remedy=remedy, file=file_of(lines))]

    def follow(self, bindings: dict[str, Binding], relations: dict[str, str], versions: dict[str, str]) -> None:
        """Replace the relations by views whose `account_id` is that of whom a row counts for."""
        for name in versions if len(self.links) else ():
            versions[name] = self._without_parts(f"versions of {name}", versions[name])
        for name, binding in bindings.items():
            relations[name] = self._view(name, binding, relations[name])
            if self.successions is not None and binding.contract.name == "subscriptions":
                filled = [column for column in ("end", "exit_type") if column not in binding.present]
                bindings[name] = replace(binding, present=(*binding.present, *filled))

    def _view(self, name: str, binding: Binding, relation: str) -> str:
        contract, columns, rolled = binding.contract.name, list(binding.shaped), bool(len(self.links))
        if contract == "accounts":
            return self._without_parts(name, relation) if rolled else relation
        ends = self.successions is not None and contract == "subscriptions"
        inherits = self.successions is not None and contract in MEASURED
        if contract in AS_GIVEN or not (rolled or ends or inherits):
            return relation
        changed = {"account_id": "COALESCE(t.top_id, r.account_id)"} if rolled else {}
        joins = f" LEFT JOIN {_TOPS} AS t ON r.account_id = t.account_id" if rolled else ""
        if ends:
            changed |= _ended()
            joins += f" LEFT JOIN {_CEASED} AS c ON r.account_id = c.account_id"
        query = f"SELECT {_list(columns, changed)} FROM {relation} AS r{joins}"
        if inherits:
            given = f"FROM {relation} AS r JOIN {_HEIRS} AS h ON r.account_id = h.account_id"
            query += f" UNION ALL SELECT {_list(columns, _inherited(columns))} {given}"
        return self._create(name, query)

    def _without_parts(self, name: str, relation: str) -> str:
        parts = f"SELECT account_id FROM {_TOPS}"
        return self._create(name, f"SELECT * FROM {relation} WHERE account_id NOT IN ({parts})")

    def _create(self, name: str, query: str) -> str:
        view = quote_identifier(f"lineage:{name}")
        self.engine.execute(f"CREATE VIEW {view} AS {query}")
        return view


def _list(columns: Sequence[str], changed: Mapping[str, str]) -> str:
    own = {column: f"r.{quote_identifier(column)}" for column in columns}
    return ", ".join(f"{changed.get(column, sql)} AS {quote_identifier(column)}" for column, sql in own.items())


def _ended() -> dict[str, str]:
    """End and type of a subscription whose account ceased while it ran.

    Until the succession was known it runs on; what begins after that is a new life under the old id. One that ended
    between the succession and the day on which that was known ended by it.
    """
    running = "r.start < c.ceased_day"
    cut = f'{running} AND (r."end" IS NULL OR r."end" > c.ceased_day)'
    typed = f'{running} AND (r."end" IS NULL OR r."end" >= c.ceased_date)'
    return {
        "end": f'CASE WHEN {cut} THEN c.ceased_day ELSE r."end" END',
        "end_known_day": f"CASE WHEN {cut} THEN c.ceased_day ELSE r.end_known_day END",
        "exit_type": f"CASE WHEN {typed} THEN c.ceased_by ELSE r.exit_type END",
    }


def _inherited(columns: Sequence[str]) -> dict[str, str]:
    """What is different in rows that count for an heir: nothing of them is known before the succession is."""
    changed = {"account_id": "h.heir_id", "known_day": "GREATEST(r.known_day, h.heir_day)"}
    if "end_known_day" in columns:
        later = "CASE WHEN r.end_known_day < h.heir_day THEN h.heir_day ELSE r.end_known_day END"
        changed["end_known_day"] = later
    return changed
