"""Tables of subscriptions: a start, an end or a notice, and what was paid for."""

from __future__ import annotations

from collections.abc import Iterable

from healthscore.pipelines.proposals.inventory import ColumnFacts, Inventory, TableFacts
from healthscore.pipelines.proposals.naming import named
from healthscore.pipelines.proposals.sources import (
    NO_HISTORY,
    SourceProposal,
    declare_times,
    leave_out,
    same_notation,
    written,
)
from healthscore.pipelines.proposals.vocabulary import (
    END_CORES,
    EXIT_TYPE_CORES,
    NOTICE_CORES,
    RENEWAL_CORES,
    SEAT_CORES,
    START_CORES,
    SUBSCRIPTION_TABLES,
    VALUE_CORES,
    YEARLY_CORES,
    looks_like_id,
    subscription_core,
    table_words,
    words,
)
from healthscore.tables.dates import OPEN
from healthscore.tables.quoting import quote_identifier

STATUSES = {"active", "trial", "paused", "incomplete"}
MOSTLY = 0.95


def propose_subscriptions(inventory: Inventory, table: TableFacts, key: str, name: str) -> SourceProposal | None:
    """The table as subscriptions, or None if it has no start, or neither end nor notice."""
    times = [c for c in table.columns if c.time is not None and c.time.form != "offset"]
    sold = bool(table_words(table.name) & SUBSCRIPTION_TABLES)
    start = _first(times, START_CORES | {"opened"} if sold else START_CORES)
    end = _first([c for c in times if subscription_core(c.name) not in NOTICE_CORES], END_CORES) or _first(
        times, END_CORES
    )
    notice = next((c for c in times if subscription_core(c.name) in NOTICE_CORES and c is not end), None)
    if start is None or (end is None and notice is None) or 2 * start.filled < table.rows:
        return None
    source = SourceProposal(name, table, "subscriptions", {"account_id": key, "start": written(start)}, time=start.time)
    used = [start]
    renewal = next((c for c in times if subscription_core(c.name) in RENEWAL_CORES and c not in (end, notice)), None)
    for contract, column in (("end", end), ("notice", notice), ("renewal", renewal)):
        if column is None:
            continue
        if not same_notation(column, start):
            source.left_out[column.name] = f"written in another format than {start.name}; export both alike"
        elif contract == "notice" and not _within(inventory, table, start, column, end):
            source.left_out[column.name] = "often before the start or after the end: no notice"
        elif contract == "renewal" and not _within(inventory, table, start, column, None):
            source.left_out[column.name] = "often before the start: no renewal"
        else:
            source.columns[contract] = written(column)
            used.append(column)
    if "end" in source.columns and end is not None and end.filled == table.rows:
        source.why["end"] = "never empty: 9999-12-31 means open; a term that renews by itself has not ended"
    if start.filled < table.rows:
        source.where.append((f"{named(start.name)} is not null", f"{table.rows - start.filled:,} rows have no start"))
    if "subscription_id" not in [column.name for column in table.columns]:
        _several(inventory, source, end)
    source.past = [column.time for column in used if column.time is not None and column not in (end, renewal)]
    if "renewal" in source.columns:
        source.why["renewal"] = "CONFIRM: as it was known when the term began"
    _describe(source)
    declare_times(source, used)
    leave_out(source, [column.name for column in used], time=start.name)
    return source


def _first(columns: Iterable[ColumnFacts], cores: Iterable[str]) -> ColumnFacts | None:
    wanted = set(cores)
    found = [column for column in columns if subscription_core(column.name) in wanted]
    return max(found, key=lambda column: column.filled, default=None)


def _within(
    inventory: Inventory, table: TableFacts, start: ColumnFacts, notice: ColumnFacts, end: ColumnFacts | None
) -> bool:
    """Whether nearly all notices, or renewals, lie between start and end."""
    if start.time is None or notice.time is None:
        return False
    inside = "n >= s AND (e IS NULL OR n <= e)"
    last = "NULL" if end is None or end.time is None else end.time.day
    row = inventory.ask(
        f"SELECT avg(CASE WHEN {inside} THEN 1 ELSE 0 END) AS share FROM (SELECT {start.time.day} AS s, "
        f"{notice.time.day} AS n, "
        f"{last} AS e FROM {table.relation}) WHERE n IS NOT NULL"
    )
    return row["share"] is not None and row["share"] >= MOSTLY


def _several(inventory: Inventory, source: SourceProposal, end: ColumnFacts | None) -> None:
    """Which of an account's subscriptions a row belongs to, where accounts have several open ones at a time."""
    day = "NULL" if end is None or end.time is None else end.time.day

    def most(*columns: str) -> int:
        keys = ", ".join(map(quote_identifier, columns))
        opened = f"SELECT count(*) AS n FROM {source.table.relation} WHERE COALESCE({day}, {OPEN}) >= {OPEN}"
        return int(inventory.ask(f"SELECT COALESCE(max(n), 0) AS most FROM ({opened} GROUP BY {keys})")["most"])

    if most(source.key) <= 1:
        return
    for column in source.table.columns:
        free = column.name not in source.columns.values() and column.filled == source.table.rows
        if free and looks_like_id(column.name) and most(source.key, column.name) <= 1:
            source.columns["subscription_id"] = column.name
            source.why["subscription_id"] = "accounts have several at a time, and leave with the last"
            return


def _describe(source: SourceProposal) -> None:
    """Status, type of exit, seats and revenue."""
    by_core: dict[str, ColumnFacts] = {}
    for column in source.table.columns:
        by_core.setdefault(" ".join(words(column.name)), column)
    status = by_core.get("status") or by_core.get("subscription status")
    if status is not None and {value.lower() for value in status.values} <= STATUSES and status.values:
        source.columns["status"] = status.name
    elif status is not None:
        source.left_out[status.name] = f"{', '.join(status.values[:3])} is {NO_HISTORY}"
    exit_type = next((by_core[name] for name in EXIT_TYPE_CORES if name in by_core), None)
    if exit_type is not None:
        source.columns["exit_type"] = exit_type.name
    seats = next((by_core[name] for name in SEAT_CORES if name in by_core and by_core[name].number), None)
    if seats is not None:
        source.columns["seats"] = seats.name
    value = next((by_core[name] for name in VALUE_CORES if name in by_core and by_core[name].number), None)
    yearly = next((by_core[name] for name in YEARLY_CORES if name in by_core and by_core[name].number), None)
    if value is not None:
        source.columns["value"] = value.name
        source.why["value"] = "recurring revenue per month"
    elif yearly is not None:
        amount = named(yearly.name) if yearly.sort.value != "text" else f"CAST({named(yearly.name)} AS double)"
        source.columns["value"] = f"{amount} / 12"
        source.why["value"] = "recurring revenue per month"
    if any(c is not None and c.number == "comma" for c in (seats, value)):
        source.settings["decimal"] = ","
