"""Every table to a source, or to the reason why not."""

from __future__ import annotations

from dataclasses import dataclass, field

from healthscore.pipelines.proposals.accounts import is_named_accounts, people, propose_accounts, several_rows
from healthscore.pipelines.proposals.contracts import propose_subscriptions
from healthscore.pipelines.proposals.events import propose_events
from healthscore.pipelines.proposals.inventory import Inventory, TableFacts
from healthscore.pipelines.proposals.keys import Key
from healthscore.pipelines.proposals.naming import named
from healthscore.pipelines.proposals.sources import (
    NO_HISTORY,
    LeftOut,
    SourceProposal,
    declare_times,
    leave_out,
    written,
)
from healthscore.pipelines.proposals.states import propose_states
from healthscore.pipelines.proposals.vocabulary import COMPONENTS, INTERVENTION_TABLES, SUBSCRIPTION_TABLES, table_words
from healthscore.tables.sorts import Sort

_ORDER = ("accounts", "subscriptions", "events", "intervals", "levels", "interventions")


@dataclass
class Mapping:
    """Sources in the order in which a reader wants them, tables left out, and what the tables cannot say."""

    sources: list[SourceProposal] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)

    def of(self, contract: str) -> list[SourceProposal]:
        """Sources that fill a contract."""
        return [source for source in self.sources if source.contract == contract]


def map_tables(inventory: Inventory, key: Key) -> Mapping:
    """Propose a source for every table that can be one."""
    mapping = Mapping(questions=list(key.doubts))
    for table in inventory.tables:
        column = key.columns.get(table.name)
        if column is None:
            mapping.left_out.append(LeftOut(table, "no column holds the account's id"))
            continue
        made = _of_table(inventory, table, column, table.name in key.unique, mapping)
        mapping.sources += made
    _only_one_book(mapping)
    if not mapping.of("subscriptions") and not mapping.of("events"):
        mapping.sources += _events_of_states(inventory, mapping)
    mapping.sources.sort(
        key=lambda source: (
            _ORDER.index(source.contract),
            -source.table.rows if source.contract == "subscriptions" else 0,
        )
    )
    for source in mapping.sources:
        facts = source.facts("account_id")
        if facts is not None and facts.sort is Sort.NUMBER:
            mapping.questions.append(
                f"{source.name}.{facts.name} holds ids with a decimal point (1001.0). Are they whole numbers? "
                "The file assumes so; "
                "better export them as text."
            )
            source.columns["account_id"] = f"CAST({named(facts.name)} AS integer)"
    zones = [
        f"{s.name}.{s.columns.get('time', s.columns.get('start', ''))}"
        for s in mapping.sources
        if "timezone" in s.settings
    ]
    if zones:
        mapping.questions.append(
            f"In which time zone were {', '.join(zones)} written? They carry none. The file says UTC until "
            "you confirm or change it."
        )
    return mapping


def _of_table(
    inventory: Inventory, table: TableFacts, key: str, unique: bool, mapping: Mapping
) -> list[SourceProposal]:
    """Sources that one table fills: most fill one, a survey or a list of customers with start and end two."""
    said = table_words(table.name)
    listed = people(table, key)
    if listed is not None:
        mapping.left_out.append(listed)
        return []
    if said & INTERVENTION_TABLES and (treated := _interventions(table, key)) is not None:
        return [treated]
    eventful = any(said & hints for hints in COMPONENTS.values()) and not said & SUBSCRIPTION_TABLES
    if not eventful:
        book = unique and (is_named_accounts(table) or not said & SUBSCRIPTION_TABLES)
        contracts = propose_subscriptions(inventory, table, key, f"{table.name}_contracts" if book else table.name)
        if book:
            return [propose_accounts(table, key), *([contracts] if contracts else [])]
        if contracts is not None:
            return [contracts]
    if states := propose_states(inventory, table, key):
        return states
    events = propose_events(inventory, table, key)
    if events is not None:
        return [events]
    facts = table.column(key)
    if unique:
        return [propose_accounts(table, key)]
    if is_named_accounts(table) and facts is not None and not any(c.time for c in table.columns):
        mapping.left_out.append(several_rows(table, facts))
    elif any(c.time is not None for c in table.columns):
        mapping.left_out.append(LeftOut(table, "its times are days counted from a start that it does not tell"))
    else:
        mapping.left_out.append(LeftOut(table, f"no column says when: {NO_HISTORY}"))
    return []


def _events_of_states(inventory: Inventory, mapping: Mapping) -> list[SourceProposal]:
    """What lasts as events too, where nothing else can say who falls silent."""
    made = []
    for source in mapping.of("intervals"):
        events = propose_events(inventory, source.table, source.key)
        if events is not None:
            events.name = f"{source.name}_begun"
            made.append(events)
    return made


def _interventions(table: TableFacts, key: str) -> SourceProposal | None:
    """What was done to save or grow accounts: no signal, but what a validation has to know."""
    date = next((c for c in table.columns if c.time is not None and c.time.form != "offset"), None)
    if date is None:
        return None
    source = SourceProposal(
        table.name, table, "interventions", {"account_id": key, "date": written(date)}, time=date.time
    )
    kind = next(
        (c for c in table.columns if c.name.lower() in ("kind", "type", "action", "name") and c.sort is Sort.TEXT), None
    )
    if kind is not None:
        source.columns["kind"] = kind.name
    declare_times(source, [date])
    leave_out(source, [date.name], time=date.name)
    return source


def _only_one_book(mapping: Mapping) -> None:
    """Keep the longest list of accounts; rows of unknown accounts are told by it."""
    books = sorted(mapping.of("accounts"), key=lambda source: (not is_named_accounts(source.table), -source.table.rows))
    for other in books[1:]:
        mapping.sources.remove(other)
        mapping.left_out.append(
            LeftOut(other.table, f"one row per account, and {books[0].name} lists the accounts; {NO_HISTORY}")
        )
