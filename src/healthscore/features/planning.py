"""Planning: the run's signals, resolved against the columns of their sources: what each measures, and how."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from healthscore.asof import day_of
from healthscore.config import Features, Run, Signal, Window
from healthscore.errors import ConfigurationError
from healthscore.features import FAMILIES
from healthscore.features.coverage import merged
from healthscore.features.dictionary import Feature
from healthscore.features.signals import SignalPlan
from healthscore.tables import Tables
from healthscore.tables.sorts import Sort

ATTRIBUTES = (Sort.TEXT, Sort.INTEGER, Sort.NUMBER, Sort.BOOLEAN)
"""What an attribute may be."""
IDENTITIES = ("account_id", "name", "person_id", "parent_id")
"""Columns of accounts that tell which account it is, not what kind of account."""

NEEDS = {
    "breadth": "`columns.actor_id` or `columns.name`",
    "depth": "`columns.quantity`, or names in the signal's `key`",
    "recurrence": "`columns.name`",
    "deadlines": "`columns.deadline`",
    "trend": "a window in days",
}
"""What a family measures by; without it, it gives no feature."""

COUNTED = {
    "actor_id": {"share_of_seats", "quantity_per_actor"},
    "name": {"repeated"},
    "quantity": {"quantity", "quantity_mean", "quantity_per_active_day", "quantity_per_actor"},
    "key": {"key_count", "key_share"},
    "days": {"active_days", "regularity", "quantity_per_active_day", "recency", "gap", "overdue"},
}
"""What of an event is counted for which measures, beside the number of its distinct values itself."""


def plan_signals(run: Run, tables: Tables) -> list[SignalPlan]:
    """Resolve the run's signals, in their order."""
    plans = [_plan(run, tables, name, signal) for name, signal in run.signals.items()]
    return [replace(plan, dated=plan.dated or _dates_tenure(run, plan, plans)) for plan in plans]


def _dates_tenure(run: Run, plan: SignalPlan, plans: Sequence[SignalPlan]) -> bool:
    """Whether a signal tells an account's first day: the one that has all rows of a source does, else all of them."""
    whole = any(other.where is None and other.source == plan.source for other in plans)
    return run.features.tenure and (plan.where is None or not whole)


def _plan(run: Run, tables: Tables, name: str, signal: Signal) -> SignalPlan:
    source, families = run.sources[signal.source], families_of(run, name)
    columns = frozenset(tables.bound_columns(signal.source))
    quantity = "depth" in families and "quantity" in columns
    plan = SignalPlan(
        name=name,
        label=signal.label or ("" if source.contract == "accounts" else "rows of ") + name.replace("_", " "),
        source=signal.source,
        kind=source.contract,
        component=signal.component,
        where=signal.where,
        families=families,
        windows=_ordered(run.windows_of(signal)),
        columns=columns,
        outages=merged([(day_of(first), day_of(last) + 1) for first, last in source.outages]),
        distinct=tuple(thing for thing in ("actor_id", "name") if _distinct(thing, families, columns, quantity)),
        quantity=quantity,
        named="recurrence" in families and "name" in columns,
        key=signal.key if {"depth", "attributes"} & set(families) else (),
        favourable_from=signal.favourable_from,
        unfavourable_to=signal.unfavourable_to,
        attribute=_attribute(tables, name, signal) if source.contract == "accounts" else None,
        healthy={"healthy": 1, "risky": -1}.get(signal.direction or "", 0),
        unit=signal.unit or "",
        words={"actor_id": source.actors, "name": source.names},
        seats=_seats(run, tables),
    )
    measures = measures_of(run, name)
    return plan if measures is None else _narrowed(plan, measures)


def _narrowed(plan: SignalPlan, measures: tuple[str, ...]) -> SignalPlan:
    """The plan with some of its measures, and without what is counted for none of them.

    Distinct actors and names are the dearest to count, and a source that two signals share is often parted along them.
    """
    taken = set(measures)
    if plan.kind != "events":
        return replace(plan, measures=measures)
    return replace(
        plan,
        measures=measures,
        distinct=tuple(thing for thing in plan.distinct if ({plan.words[thing]} | COUNTED[thing]) & taken),
        quantity=plan.quantity and bool(COUNTED["quantity"] & taken),
        named=plan.named and bool(COUNTED["name"] & taken),
        key=plan.key if COUNTED["key"] & taken else (),
        dated=bool(COUNTED["days"] & taken),
    )


def _attribute(tables: Tables, name: str, signal: Signal) -> str:
    """The attribute of the accounts that a signal is: a number, or a text whose names `key` lists."""
    where, sorts = f"signals.{name}", tables.bindings[signal.source].sorts
    offered = [c for c in tables.bound_columns(signal.source) if sorts.get(c) in ATTRIBUTES and c not in IDENTITIES]
    if signal.attribute not in offered:
        nearest = difflib.get_close_matches(signal.attribute or name, offered, n=1)
        hint = f"name {nearest[0]!r}" if nearest else f"bind it under [sources.{signal.source}.attributes]"
        raise ConfigurationError(
            f"{where}.attribute: {signal.source} have no attribute {signal.attribute!r}; "
            f"there are {', '.join(map(repr, offered)) or 'none'}",
            hint,
        )
    if signal.where is not None:
        raise ConfigurationError(f"{where}.where: an attribute has no rows to choose from", "leave `where` out")
    if (sorts[signal.attribute] is Sort.TEXT) != bool(signal.key):
        what = "a text: which of its names count?" if not signal.key else "no text, and has no names"
        raise ConfigurationError(
            f"{where}.key: {signal.attribute!r} is {what}",
            "leave `key` out"
            if signal.key
            else 'list them, such as `key = ["EU", "US"]`; digits become a number by a CAST in '
            f"[sources.{signal.source}.attributes]",
        )
    return signal.attribute


def families_of(run: Run, name: str) -> tuple[str, ...]:
    """Families that a signal takes, in the order of `FAMILIES`.

    Those that it names itself; else those of its kind among the run's; else, where the run names none of its kind,
    those of its kind that a run has unless it says otherwise.

    Raises
    ------
    ConfigurationError
        A family does not exist, or the signal names one of another kind.
    """
    signal = run.signals[name]
    own = FAMILIES[run.sources[signal.source].contract]
    if signal.families is not None:
        _refuse_strangers(f"signals.{name}.families", signal.families, own, run.sources[signal.source].contract)
        return tuple(family for family in own if family in signal.families)
    _refuse_strangers(
        "features.families", run.features.families, [family for kind in FAMILIES.values() for family in kind]
    )
    taken = tuple(family for family in own if family in run.features.families)
    return taken or tuple(family for family in own if family in Features().families)


def measures_of(run: Run, name: str) -> tuple[str, ...] | None:
    """Measures that a signal takes of its families; None for all of them.

    They are held against everything that its families could measure: what a source has no column for is left out
    silently, as without a choice.

    Raises
    ------
    ConfigurationError
        No family of the signal has a measure of that name, or a family that it names has none that it takes.
    """
    signal = run.signals[name]
    families = families_of(run, name)
    if signal.measures is None:
        return None
    where, of_family = f"signals.{name}.measures", _measures_of_families(run, name, families)
    known = list(dict.fromkeys(measure for measures in of_family.values() for measure in measures))
    for measure in signal.measures:
        if measure not in known:
            nearest = difflib.get_close_matches(measure, known, n=1)
            hint = f"did you mean {nearest[0]!r}?" if nearest else f"there are {', '.join(known)}"
            raise ConfigurationError(f"{where}: there is no measure {measure!r} of {', '.join(families)}", hint)
    for family in signal.families or ():
        if not set(of_family[family]) & set(signal.measures):
            raise ConfigurationError(
                f"{where}: none is of the family {family!r}, which the signal names",
                f"leave the family out, or add one of {', '.join(of_family[family])}",
            )
    return signal.measures


def _measures_of_families(run: Run, name: str, families: Sequence[str]) -> dict[str, list[str]]:
    """What the families of a signal would measure if its source had every column, and it every sort of window."""
    signal = run.signals[name]
    source = run.sources[signal.source]
    whole = SignalPlan(
        name=name,
        label="",
        source=signal.source,
        kind=source.contract,
        component=signal.component,
        where=None,
        families=tuple(families),
        windows=(1, 2, 3, "all"),
        columns=frozenset({"end", "deadline", "quantity"}),
        outages=(),
        distinct=("actor_id", "name"),
        quantity=True,
        named=True,
        key=signal.key if source.contract == "accounts" else ("a name",),
        favourable_from=1,
        unfavourable_to=0,
        attribute=signal.attribute,
        healthy=0,
        unit="",
        words={"actor_id": source.actors, "name": source.names},
        seats=True,
    )
    return {
        family: list(dict.fromkeys(feature.measure for feature in _of_family(whole, family))) for family in families
    }


def features_of(plan: SignalPlan) -> Iterator[Feature]:
    """Every feature of a signal, family by family."""
    for family in plan.families:
        yield from _of_family(plan, family)


def _of_family(plan: SignalPlan, family: str) -> Iterator[Feature]:
    for feature in FAMILIES[plan.kind][family](plan):
        if plan.measures is None or feature.measure in plan.measures:
            yield feature


def silent_families(plan: SignalPlan) -> dict[str, str]:
    """Families of a signal that give no feature -> the columns or keys that they would need, in words."""
    return {
        family: NEEDS.get(family, "other columns")
        for family in plan.families
        if next(_of_family(plan, family), None) is None
    }


def _refuse_strangers(where: str, named: Sequence[str], fitting: Collection[str], kind: str = "") -> None:
    for family in named:
        if family not in fitting:
            nearest = difflib.get_close_matches(family, fitting, n=1)
            hint = f"did you mean {nearest[0]!r}?" if nearest else f"there are {', '.join(fitting)}"
            raise ConfigurationError(f"{where}: there is no family {family!r}{kind and f' of {kind}'}", hint)


def _distinct(thing: str, families: Collection[str], columns: Collection[str], quantity: bool) -> bool:
    """Whether the distinct values of a column are counted: by breadth, by quantity per actor, by repeated names."""
    wanted = "breadth" in families or (quantity if thing == "actor_id" else "recurrence" in families)
    return wanted and thing in columns


def _seats(run: Run, tables: Tables) -> bool:
    subscriptions = run.source_of("subscriptions")
    return subscriptions is not None and "seats" in tables.bound_columns(subscriptions)


def _ordered(windows: Sequence[Window]) -> tuple[Window, ...]:
    """Windows by length, the whole history last, none twice."""
    return tuple(sorted(set(windows), key=lambda window: 10**9 if window == "all" else window))
