"""What the checks of the sources find, and the one error that carries all of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from healthscore.errors import InputError

Severity = Literal["error", "quarantine", "rule", "warning"]
"""error: the run refuses; quarantine: rows set aside; rule: rows dropped or changed as documented; warning: look."""


@dataclass(frozen=True)
class Problem:
    """One finding about one column of one source.

    Attributes
    ----------
    code
        Stable name of the rule, such as ``naive_time``; also the reason written beside quarantined rows.
    source, file, column
        Where; `file` names the first one concerned, empty where it concerns all of them.
    count, share
        Rows concerned, and their share of the rows that the source's rules keep; 0 where rows are not the matter.
    lines
        The first three places as ``file:line`` (a CSV's header is line 1; a Parquet file's first row is line 1).
    rule
        What holds and was broken, with the limit if there is one.
    remedy
        What to do: where possible the very line of the run's TOML that declares or mends it.
    """

    code: str
    severity: Severity
    source: str
    column: str = ""
    count: int = 0
    share: float = 0.0
    lines: tuple[str, ...] = ()
    rule: str = ""
    remedy: str = ""
    file: str = ""

    def __str__(self) -> str:
        where = f"{self.source}.{self.column}" if self.column else self.source
        text = f"{where}: {self.rule}"
        if self.count:
            text += f"; {self.count:,} rows" + (f" ({self.share:.2%})" if self.share else "")
        if self.lines:
            text += f", first at {', '.join(self.lines)}"
        elif self.file:
            text += f", in {self.file}"
        return text + f" [{self.code}]" + (f"\n    remedy: {self.remedy}" if self.remedy else "")


class SourcesError(InputError):
    """Every fault of every source, at once. Nothing is published.

    Attributes
    ----------
    problems
        All findings of severity ``error``.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        faults = tuple(problem for problem in problems if problem.severity == "error")
        names = sorted({problem.source for problem in faults})
        counted = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        lines = "\n".join(f"  {problem}" for problem in faults)
        super().__init__(
            f"{counted} in {', '.join(names)}:\n{lines}", "mend what is named above; nothing was published"
        )
        self.problems = faults


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """Those findings for which a run refuses."""
    return [problem for problem in problems if problem.severity == "error"]
