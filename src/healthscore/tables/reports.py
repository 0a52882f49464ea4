"""What happened to a source's rows, with the conservation law that holds for every source of every run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from healthscore.asof import date_of
from healthscore.tables.problems import Problem


@dataclass(frozen=True)
class SourceReport:
    """Rows of one source: read, used, set aside, dropped.

    Attributes
    ----------
    rows_in
        Rows in the files; ``rows_in = used + sum(quarantined) + sum(dropped)``, exactly.
    quarantined
        Reason -> rows.
    dropped
        Rule -> rows: ``where``, ``anonymous``, ``duplicate``.
    accounts
        Distinct accounts among the rows used.
    first_day, last_day
        Days since 1970-01-01 of the first and the last row used (by `day`, `start_day` or `start`); None without time.
    fingerprint
        SHA-256 of the files' names, sizes and contents, those that columns are looked up in among them.
    lateness
        Why late rows cannot be told, where they cannot; empty where rows say when they became known, or have no time.
    findings
        Everything worth saying about the source, each with its remedy.
    """

    source: str
    contract: str
    rows_in: int
    used: int
    accounts: int
    fingerprint: str
    quarantined: Mapping[str, int] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    first_day: int | None = None
    last_day: int | None = None
    lateness: str = ""
    findings: tuple[Problem, ...] = ()

    def __post_init__(self) -> None:
        accounted = self.used + sum(self.quarantined.values()) + sum(self.dropped.values())
        if accounted != self.rows_in:
            raise RuntimeError(
                f"{self.source}: {self.rows_in:,} rows came in and {accounted:,} are accounted for "
                f"({self.used:,} used, quarantined {dict(self.quarantined)}, dropped {dict(self.dropped)})"
            )

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Findings of severity ``warning``."""
        return tuple(finding for finding in self.findings if finding.severity == "warning")

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, with dates as ISO texts."""
        return {
            "source": self.source,
            "contract": self.contract,
            "rows_in": self.rows_in,
            "used": self.used,
            "quarantined": dict(self.quarantined),
            "dropped": dict(self.dropped),
            "accounts": self.accounts,
            "first_date": None if self.first_day is None else date_of(self.first_day).isoformat(),
            "last_date": None if self.last_day is None else date_of(self.last_day).isoformat(),
            "fingerprint": self.fingerprint,
            "lateness": self.lateness,
            "findings": [{**vars(finding), "lines": list(finding.lines)} for finding in self.findings],
        }
