"""The compiled pass over the events: rows stream out of the engine and are grouped here, while it decodes the next.

The engine computes what a row is (zones, filters, casts, rows set aside, columns looked up), so that every source that
it can read can be scanned. What it is spared are its own GROUP BYs, which cost several times the reading.

Worked example: a batch holds the rows (account 900, day 19800, name "login") and (7, 19800, "export"). Accounts become
the codes 0 and 1, the day its segment, 12, and its position in it, 3. The cells (0, 12) and (1, 12) are counted up, and
bit 3 of their days is set; the condition `name = 'login'` was asked once, of the name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from healthscore.asof import WORD_BITS
from healthscore.features.cells import BySql, Grouped
from healthscore.features.compiled.conditions import ALWAYS, COUNT, Conditions
from healthscore.features.compiled.groups import Chosen, Groups, SumTooLargeError
from healthscore.features.compiled.kernel import Codes
from healthscore.features.compiled.pairs import Pairs
from healthscore.features.compiled.reading import Reader, Rows
from healthscore.features.names import MOST_WORDS
from healthscore.features.signals import SignalPlan
from healthscore.tables import Tables
from healthscore.tables.quoting import quote_literal
from healthscore.tables.segmented import SegmentedSource

MOST_ROWS = np.iinfo(np.int32).max
"""Rows up to which counts fit."""


class TooManyNamesError(Exception):
    """There are more names than the bit sets of cells have bits."""


class CompiledScan:
    """One pass over a source, for all of its signals.

    Parameters
    ----------
    tables, source
        The source, cut into segments.
    plans, filters
        The signals, and SQL of which rows are theirs.
    few_names
        Whether distinct names are kept as bit sets of the cells, not as sightings.

    Raises
    ------
    TooManyNamesError
        There are more names than bits.
    SumTooLargeError
        A sum of quantities does not fit 64 bits, or there are more than `MOST_ROWS`.
    """

    def __init__(
        self,
        tables: Tables,
        source: SegmentedSource,
        plans: Sequence[SignalPlan],
        filters: Sequence[str],
        *,
        few_names: bool = True,
    ) -> None:
        self._source, self._plans, self._filters, self._rows = source, plans, filters, 0
        distinct = {thing for plan in plans for thing in plan.distinct}
        self._packed = few_names and "name" in distinct
        self.things = sorted(distinct - {"name"} if self._packed else distinct)
        self._cells, self._sightings = Groups(), {thing: Groups() for thing in self.things}
        self._seen = {thing: Pairs() for thing in self.things}
        asked = [sql for i in range(len(plans)) for sql in self._counted(i).values()]
        self._conditions = Conditions(tables.engine, asked)
        quantity = any(plan.quantity for plan in plans)
        self._reader = Reader(
            tables.engine, source, ["account_id", *sorted(distinct)], self._conditions, quantity=quantity
        )
        for rows in self._reader.batches():
            self._rows += len(rows.segment)
            if self._rows > MOST_ROWS:
                raise SumTooLargeError
            if self._packed and self._reader.known("name") > MOST_WORDS * WORD_BITS:
                raise TooManyNamesError
            self._add_cells(rows)
            for thing in self.things:
                self._add_sightings(rows, thing)

    def cells(self) -> pa.Table:
        """As the engine would group them: account key, segment, late, gone, first_day, and each signal's measures."""
        account, slot = self._cells.pairs()
        version, segment = np.divmod(slot, np.int32(len(self._source.segments)))
        first = self._reader.versions()[2][version]
        counts = {
            f"{measure}_{i}": self._cells.column(self._conditions.count_of(condition) or "total")
            for i in range(len(self._plans))
            for measure, condition in self._counted(i).items()
        }
        others = {name: self._cells.column(name) for name in self._cells.names if not name.startswith((COUNT, "total"))}
        return pa.table({**self._whose(account, version), "segment": segment, "first_day": first} | counts | others)

    def sightings(self, thing: str) -> pa.Table:
        """As the engine would group them: account key, thing, late, gone, and the words of segments of each signal."""
        account, code = self._sightings[thing].pairs()
        version = np.zeros(len(code), np.int32)
        if self._source.split:
            code, version = (half[code] for half in self._seen[thing].halves())
        things = pa.DictionaryArray.from_arrays(code, self._reader.keys(thing))
        words = {
            name: self._sightings[thing].column(name)
            for k in range(-(-len(self._source.segments) // WORD_BITS))
            for name in (f"w_{i}_{k}" for i, _ in self._asking(thing))
        }
        return pa.table({**self._whose(account, version), "thing": things} | words)

    def _whose(self, account: Codes, version: Codes) -> dict[str, pa.Array | NDArray[np.int32]]:
        late, gone, _ = self._reader.versions()
        accounts = pa.DictionaryArray.from_arrays(account, self._reader.keys("account_id"))
        return {"account_id": accounts, "late": late[version], "gone": gone[version]}

    def _counted(self, i: int) -> dict[str, str]:
        """What is counted of a signal: measure -> condition."""
        plan, condition = self._plans[i], self._filters[i]
        counted = {"count": condition}
        if plan.named:
            counted["named"] = f"({condition}) AND e.name IS NOT NULL"
        if plan.key:
            counted["key"] = f"({condition}) AND e.name IN ({', '.join(map(quote_literal, plan.key))})"
        return counted

    def _asking(self, thing: str) -> list[tuple[int, str]]:
        """The signals that count a thing distinct, and their conditions."""
        return [(i, self._filters[i]) for i, plan in enumerate(self._plans) if thing in plan.distinct]

    def _add_cells(self, rows: Rows) -> None:
        slot = rows.segment
        if self._source.split:
            slot = np.where(slot < 0, slot, slot + rows.version * np.int32(len(self._source.segments)))
        cells, group = self._cells, self._cells.encode(rows.codes["account_id"], slot)
        every = Chosen(group)
        every.aggregate("count_rows", None, cells.counts("total"))
        for word, names in self._conditions.counted.items():
            cells.count_bits(group, rows.masks[word], names)
        for i, plan in enumerate(self._plans):
            if not plan.dated and not plan.quantity:
                continue
            chosen = every if self._filters[i] == ALWAYS else self._chosen(rows, group, self._filters[i])
            if plan.dated:
                chosen.aggregate("or_bits", rows.position, cells.words(f"days_{i}"))
            if plan.quantity:
                chosen.aggregate("add_values", rows.quantity, cells.words(f"quantity_{i}"))
                how = "count_rows" if rows.measured is None else "count_flags"
                chosen.aggregate(how, rows.measured, cells.counts(f"measured_{i}"))
        if self._packed:
            self._add_names(rows, group)

    def _add_names(self, rows: Rows, group: Codes) -> None:
        for k, of_word, bit in _by_word(rows.codes["name"], group):
            for i, condition in self._asking("name"):
                self._chosen(rows, of_word, condition).aggregate("or_bits", bit, self._cells.words(f"names_{k}_{i}"))

    def _add_sightings(self, rows: Rows, thing: str) -> None:
        groups, code = self._sightings[thing], rows.codes[thing]
        if self._source.split:
            code = self._seen[thing].encode(code, rows.version)
        code = np.where(rows.segment < 0, rows.segment, code)
        group = groups.encode(rows.codes["account_id"], code)
        for k, of_word, bit in _by_word(rows.segment, group):
            for i, condition in self._asking(thing):
                self._chosen(rows, of_word, condition).aggregate("or_bits", bit, groups.words(f"w_{i}_{k}"))

    def _chosen(self, rows: Rows, group: Codes, condition: str) -> Chosen:
        word, wanted = self._conditions.place(condition)
        return Chosen(group, rows.masks[word] if wanted else None, wanted)


def compiled_grouping(
    tables: Tables, source: SegmentedSource, plans: Sequence[SignalPlan], filters: Sequence[str]
) -> Grouped:
    """The compiled scan; where its arithmetic does not reach, the engine's SQL."""
    try:
        try:
            return CompiledScan(tables, source, plans, filters)
        except TooManyNamesError:
            return CompiledScan(tables, source, plans, filters, few_names=False)
    except SumTooLargeError:
        return BySql(tables, source, plans, filters)


def _by_word(code: Codes, group: Codes) -> Iterator[tuple[int, Codes, Codes]]:
    """For each word of bits in which codes lie: its number, the groups of its rows (-1 of others), and their bits."""
    last = int(code.max(initial=0)) // WORD_BITS
    if last == 0:
        yield 0, group if int(code.min(initial=0)) >= 0 else np.where(code >= 0, group, np.int32(-1)), code
        return
    first = int(code.min(initial=last * WORD_BITS, where=code >= 0)) // WORD_BITS
    for k in range(first, last + 1):
        bit = code - np.int32(k * WORD_BITS)
        yield k, np.where((bit >= 0) & (bit < WORD_BITS), group, np.int32(-1)), bit
