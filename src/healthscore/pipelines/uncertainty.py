"""How sure a model's scores are: refits on resampled accounts, and what they say of the reference population."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from healthscore.evaluation.calibrators import venn_abers
from healthscore.models.bundle import Bundle
from healthscore.models.candidates import Candidates
from healthscore.models.churnmodel import EXPLAINED_REFERENCE_ROWS
from healthscore.models.design import expit, logit
from healthscore.models.drivers import top_drivers
from healthscore.models.refits import Refits, interval
from healthscore.models.refitting import refit
from healthscore.pipelines.build import Book
from healthscore.pipelines.fitting import reference_rows, settings_of
from healthscore.pipelines.progress import Progress

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

STABLE = 0.9
"""Share of the refits that must agree with the score that is shown."""
CERTAIN = 1e-12
"""Venn-Abers bounds of 0 and 1 stand for these: infinite log-odds have no difference."""


def refits_of(book: Book, bundle: Bundle, rows: Rows, candidates: Candidates, progress: Progress) -> Refits | None:
    """The bundle's model fitted again on resampled accounts, `[model] refits` times; None where that is below two."""
    count = book.run.model.refits
    if count < 2:
        return None
    with progress("fitting again on resampled accounts") as advance:
        return refit(
            bundle.model,
            candidates,
            book.panel.X[rows],
            book.label[rows],
            book.panel.day[rows].astype(np.int64),
            book.cluster[rows],
            book.panel.X[reference_rows(book, rows)],
            count=count,
            settings=settings_of(book.run),
            progress=lambda done, of: advance(done / of),
        )


def score_interval(bundle: Bundle, X: Floats, held: Floats) -> tuple[Floats, Floats]:
    """Ends of the interval of each score, shape (n,) each; NaN where the bundle has no refits.

    Parameters
    ----------
    X
        Features of the accounts, in the order of the model's design, shape (n, p).
    held
        Log-odds that their scores come from, shape (n,).
    """
    if bundle.refits is None:
        return np.full(len(X), np.nan), np.full(len(X), np.nan)
    return interval(bundle.scale, held, bundle.refits.half_widths(X, bundle.model.design.names))


def summary(bundle: Bundle, between: tuple[Floats, Floats]) -> dict[str, float | int] | None:
    """How wide the intervals of a scored book are, and how many lie within one band; None without refits."""
    if bundle.refits is None:
        return None
    low, high = between
    one = bundle.bands.index(low) == bundle.bands.index(high)
    return {"median_half_width": float(np.median(high - low)) / 2, "in_one_band": int(one.sum())}


def uncertainty(book: Book, bundle: Bundle, rows: Rows, candidates: Candidates) -> dict[str, Any] | None:
    """What the refits say of the accounts of the reference population; None where there are none.

    `median_half_width` is in points. `band_stability` and `driver_stability` are the shares of accounts whose band, and
    whose component that lowers the score most, is that of the shown score in at least 90 % of the refits. `venn_abers`
    is another view of the same accounts, by the outcomes of the past alone.
    """
    refits = bundle.refits
    if refits is None:
        return None
    reference = reference_rows(book, rows)
    some = np.unique(np.linspace(0, len(reference) - 1, EXPLAINED_REFERENCE_ROWS).astype(np.int64))
    X = book.panel.X[reference[some]]
    widths = refits.half_widths(X, bundle.model.design.names)
    return {
        "refits": len(refits),
        "median_half_width": float(np.median(widths)) * abs(bundle.scale.slope),
        "band_stability": _stable_share(_same_band(bundle, refits, X)),
        "driver_stability": _stable_share(_same_driver(bundle, refits, X)),
        "venn_abers": _venn_abers(bundle, X, widths, candidates, book.label[rows]),
    }


def _stable_share(same: NDArray[np.bool_]) -> float:
    """Share of the accounts of which most refits, shape (n, B), agree."""
    return float((same.mean(axis=1) >= STABLE).mean())


def _same_band(bundle: Bundle, refits: Refits, X: Floats) -> NDArray[np.bool_]:
    names, scale, bands = bundle.model.design.names, bundle.scale, bundle.bands
    shown = bands.index(scale.score(bundle.model.held_logit(X, names)))
    return np.asarray(bands.index(scale.score(refits.held_logit(X, names))) == shown[:, None])


def _same_driver(bundle: Bundle, refits: Refits, X: Floats) -> NDArray[np.bool_]:
    """Whether the component that lowers a score most is the same one, or none is."""
    names = bundle.model.design.names
    shown = _lowering(bundle, bundle.model.component_logit(X, names))
    return np.column_stack([_lowering(bundle, shares) == shown for shares in refits.component_logit(X, names)])


def _lowering(bundle: Bundle, shares: Floats) -> Rows:
    """The group that lowers each score most, -1 where none does, shape (n,)."""
    merits = np.where(bundle.model.design.context_groups, 0.0, shares - shares.mean(axis=0))
    return top_drivers(-bundle.scale.slope * merits, 1).down[:, 0]


def _venn_abers(
    bundle: Bundle, X: Floats, widths: Floats, candidates: Candidates, label: NDArray[np.int8]
) -> dict[str, float] | None:
    """Venn-Abers bounds learned on the inner out-of-time rows, in points, and how many refit intervals meet them.

    None where the history is too short for such rows. The bounds are those of calibration: they know nothing of how
    features would count with other accounts, and the refits nothing of whether the past is like the future.
    """
    model = bundle.model
    past, happened = candidates.inner_logit[model.name], label[candidates.inner_rows]
    if len(set(happened.tolist())) < 2:
        return None
    z = model.logit(X, model.design.names)
    low, high = (np.clip(p, CERTAIN, 1 - CERTAIN) for p in venn_abers(expit(past), happened, expit(z)))
    across = np.abs(bundle.scale.score_of(high) - bundle.scale.score_of(low))
    meets = (logit(low) <= z + widths) & (z - widths <= logit(high))
    return {"mean_width": float(across.mean()), "overlap": float(meets.mean())}
