"""The page: what was tried, how, and what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from crash.running import Result
from crash.suites import Suite

TEXT = Path(__file__).with_name("crashes.md")
MARK = "<!-- figures -->"
WORKERS = 2
EXPLAINED = {
    "C1": "killed at every operation",
    "C2": "killed at random times",
    "C3": "what nobody waited for is lost",
    "C4": "a full or broken disk",
    "C5": "two jobs at once",
    "C6": "a dead holder of a lock",
    "C7": "tuning is resumed",
    "C8": "the same from the same",
    "C9": "any order of dates",
    "C10": "memory",
    "C11": "MLflow is away",
}


def page(suites: Sequence[Suite], results: Mapping[str, Result]) -> str:
    """The whole page, with a table of all suites and a summary by test."""
    minutes = sum(each.seconds for each in results.values()) / 60 / WORKERS
    head, tail = TEXT.read_text(encoding="utf-8").split(MARK)
    return (
        head.format(time=f"{minutes:.0f} minutes")
        + _summary(suites, results)
        + tail.rstrip()
        + "\n\n"
        + _table(suites, results)
    )


def _summary(suites: Sequence[Suite], results: Mapping[str, Result]) -> str:
    lines = ["| test | what happens | tried | wrong |", "|---|---|---|---|"]
    for test, told in EXPLAINED.items():
        found = [results[suite.key] for suite in suites if suite.test == test and suite.key in results]
        tried, wrong = sum(each.tried for each in found), sum(len(each.wrong) for each in found)
        lines.append(f"| {test} | {told} | {tried:,} | {_count(wrong) if tried else 'not run'} |")
    return "\n".join(lines)


def _table(suites: Sequence[Suite], results: Mapping[str, Result]) -> str:
    lines = ["| test | what is done | what is to be found | tried | wrong |", "|---|---|---|---|---|"]
    for suite in suites:
        found = results.get(suite.key)
        tried = "not run" if found is None or not found.tried else f"{found.tried:,}{_share(found.every)}"
        wrong = "" if found is None or not found.tried else _count(len(found.wrong))
        lines.append(f"| {suite.test} | {suite.name} | {suite.target} | {tried} | {wrong} |")
    return "\n".join(lines) + "\n"


def _count(wrong: int) -> str:
    return f"**{wrong:,}**" if wrong else "0"


def _share(every: int) -> str:
    return "" if every == 1 else f" (one in {every})"
