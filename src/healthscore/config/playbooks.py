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

    `bands` are steady bands, by name or place (`lowest`, `middle`, `highest`). `drop` is how many points were lost
    `over` the time since the previous score, or about a week or a month. `trends` are rules of `[trend]`. `fell` names
    components of which one lost the most points over that time, `worst` components of which one has the fewest points
    now: different answers to different causes. `when` are conditions on features. `renewal_within_days` is how near the
    next renewal is, `value_at_least` revenue per month. `low_confidence` asks for accounts whose score is doubtful, or
    (false) is not; `ready_for_expansion` and `reference` for those on these lists.

    `owner` is `account`, the account's own, or a team by name. Priority 1 comes first. `due_days` is how soon.
    """

    action: str = Field(min_length=1, max_length=300)
    owner: str = Field(default=ACCOUNT_OWNER, min_length=1, max_length=120)
    priority: int = Field(default=3, ge=1, le=9)
    due_days: int | None = Field(default=None, ge=0, le=3660)
    enabled: bool = True
    bands: tuple[str, ...] = ()
    drop: float | None = Field(default=None, gt=0, le=100)
    over: Over = "previous"
    trends: tuple[str, ...] = ()
    fell: tuple[str, ...] = ()
    worst: tuple[str, ...] = ()
    when: tuple[Condition, ...] = ()
    segments: tuple[str, ...] = ()
    renewal_within_days: int | None = Field(default=None, ge=0, le=3660)
    value_at_least: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    low_confidence: bool | None = None
    ready_for_expansion: bool | None = None
    reference: bool | None = None

    @model_validator(mode="after")
    def _says_whom(self) -> Playbook:
        if not any(getattr(self, key) not in ((), None) for key in CONDITIONS):
            raise ValueError(f"a playbook says for whom it is: one of {', '.join(f'`{key}`' for key in CONDITIONS)}")
        if "over" in self.model_fields_set and self.drop is None and not self.fell:
            raise ValueError("`over` is the time of `drop` and `fell`, and there is neither")
        return self


class Worklist(Section):
    """How much each owner can do, and what else is listed.

    `capacity` is how many accounts one owner's list holds, `owners` that of single owners by name. `renewal_days` is
    how far ahead renewals are listed.
    """

    capacity: int = Field(default=25, ge=1, le=100_000)
    owners: dict[str, int] = Field(default_factory=dict)
    renewal_days: int = Field(default=90, ge=1, le=3660)

    @model_validator(mode="after")
    def _capacities_are_counts(self) -> Worklist:
        if wrong := [name for name, capacity in self.owners.items() if capacity < 0]:
            raise ValueError(f"owners.{wrong[0]}: a capacity is a number of accounts, 0 or more")
        return self

    def capacity_of(self, owner: str) -> int:
        """How many accounts the list of an owner holds."""
        return self.owners.get(owner, self.capacity)


class PathToGreen(Section):
    """What may be changed on the way to the next band: `actionable` names signals, components or features.

    Where it names nothing: everything but context, tenure and attributes of the account.
    """

    actionable: tuple[str, ...] = ()


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
