"""Tables of events: when, what, how much, by whom, and since when it was known."""

from __future__ import annotations

from healthscore.pipelines.proposals.inventory import ColumnFacts, Inventory, TableFacts
from healthscore.pipelines.proposals.naming import literal, named
from healthscore.pipelines.proposals.sources import SourceProposal, declare_times, leave_out, same_notation, written
from healthscore.pipelines.proposals.vocabulary import (
    ACTOR_NOUNS,
    ANSWER_CORES,
    BASKET_NOUNS,
    CURRENT_WORDS,
    EXITING,
    KNOWN_CORES,
    LATER_CORES,
    MONEY_CORES,
    NAME_CORES,
    OUTCOME_WORDS,
    QUANTITY_CORES,
    TIME_NAMES,
    UNIT_PRICE_CORES,
    UNITS_CORES,
    component_of,
    core,
    singular,
    words,
)
from healthscore.tables.columns import RESERVED
from healthscore.tables.contract import CONTRACTS
from healthscore.tables.quoting import quote_identifier
from healthscore.tables.sorts import Sort

MOSTLY = 0.95
MOST_ATTRIBUTES = 4
UNIQUE = 0.999
"""Share of distinct values from which a column is the identity of its rows."""


def propose_events(inventory: Inventory, table: TableFacts, key: str) -> SourceProposal | None:
    """The table as events, or None if no column says when."""
    component = component_of(table.name, tuple(c.name for c in table.columns))
    time = choose_time(table, key, component)
    if time is None or time.time is None:
        return None
    source = SourceProposal(
        table.name, table, "events", {"account_id": key, "time": written(time)}, component=component, time=time.time
    )
    used = [time]
    known = known_since(inventory, table, time)
    if known is not None:
        source.columns["known_at"] = written(known)
        source.why["known_at"] = "a row is visible only from then on"
        used.append(known)
    if time.filled < table.rows:
        missing = table.rows - time.filled
        silent = "silence is not a neutral answer" if component == "satisfaction" else f"{missing:,} rows have no time"
        source.where.append((f"{named(time.name)} is not null", silent))
    _actor(source, time)
    _name(source, time)
    _quantity(source, time)
    _identity(inventory, source, time)
    leave_out_exit_surveys(source)
    declare_times(source, used)
    _attributes(source, [column.name for column in used])
    leave_out(source, [column.name for column in used], time=time.name)
    return source


def choose_time(table: TableFacts, key: str, component: str) -> ColumnFacts | None:
    """The column that says when a row happened; of several the best named, the answer's rather than the question's."""
    scores: dict[str, float] = {}
    for column in table.columns:
        if column.time is None or column.time.form == "offset" or column.name == key:
            continue
        said = core(column.name)
        score = float(len(TIME_NAMES) - TIME_NAMES.index(said)) if said in TIME_NAMES else 0.0
        score += 100 if component == "satisfaction" and said in ANSWER_CORES else 0
        score -= 50 if said in KNOWN_CORES - {"created"} else 0
        score -= 80 if set(words(column.name)) & LATER_CORES and said != "paid" else 0
        score -= 0 if said in ANSWER_CORES else 30 * (1 - column.filled / table.rows)
        scores[column.name] = score
    return table.column(max(scores, key=lambda name: scores[name])) if scores else None


def known_since(inventory: Inventory, table: TableFacts, time: ColumnFacts) -> ColumnFacts | None:
    """The column that says since when a row was known: named so, and nearly never before the event."""
    for column in table.columns:
        if column.name == time.name or column.time is None or column.time.form == "offset" or time.time is None:
            continue
        if (
            not set(words(column.name)) & KNOWN_CORES
            or column.filled < MOSTLY * time.filled
            or not same_notation(column, time)
        ):
            continue
        after = f"avg(CASE WHEN {column.time.day} >= {time.time.day} THEN 1 ELSE 0 END)"
        given = f"{quote_identifier(column.name)} IS NOT NULL AND {quote_identifier(time.name)} IS NOT NULL"
        share = inventory.ask(f"SELECT {after} AS share FROM {table.relation} WHERE {given}")["share"]
        if share is not None and share >= MOSTLY:
            return column
    return None


def _actor(source: SourceProposal, time: ColumnFacts) -> None:
    """Who did it inside the account; of purchases, the basket, so that distinct actors are distinct purchases."""
    columns = {core(c.name): c for c in _free(source, time) if c.sort in {Sort.TEXT, Sort.INTEGER}}
    actor = next((columns[noun] for noun in ACTOR_NOUNS if noun in columns), None)
    basket = next((columns[noun] for noun in BASKET_NOUNS if noun in columns), None)
    if actor is not None:
        source.columns["actor_id"] = actor.name
    elif source.component == "purchases" and basket is not None and basket.distinct < 0.8 * source.table.rows:
        source.columns["actor_id"] = basket.name
        source.why["actor_id"] = "one purchase may have several lines"


def _name(source: SourceProposal, time: ColumnFacts) -> None:
    """What happened."""
    columns = {
        core(c.name): c
        for c in reversed(_free(source, time))
        if c.sort in {Sort.TEXT, Sort.INTEGER} and c.distinct >= 2
    }
    for wanted in NAME_CORES:
        column = columns.get(wanted)
        if (
            column is not None
            and (column.length <= 40)
            and not (wanted == "name" and column.distinct > 0.5 * source.table.rows > 20)
        ):
            source.columns["name"] = column.name
            return


def _quantity(source: SourceProposal, time: ColumnFacts) -> None:
    """How much: an amount, units times price, a rating; never what was filled in after the event."""
    free = [c for c in _free(source, time) if c.number and c.time is None]
    later = [
        c for c in source.table.columns if c.time is not None and c is not time and set(words(c.name)) & LATER_CORES
    ]
    if later and source.component != "finance":
        for column in free:
            if column.filled < source.table.rows:
                source.left_out[column.name] = (
                    f"empty at first and filled in after {time.name}: what it says was not known then"
                )
        free = [column for column in free if column.filled == source.table.rows]
    units = next((c for c in free if " ".join(words(c.name)) in UNITS_CORES), None)
    price = next((c for c in free if c is not units and _price(c)), None)
    money = next((c for c in free if _money(c)), None)
    if units is not None and price is not None and money is None:
        source.columns["quantity"] = " * ".join(_numeric(c) for c in (units, price))
        source.why["quantity"] = "the amount of a line"
        source.attributes["units"] = units.name if units.number != "comma" else _numeric(units)
        return
    ranked = [c for wanted in QUANTITY_CORES for c in free if wanted in (core(c.name), *words(c.name))]
    if ranked:
        source.columns["quantity"] = ranked[0].name
        if ranked[0].number == "comma":
            source.settings["decimal"] = ","


def _money(column: ColumnFacts) -> bool:
    return bool(set(words(column.name)) & (MONEY_CORES - {"price"}))


def _price(column: ColumnFacts) -> bool:
    said = words(column.name)
    return any(" ".join(said[:n]) in UNIT_PRICE_CORES for n in range(1, len(said) + 1))


def _numeric(column: ColumnFacts) -> str:
    if column.sort is not Sort.TEXT:
        return named(column.name)
    if column.number == "comma":
        return f"CAST(replace({named(column.name)}, ',', '.') AS double)"
    return f"CAST({named(column.name)} AS double)"


def _identity(inventory: Inventory, source: SourceProposal, time: ColumnFacts) -> None:
    """The row's own id, where one is unique but for a few repetitions, which the checks drop or set aside."""
    own = {singular(word) for word in words(source.table.name)}
    for column in _free(source, time):
        said = core(column.name)
        mine = said in own | {
            "id",
            "event",
            "row",
            "uuid",
            "ticket",
            "message",
            "response",
            "order",
            "invoice",
            "transaction",
        }
        if not mine or column.sort not in {Sort.TEXT, Sort.INTEGER} or column.filled < source.table.rows:
            continue
        if said == "event" and column.distinct < 0.8 * source.table.rows:
            continue
        quoted = quote_identifier(column.name)
        if inventory.ask(f"SELECT count(DISTINCT {quoted}) >= {UNIQUE} * count(*) AS one FROM {source.table.relation}")[
            "one"
        ]:
            source.columns["event_id"] = column.name
            return


def leave_out_exit_surveys(source: SourceProposal) -> None:
    """Surveys that were sent because of a cancellation know the outcome."""
    if source.component != "satisfaction":
        return
    for column in source.table.columns:
        for value in column.values:
            if column.sort is Sort.TEXT and any(word in value.lower() for word in EXITING):
                name = named(column.name)
                source.where.append(
                    (f"({name} is null or {name} <> {literal(value)})", "asked because of the cancellation")
                )


def _attributes(source: SourceProposal, used: list[str]) -> None:
    """A few columns to filter by: flags, and texts of few values that say how it happened, not how it stands."""
    for column in source.table.columns:
        said = set(words(column.name))
        if (
            column.name in used
            or column.name in source.columns.values()
            or column.name in source.left_out
            or said & (CURRENT_WORDS | OUTCOME_WORDS)
        ):
            continue
        attribute = "_".join(words(column.name))
        allowed = attribute.isascii() and attribute[:1].isalpha() and attribute not in _TAKEN and len(attribute) <= 60
        flag = column.sort is Sort.BOOLEAN
        few = column.sort is Sort.TEXT and 2 <= len(column.common) <= 20 and column.length <= 25 and not column.number
        if (
            allowed
            and (flag or few)
            and len(source.attributes) < MOST_ATTRIBUTES
            and column.filled == source.table.rows
        ):
            source.attributes[attribute] = column.name


_TAKEN = {*CONTRACTS["events"].names, *RESERVED}


def _free(source: SourceProposal, time: ColumnFacts) -> list[ColumnFacts]:
    taken = {*source.columns.values(), time.name}
    return [c for c in source.table.columns if c.name not in taken and c.filled and c.name not in source.left_out]
