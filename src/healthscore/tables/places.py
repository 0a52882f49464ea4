"""Places: the file and line of the rows that a finding is about, as a person reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from healthscore.tables.columns import WHERE
from healthscore.tables.engine import Engine
from healthscore.tables.problems import Problem
from healthscore.tables.sources import FILE, LINE

SHOWN = 3


def first_places(condition: str) -> str:
    """SQL: the first rows for which a condition holds, in the order of files and lines."""
    return f"min({{'file': {FILE}, 'line': {LINE}}}, {SHOWN}) FILTER (WHERE {condition})"


def places(found: Iterable[Mapping[str, object]] | None) -> tuple[str, ...]:
    """Places as a person reads them: the file's name without its folder, and the line."""
    return tuple(f"{str(place['file']).rsplit('/', 1)[-1]}:{place['line']}" for place in found or ())


def file_of(lines: tuple[str, ...]) -> str:
    """Name of the file of the first place; empty if there is none."""
    return lines[0].rpartition(":")[0] if lines else ""


def located(
    engine: Engine, relation: str, problem: Problem, condition: str, among: str = f"{WHERE} IS TRUE"
) -> Problem:
    """The finding with its rows: how many, which share of those that are asked about, and the first places.

    Parameters
    ----------
    engine
        Where the relation is.
    relation
        Rows with their places.
    problem
        What was found about one of its columns.
    condition
        SQL over the relation that holds for the rows concerned.
    among
        SQL for the rows that are asked about; of the read layer, those that `where` keeps.
    """
    found = engine.query(
        f"SELECT count(*) AS rows, count(*) FILTER (WHERE {condition}) AS n, {first_places(condition)} AS places "
        f"FROM {relation} WHERE {among}"
    ).to_pylist()[0]
    lines, count = places(found["places"]), int(found["n"])
    share = count / max(int(found["rows"]), 1)
    return replace(problem, count=count, share=share, lines=lines, file=file_of(lines))
