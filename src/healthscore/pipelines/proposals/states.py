"""Tables of what lasts, or is due, and of what is measured: intervals and levels.

Worked example: a survey file with `asked_at`, `answered_at` and `nps` is two sources. Its answers are levels, of the
day of the answer; its questions are intervals, open until they are answered. A ticket with `opened_at`, `closed_at`,
`csat` and `rated_at` is an interval, and its rating a level of the day on which it was rated.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from healthscore.pipelines.proposals.events import choose_time, known_since, leave_out_exit_surveys
from healthscore.pipelines.proposals.inventory import ColumnFacts, Inventory, TableFacts
from healthscore.pipelines.proposals.naming import named
from healthscore.pipelines.proposals.sources import SourceProposal, declare_times, leave_out, same_notation, written
from healthscore.pipelines.proposals.vocabulary import (
    CLOSED_CORES,
    COMPONENTS,
    DEADLINE_CORES,
    KIND_CORES,
    MONEY_CORES,
    OPENED_CORES,
    OPINIONS,
    SCORE_WORDS,
    SCORED_CORES,
    component_of,
    core,
    table_words,
    words,
)
from healthscore.tables.sorts import Sort

MOSTLY = 0.95
SCALES = ((1, 5), (1, 7), (0, 10))
"""Ranges that answers have, the narrowest first."""
FEW_VALUES = 12
"""Distinct values, as about as they are counted, that a scale has at most."""
HAPPENING = ("activity", "purchases", "relationship")
"""Components whose rows happen, however long they took: a session, an order, a meeting."""


def propose_states(inventory: Inventory, table: TableFacts, key: str) -> list[SourceProposal]:
    """The table as intervals, as levels, or as both; nothing where its rows merely happen."""
    said = table_words(table.name)
    if any(said & COMPONENTS[component] for component in HAPPENING):
        return []
    lasting = _intervals(inventory, table, key)
    measured = _levels(inventory, table, key, beside=lasting is not None)
    if lasting is not None and measured is not None:
        opinions = measured.component == "satisfaction" and lasting.component == "satisfaction"
        second, suffix = (lasting, "questions") if opinions else (measured, "ratings")
        second.name = _free(inventory, f"{table.name}_{suffix}")
        for one, other in ((lasting, measured), (measured, lasting)):
            shared = {*other.columns.values()} & {*one.left_out}
            one.left_out |= dict.fromkeys(sorted(shared), f"used in [sources.{other.name}]")
        return [measured, lasting] if opinions else [lasting, measured]
    return [source for source in (lasting, measured) if source is not None]


def _free(inventory: Inventory, name: str) -> str:
    taken = {table.name for table in inventory.tables}
    return next(n for n in (name, *(f"{name}_{i}" for i in range(2, 100))) if n not in taken)


# What lasts


def _intervals(inventory: Inventory, table: TableFacts, key: str) -> SourceProposal | None:
    """The table as intervals, or None without a time of opening and a later one of closing."""
    times = [c for c in table.columns if c.time is not None and c.time.form != "offset" and c.name != key]
    start = _best(times, OPENED_CORES)
    end = _best([c for c in times if c is not start], CLOSED_CORES)
    if start is None or end is None or start.filled < MOSTLY * table.rows or not _follows(inventory, table, start, end):
        return None
    columns = {"account_id": key, "start": written(start), "end": written(end)}
    component = component_of(table.name, tuple(c.name for c in table.columns))
    source = SourceProposal(table.name, table, "intervals", columns, component=component, time=start.time)
    source.why["end"] = "open until then: it counts from its own day on"
    used = [start, end]
    deadline = _best([c for c in times if c not in used], DEADLINE_CORES)
    if deadline is not None and _follows(inventory, table, start, deadline):
        source.columns["deadline"] = written(deadline)
        used.append(deadline)
    known = known_since(inventory, table, start)
    if known is not None and known not in used:
        source.columns["known_at"] = written(known)
        source.why["known_at"] = "a row is visible only from then on"
        used.append(known)
    _describe(source)
    if start.filled < table.rows:
        source.where.append((f"{named(start.name)} is not null", f"{table.rows - start.filled:,} rows have no start"))
    leave_out_exit_surveys(source)
    declare_times(source, used)
    leave_out(source, [column.name for column in used], time=start.name)
    return source


def _best(columns: Sequence[ColumnFacts], cores: Sequence[str]) -> ColumnFacts | None:
    """The column whose name stands first in the list."""
    found = {core(column.name): column for column in reversed(columns)}
    return next((found[name] for name in cores if name in found), None)


def _follows(inventory: Inventory, table: TableFacts, start: ColumnFacts, later: ColumnFacts) -> bool:
    """Whether one declaration serves both times, and the later one is nearly never before the start."""
    if start.time is None or later.time is None or not same_notation(later, start):
        return False
    after = f"avg(CASE WHEN {later.time.day} >= {start.time.day} THEN 1 ELSE 0 END)"
    given = f"({later.time.day}) IS NOT NULL AND ({start.time.day}) IS NOT NULL"
    share = inventory.ask(f"SELECT {after} AS share FROM {table.relation} WHERE {given}")["share"]
    return share is not None and share >= MOSTLY


def _describe(source: SourceProposal) -> None:
    """Kind and amount, where every row has them from the start."""
    rows, taken = source.table.rows, {*source.columns.values()}
    free = [c for c in source.table.columns if c.name not in taken and c.filled == rows and c.time is None]
    kinds = [c for c in free if c.sort is Sort.TEXT and 2 <= c.distinct <= 60 and not c.number]
    kind = _best(kinds, KIND_CORES)
    if kind is not None:
        source.columns["kind"] = kind.name
    amount = next((c for c in free if c.number and set(words(c.name)) & MONEY_CORES), None)
    if amount is not None:
        source.columns["quantity"] = amount.name
        if amount.number == "comma":
            source.settings["decimal"] = ","


# What is measured


def _levels(inventory: Inventory, table: TableFacts, key: str, *, beside: bool) -> SourceProposal | None:
    """The table as levels, or None without a score and the time at which it was given.

    `beside` says that the table lasts, too: then only a time of the answer will do, since the score came after the
    opening.
    """
    component = component_of(table.name, tuple(c.name for c in table.columns))
    value = _score(table, key, opinions=bool(table_words(table.name) & OPINIONS))
    if value is None:
        return None
    times = [c for c in table.columns if c.time is not None and c.time.form != "offset" and c.name != key]
    time = _best([c for c in times if c.filled], SCORED_CORES)
    if time is None and not beside:
        time = choose_time(table, key, component)
    if time is None or value.filled < 0.5 * time.filled:
        return None
    columns = {"account_id": key, "time": written(time), "value": value.name}
    if component not in ("satisfaction", "relationship") and set(words(value.name)) & OPINIONS:
        component = "satisfaction"
    source = SourceProposal(table.name, table, "levels", columns, component=component, time=time.time)
    used = [time]
    known = known_since(inventory, table, time)
    if known is not None:
        source.columns["known_at"] = written(known)
        source.why["known_at"] = "a row is visible only from then on"
        used.append(known)
    if time.filled < table.rows:
        why = "silence is not a neutral answer" if core(time.name) in SCORED_CORES else "rows without a time"
        source.where.append((f"{named(time.name)} is not null", why))
    scale = scale_of(value)
    if scale is not None:
        source.settings["ranges"] = {"value": list(scale)}
        source.why["ranges"] = f"the values are {value.low:g} to {value.high:g}; what lies outside is set aside"
    if value.number == "comma":
        source.settings["decimal"] = ","
    leave_out_exit_surveys(source)
    declare_times(source, used)
    leave_out(source, [column.name for column in used], time=time.name)
    return source


def _score(table: TableFacts, key: str, *, opinions: bool) -> ColumnFacts | None:
    """The number that is measured: by its name, or, where the table is one of opinions, a few whole values."""
    numbers = [c for c in table.columns if c.number and c.filled and c.time is None and c.name != key]
    stated = [c for c in numbers if set(words(c.name)) & SCORE_WORDS]
    if stated:
        return max(stated, key=lambda column: column.filled)
    return next((c for c in numbers if scale_of(c) is not None and c.distinct > 2), None) if opinions else None


def scale_of(value: ColumnFacts) -> tuple[int, int] | None:
    """The usual range that a score's values lie in, by its name and the values; None for balances and the like."""
    if value.number != "whole" or value.low is None or value.high is None or value.distinct > FEW_VALUES:
        return None
    fits = [scale for scale in SCALES if scale[0] <= value.low and value.high <= scale[1]]
    if is_promoter_score(value) and (0, 10) in fits:
        return 0, 10
    return fits[0] if fits else None


def is_promoter_score(value: ColumnFacts | None) -> bool:
    """Whether a number says by its name that it is a net promoter score's answer."""
    said: Collection[str] = words(value.name) if value is not None else ()
    return bool({*said} & {"nps", "promoter", "recommend", "recommendation"})
