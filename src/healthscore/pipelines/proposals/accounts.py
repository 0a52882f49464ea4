"""Tables with one row per account, and tables that merely look so."""

from __future__ import annotations

from healthscore.pipelines.proposals.inventory import ColumnFacts, TableFacts
from healthscore.pipelines.proposals.sources import NO_HISTORY, LeftOut, SourceProposal, leave_out
from healthscore.pipelines.proposals.vocabulary import (
    ACCOUNT_TABLES,
    OWNER_CORES,
    PEOPLE_TABLES,
    SEGMENT_CORES,
    core,
    table_words,
    words,
)
from healthscore.tables.sorts import Sort


def propose_accounts(table: TableFacts, key: str) -> SourceProposal:
    """The book of accounts: id, name, segment, owner. All else in it is how things stand today."""
    source = SourceProposal(table.name, table, "accounts", {"account_id": key})
    for contract, cores in (("name", ()), ("segment", SEGMENT_CORES), ("owner", OWNER_CORES)):
        chosen = _named(table, key) if contract == "name" else _first(table, cores)
        if chosen is not None and chosen.name not in source.columns.values():
            source.columns[contract] = chosen.name
    if "segment" in source.columns:
        source.why["segment"] = "results are also shown by it; it is no feature"
    leave_out(source, ())
    for column, reason in source.left_out.items():
        if reason == "not needed to start with":
            source.left_out[column] = NO_HISTORY
    return source


def people(table: TableFacts, key: str) -> LeftOut | None:
    """The table as a list of users inside accounts, if it is one."""
    if not table_words(table.name) & PEOPLE_TABLES or table_words(table.name) & ACCOUNT_TABLES:
        return None
    own = [
        c
        for c in table.columns
        if c.name != key and core(c.name) in {*PEOPLE_TABLES, "id"} and c.distinct > 0.8 * table.rows
    ]
    if not own:
        return None
    return LeftOut(
        table, f"a list by {own[0].name} as it stands today: whoever was removed is missing, which would leak"
    )


def several_rows(table: TableFacts, key: ColumnFacts) -> LeftOut:
    """A table named like accounts in which ids repeat."""
    ids = f"about {key.distinct:,} values of {key.name} in {table.rows:,} rows"
    return LeftOut(
        table, f"several rows per account ({ids}) and no time: {NO_HISTORY}; one row per account could be `accounts`"
    )


def is_named_accounts(table: TableFacts) -> bool:
    """Whether the table's name says that it lists accounts."""
    return bool(table_words(table.name) & ACCOUNT_TABLES)


def _named(table: TableFacts, key: str) -> ColumnFacts | None:
    wanted = (
        "name",
        "account name",
        "company name",
        "customer name",
        "client name",
        "display name",
        "title",
        "company",
    )
    by_name = {" ".join(words(c.name)): c for c in table.columns if c.sort is Sort.TEXT and c.name != key}
    return next((by_name[name] for name in wanted if name in by_name), None)


def _first(table: TableFacts, cores: tuple[str, ...]) -> ColumnFacts | None:
    found = {core(c.name): c for c in reversed(table.columns) if c.sort is Sort.TEXT and 2 <= c.distinct <= 60}
    return next((found[name] for name in cores if name in found), None)
