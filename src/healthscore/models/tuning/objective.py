"""What a setting of the trees is worth: its log-loss out of time, inside the training past, fold by fold.

The folds are the inner walk-forward's origins, purged as everywhere (`tuning_folds`). At each, trees grow on what
was known by then, and their log-odds at every number of trees are blended half and half with those of the logistic
regression, which no setting changes and which is fitted once. A constant per origin takes the season's base rate out.
As when a model is fitted, the number of trees is the one that served best over the folds, by the trees alone.

Of a large past, a setting can first be measured at the latest origin on a quarter of the accounts, with a sixth of the
trees: a twentieth of that origin's price, and enough to tell which settings are not worth the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from healthscore.models.bins import BinnedRows
from healthscore.models.booster import BoosterRecipe, BoosterSettings
from healthscore.models.calibration import level
from healthscore.models.churn import ChurnSettings
from healthscore.models.design import Design, Integers, Labels, Matrix, Vector
from healthscore.models.innerfit import Past, fit_inner, offsets_of
from healthscore.models.logistic import LogisticRecipe
from healthscore.models.sharing import SharedRows
from healthscore.models.tuning.folds import LEAST_SAMPLE, SampleSize, sample_of, tuning_folds
from healthscore.models.walkforward import InnerOrigin, rarer

PATIENCE = 2
"""A fold stops growing once so many numbers of trees in a row were no better than the best before them: the rest of the
300 trees would cost as much as all that came before, and have never been the best on a real book."""
SAMPLE_TREES = 6
"""On the sample all numbers of trees are divided by this. Fewer rows bear fewer trees: with all 300, settings that
learn fast overfit the sample, and are the best on all rows. (Spearman's correlation with the loss on all rows, of nine
settings on 1.2 million rows: 0.88 with all trees, 0.97 with a sixth of them.)"""


@dataclass(frozen=True, eq=False)
class TuningRows:
    """The training past, whole: nothing else reaches the search.

    Parameters
    ----------
    X, y, day, known, cluster
        Features (n, p), outcomes (n,), as-of day of each row, the day from which its outcome was known, its account.
    settings
        How the run's models are fitted; those of its trees are what is tuned.
    additive, blended
        Whether the trees keep to one component each, and whether the logistic regression is blended with them.
    least
        What a sample needs, to be worth its price.
    """

    design: Design
    X: Matrix
    y: Labels
    day: Integers
    known: Integers
    cluster: Integers
    seed: int
    settings: ChurnSettings
    additive: bool = True
    blended: bool = True
    least: SampleSize = LEAST_SAMPLE

    def folds(self) -> list[InnerOrigin]:
        """See `tuning_folds`."""
        settings = self.settings
        least = settings.minimum_events_to_choose
        known = (self.day, self.known, self.y, self.cluster)
        return tuning_folds(*known, settings.inner, events=least, seed=self.seed)

    def sample(self) -> InnerOrigin | None:
        """The latest fold with a sample of its training rows, see `sample_of`; None where the past is small."""
        return sample_of(self.folds()[-1], self.y, self.cluster, least=self.least, seed=self.seed)

    def on(self, threads: int) -> TuningRows:
        """The same with so many threads, which change no result."""
        return replace(self, settings=replace(self.settings, threads=threads))


class Measured(NamedTuple):
    """Mean log-loss over the folds so far, the number of trees that it was reached with, and the rarer outcome's rows.

    These say how much the loss can be trusted.
    """

    loss: float
    trees: int
    events: int


class _Fold(NamedTuple):
    """One fold, ready for any setting: `partner` the logistic's log-odds of its test rows."""

    binned: BinnedRows
    X: Matrix
    y: Labels
    partner: Vector | None


def partner_logits(rows: TuningRows) -> list[Vector] | None:
    """Log-odds of the logistic regression on every fold's test rows, at the penalty that served best; None if alone."""
    if not rows.blended:
        return None
    origins = rows.folds()
    everywhere = SharedRows(np.arange(len(rows.y)))
    past = Past(rows.design, rows.X, rows.y, rows.day, origins, rows.settings, rows.seed, everywhere)
    return fit_inner({"logistic": LogisticRecipe(rows.settings.logistic)}, past, lambda: None)["logistic"].test()


class Objective:
    """Measures settings on the same folds; each fold's rows are put into bins once, when they are first needed."""

    def __init__(self, rows: TuningRows, partner: list[Vector] | None) -> None:
        self._rows, self._partner = rows, partner
        self._origins, self._sample = rows.folds(), rows.sample()
        self._ready: dict[int, _Fold] = {}

    @property
    def folds(self) -> int:
        """How many there are."""
        return len(self._origins)

    def sampled(self, settings: BoosterSettings) -> Measured | None:
        """Say what the setting comes to on the sample; None where there is none."""
        return None if self._sample is None else next(self._measured(settings, [self.folds], SAMPLE_TREES))

    def measure(self, settings: BoosterSettings) -> Iterator[Measured]:
        """Say after each fold, the latest first, what the setting came to so far; what nobody asks for costs nothing.

        The latest fold learns from most, and is the most like the dates to come: a setting that fails there may go.
        """
        return self._measured(settings, reversed(range(self.folds)))

    def _measured(self, settings: BoosterSettings, numbers: Iterable[int], divisor: int = 1) -> Iterator[Measured]:
        recipe = BoosterRecipe(settings, self._rows.additive, self._rows.settings.threads)
        levels = [np.ceil(level / divisor) for level in recipe.levels(len(self._rows.y))]
        alone, blended, n = np.zeros(len(levels)), np.zeros(len(levels)), 0
        events = 0
        for number in numbers:
            fold = self._fold(number)
            # A number of trees that an earlier fold did not reach cannot be the best one any more.
            losses = _losses(fold, recipe.stages(fold.binned, fold.X, levels[: len(alone)]))
            reached = len(losses)
            alone = alone[:reached] + losses[:, 0]
            blended = blended[:reached] + losses[:, 1]
            n += len(fold.y)
            events += rarer(fold.y)
            best = int(np.argmin(alone))
            yield Measured(float(blended[best]) / n, int(levels[best]), events)

    def _fold(self, number: int) -> _Fold:
        """Of the folds by their number; the one after the last is the sample, whose test rows are the last fold's."""
        if number not in self._ready:
            rows = self._rows
            of = min(number, self.folds - 1)
            origin = self._origins[of] if number == of or self._sample is None else self._sample
            y = rows.y[origin.train]
            # Any setting will do: they share the number of bins, and nothing else of them touches the rows.
            recipe = BoosterRecipe(rows.settings.booster, rows.additive, rows.settings.threads)
            known = offsets_of(y, rows.day[origin.train], rows.settings)
            binned = recipe.binned(rows.design, rows.X[origin.train], y, seed=rows.seed, offset=known)
            partner = None if self._partner is None else self._partner[of]
            self._ready[number] = _Fold(binned, rows.X[origin.test], rows.y[origin.test], partner)
        return self._ready[number]


def _losses(fold: _Fold, stages: Iterable[Vector]) -> Matrix:
    """Summed log-loss of the trees alone and of the blend, per number of trees, shape (reached, 2)."""
    losses: list[tuple[float, float]] = []
    for z in stages:
        alone = _loss(z, fold.y)
        losses.append((alone, alone if fold.partner is None else _loss((z + fold.partner) / 2, fold.y)))
        best = int(np.argmin([one for one, _ in losses]))
        if len(losses) - 1 - best >= PATIENCE:
            break
    return np.array(losses)


def _loss(z: Vector, y: Labels) -> float:
    """Sum of the log-loss after the best constant."""
    shifted = z + level(z, float(y.mean()))
    return float(np.sum(np.logaddexp(0.0, shifted) - y * shifted))
