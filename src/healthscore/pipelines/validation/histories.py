"""A score history and its exits, cast strictly: ids are text, dates are days, scores lie on 0 to 100; all is counted.

Every row of either file ends in one place: used, or dropped by a rule that has a name. What cannot be meant is refused
with the rows named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from healthscore.errors import InputError
from healthscore.pipelines.validation.casting import dates, identifiers, numbers, texts
from healthscore.pipelines.validation.components import Components, components_of, spare_columns, with_components
from healthscore.pipelines.validation.meanings import EXIT_COLUMNS, SCORE_COLUMNS
from healthscore.pipelines.validation.spreadsheets import Meaning, Sheet, open_sheet
from healthscore.pipelines.validation.weighting import Weighting

if TYPE_CHECKING:
    import pandas as pd

SCALES = (1.0, 10.0)
"""Tops of scales that a history is suspected of when no score exceeds them."""

Days = NDArray[np.int64]


@dataclass
class Counted:
    """What became of a file's rows; `drop` keeps the conservation law."""

    rows_in: int
    dropped: dict[str, int] = field(default_factory=dict)

    def drop(self, rule: str, rows: int) -> None:
        """Count rows that a rule took out."""
        if rows:
            self.dropped[rule] = self.dropped.get(rule, 0) + int(rows)

    @property
    def left(self) -> int:
        """Rows that no rule has taken out."""
        return self.rows_in - sum(self.dropped.values())


@dataclass(frozen=True)
class History:
    """Scores, one per account and day; all arrays (rows,), ordered by account and day.

    `value` is NaN where the file has none. `components` is None where no weights were given; `given` tells whether the
    file has a score, or the score is the weighted sum of the components. `spare` names columns of numbers that nothing
    was read from.
    """

    account: NDArray[np.object_]
    day: Days
    score: NDArray[np.float64]
    segment: NDArray[np.object_] | None
    value: NDArray[np.float64] | None
    counted: Counted
    columns: Mapping[str, str]
    components: Components | None = None
    given: bool = True
    spare: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exits:
    """Exits, one per account and day; all arrays (exits,), ordered by account and day."""

    account: NDArray[np.object_]
    day: Days
    type: NDArray[np.object_] | None
    counted: Counted
    columns: Mapping[str, str]


def read_scores(
    source: str | Path | pd.DataFrame,
    columns: Mapping[str, str] | None = None,
    *,
    scale: float | None = None,
    date_format: str | None = None,
    duplicates: Literal["error", "last"] = "error",
    weighting: Weighting | None = None,
) -> History:
    """Read a score history: account_id, date, score; segment and value where there are such columns.

    With a weighting, also its components; without a column of scores the score is then their weighted sum.

    Parameters
    ----------
    source, columns
        A file or a frame, and the names of its columns where they are not to be recognised.
    scale
        Top of the scale that the scores are on (1, 10, 100 ...); None: 100, and a history that looks like another
        scale is refused.
    date_format
        As in `datetime.strptime`; None: ISO dates only.
    duplicates
        Two different scores of one account on one day are an error, or the `last` in the file counts.
    weighting
        Components whose columns are read, and their weights.

    Raises
    ------
    InputError
        The file breaks what is said above.
    """
    sheet = open_sheet(source, "scores", _meanings(weighting), columns)
    if weighting is not None:
        sheet = with_components(sheet, weighting, ("segment", "value"))
    counted = Counted(sheet.table.num_rows)
    account, day, segment = identifiers(sheet), dates(sheet, date_format, open_end=False), texts(sheet, "segment")
    parts = None if weighting is None else components_of(sheet, weighting, segment, scale)
    given = "score" in sheet.columns
    score = _rescaled(sheet, numbers(sheet, "score"), scale) if given or parts is None else np.round(parts.weighted, 1)
    kept = _kept(counted, blank_account=account == "", no_date=day < 0, no_score=np.isnan(score))
    told = score[:, None] if parts is None else np.column_stack([score, parts.points])
    frame = _one_per_day(sheet, _sorted(account, day, kept), told, account, day, duplicates, counted)
    value = numbers(sheet, "value", required=False)
    return History(
        account=account[frame],
        day=day[frame],
        score=score[frame],
        segment=None if segment is None else segment[frame],
        value=None if value is None else value[frame],
        counted=counted,
        columns=sheet.columns,
        components=None if parts is None else parts.at(frame),
        given=given,
        spare=() if weighting is not None else spare_columns(sheet),
    )


def _meanings(weighting: Weighting | None) -> tuple[Meaning, ...]:
    """Columns to look for; components make a score where the file has none."""
    if weighting is None:
        return SCORE_COLUMNS
    return tuple(replace(one, required=False) if one.name == "score" else one for one in SCORE_COLUMNS)


def read_exits(
    source: str | Path | pd.DataFrame, columns: Mapping[str, str] | None = None, *, date_format: str | None = None
) -> Exits:
    """Read exits: account_id, date, and type where there is one. A blank date is an account that has not left.

    Raises
    ------
    InputError
        The file cannot be read that way, or one account has exits of two types on one day.
    """
    sheet = open_sheet(source, "exits", EXIT_COLUMNS, columns)
    counted = Counted(sheet.table.num_rows)
    account, day = identifiers(sheet), dates(sheet, date_format, open_end=True)
    kind = texts(sheet, "type")
    kept = _kept(counted, blank_account=account == "", not_left=day < 0)
    order = _sorted(account, day, kept)
    same = _repeats(account[order], day[order])
    if kind is not None:
        torn = np.flatnonzero(same & (kind[order] != np.roll(kind[order], 1)))
        if torn.size:
            raise sheet.problem(
                "type",
                np.sort(order[torn]).tolist(),
                "give an account a second type of exit on the same day",
                "keep one",
            )
    counted.drop("repeated", int(same.sum()))
    order = order[~same]
    return Exits(account[order], day[order], None if kind is None else kind[order], counted, sheet.columns)


def _rescaled(sheet: Sheet, score: NDArray[np.float64], scale: float | None) -> NDArray[np.float64]:
    """Scores on 0 to 100 to one decimal, as they are shown; refused where the scale is another one than said."""
    top = 100.0 if scale is None else scale
    outside = np.flatnonzero((score < 0) | (score > top))
    if outside.size:
        raise sheet.problem(
            "score",
            outside.tolist(),
            f"lie outside 0 to {top:g}, such as {score[outside[0]]:g}",
            "mend the rows, or say what the top of the scale is: --scale TOP",
        )
    highest = np.nanmax(score, initial=-np.inf)
    if scale is None and np.isfinite(highest):
        suspected = next((limit for limit in SCALES if highest <= limit), None)
        if suspected is not None:
            raise InputError(
                f"{sheet.label}, column {sheet.columns['score']!r}: no score exceeds {highest:g}; "
                f"they look like a scale of 0 to {suspected:g}",
                f"--scale {suspected:g} if they are, --scale 100 if they are not",
            )
    return np.round(score * (100.0 / top), 1)


def _kept(counted: Counted, **faults: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Rows without a fault; each other row is counted under its first one."""
    kept = np.ones(counted.rows_in, dtype=bool)
    for rule, found in faults.items():
        counted.drop(rule, int((found & kept).sum()))
        kept &= ~found
    return kept


def _sorted(account: NDArray[np.object_], day: Days, kept: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Kept rows in order of account and day, and of their place in the file where those are equal."""
    rows = np.flatnonzero(kept)
    codes = np.unique(account[rows].astype(str), return_inverse=True)[1]
    return rows[np.lexsort((rows, day[rows], codes))]


def _repeats(account: NDArray[np.object_], day: Days) -> NDArray[np.bool_]:
    """Rows of the same account and day as the row before."""
    same = np.zeros(day.size, dtype=bool)
    same[1:] = (account[1:] == account[:-1]) & (day[1:] == day[:-1])
    return same


def _one_per_day(
    sheet: Sheet,
    order: NDArray[np.intp],
    told: NDArray[np.float64],
    account: NDArray[np.object_],
    day: Days,
    duplicates: Literal["error", "last"],
    counted: Counted,
) -> NDArray[np.intp]:
    same = _repeats(account[order], day[order])
    before, after = told[np.roll(order, 1)], told[order]
    torn = np.flatnonzero(same & ~((before == after) | (np.isnan(before) & np.isnan(after))).all(axis=1))
    if torn.size and duplicates == "error":
        raise sheet.problem(
            "score" if "score" in sheet.columns else "account_id",
            np.sort(order[torn]).tolist(),
            "give an account a second, different score on the same day",
            "keep one score per account and day, or let the last in the file count: --keep-last",
        )
    counted.drop("repeated", int(same.sum()))
    followed = np.append(same[1:], False)[: order.size]
    return np.asarray(order[~followed])
