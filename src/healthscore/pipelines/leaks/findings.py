"""What a leak check finds: leaks, questions, and what was looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Finding:
    """Something that tells a snapshot what happened after it.

    Attributes
    ----------
    code
        Stable name of the evidence.
    severity
        ``"leak"``: the figures leave no honest explanation that we know of; ``"question"``: only somebody who knows the
        table can tell.
    where
        Source, source.column, or feature.
    evidence
        In words, with the figures.
    remedy
        What to do: where possible the line of the run's TOML.
    """

    code: str
    severity: Literal["leak", "question"]
    where: str
    evidence: str
    remedy: str

    def to_dict(self) -> dict[str, str]:
        """Without the severity: leaks and questions are listed apart."""
        return {key: value for key, value in asdict(self).items() if key != "severity"}


@dataclass(frozen=True)
class Evidence:
    """What one kind of evidence says.

    Attributes
    ----------
    findings
        Leaks and questions.
    checked
        Sentences on what was looked at, also where nothing was found, and on what could not be looked at.
    figures
        Further figures for the result; the replay's.
    """

    findings: tuple[Finding, ...] = ()
    checked: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)


def percent(share: float) -> str:
    """A share as people read it: 3 %, 0.4 %."""
    return f"{100 * share:.0f} %" if share >= 0.095 or share == 0 else f"{100 * share:.1f} %"
