"""What a leak check finds: leaks, questions, and what was looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from healthscore.config import Run


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


def of_tables(findings: Iterable[Finding], run: Run) -> list[Finding]:
    """What is found of several sources of one file is one finding: it names them all, with the first one's evidence."""
    found: dict[tuple[str, ...], Finding] = {}
    first: dict[tuple[str, ...], str] = {}
    for number, finding in enumerate(findings):
        place, _, value = finding.where.partition(" = ")
        source, _, column = place.partition(".")
        read = run.sources.get(source)
        path = f"no file of its own: {number}" if read is None else str(read.table or read.path)
        key = (finding.code, finding.severity, path, value or column)
        found[key] = _with(found[key], first[key], finding, source) if key in found else finding
        first.setdefault(key, source)
    return list(found.values())


def _with(finding: Finding, source: str, other: Finding, another: str) -> Finding:
    """A finding that is also told of another source of the same file."""
    remedy = finding.remedy
    if other.remedy.replace(another, source) != finding.remedy.partition("; likewise")[0]:
        remedy += f"; {other.remedy}"
    else:
        remedy += f"; likewise for {another}"
    return replace(finding, where=f"{finding.where} and {other.where}", remedy=remedy)
