"""How good a score should turn out to be, before anybody knows: figures that its own probabilities imply.

If the probabilities are calibrated, they say how often each account will leave, and so how many exits to expect, how
often an exit will be ranked above a stay, and how many exits the worst-scored tenth will hold (confidence-based
estimation). That is the assumption, and it is all: a score whose calibration broke last month still promises what it
promised. Where outcomes are known, `metrics` say how good it was.

The interval is one of prediction: in 95 % of the futures that the probabilities allow, the figure that will be measured
lies in it. An account seen at several dates has one fate: one random number decides all of its rows, so the exit of a
window that two dates share counts at both, as in the data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from healthscore.evaluation.announced import TARGETED_SHARE, on_the_list
from healthscore.evaluation.proportions import NOT_COMPUTABLE, Estimate
from healthscore.evaluation.rows import Floats, cluster_codes, scored_rows

DRAWS = 1000
CHUNK_CELLS = 4_000_000


@dataclass(frozen=True)
class Expected:
    """What the probabilities promise; each figure with the range in which the measured one will lie.

    Attributes
    ----------
    n
        Rows.
    exits
        Rows that will be followed by the outcome.
    auc
        How often a row that is will have been ranked above one that is not.
    capture
        Share of them in the worst-scored tenth of their date.
    """

    n: int
    exits: Estimate
    auc: Estimate
    capture: Estimate

    def as_dict(self) -> dict[str, object]:
        """Give the figures as plain numbers for JSON."""
        return {
            "n": self.n,
            **{name: getattr(self, name).as_dict() for name in ("exits", "auc", "capture")},
        }


def expected_figures(
    p: ArrayLike, moment: ArrayLike, clusters: ArrayLike, *, draws: int = DRAWS, seed: int, level: float = 0.95
) -> Expected:
    """Say how many exits, which AUC and which capture calibrated probabilities imply.

    Parameters
    ----------
    p
        Probabilities; shape (n,).
    moment
        The date whose accounts are ranked together for the capture; shape (n,).
    clusters
        The account (or person) of each row; shape (n,).
    draws, seed
        Futures drawn from the probabilities.
    level
        Share of the futures inside the intervals.
    """
    from scipy.stats import rankdata

    chance = scored_rows(np.zeros(np.shape(np.asarray(p))), p).p
    if not chance.size:
        return Expected(0, NOT_COMPUTABLE, NOT_COMPUTABLE, NOT_COMPUTABLE)
    codes, accounts = cluster_codes(clusters)
    listed = on_the_list(chance, moment, TARGETED_SHARE)
    ranks = rankdata(chance)
    futures = [
        _figures(chance, ranks, listed, fates[:, codes] < chance)
        for fates in _fates(accounts, len(chance), draws, seed)
    ]
    drawn = np.concatenate(futures, axis=1)
    return Expected(len(chance), *(_estimate(figures, level) for figures in drawn))


def _fates(accounts: int, rows: int, draws: int, seed: int) -> list[Floats]:
    """One number from 0 to 1 per account and future, in chunks of futures that fit the memory; shape (chunk, C)."""
    width = max(1, CHUNK_CELLS // max(1, rows))
    random = np.random.default_rng(seed)
    return [random.random((min(width, draws - start), accounts)) for start in range(0, draws, width)]


def _figures(chance: Floats, ranks: Floats, listed: Floats, left: np.ndarray) -> Floats:
    """Exits, AUC and capture of each future, shape (3, futures); NaN where a future has no answer."""
    exits = left.sum(axis=1).astype(np.float64)
    stays = chance.size - exits
    with np.errstate(invalid="ignore", divide="ignore"):
        auc = (left @ ranks - exits * (exits + 1.0) / 2.0) / (exits * stays)
        capture = (left @ listed) / exits
    return np.stack([exits, auc, capture])


def _estimate(figures: Floats, level: float) -> Estimate:
    """Mean and range of the futures that have an answer; not computable where many have none."""
    kept = figures[np.isfinite(figures)]
    if kept.size < level * figures.size or not kept.size:
        return NOT_COMPUTABLE
    low, high = np.quantile(kept, (0.5 - level / 2.0, 0.5 + level / 2.0))
    return Estimate(float(kept.mean()), float(low), float(high))
