"""Four to six signals to start with: of every source its first, then second ones, then frequent kinds of events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

from healthscore.pipelines.proposals.inventory import Inventory
from healthscore.pipelines.proposals.mapping import Mapping
from healthscore.pipelines.proposals.naming import literal
from healthscore.pipelines.proposals.outcomes import has_negatives
from healthscore.pipelines.proposals.sources import SourceProposal
from healthscore.pipelines.proposals.states import is_promoter_score
from healthscore.pipelines.proposals.vocabulary import URGENT, words
from healthscore.tables.quoting import quote_identifier
from healthscore.tables.sorts import Sort

FEWEST, MOST = 4, 6
SPARSE = 28
"""Shortest window of signals that come a few times a month at most."""


@dataclass
class SignalProposal:
    """A signal as a run writes it."""

    name: str
    source: str
    component: str
    label: str
    families: tuple[str, ...]
    where: str = ""
    sparse: bool = False
    sides: tuple[float, float] | None = None
    """From which value on an answer is favourable, and up to which it is unfavourable."""
    suggestions: list[tuple[str, object, str]] = field(default_factory=list)


def propose_signals(inventory: Inventory, mapping: Mapping) -> tuple[list[SignalProposal], list[SignalProposal]]:
    """Signals to start with, and further ones that are written commented out."""
    order = ("activity", "purchases", "support", "satisfaction", "relationship", "progress", "finance")
    measured = [source for contract in ("events", "intervals", "levels") for source in mapping.of(contract)]
    sources = sorted(measured, key=lambda s: (order.index(s.component), -s.table.rows, s.name != s.table.name))
    offered: dict[str, list[SignalProposal]] = {}
    for source in sources:  # a table that is two sources has its turn once a round
        offered.setdefault(source.table.name, []).extend(_of_source(inventory, source))
    ranked = [signal for round_ in zip_longest(*offered.values()) for signal in round_ if signal is not None]
    further = [signal for source in sources for signal in _kinds(source)]
    chosen, rest = ranked[:MOST], ranked[MOST:]
    while len(chosen) < FEWEST and further:
        chosen.append(further.pop(0))
    return _named_apart(chosen), _named_apart([*rest, *further][:MOST], {signal.name for signal in chosen})


def _of_source(inventory: Inventory, source: SourceProposal) -> Iterator[SignalProposal]:
    """A source's signals, the one to start with first."""
    has = set(source.columns)
    plain = source.name.replace("_", " ")
    if source.contract == "intervals":
        yield from _intervals(source)
    elif source.contract == "levels":
        sides = (9, 6) if is_promoter_score(source.facts("value")) and "ranges" in source.settings else None
        yield SignalProposal(source.name, source.name, source.component, plain, ("levels",), sparse=True, sides=sides)
    elif source.component == "activity":
        yield SignalProposal(
            source.name, source.name, "activity", f"{plain}: how much", ("frequency", "trend", "recency")
        )
        if has & {"name", "actor_id", "quantity"}:
            families = tuple(
                f for f, needs in (("breadth", {"name", "actor_id"}), ("depth", {"quantity"})) if has & needs
            )
            adoption = SignalProposal("adoption", source.name, "adoption", f"{plain}: how widely and deeply", families)
            name = source.facts("name")
            if name is not None and name.values and name.sort is Sort.TEXT:
                rarer = [value for value, share in name.common if share < 0.1][:4]
                adoption.suggestions.append(("key", rarer, "what customers who stay make use of, for the family depth"))
            yield adoption
    elif source.component == "purchases":
        yield from _purchases(inventory, source)
    elif source.component == "support":
        yield SignalProposal(source.name, source.name, "support", plain, ("frequency", "recency"), sparse=True)
        name = source.facts("name")
        urgent = [value for value in (name.values if name is not None else ()) if set(words(value)) & URGENT]
        if urgent:
            where = f"name in ({', '.join(map(literal, urgent))})"
            yield SignalProposal(
                f"urgent_{source.name}", source.name, "support", f"urgent {plain}", ("frequency",), where, True
            )
    elif source.component == "satisfaction":
        families = ("frequency", "depth", "recency") if "quantity" in has else ("frequency", "recency")
        yield SignalProposal(source.name, source.name, "satisfaction", f"{plain}: answers", families, sparse=True)
    elif source.component == "relationship":
        where = "attended" if source.attributes.get("attended") and _is_flag(source, "attended") else ""
        families = ("frequency", "breadth", "recency") if "name" in has else ("frequency", "recency")
        yield SignalProposal(source.name, source.name, "relationship", plain, families, where, True)
    else:
        families = ("frequency", "depth", "recency") if "quantity" in has else ("frequency", "recency")
        yield SignalProposal(source.name, source.name, source.component, plain, families, sparse=True)


def _intervals(source: SourceProposal) -> Iterator[SignalProposal]:
    """What is open, and what is late; of tickets, the urgent ones too."""
    plain = source.name.replace("_", " ")
    families: tuple[str, ...] = ("intervals",)
    if "deadline" in source.columns:
        families = ("deadlines",) if source.component == "finance" else ("intervals", "deadlines")
    yield SignalProposal(source.name, source.name, source.component, plain, families, sparse=True)
    kind = source.facts("kind")
    urgent = [value for value in (kind.values if kind is not None else ()) if set(words(value)) & URGENT]
    if urgent:
        where = f"kind in ({', '.join(map(literal, urgent))})"
        name, label = f"urgent_{source.name}"[:60], f"urgent {plain}"
        yield SignalProposal(name, source.name, source.component, label, ("intervals",), where, True)


def _purchases(inventory: Inventory, source: SourceProposal) -> Iterator[SignalProposal]:
    returns = has_negatives(source)
    bought = "quantity > 0" if returns else ""
    yield SignalProposal("purchases", source.name, "purchases", "purchases", ("frequency", "recency"), bought)
    if "quantity" in source.columns:
        yield SignalProposal("spend", source.name, "value", "amount bought", ("depth",), bought)
    yield SignalProposal("rhythm", source.name, "momentum", "purchases, rising or falling", ("trend",), bought)
    if set(source.columns) & {"name", "actor_id"}:
        yield SignalProposal("range", source.name, "range", "how much of the range is bought", ("breadth",), bought)
    if returns:
        yield SignalProposal(
            "returns", source.name, "returns", "returns and corrections", ("frequency",), "quantity < 0", True
        )
    facts = source.facts("quantity")
    if facts is not None and facts.number in {"whole", "decimal"}:
        value = quote_identifier(facts.name)
        positive = f"SELECT TRY_CAST({value} AS DOUBLE) AS q FROM {source.table.sample}"
        large = inventory.ask(f"SELECT quantile_cont(q, 0.75) AS q FROM ({positive}) WHERE q > 0")["q"]
        if large is not None:
            where = f"quantity >= {float(f'{large:.2g}'):g}"
            yield SignalProposal(
                "large_purchases", source.name, "value", "large purchases", ("frequency",), where, True
            )


def _kinds(source: SourceProposal) -> Iterator[SignalProposal]:
    """A signal for each frequent kind of event."""
    name = source.facts("name")
    for value, share in () if name is None or name.sort is not Sort.TEXT else name.common:
        plain = "_".join(word for word in words(value) if word.isascii())[:40]
        if 0.02 <= share <= 0.7 and plain:
            label = f"{source.name.replace('_', ' ')}: {value}"
            yield SignalProposal(
                f"{source.name[:18]}_{plain}",
                source.name,
                source.component,
                label,
                ("frequency", "trend"),
                f"name = {literal(value)}",
            )


def _is_flag(source: SourceProposal, attribute: str) -> bool:
    facts = source.table.column(source.attributes[attribute])
    return facts is not None and facts.sort is Sort.BOOLEAN


def _named_apart(signals: list[SignalProposal], taken: set[str] | None = None) -> list[SignalProposal]:
    """Give every signal a name of its own."""
    names = set(taken or ())
    for signal in signals:
        signal.name = next(n for n in (signal.name, *(f"{signal.name}_{i}" for i in range(2, 1000))) if n not in names)
        names.add(signal.name)
    return signals
