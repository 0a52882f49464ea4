"""Which keys of a run's `[outcome]` each kind reads: a key that changes nothing is a mistake, and is told."""

from __future__ import annotations

from healthscore.config import Outcome
from healthscore.errors import ConfigurationError

ALWAYS = frozenset({"kind", "source", "gap_days", "horizon_days", "maturity_days"})
EXIT = frozenset({"grace_days", "types", "date"})
"""What tells an exit of a subscription: read wherever contracts tell who is a customer."""
BY_OTHERS = EXIT | {"where", "active_source", "eligible_within_days"}
"""Of rows of events, where another source may tell who is a customer."""
KEYS: dict[str, frozenset[str]] = {
    "churn": EXIT,
    "non_renewal": EXIT,
    "inactivity": frozenset({"where", "eligible_within_days"}),
    "declining_purchases": frozenset({"where", "minimum_purchases", "decline_percent"}),
    "contraction": BY_OTHERS | {"change_percent"},
    "expansion": BY_OTHERS | {"change_percent", "price_uplift_percent", "first_days"},
    "complaint": BY_OTHERS,
    "recorded": frozenset(),
}
"""Kind -> the keys that it reads beside those that every kind does."""


def refuse_unused_keys(outcome: Outcome) -> None:
    """Refuse keys that the run declares and its kind of outcome does not read.

    Raises
    ------
    ConfigurationError
        With every such key, the kinds that read it, and what this kind reads.
    """
    unused = sorted(outcome.model_fields_set - ALWAYS - KEYS[outcome.kind])
    if not unused:
        return
    readers = (f"{key} is for {', '.join(kind for kind, keys in KEYS.items() if key in keys)}" for key in unused)
    own = ", ".join(sorted(ALWAYS | KEYS[outcome.kind]))
    what = f"outcome.{unused[0]}: {outcome.kind} has no use for {', '.join(unused)} ({'; '.join(readers)})"
    late = "; for outcomes that are recorded late, `maturity_days`" if "grace_days" in unused else ""
    raise ConfigurationError(what, f"leave it out, or choose another kind; {outcome.kind} reads {own}{late}")
