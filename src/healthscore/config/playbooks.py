"""Playbooks as text: which accounts somebody is to do something about, what, who, and how soon.

A shipped library is included like any other text: `include = ["healthscore:pipelines/playbooks/general.toml"]`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import Field, model_validator

from healthscore.config.section import Section, known_name
from healthscore.config.signals import Condition
from healthscore.config.trend import RULES

ACCOUNT_OWNER = "account"
"""As owner of a playbook: whoever looks after the account."""
LOWEST, MIDDLE, HIGHEST = "lowest", "middle", "highest"
PLACES = (LOWEST, MIDDLE, HIGHEST)
"""Stand for bands by their place, so that one playbook serves runs that call their bands otherwise."""
Over = Literal["previous", "week", "month"]
CONDITIONS = (
    *("bands", "drop", "trends", "fell", "worst", "when", "segments", "renewal_within_days", "value_at_least"),
    *("low_confidence", "ready_for_expansion", "reference"),
)
"""Keys of a playbook that choose accounts; all that are given have to hold."""


class Playbook(Section):
    """What to do about the accounts for which every condition holds.

    `fell` and `worst` give different answers to different causes.
    """

    action: str = Field(min_length=1, max_length=300)
    """What to do, in words."""
    owner: str = Field(default=ACCOUNT_OWNER, min_length=1, max_length=120)
    """`account`, whoever looks after the account, or a team by name."""
    priority: int = Field(default=3, ge=1, le=9)
    """1 comes first."""
    due_days: int | None = Field(default=None, ge=0, le=3660)
    """How soon."""
    enabled: bool = True
    """Whether it is in use."""
    bands: tuple[str, ...] = ()
    """Steady bands, by name or place: `lowest`, `middle`, `highest`."""
    drop: float | None = Field(default=None, gt=0, le=100)
    """Points lost, at least, over the time of `over`."""
    over: Over = "previous"
    """The time of `drop` and `fell`."""
    trends: tuple[str, ...] = ()
    """Rules of `[trend]`."""
    fell: tuple[str, ...] = ()
    """Components of which one lost the most points over that time."""
    worst: tuple[str, ...] = ()
    """Components of which one has the fewest points now."""
    when: tuple[Condition, ...] = ()
    """Conditions on features."""
    segments: tuple[str, ...] = ()
    """Segments of accounts."""
    renewal_within_days: int | None = Field(default=None, ge=0, le=3660)
    """How near the next renewal is."""
    value_at_least: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Revenue per month."""
    low_confidence: bool | None = None
    """Whether the score is doubtful, or (false) is not."""
    ready_for_expansion: bool | None = None
    """Whether the account is on the list of those ready for expansion."""
    reference: bool | None = None
    """Whether the account is on the list of references."""

    @model_validator(mode="after")
    def _says_whom(self) -> Playbook:
        if not any(getattr(self, key) not in ((), None) for key in CONDITIONS):
            raise ValueError(f"a playbook says for whom it is: one of {', '.join(f'`{key}`' for key in CONDITIONS)}")
        if "over" in self.model_fields_set and self.drop is None and not self.fell:
            raise ValueError("`over` is the time of `drop` and `fell`, and there is neither")
        return self


class Worklist(Section):
    """How much each owner can do, and what else is listed."""

    capacity: int = Field(default=25, ge=1, le=100_000)
    """Accounts on one owner's list, at most."""
    owners: dict[str, int] = Field(default_factory=dict)
    """The same for single owners, by name."""
    renewal_days: int = Field(default=90, ge=1, le=3660)
    """How far ahead renewals are listed."""

    @model_validator(mode="after")
    def _capacities_are_counts(self) -> Worklist:
        if wrong := [name for name, capacity in self.owners.items() if capacity < 0]:
            raise ValueError(f"owners.{wrong[0]}: a capacity is a number of accounts, 0 or more")
        return self

    def capacity_of(self, owner: str) -> int:
        """How many accounts the list of an owner holds."""
        return self.owners.get(owner, self.capacity)


class PathToGreen(Section):
    """What may be changed on the way to the next band."""

    actionable: tuple[str, ...] = ()
    """Signals, components or features; where none are named, everything but context, tenure and attributes."""


def refuse_unknown_names(playbooks: Mapping[str, Playbook], bands: Iterable[str], components: Iterable[str]) -> None:
    """Raise ValueError, with the nearest name, where a playbook names a band, trend rule or component that is not.

    Parameters
    ----------
    playbooks
        By name.
    bands, components
        Those of the run, and of its scorecard.
    """
    known = {
        "bands": dict.fromkeys((*bands, *PLACES)),
        "trends": dict.fromkeys(RULES),
        "fell": dict.fromkeys(components),
    }
    known["worst"] = known["fell"]
    for name, playbook in playbooks.items():
        for key, names in known.items():
            for given in getattr(playbook, key):
                known_name(f"playbooks.{name}.{key}", given, names)
