"""How sure a score is: the model fitted again on resampled accounts, and how far the refits' scores lie apart.

Refit `b` is the model as it would have come out, had the book's accounts been others of the same kind: accounts drawn
with replacement, and the same parts, at the complexity and with the kappas that those drawn would have chosen; on the
same scale and reference. Only the *held* log-odds are kept, those that the score comes from: what context adds is a
constant here, its mean over the reference population.

Worked example. An account has log-odds -2.0, and its 20 refits have -1.7 to -2.4 with a standard deviation of 0.2. On
the default scale (21.64 points per unit of log-odds) its score is uncertain by 2.09 x 0.2 x 21.64 = 9.1 points either
way: a score of 55.0 is shown with 45.9 to 64.1.

What the interval says is how much the score would differ with other accounts to learn from. It is no interval of the
probability that this one account leaves, and what the model cannot see is not in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from healthscore.models import stored, treetext
from healthscore.models.booster import BoosterPart
from healthscore.models.churnmodel import ChurnModel
from healthscore.models.design import Integers, Matrix, Vector
from healthscore.models.health import ScoreScale, displayed
from healthscore.models.logistic import BLOCK_ROWS, LogisticPart
from healthscore.models.parts import Part

MOST = 500
LEVEL = 0.95
SPREAD_ROWS = 4 * BLOCK_ROWS
"""Rows that all refits predict at a time: enough for two threads (`treesettings.ROWS_PER_THREAD`)."""
LARGEST_KAPPA = 1e3
"""They are held to `1 / M`: predictions that must be stretched so far are none."""


class PartRefits(Protocol):
    """One part of a model, fitted B times. Matrices are (n, p) in the design's order, already checked."""

    def merits(self, X: Matrix) -> Matrix:
        """Log-odds without intercept and context, shape (n, B)."""

    def components(self, X: Matrix, number: int) -> Matrix:
        """Share of every group by refit `number`, shape (n, G); what is context has 0."""

    def to_json(self) -> dict[str, Any]:
        """Everything but the trees."""

    def to_files(self) -> dict[str, str]:
        """Text files, by the beginning of their name."""


@dataclass(frozen=True, eq=False)
class TreeRefits:
    """Trees of all refits in sequence, `sizes` of each, in one native booster; without the trees that split context."""

    forest: BoosterPart
    sizes: Integers

    @staticmethod
    def of(parts: Sequence[BoosterPart]) -> TreeRefits:
        """Put the trees of fitted parts together, of each those that split no context."""
        context = parts[0].design.is_context
        merits = [tuple(tree for tree in part.trees if not context[tree.columns[0]]) for part in parts]
        forest = BoosterPart(
            parts[0].design, parts[0].additive, 0.0, sum(merits, ()), parts[0].observed, parts[0].threads
        )
        return TreeRefits(forest, np.array([len(trees) for trees in merits], dtype=np.int64))

    def merits(self, X: Matrix) -> Matrix:
        """Log-odds without intercept and context, shape (n, B)."""
        return self.forest.sums(X, [(stop - size, size) for stop, size in self._stops()])

    def components(self, X: Matrix, number: int) -> Matrix:
        """Share of every group by refit `number`, shape (n, G)."""
        stop, size = self._stops()[number]
        forest = self.forest
        trees = forest.trees[stop - size : stop]
        one = BoosterPart(forest.design, forest.additive, 0.0, trees, forest.observed, forest.threads)
        return one.component_logit(X)

    def _stops(self) -> list[tuple[int, int]]:
        return list(zip(np.cumsum(self.sizes).tolist(), self.sizes.tolist(), strict=True))

    def to_json(self) -> dict[str, Any]:
        """How many trees each refit has."""
        return {"sizes": self.sizes.tolist()}

    def to_files(self) -> dict[str, str]:
        """Return the trees' text."""
        return {"refits": treetext.render(self.forest.trees, len(self.forest.design.names))}

    @staticmethod
    def from_json(document: Mapping[str, Any], part: BoosterPart, count: int, text: str, source: str) -> TreeRefits:
        """Read them back; the text is checked before anything native sees it."""
        design = part.design
        trees = tuple(treetext.parse(text, len(design.names), source))
        sizes = stored.numbers(document, "sizes", count)
        if (sizes < 0).any() or (sizes != np.floor(sizes)).any() or sizes.sum() != len(trees):
            raise ValueError("the refits' numbers of trees do not add up to the file")
        found = TreeRefits(
            BoosterPart(design, part.additive, 0.0, trees, part.observed, part.threads), sizes.astype(int)
        )
        if any(design.is_context[list(tree.columns)].any() for tree in trees):
            raise ValueError("a refit with a tree that splits context")
        for stop, size in found._stops() if part.additive else []:
            groups = [set(design.group_of[list(tree.columns)].tolist()) for tree in trees[stop - size : stop]]
            first = [min(group) for group in groups]
            if any(len(group) > 1 for group in groups) or first != sorted(first):
                raise ValueError("a refit with trees that mix component groups, or are not sorted by group")
        return found


@dataclass(frozen=True, eq=False)
class LinearRefits:
    """Coefficients of all refits on the same inputs: `weights` and `absent`, shape (B, p), 0 for what is context."""

    part: LogisticPart
    weights: Matrix
    absent: Matrix

    @staticmethod
    def of(parts: Sequence[LogisticPart]) -> LinearRefits:
        """Put the coefficients of parts together that were fitted on the same inputs."""
        merit = ~parts[0].design.is_context
        weights, absent = (np.stack([getattr(part, name) for part in parts]) for name in ("weights", "absent"))
        return LinearRefits(parts[0], weights * merit, absent * merit)

    def merits(self, X: Matrix) -> Matrix:
        """Log-odds without intercept and context, shape (n, B)."""
        inputs = self.part.inputs
        blocks = (X[start : start + BLOCK_ROWS] for start in range(0, len(X), BLOCK_ROWS))
        shares = [inputs.standardised(rows) @ self.weights.T + np.isnan(rows) @ self.absent.T for rows in blocks]
        return np.vstack(shares) if shares else np.zeros((0, len(self.weights)))

    def components(self, X: Matrix, number: int) -> Matrix:
        """Share of every group by refit `number`, shape (n, G)."""
        part = self.part
        refit = LogisticPart(part.design, part.inputs, 0.0, self.weights[number], self.absent[number], part.penalty)
        return refit.component_logit(X)

    def to_json(self) -> dict[str, Any]:
        """Return the coefficients as plain JSON values."""
        return {name: stored.plain(getattr(self, name).ravel()) for name in ("weights", "absent")}

    def to_files(self) -> dict[str, str]:
        """Return nothing: everything is in the JSON."""
        return {}

    @staticmethod
    def from_json(document: Mapping[str, Any], part: LogisticPart, count: int) -> LinearRefits:
        """Read them back."""
        width = len(part.design.names)
        weights, absent = (
            stored.numbers(document, name, count * width).reshape(count, width) for name in ("weights", "absent")
        )
        if weights[:, part.design.is_context].any() or absent[:, part.design.is_context].any():
            raise ValueError("a refit with a coefficient of context")
        return LinearRefits(part, weights, absent)


@dataclass(frozen=True, eq=False)
class Refits:
    """A model fitted B times on resampled accounts.

    Parameters
    ----------
    model
        The one that was fitted on all of them.
    constants
        Log-odds of each refit that belong to no component, with what context adds in the reference population,
        shape (B,).
    kappas
        By part, how much it counts in each refit, shape (B,): those of the model's parts that count in one at least.
    parts
        The same parts, fitted again.
    """

    model: ChurnModel
    constants: Vector
    kappas: Mapping[str, Vector]
    parts: Mapping[str, PartRefits]

    def __len__(self) -> int:
        return len(self.constants)

    def held_logit(self, X: Matrix, names: Sequence[str]) -> Matrix:
        """Log-odds of churn by each refit with context held, shape (n, B). Columns as in `ChurnModel.held_logit`."""
        return self._held(self.model.design.aligned(X, names))

    def _held(self, matrix: Matrix) -> Matrix:
        total = np.broadcast_to(self.constants, (len(matrix), len(self))).copy()
        for name, part in self.parts.items():
            total += self.kappas[name] * part.merits(matrix)
        return total

    def spread(self, X: Matrix, names: Sequence[str]) -> Vector:
        """Standard deviation among the refits of the log-odds that scores come from, shape (n,)."""
        matrix = self.model.design.aligned(X, names)  # whose names are asserted of no rows, too
        blocks = [matrix[start : start + SPREAD_ROWS] for start in range(0, len(matrix), SPREAD_ROWS)]
        spreads = [self._held(block).std(axis=1, ddof=1) for block in blocks]
        return np.concatenate(spreads) if spreads else np.zeros(0)

    def half_widths(self, X: Matrix, names: Sequence[str]) -> Vector:
        """Half of each 95 % interval, in log-odds, shape (n,).

        Student's distribution on the log-odds, with as many degrees of freedom as there are refits but one: 2.09
        standard deviations for 20 refits, 1.96 for very many.
        """
        from scipy.special import stdtrit

        return self.spread(X, names) * float(stdtrit(len(self) - 1, (1 + LEVEL) / 2))

    def component_logit(self, X: Matrix, names: Sequence[str]) -> Iterator[Matrix]:
        """Share of every component group by each refit in turn, shape (n, G), not centred; context has 0."""
        matrix = self.model.design.aligned(X, names)
        for number in range(len(self)):
            total = np.zeros((len(matrix), len(self.model.design.groups)))
            for name, part in self.parts.items():
                total += self.kappas[name][number] * part.components(matrix, number)
            yield total

    def to_json(self) -> dict[str, Any]:
        """Everything but the trees."""
        kappas = {name: {"kappas": stored.plain(values)} for name, values in self.kappas.items()}
        parts = {name: kappas[name] | part.to_json() for name, part in self.parts.items()}
        return {"constants": stored.plain(self.constants), "parts": parts}

    def to_files(self) -> dict[str, str]:
        """Return the trees' texts by the name of their file."""
        return {
            file_of(name, kind): text for name, part in self.parts.items() for kind, text in part.to_files().items()
        }

    @staticmethod
    def from_json(document: Mapping[str, Any], model: ChurnModel, text: Callable[[str], str]) -> Refits:
        """Read them back.

        Parameters
        ----------
        document
            Of `to_json`.
        model
            The model that was refitted.
        text
            Reads the file of that name, verified.

        Raises
        ------
        BundleError, ValueError
            A text or the document is not what `to_json` and `to_files` write.
        """
        constants = stored.numbers(document, "constants")
        if not 2 <= len(constants) <= MOST:
            raise ValueError(f"{len(constants)} refits, where 2 to {MOST} are possible")
        parts = stored.section(document, "parts")
        if list(parts) != [name for name in model.parts if name in parts]:
            raise ValueError(f"refits of {list(parts)}, where the model has {list(model.parts)}")
        sections = {name: stored.section(parts, name) for name in parts}
        kappas = {name: stored.numbers(section, "kappas", len(constants)) for name, section in sections.items()}
        for values in kappas.values():
            if values.min() < 0 or not 0 < values.max() <= LARGEST_KAPPA:
                raise ValueError(f"'kappas' hold {values.min():g} to {values.max():g}, which no model learns")
        read = {n: _read(n, section, model.parts[n], len(constants), text) for n, section in sections.items()}
        return Refits(model, constants, kappas, read)


def file_of(part: str, kind: str = "refits") -> str:
    """Name of the file of a part's refits."""
    return f"{kind}-{part}.txt"


def _read(name: str, document: Mapping[str, Any], part: Part, count: int, text: Callable[[str], str]) -> PartRefits:
    if isinstance(part, BoosterPart):
        file = file_of(name)
        return TreeRefits.from_json(document, part, count, text(file), file)
    if isinstance(part, LogisticPart):
        return LinearRefits.from_json(document, part, count)
    raise ValueError(f"refits of the part {name!r}, which has none")


def interval(scale: ScoreScale, held: Vector, widths: Vector) -> tuple[Vector, Vector]:
    """Return the ends of the 95 % interval of each score, to one decimal within 0 to 100, each shape (n,).

    Rounded like the score itself, so that it always holds the score that is shown.

    Parameters
    ----------
    scale
        The map between log-odds and score; that of a gain rises.
    held
        Log-odds that the scores come from.
    widths
        Of `Refits.half_widths`.
    """
    ends = [displayed(scale.score(held + way * widths)) for way in (1.0, -1.0)]
    return np.minimum(*ends), np.maximum(*ends)
