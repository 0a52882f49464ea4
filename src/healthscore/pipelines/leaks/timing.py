"""Timing: rows that an exit causes gather around its day.

For every exit, one window of 15 days around it and three earlier ones of the same length. If rows have nothing to do
with the exit, the window around it is no likelier than the earlier ones to hold some; whoever slowly uses less, or
complains more, changes all four nearly alike. Worked example: 100 accounts left; 78 answered a survey within 7 days of
leaving, and in the three earlier windows 13, 12 and 14 did. The excess is (78 - 13) / (100 - 13) = 75 %.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from healthscore.evaluation.multiple import holm
from healthscore.pipelines.build import iso
from healthscore.pipelines.leaks.findings import Evidence, Finding, percent
from healthscore.pipelines.leaks.material import EXITS, FEWEST, Exits, Material
from healthscore.tables.quoting import quote_literal

HALF = 7
"""Days to each side of the middle of a window."""
MIDDLES = (0, -29, -44, -59)
"""Middles of the windows, in days from the exit: the one around it, then the earlier ones."""
EARLIEST = MIDDLES[-1] - HALF
LEVEL = 0.001
EXCESS, TIMES = 0.15, 2.0
"""Practical thresholds: share of exits with a row that is there because of the exit; times as often as before."""
NAMES = 40
"""Names of a source that are looked at one by one, the most frequent around exits first."""
COLUMN = {"events": "name", "levels": "name", "intervals": "kind"}
DAY = {"events": "day", "levels": "day", "intervals": "start_day"}


@dataclass(frozen=True)
class Group:
    """Rows that are looked at together: of a source, of a name in it, or of a signal."""

    source: str
    name: str = ""
    signal: str = ""


@dataclass(frozen=True)
class Gathering:
    """How often the four windows of the exits hold rows of a group.

    Attributes
    ----------
    hit
        Shape (exits, 4): whether a window holds a row.
    """

    hit: NDArray[np.bool_]

    @property
    def near(self) -> float:
        """Share of exits with a row around them."""
        return float(self.hit[:, 0].mean())

    @property
    def usual(self) -> float:
        """Share of the earlier windows with a row."""
        return float(self.hit[:, 1:].mean())

    @property
    def excess(self) -> float:
        """Share of exits that have a row around them and would have none by the earlier windows."""
        return (self.near - self.usual) / max(1 - self.usual, 1e-9)

    @property
    def chance(self) -> float:
        """Probability of so many hits around exits, were the four windows of an exit alike (exact).

        Of an exit with k of 4 windows hit, the one around it is hit with probability k / 4; the sum over the exits is
        a sum of three binomials.
        """
        from scipy.stats import binom

        count = self.hit.sum(axis=1)
        mass = np.ones(1)
        for k in (1, 2, 3):
            trials = int((count == k).sum())
            mass = np.convolve(mass, binom.pmf(np.arange(trials + 1), trials, k / 4))
        free = int((self.hit[:, 0] & (count < 4)).sum())
        return float(min(1.0, mass[free:].sum()))


def timing(material: Material) -> Evidence:
    """Test every source, every name in it and every signal, around decisions and around ends."""
    exits = material.exits
    if exits is None:
        return Evidence(checked=("timing around exits: not asked, because this outcome has no day of its own",))
    found: dict[tuple[Group, str], Gathering] = {}
    for source in material.measured:
        for what, days in {"decision": exits.decided, "end": exits.ended}.items():
            for group, gathering in _gatherings(material, source, exits, days):
                found[group, what] = gathering
    if not found:
        return Evidence(
            checked=(f"timing around exits: not asked, fewer than {FEWEST} exits lie inside what the sources cover",)
        )
    believed = holm({key: gathering.chance for key, gathering in found.items()}, LEVEL)
    groups: dict[Group, tuple[str, Gathering]] = {}
    for (group, what), gathering in found.items():
        strong = gathering.excess >= EXCESS and gathering.near >= TIMES * gathering.usual
        if strong and believed[group, what] and (group not in groups or gathering.excess > groups[group][1].excess):
            groups[group] = (what, gathering)
    findings = [_finding(material, group, *groups[group]) for group in _narrowest(groups)]
    names = len({group for group, _ in found if group.name})
    signals = len({group for group, _ in found if group.signal})
    said = (
        f"timing: rows of {len(material.measured)} sources, {names} names and {signals} signals within {HALF} days of "
        f"{len(exits):,} exits (decision, and end), against three earlier windows of each; a finding counts the exits "
        "whose windows lie within what its source covers and the account's life"
    )
    return Evidence(tuple(findings), (said,))


def _narrowest(groups: dict[Group, tuple[str, Gathering]]) -> list[Group]:
    """Names instead of their source, and a source or its names instead of its signals."""
    named = {group.source for group in groups if group.name}
    whole = {group.source for group in groups if not group.name and not group.signal}
    return [
        group
        for group in groups
        if group.name or (group.source not in named and (not group.signal or group.source not in whole))
    ]


def _gatherings(
    material: Material, source: str, exits: Exits, days: NDArray[np.int64]
) -> Iterator[tuple[Group, Gathering]]:
    """Hits of the source's rows by group, for exits whose windows lie inside the source and the account's life."""
    tables, report = material.tables, material.tables.reports[source]
    if report.first_day is None:
        return
    inside = (days + EARLIEST >= np.maximum(exits.started, report.first_day)) & (days + HALF < material.book.data_end)
    if inside.sum() < FEWEST:
        return
    account, at = exits.account[inside], days[inside]
    register_exits(material, account, at)
    contract = material.run.sources[source].contract
    day = DAY[contract]
    windows = ", ".join(
        f"count(*) FILTER (WHERE e.{day} BETWEEN x.at + {middle - HALF} AND x.at + {middle + HALF}) AS w{number}"
        for number, middle in enumerate(MIDDLES)
    )
    join = (
        f'FROM {tables.relation(source)} e JOIN "{EXITS}" x ON e.account_id = x.account_id '
        f"WHERE e.{day} BETWEEN x.at + {EARLIEST} AND x.at + {HALF} AND {material.read(source)}"
    )
    name = COLUMN[contract] if COLUMN[contract] in tables.bound_columns(source) else None
    grouped = f", e.{name} AS name" if name else ""
    rows = tables.engine.query(f"SELECT x.number{grouped}, {windows} {join} GROUP BY x.number{', 2' if name else ''}")
    number = rows["number"].to_numpy()
    counts = np.stack([rows[f"w{index}"].to_numpy() for index in range(len(MIDDLES))], axis=1)
    yield Group(source), _hits(number, counts, len(at))
    if name:
        said = np.array([str(value) for value in rows["name"].to_pylist()])
        common, near = np.unique(said[counts[:, 0] > 0], return_counts=True)
        for value in common[np.argsort(-near, kind="stable")][:NAMES].tolist():
            chosen = said == value
            yield Group(source, name=value), _hits(number[chosen], counts[chosen], len(at))
    for signal, declared in material.signals_over(source).items():
        if declared.where:
            condition = tables.predicate(source, declared.where)
            rows = tables.engine.query(f"SELECT x.number, {windows} {join} AND {condition} GROUP BY x.number")
            counts = np.stack([rows[f"w{index}"].to_numpy() for index in range(len(MIDDLES))], axis=1)
            yield Group(source, signal=signal), _hits(rows["number"].to_numpy(), counts, len(at))


def register_exits(
    material: Material, account: NDArray[np.int64], at: NDArray[np.int64], before: NDArray[np.int64] | None = None
) -> None:
    """Put exits on the engine: number, account_id, a day `at` and, where it is given, one `before`."""
    table = {
        "number": np.arange(len(account), dtype=np.int32),
        "account_id": material.accounts.take(pa.array(account)),
        "at": at.astype(np.int32),
        "before": (at if before is None else before).astype(np.int32),
    }
    material.tables.engine.register(EXITS, pa.table(table))


def _hits(number: NDArray[np.int32], counts: NDArray[np.int64], exits: int) -> Gathering:
    hit = np.zeros((exits, len(MIDDLES)), bool)
    np.logical_or.at(hit, number, counts > 0)
    return Gathering(hit)


def _finding(material: Material, group: Group, what: str, gathering: Gathering) -> Finding:
    run = material.run
    column = COLUMN[run.sources[group.source].contract]
    condition = f"{column} = {quote_literal(group.name)}" if group.name else ""
    if group.signal:
        condition = str(run.signals[group.signal].where)
    where = group.source + (f".{column} = {quote_literal(group.name)}" if group.name else "")
    where = f"signals.{group.signal}" if group.signal else where
    examples = "; ".join(_examples(material, group, what, condition))
    evidence = (
        f"{percent(gathering.near)} of {len(gathering.hit):,} exits have such rows within "
        f"{HALF} days of the {what}, and {percent(gathering.usual)} in a window of the same length before: "
        f"they are there because the account leaves; for example {examples}"
    )
    if condition:
        remedy = f'leave them out: `where = "not ({condition})"` for the signals over {group.source}'
    else:
        remedy = (
            f'bind what says why a row is there, `columns.purpose = "..."` in [sources.{group.source}] '
            "(answers to exit surveys are then left out), or leave such rows out by its `where`"
        )
    return Finding("timing", "leak", where, evidence, remedy)


def _examples(material: Material, group: Group, what: str, condition: str) -> list[str]:
    """Three rows around exits, in words."""
    exits = material.exits
    if exits is None:
        return []
    tables, day = material.tables, DAY[material.run.sources[group.source].contract]
    register_exits(material, exits.account, exits.decided if what == "decision" else exits.ended)
    also = f" AND {tables.predicate(group.source, condition)}" if condition else ""
    rows = tables.engine.query(
        f'SELECT e.account_id, e.{day} AS day, x.at FROM {tables.relation(group.source)} e JOIN "{EXITS}" x '
        f"ON e.account_id = x.account_id WHERE e.{day} BETWEEN x.at - {HALF} AND x.at{also} "
        "ORDER BY e.account_id, 2 LIMIT 3"
    ).to_pylist()
    return [f"{row['account_id']} on {iso(row['day'])}, {_days(row['at'] - row['day'])}" for row in rows]


def _days(days: int) -> str:
    return "the same day" if days == 0 else "the day before" if days == 1 else f"{days} days before"
