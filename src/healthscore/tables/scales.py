"""Scales of numbers: values outside the range that the run declares, and two scales in one column.

Worked example: a share of seats in use was typed as 0.45 by some and as 45 by others. Both lie within 0 and 100, so no
range tells them apart; what does is that there are two clusters, one within (0, 1] and one from 5 on, and that a
hundred times the first is the second. Amounts, durations and ratings have values between the clusters, or only a few
distinct ones in the lower one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from healthscore.tables.engine import Engine
from healthscore.tables.judgement import Judgement
from healthscore.tables.places import file_of, first_places, places
from healthscore.tables.problems import Problem
from healthscore.tables.quoting import quote_literal
from healthscore.tables.ranges import OUT_OF_RANGE, shown
from healthscore.tables.rules import bound

USUAL = ((0, 1), (-1, 1), (1, 5), (1, 7), (0, 10), (1, 10), (0, 100), (-100, 100))
"""Scales that people ask on, the narrow ones first."""
PERCENT = (0.0, 100.0)

MINIMUM_ROWS, MINIMUM_CLUSTER, MINIMUM_SHARE, MINIMUM_DISTINCT = 50, 10, 0.02, 10
SEPARATION = 4.0
"""By how much nearly all of the upper cluster exceeds nearly all of the lower one."""
ALIKE = (25.0, 400.0)
"""Between which the medians of two clusters relate that are the same thing as a share and as a percentage."""
NAMES = 20
"""Most frequent names (of levels, of kinds of events) whose values are looked at on their own."""
STEPS = 100
"""Cells of the histogram per unit."""


def named_scale(engine: Engine, judgement: Judgement) -> list[Problem]:
    """What the judgement found; too many values outside their range come with the usual scale that holds them all."""
    return [
        _with_scale(engine, judgement, finding)
        if finding.code == OUT_OF_RANGE and finding.severity == "error"
        else finding
        for finding in judgement.problems
    ]


def _with_scale(engine: Engine, judgement: Judgement, finding: Problem) -> Problem:
    column, source = finding.column, finding.source
    rule = next(n for n, r in enumerate(judgement.rules) if r.code == OUT_OF_RANGE and r.column == column)
    ends = engine.query(
        f"SELECT min({bound(column)}) AS low, max({bound(column)}) AS high FROM {judgement.relation} "
        f"WHERE _fault IS NULL OR _fault = {rule}"
    ).to_pylist()[0]
    low, high = (ends[end] / 10 ** judgement.binding.scales.get(column, 0) for end in ("low", "high"))
    fitting = next((scale for scale in USUAL if scale[0] <= low and high <= scale[1]), None)
    said = f"{finding.rule}; they lie between {low:g} and {high:g}"
    if fitting is None:
        return replace(finding, rule=said)
    remedy = (
        f"if all are on the scale {shown(fitting)}, declare `ranges = {{ {column} = {shown(fitting)} }}` in "
        f"[sources.{source}]; if two scales are mixed, bring them to one by `columns.{column}` = CASE WHEN ... END"
    )
    return replace(finding, rule=f"{said}, where the scale {shown(fitting)} would fit", remedy=remedy)


def mixed_scales(engine: Engine, judgement: Judgement) -> Iterator[Problem]:
    """Columns in which some values are shares of 1 and others percentages.

    An error where the run declares the range [0, 100]; a question where it declares none.
    """
    for column, scale in judgement.binding.scales.items():
        declared = judgement.binding.source.ranges.get(column)
        if scale == 0 or declared not in (None, PERCENT):
            continue
        for name in _plausible_names(engine, judgement, column, scale):
            value, low = _histogram(engine, judgement, column, scale, name)
            if two_scales(value, low):
                yield _mixture(engine, judgement, column, name)


def _rows(column: str, name: str | None, *, named: bool) -> str:
    """SQL condition: the used rows of a column, of one name where the column is looked at name by name."""
    of_name = f" AND {bound('name')} IS NOT DISTINCT FROM {quote_literal(name) if name is not None else 'NULL'}"
    return f"_fault IS NULL AND {bound(column)} IS NOT NULL{of_name if named else ''}"


def _named(judgement: Judgement) -> bool:
    return "name" in judgement.binding.present


def _plausible_names(engine: Engine, judgement: Judgement, column: str, scale: int) -> list[str | None]:
    """Names under which both scales are possible: all values within 0 and 100, on both sides of 1."""
    value, unit = bound(column), 10**scale
    name = judgement.shaped["name"] if _named(judgement) else "CAST(NULL AS VARCHAR)"
    found = engine.query(
        f"SELECT {name} AS name, count({value}) AS n, min({value}) AS low, max({value}) AS high "
        f"FROM {judgement.sound} GROUP BY 1 ORDER BY n DESC, name LIMIT {NAMES}"
    ).to_pylist()
    wanted = (row for row in found if row["n"] >= MINIMUM_ROWS and row["low"] >= 0)
    return [row["name"] for row in wanted if row["low"] <= unit < row["high"] <= 100 * unit]


def _histogram(
    engine: Engine, judgement: Judgement, column: str, scale: int, name: str | None
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Values in steps of 0.01 above 0, and how many rows hold each: at most some ten thousand, whatever the table."""
    value, unit = bound(column), 10**scale
    # Rounded up: 0.004 is 0.01, and only 1 itself is 1.
    step = f"({value} * {STEPS} + {unit - 1}) // {unit}"
    found = engine.query(
        f"SELECT {step} AS step, count(*) AS n FROM {judgement.relation} "
        f"WHERE {_rows(column, name, named=_named(judgement))} AND {value} > 0 GROUP BY 1 ORDER BY 1"
    )
    steps, counts = (np.asarray(found[key].to_numpy(), np.int64) for key in ("step", "n"))
    return steps / STEPS, counts


def two_scales(value: NDArray[np.float64], count: NDArray[np.int64]) -> bool:
    """Whether values of 0 to 100 are two clusters of which the lower one is the upper one divided by a hundred.

    Parameters
    ----------
    value
        Distinct values above 0, rising.
    count
        Rows of each.
    """
    low = value <= 1
    few, many = sorted((int(count[low].sum()), int(count[~low].sum())))
    if few + many < MINIMUM_ROWS or few < max(MINIMUM_CLUSTER, MINIMUM_SHARE * (few + many)):
        return False
    if min(low.sum(), (~low).sum()) < MINIMUM_DISTINCT:
        return False
    shares, percentages = (value[low], count[low]), (value[~low], count[~low])
    apart = _quantile(*percentages, 0.02) >= SEPARATION * _quantile(*shares, 0.95)
    ratio = _quantile(*percentages, 0.5) / _quantile(*shares, 0.5)
    return bool(apart and ALIKE[0] <= ratio <= ALIKE[1])


def _quantile(value: NDArray[np.float64], count: NDArray[np.int64], share: float) -> float:
    reached = np.cumsum(count) >= share * count.sum()
    return float(value[np.argmax(reached)])


def _mixture(engine: Engine, judgement: Judgement, column: str, name: str | None) -> Problem:
    """The finding, with the rows of the rarer scale."""
    binding, unit = judgement.binding, 10 ** judgement.binding.scales[column]
    rows, value = _rows(column, name, named=_named(judgement)), bound(column)
    share, percentage = f"{rows} AND {value} > 0 AND {value} <= {unit}", f"{rows} AND {value} > {unit}"
    found = engine.query(
        f"SELECT count(*) FILTER (WHERE {share}) AS shares, count(*) FILTER (WHERE {percentage}) AS percentages, "
        f"{first_places(share)} AS p_shares, {first_places(percentage)} AS p_percentages FROM {judgement.relation}"
    ).to_pylist()[0]
    rarer = "shares" if found["shares"] <= found["percentages"] else "percentages"
    lines, count = places(found[f"p_{rarer}"]), int(found[rarer])
    of_name = "" if name is None else f" of {name!r}"
    rule = (
        f"values{of_name} are on one scale; here {found['shares']:,} look like shares (up to 1) and "
        f"{found['percentages']:,} like percentages (up to 100), with nothing between the two clusters"
    )
    number = f"CAST({binding.source.columns.get(column, column)} AS double)"
    conversion = f"CASE WHEN {number} <= 1 THEN 100 * {number} ELSE {number} END"
    remedy = f'if so, declare `columns.{column} = "{conversion}"` in [sources.{binding.name}]'
    declared = column in binding.source.ranges
    remedy += f"; if they are one scale, leave out `ranges.{column}`" if declared else ""
    where = (binding.name, column, count, count / max(judgement.considered, 1), lines)
    mixture = Problem("mixed_scale", "warning", *where, rule=rule, remedy=remedy, file=file_of(lines))
    return replace(mixture, severity="error") if declared else mixture
