"""Reasons in words: the components behind a score, and the feature behind each, strongest first.

What a component counts costs no more than the score itself; what a feature counts, about twice as much, a row in the
table of drivers and a sentence (docs/scoring.md). So everybody is told the components, and the accounts that somebody
will look at, the most at risk, are told the features as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from healthscore.features.dictionary import Feature
from healthscore.models.bundle import Bundle
from healthscore.models.drivers import Drivers, component_drivers, feature_points, feature_tenths, top_drivers

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
TOP_COMPONENTS = 3
CHUNK_ROWS = 262_144
"""Accounts that are scored at a time: enough for two threads to pay (`treesettings.ROWS_PER_THREAD`)."""


@dataclass(frozen=True)
class Reason:
    """One driver of one account: points of a component, and its strongest feature in words."""

    component: str
    points: float
    sentence: str


@dataclass(frozen=True)
class ByFeature:
    """Points of every feature of some accounts, exact and as displayed (tenths), shape (m, p).

    `rows` are the positions of these m accounts among all, rising.
    """

    rows: Rows
    points: Floats
    tenths: NDArray[np.int64]


@dataclass(frozen=True)
class Explained:
    """Scores of n accounts taken apart, by component and, for some, by feature.

    `logit` are the log-odds of churn, shape (n,), and `held` those that the scores come from: the same, but for what is
    context (`ChurnModel.held`).
    """

    logit: Floats
    held: Floats
    drivers: Drivers
    told: ByFeature

    @property
    def health(self) -> Floats:
        """Scores to one decimal, shape (n,)."""
        return np.asarray(self.drivers.score_tenths / 10.0, np.float64)


def explain_rows(
    bundle: Bundle,
    X: Floats,
    names: Sequence[str],
    most: int | None = None,
    always: Sequence[int] = (),
    beside: Floats | None = None,
) -> Explained:
    """Take the scores of the rows of `X` apart.

    Parameters
    ----------
    most
        How many rows are taken apart by feature: those of the highest log-odds, the most at risk (of a gain, the most
        promising). All, where it is None.
    always
        Rows that are in any case.
    beside
        `component_logit` of the rows, where a cluster has computed it already.
    """
    model = bundle.model
    logit, held, parts = [], [], []
    for rows in chunks_of(len(X)):
        components = model.component_logit(X[rows], names) if beside is None else beside[rows]
        logit.append(model.logit_from_components(components))
        held.append(model.logit_from_components(model.held(components)))
        parts.append(component_drivers(model, bundle.scale, components))
    drivers, z = Drivers.joined(parts), np.concatenate(held)
    told = highest(z, len(z) if most is None else most, always)
    points = feature_points(model, bundle.scale, model.feature_logit(X[told], names))
    shown = feature_tenths(model.design, points, drivers.points_tenths[told])
    return Explained(np.concatenate(logit), z, drivers, ByFeature(told, points, shown))


def chunks_of(n: int) -> Iterator[slice]:
    """Slices of n rows, at least one of them."""
    return (slice(start, start + CHUNK_ROWS) for start in range(0, max(n, 1), CHUNK_ROWS))


def highest(z: Floats, most: int, always: Sequence[int] = ()) -> Rows:
    """Positions of the `most` highest values, of equals the first, and of those that are always among them; rising."""
    if most >= len(z):
        return np.arange(len(z), dtype=np.int64)
    return np.union1d(np.argsort(-z, kind="stable")[:most], np.asarray(always, np.int64)).astype(np.int64)


def in_words(told: Sequence[Reason]) -> str:
    """Reasons as a table's cell tells them: ``activity +8.3: ...; support -2.1: ...``."""
    return "; ".join(f"{reason.component} {reason.points:+.1f}: {reason.sentence}" for reason in told)


def reasons(
    bundle: Bundle, explained: Explained, X: Floats, features: Sequence[Feature]
) -> list[tuple[list[Reason], list[Reason]]]:
    """Per account that is told by feature, the components that lower its score most and those that raise it most."""
    told, drivers = explained.told, explained.drivers
    shown = drivers.points_tenths[told.rows]
    top = top_drivers(drivers.points[told.rows], TOP_COMPONENTS, shown=shown)
    group_of = bundle.model.design.group_of
    columns = [np.flatnonzero(group_of == g) for g in range(len(drivers.groups))]

    def reason(place: int, group: int) -> Reason:
        tenths = int(shown[place, group])
        pull = told.points[place, columns[group]] * (1 if tenths > 0 else -1)
        strongest = int(columns[group][int(np.argmax(pull))])
        value = float(X[told.rows[place], strongest])
        return Reason(drivers.groups[group], tenths / 10.0, features[strongest].say(value))

    return [
        ([reason(i, g) for g in top.down[i] if g >= 0], [reason(i, g) for g in top.up[i] if g >= 0])
        for i in range(len(told.rows))
    ]


def reason_texts(
    bundle: Bundle, explained: Explained, X: Floats, features: Sequence[Feature]
) -> tuple[pd.Series, pd.Series]:
    """What lowers and what raises each score, in words: with the feature behind it where that is told."""
    by_feature = reasons(bundle, explained, X, features)
    rows, parts = explained.told.rows, []
    for chunk in chunks_of(len(explained.held)):
        first, last = np.searchsorted(rows, [chunk.start, chunk.stop])
        inside, pairs = rows[first:last] - chunk.start, by_feature[first:last]
        plain = _by_component(explained.drivers, chunk)
        parts.append([_with(texts, inside, [in_words(pair[way]) for pair in pairs]) for way, texts in enumerate(plain)])
    down, up = (pa.chunked_array(texts, pa.large_string()).to_pandas() for texts in zip(*parts, strict=True))
    return down, up


def _with(texts: pa.Array, rows: Rows, instead: list[str]) -> pa.Array:
    """The texts with others at some rows, which rise."""
    mask = np.zeros(len(texts), bool)
    mask[rows] = True
    return pc.replace_with_mask(texts, pa.array(mask), pa.array(instead, texts.type))


def _by_component(drivers: Drivers, chunk: slice) -> tuple[pa.Array, pa.Array]:
    """What lowers and what raises each score of a chunk, by component: ``activity -8.3; support -2.1``."""
    shown = drivers.points_tenths[chunk]
    top = top_drivers(drivers.points[chunk], TOP_COMPONENTS, shown=shown)
    return _joined(drivers.groups, top.down, shown), _joined(drivers.groups, top.up, shown)


def _joined(groups: Sequence[str], group: Rows, shown: NDArray[np.int64]) -> pa.Array:
    """Texts of the groups named in each row, -1 after the last, shape (n, k): few differ, and each is written once."""
    tenths = np.take_along_axis(shown, np.maximum(group, 0), axis=1)
    low = int(tenths.min(initial=0))
    width = int(tenths.max(initial=0)) - low + 1
    codes, place = np.unique(np.where(group < 0, -1, group * width + tenths - low), return_inverse=True)
    texts = ["" if c < 0 else f"{groups[c // width]} {(c % width + low) / 10:+.1f}" for c in codes.tolist()]
    first, later = (pa.array(words, pa.large_string()) for words in (texts, [text and f"; {text}" for text in texts]))
    columns = [(later if k else first).take(pa.array(each)) for k, each in enumerate(place.reshape(group.shape).T)]
    return pc.binary_join_element_wise(*columns, pa.scalar("", pa.large_string()))
