"""The components of an exported score: their columns found by name, their numbers as points of 0 to 100."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from healthscore.config import Scorecard
from healthscore.errors import InputError
from healthscore.models.design import Integers, Matrix, Vector
from healthscore.models.scorecard import score_subscores
from healthscore.pipelines.validation.casting import numbers
from healthscore.pipelines.validation.spreadsheets import Sheet, quoted, squeezed
from healthscore.pipelines.validation.weighting import FULL, Scale, Weighting
from healthscore.pipelines.validation.writing import numbers_of

SCALES = (1.0, 5.0, 10.0)
"""Tops of scales that a component is suspected of when none of its numbers exceeds them."""
AGREEING = 1.0
"""Points by which a score and the weighted sum of its components may differ: each is rounded on its own."""
SPARE_ROWS = 2000
"""Rows by which a column that nobody named is taken for one of numbers."""


@dataclass(frozen=True, eq=False)
class Components:
    """Sub-scores of a score history; arrays have one element per row of it.

    Attributes
    ----------
    weighting
        Names, labels and weights.
    columns
        Their columns in the file.
    points
        Points of 0 to 100, shape (rows, C); NaN where blank.
    filled
        The same with blanks filled as the scorecard says, shape (rows, C); NaN where nothing is known.
    weighted
        Weighted sum, shape (rows,); NaN where nothing is known.
    """

    weighting: Weighting
    columns: tuple[str, ...]
    points: Matrix
    filled: Matrix
    weighted: Vector

    def at(self, rows: Integers | NDArray[np.intp]) -> Components:
        """Only some rows, in this order."""
        return replace(self, points=self.points[rows], filled=self.filled[rows], weighted=self.weighted[rows])


def with_components(sheet: Sheet, weighting: Weighting, optional: Sequence[str]) -> Sheet:
    """The sheet with a column per component, found by name; `optional` meanings lose a column that a component has.

    Raises
    ------
    InputError
        A component has no column, or the column has another meaning already.
    """
    there: dict[str, list[str]] = {}
    for column in sheet.table.column_names:
        there.setdefault(squeezed(column), []).append(column)
    found = {name: _column(sheet, weighting, name, there) for name in weighting.names}
    if missing := [name for name, column in found.items() if not column]:
        raise _no_column(sheet, weighting, missing)
    columns = {
        meaning: column
        for meaning, column in sheet.columns.items()
        if not (meaning in optional and column in found.values())
    }
    for name, column in found.items():
        meaning = next((meaning for meaning, taken in columns.items() if taken == column), None)
        if meaning == "score":
            raise InputError(
                f"{weighting.source}: the component {name!r} is the column {column!r} of {sheet.label}, which holds "
                "the score itself",
                "leave the row out, or say which column is the score: --score-column NAME",
            )
        if meaning is not None:
            raise InputError(
                f"{weighting.source}: the component {name!r} is the column {column!r} of {sheet.label}, which holds "
                f"the {meaning}",
                "give the component the name of its own column",
            )
    return replace(sheet, columns={**columns, **{_key(name): column for name, column in found.items()}})


def components_of(
    sheet: Sheet, weighting: Weighting, segment: NDArray[np.object_] | None, scale: float | None
) -> Components:
    """Cast the components' columns of a sheet of `with_components`, and weigh them.

    `scale` is the top of the scale of components whose scale the weights file does not say.

    Raises
    ------
    InputError
        A column holds what is no number, or numbers outside its scale.
    """
    columns = [
        _points(sheet, weighting, name, said, scale)
        for name, said in zip(weighting.names, weighting.scales, strict=True)
    ]
    points = np.column_stack(columns)
    card, notes = _without_variants(weighting.card, segment)
    scores = score_subscores(card, points, segment=segment)
    filled = np.where(np.isnan(scores.uncapped)[:, None], np.nan, scores.filled)
    found = tuple(sheet.columns[_key(name)] for name in weighting.names)
    return Components(replace(weighting, aside=(*weighting.aside, *notes)), found, points, filled, scores.uncapped)


def spare_columns(sheet: Sheet) -> tuple[str, ...]:
    """Columns without a meaning that hold numbers of 0 to 100 which differ: they may be components."""
    taken, spare = set(sheet.columns.values()), []
    for name in sheet.table.column_names:
        if name not in taken and (values := _read_numbers(sheet.table.column(name))) is not None:
            known = values[~np.isnan(values)]
            if known.size and known.min() >= 0 and known.max() <= FULL and np.ptp(known) > 0:
                spare.append(name)
    return tuple(spare)


def _column(sheet: Sheet, weighting: Weighting, name: str, there: dict[str, list[str]]) -> str:
    """The column of a component; empty where there is none."""
    if name in sheet.table.column_names:
        return name
    candidates = there.get(squeezed(name), [""])
    if len(candidates) > 1:
        raise InputError(
            f"{sheet.label}: {quoted(candidates)} could each be the component {name!r} of {weighting.source}",
            "write it in the weights file exactly as the column is called",
        )
    return candidates[0]


def _no_column(sheet: Sheet, weighting: Weighting, missing: Sequence[str]) -> InputError:
    """All components without a column, and the columns that may have been meant."""
    free = {squeezed(column): column for column in sheet.table.column_names if column not in sheet.columns.values()}
    meant = [column for name in missing if (column := _similar(squeezed(name), free))]
    many = len(missing) > 1
    return InputError(
        f"{sheet.label} has no column for the component{'s' if many else ''} {quoted(missing)} of {weighting.source}; "
        f"there are {quoted(sheet.table.column_names)}",
        (f"did you mean {quoted(meant)}? " if meant else "")
        + f"Write the component{'s' if many else ''} in {weighting.source} as the columns are called",
    )


def _similar(name: str, columns: dict[str, str]) -> str | None:
    """The column whose name is the nearest, or is part of the name, or has it as a part."""
    inside = [column for column in columns if len(column) > 2 and (column in name or name in column)]
    near = difflib.get_close_matches(name, columns, n=1) or sorted(inside, key=len)[-1:]
    return columns[near[0]] if near else None


def _points(sheet: Sheet, weighting: Weighting, name: str, said: Scale | None, top: float | None) -> Vector:
    values = np.asarray(numbers(sheet, _key(name)), dtype=np.float64)
    scale = said or Scale(0.0, FULL if top is None else top)
    low, high = sorted((scale.worst, scale.best))
    outside = np.flatnonzero((values < low) | (values > high))
    if outside.size:
        raise sheet.problem(
            _key(name),
            outside.tolist(),
            f"lie outside {low:g} to {high:g}, such as {values[outside[0]]:g}",
            f"mend the rows, or say the scale, in a column `scale` of {weighting.source} (10, 1-5) or by --scale",
        )
    highest = np.nanmax(values, initial=-np.inf)
    if said is None and top is None and np.isfinite(highest):
        suspected = next((limit for limit in SCALES if highest <= limit), None)
        if suspected is not None and highest > 0:
            raise InputError(
                f"{sheet.label}, column {sheet.columns[_key(name)]!r}: no number exceeds {highest:g}; they look like a "
                f"scale of 0 to {suspected:g}",
                f"say the scale in a column `scale` of {weighting.source}, or of all components by --scale: "
                f"{suspected:g} if they are, 100 if they are not",
            )
    return scale.points(values)


def _without_variants(card: Scorecard, segment: NDArray[np.object_] | None) -> tuple[Scorecard, tuple[str, ...]]:
    """Variants for segments need segments."""
    if segment is not None or not card.variant:
        return card, ()
    note = "The scorecard has variants for segments, and the scores have no segment: its own weights count for all."
    return card.model_copy(update={"variant": ()}), (note,)


def _read_numbers(column: Any) -> Vector | None:
    """A column's first rows as numbers; None where one of them is none."""
    import pyarrow as pa

    array = column.slice(0, SPARE_ROWS)
    if pa.types.is_floating(array.type) or pa.types.is_integer(array.type):
        return np.asarray(array.cast(pa.float64()).to_numpy(), dtype=np.float64)
    if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
        return None
    values = numbers_of([str(word or "").strip() for word in array.to_pylist()])
    return None if None in values else np.array(values, dtype=np.float64)


def _key(name: str) -> str:
    return f"component {name}"
