"""Arrivals: rows that were written later than the day on which they are dated, though the run does not say so.

Many files hold the moment at which a row was written, beside the one of which it speaks. Where the run binds only the
latter, a snapshot sees rows that nobody had. What would change is asked in the plainest way: the source is opened once
more with that column as its `known_at`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from healthscore.config import Run
from healthscore.pipelines.leaks.contrast import Shares
from healthscore.pipelines.leaks.findings import Evidence, Finding, percent
from healthscore.pipelines.leaks.material import Material
from healthscore.pipelines.leaks.timing import DAY
from healthscore.pipelines.proposals.vocabulary import KNOWN_CORES, TIME_WORDS, words
from healthscore.tables import inspect_tables
from healthscore.tables.engine import Database
from healthscore.tables.gathering import gather, gather_tables
from healthscore.tables.quoting import quote_identifier

LATE = 0.01
"""Share of rows written on a later day than their own, from which on it matters."""
DIFFERENCE, LEVEL = 0.25, 0.001
"""Share of leavers with a row that was not written yet, minus that of stayers: a time of any name is suspect then."""
FILLED = 0.95
"""Share of rows that have the time, at least: all rows are written, and only some are closed, paid or answered."""
BEFORE = 0.05
"""Share of rows written before they happened, above which a time is no time of writing."""
MOST = 8
TEXTS = ("VARCHAR", "STRING", "TEXT", "CHARACTER")
"""How types of texts begin: in CSV, in Parquet, in databases."""
FLAG = "leak_filled"
"""Attribute that tells whether a row has the time."""


@dataclass(frozen=True)
class Lateness:
    """What a column would say as `known_at`.

    Attributes
    ----------
    rows, late
        Rows, and those known on a later day than by what the run declares.
    days
        Median lateness of these, in days.
    filled
        Share of the rows that have the time.
    waiting
        Cases with a row dated before their date and written at it or later, among leavers and stayers.
    """

    rows: int
    late: int
    days: float
    filled: float
    waiting: Shares

    @property
    def share(self) -> float:
        """Share of the rows that are late."""
        return self.late / max(self.rows, 1)


def arrivals(material: Material) -> Evidence:
    """Open sources with each unbound time of theirs as `known_at`, and see which rows would have come too early."""
    findings: list[Finding] = []
    looked: list[str] = []
    bound: list[str] = []
    for source in material.measured:
        if "known_at" in material.tables.bound_columns(source):
            bound.append(source)
            continue
        for column in _times(material, source):
            lateness = _lateness(material, source, column)
            if lateness is None:
                continue
            looked.append(f"{source}.{column}")
            findings += _judged(material, source, column, lateness)
    said = "times of writing: " + (
        f"{', '.join(looked)} would not hide rows from a snapshot that saw them too early"
        if looked and not findings
        else f"{', '.join(looked)} held against the time that is bound"
        if looked
        else "no unbound time in what the sources read"
    )
    said += f"; bound as known_at: {', '.join(bound)}" if bound else ""
    return Evidence(tuple(findings), (said,))


def _judged(material: Material, source: str, column: str, lateness: Lateness) -> Iterator[Finding]:
    """A leak where a time of writing says so; a question where another time that all rows have tells who left."""
    waiting = lateness.waiting
    apart = waiting.difference >= DIFFERENCE and waiting.chance < LEVEL
    if lateness.filled < FILLED:
        return
    if is_writing(column) and (apart or lateness.share >= LATE):
        yield _finding(material, "leak", source, column, lateness)
    elif apart:
        yield _finding(material, "question", source, column, lateness)


def is_writing(column: str) -> bool:
    """Whether a column is named like the time at which a row was written."""
    return bool(set(words(column)) & KNOWN_CORES)


def _times(material: Material, source: str) -> Iterator[str]:
    """Columns of what the source reads that may be times and that the run leaves; those named like a writing first."""
    run, engine = material.run, material.tables.engine
    found = gather_tables(engine, run, [source]) if isinstance(engine, Database) else gather(run, [source])
    files = found[0].get(source, [])
    declared = run.sources[source]
    used = " ".join([*declared.columns.values(), *declared.attributes.values(), *declared.columns])
    names = []
    for column in files[0].columns if files else ():
        kind = files[0].types.get(column, "VARCHAR")
        typed = kind.upper().startswith(("TIMESTAMP", "DATE"))
        named = kind.upper().startswith(TEXTS) and (is_writing(column) or TIME_WORDS & set(words(column)))
        if (typed or named) and column not in used and column not in ("time", "start"):
            names.append(column)
    yield from sorted(names, key=lambda name: not is_writing(name))[:MOST]


def _lateness(material: Material, source: str, column: str) -> Lateness | None:
    """What it would be to bind the column; None where it is no time, or lies before the row's own."""
    run = _bound(material.run, source, column)
    day, delay = DAY[run.sources[source].contract], material.run.sources[source].availability_delay_days
    with inspect_tables(run, sources=[source]) as tables:
        if any(problem.source == source for problem in tables.problems) or source not in tables.reports:
            return None
        before = sum(f.count for f in tables.reports[source].findings if f.code == "known_before_time")
        if before > BEFORE * max(tables.reports[source].used, 1):
            return None
        relation = tables.relation(source)
        late = f"known_day - {day} > {delay}"
        found = tables.engine.query(
            f"SELECT count(*) AS n, count(*) FILTER (WHERE {late}) AS late, "
            f"count(*) FILTER (WHERE {FLAG}) AS filled FROM {relation}"
        ).to_pylist()[0]
        days = tables.engine.query(
            f"SELECT known_day - {day} AS days, count(*) AS n FROM {relation} WHERE {late} GROUP BY 1 ORDER BY 1"
        )
        cases = material.register_cases(tables.engine)
        waiting = tables.engine.query(
            f"SELECT DISTINCT c.number FROM {relation} e JOIN {cases} c ON e.account_id = c.account_id "
            f"WHERE e.{day} + {delay} < c.t AND e.known_day >= c.t"
        )
    shown = np.zeros(len(material.cases.account), bool)
    shown[waiting["number"].to_numpy()] = True
    median = float(np.median(np.repeat(days["days"].to_numpy(), days["n"].to_numpy()))) if found["late"] else 0.0
    filled = found["filled"] / max(found["n"], 1)
    return Lateness(found["n"], found["late"], median, filled, Shares.of(shown, material.cases.left))


def _bound(run: Run, source: str, column: str) -> Run:
    declared = run.sources[source]
    columns = {**declared.columns, "known_at": quote_identifier(column)}
    attributes = {**declared.attributes, FLAG: f"{quote_identifier(column)} is not null"}
    changed = declared.model_copy(
        update={
            "columns": columns,
            "attributes": attributes,
            "availability_delay_days": 0,
            "corrections": False,
            "deduplicate_by": (),
        }
    )
    return run.model_copy(update={"sources": {**run.sources, source: changed}})


def _finding(
    material: Material, severity: Literal["leak", "question"], source: str, column: str, lateness: Lateness
) -> Finding:
    waiting, words = lateness.waiting, material.words
    stand = (
        f"stand in the past of {percent(waiting.share_left)} of the accounts that {words.did} and "
        f"{percent(waiting.share_stayed)} of those that {words.kept}"
    )
    days = "1 day" if lateness.days == 1 else f"{lateness.days:.0f} days"
    later = f"{percent(lateness.share)} of {lateness.rows:,} rows"
    if severity == "question":
        evidence = (
            f"{column} lies on a later day than the one that the row is dated for {later}, and such rows {stand}: "
            "is it the time at which the row was written?"
        )
    else:
        evidence = (
            f"{later} were written on a later day than the one that they are dated ({column}; half of these by "
            f"{days} or more), and the run lets snapshots see them before: rows that did not exist yet {stand}"
        )
    remedy = f'bind it: `columns.known_at = "{column}"` in [sources.{source}]'
    if lateness.days <= 1 and lateness.share > 0.05:
        remedy += "; or are the times those of another zone? then mend `timezone`"
    return Finding("arrival", severity, f"{source}.{column}", evidence, remedy)
