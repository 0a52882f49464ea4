"""Signals of a run: which rows of which source, measured by which families over which windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from healthscore.config import Run, Window
from healthscore.tables import Tables

DISTINCT_THINGS = ("actor_id", "name")
"""Columns whose distinct values are counted (breadth)."""


@dataclass(frozen=True)
class SignalPlan:
    """A signal, with what its source offers resolved.

    Attributes
    ----------
    where
        Filter over the source's bound columns, not yet validated; None for every row.
    distinct
        Columns whose distinct values breadth counts; empty where the source does not have them.
    quantity
        Whether the source has a quantity, and the signal a family that needs it.
    key
        Names whose use counts as deep.
    words
        What the distinct values of a column are called: actors are "users" unless the source says otherwise.
    seats
        Whether a source of subscriptions says how many seats an account pays for.
    healthy
        +1 when more of it is healthier, -1 when more is riskier, 0 when the model is to find out.
    """

    name: str
    label: str
    source: str
    component: str
    where: str | None
    families: tuple[str, ...]
    windows: tuple[Window, ...]
    distinct: tuple[str, ...]
    quantity: bool
    key: tuple[str, ...]
    healthy: int
    unit: str
    words: dict[str, str]
    seats: bool = False


def plan_signals(run: Run, tables: Tables) -> list[SignalPlan]:
    """Resolve the run's signals against the columns that their sources have."""
    plans = []
    subscriptions = run.source_of("subscriptions")
    for name, signal in run.signals.items():
        families = run.families_of(signal)
        bound = tables.bound_columns(signal.source)
        distinct = tuple(thing for thing in DISTINCT_THINGS if thing in bound) if "breadth" in families else ()
        quantity = "depth" in families and "quantity" in bound
        if quantity and "actor_id" in bound and "actor_id" not in distinct:
            distinct = ("actor_id", *distinct)  # quantity per actor
        plans.append(
            SignalPlan(
                name=name,
                label=signal.label or f"rows of {name.replace('_', ' ')}",
                source=signal.source,
                component=signal.component,
                where=signal.where,
                families=families,
                windows=_ordered(run.windows_of(signal)),
                distinct=distinct,
                quantity=quantity,
                key=signal.key if "depth" in families else (),
                healthy={"healthy": 1, "risky": -1}.get(signal.direction or "", 0),
                unit=signal.unit or "",
                words={"actor_id": run.sources[signal.source].actors, "name": run.sources[signal.source].names},
                seats=subscriptions is not None and "seats" in tables.bound_columns(subscriptions),
            )
        )
    return plans


def _ordered(windows: Sequence[Window]) -> tuple[Window, ...]:
    """Windows by length, the whole history last, none twice."""
    return tuple(sorted(set(windows), key=lambda window: 10**9 if window == "all" else window))
