"""The weights of a score that somebody else made: a table of components and weights, or a scorecard."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from healthscore.config import Component, Scorecard, load_scorecard
from healthscore.errors import InputError
from healthscore.models.design import Vector
from healthscore.pipelines.validation.casting import texts
from healthscore.pipelines.validation.meanings import WEIGHT_COLUMNS
from healthscore.pipelines.validation.spreadsheets import PARQUET_SUFFIXES, TEXT_SUFFIXES, Sheet, open_sheet, squeezed
from healthscore.pipelines.validation.writing import numbers_of

if TYPE_CHECKING:
    import pandas as pd

FULL = 100.0
ROUNDING = 0.01
"""Weights written with two decimals (33.33) may miss 100 by so much, each."""
SCALE_PATTERN = re.compile(r"(?:(\d+\.?\d*|\.\d+)\s*(?:-|–|to)\s*)?(\d+\.?\d*|\.\d+)")


@dataclass(frozen=True)
class Scale:
    """What the least and the most healthy number of a component is; `worst` may be the higher one."""

    worst: float
    best: float

    def points(self, numbers: Vector) -> Vector:
        """Numbers on this scale as points of 0 to 100."""
        return np.asarray((numbers - self.worst) * (FULL / (self.best - self.worst)))


@dataclass(frozen=True)
class Weighting:
    """Components of a score and their weights.

    Attributes
    ----------
    source
        What messages call the file.
    names, labels
        What the components are called in the file, and where people read.
    card
        A scorecard whose components have the same order, without what an export cannot tell.
    scales
        Scale of each component, None where the file says none.
    aside
        What of the scorecard was left out, as sentences.
    handcrafted_bands
        Whether the bands of `card` are meant, or are only its defaults.
    """

    source: str
    names: tuple[str, ...]
    labels: tuple[str, ...]
    card: Scorecard
    scales: tuple[Scale | None, ...]
    aside: tuple[str, ...] = ()
    handcrafted_bands: bool = False

    @property
    def weights(self) -> Vector:
        """Weights that sum to 1, shape (components,)."""
        stated = np.array(list(self.card.weights_of().values()))
        return np.asarray(stated / stated.sum())


def read_weighting(source: str | Path | pd.DataFrame) -> Weighting:
    """Read weights: a CSV or Parquet file or a frame with columns component and weight, or a scorecard (TOML).

    Optional columns: `scale`, where a component is not on 0 to 100 (`10`, or `1-5`, or, where fewer is healthier,
    `10-0`), and `label`. Weights are `40`, `40 %` or `0.4`.

    Raises
    ------
    InputError
        The table cannot be read that way: weights that do not sum to 100, a component twice, only one component.
    ConfigurationError
        The scorecard says something that cannot be meant.
    """
    suffix = Path(source).suffix.lower() if isinstance(source, (str, Path)) else ".csv"
    if suffix not in (*TEXT_SUFFIXES, *PARQUET_SUFFIXES):
        return _of_scorecard(load_scorecard(str(source)))
    return _of_table(open_sheet(source, "weights", WEIGHT_COLUMNS))


def _of_scorecard(card: Scorecard) -> Weighting:
    aside = []
    if card.cap:
        aside.append("The scorecard's hard rules ([[cap]]) need the run's features and are not applied here")
    variants = [variant for variant in card.variant if not variant.when]
    if len(variants) < len(card.variant):
        aside.append("Variants of the scorecard that need the run's features are not applied here")
    names = tuple(card.components)
    _several(card.name, names)
    return Weighting(
        source=card.path.name if card.path else card.name,
        names=names,
        labels=tuple(part.label or name.replace("_", " ") for name, part in card.components.items()),
        card=card.model_copy(update={"cap": (), "variant": tuple(variants)}),
        scales=(None,) * len(names),
        aside=tuple(f"{what}: `healthscore validate RUN` judges them." for what in aside),
        handcrafted_bands="bands" in card.model_fields_set,
    )


def _of_table(sheet: Sheet) -> Weighting:
    columns = [texts(sheet, name) for name in ("component", "weight", "scale", "label")]
    component, weight = (column for column in columns[:2] if column is not None)  # both are required
    rows = [number for number in range(sheet.table.num_rows) if component[number] or weight[number]]
    names, weights, scales, labels = (
        ["" for _ in rows] if column is None else [str(column[row]) for row in rows] for column in columns
    )
    _check_names(sheet, rows, names)
    numbers = _weights(sheet, rows, weights)
    return Weighting(
        source=sheet.label,
        names=tuple(names),
        labels=tuple(label or name for name, label in zip(names, labels, strict=True)),
        # A scorecard's own names are narrower than what columns of exports are called.
        card=Scorecard(
            name="weights", components={f"c{i}": Component(weight=weight) for i, weight in enumerate(numbers)}
        ),
        scales=tuple(_scale(sheet, row, text) for row, text in zip(rows, scales, strict=True)),
    )


def _check_names(sheet: Sheet, rows: Sequence[int], names: Sequence[str]) -> None:
    if blank := [row for row, name in zip(rows, names, strict=True) if not name]:
        raise sheet.problem("component", blank, "name no component", "name it, or remove the row")
    plain = [squeezed(name) for name in names]
    if twice := [row for place, row in enumerate(rows) if plain[place] in plain[:place]]:
        raise sheet.problem("component", twice, "name a component a second time", "give each component one weight")
    _several(sheet.label, names)


def _several(label: str, names: Sequence[str]) -> None:
    if len(names) < 2:
        raise InputError(
            f"{label}: {len(names)} component{'s' if len(names) != 1 else ''}; one component has no weight to be wrong",
            "list the components that the score is made of, or leave the weights file out",
        )


def _weights(sheet: Sheet, rows: Sequence[int], texts: Sequence[str]) -> list[float]:
    """Weights in per cent, that sum to 100."""
    bare = [text.removesuffix("%").strip() for text in texts]
    read = numbers_of(bare)
    if wrong := [row for row, value in zip(rows, read, strict=True) if value is None or np.isnan(value)]:
        example = texts[rows.index(wrong[0])]
        raise sheet.problem(
            "weight", wrong, f"hold no weight, such as {example!r}", "write weights as 40, 40 % or 0.4, 0 for none"
        )
    numbers = [float(value) for value in read if value is not None]
    if negative := [row for row, number in zip(rows, numbers, strict=True) if not 0 <= number <= FULL]:
        raise sheet.problem("weight", negative, "hold no weight between 0 and 100", "give weights that sum to 100")
    total, slack = sum(numbers), ROUNDING * len(numbers)
    if not any(text.endswith("%") for text in texts) and abs(total - 1.0) <= slack / FULL + 1e-9:
        return [FULL * number for number in numbers]
    if abs(total - FULL) > slack:
        written = " + ".join(f"{number:g}" for number in numbers)
        raise InputError(
            f"{sheet.label}, column {sheet.columns['weight']!r}: the weights sum to {total:g} ({written}), not to 100",
            "mend the weights; a row with their total does not belong there",
        )
    return numbers


def _scale(sheet: Sheet, row: int, text: str) -> Scale | None:
    """`10`, `1-5`, or, where fewer is healthier, `10-0`."""
    if not text:
        return None
    found = SCALE_PATTERN.fullmatch(text)
    scale = Scale(float(found[1] or 0.0), float(found[2])) if found else None
    if scale is None or scale.worst == scale.best:
        raise sheet.problem(
            "scale", [row], f"hold no scale, such as {text[:40]!r}", "write 10, 1-5, or 10-0 where fewer is healthier"
        )
    return scale
