"""From the parts' log-odds to a probability: an affine map on the logit, `z = alpha + sum_m kappa_m f_m`, `kappa >= 0`.

An affine map keeps contributions additive and the ranking free of ties. It is learned from *out-of-time* predictions:
at each inner origin the parts are fitted on rows whose outcome was known by then, and predict that origin's accounts.

Worked example. Two parts predict 2024-03-01, 04-01 and 05-01; each month has its own base rate. The kappas are fitted
with an intercept `a_o` per month, so that the months' base rates do not pass for skill. What an intercept should have
been, had the base rate stayed that of its training rows, is `r_o` (see `level`). The remainders `d_o = a_o - r_o` say
how the seasons moved; their mean is carried over to `alpha` only as far as the months agree on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from healthscore.models import stored
from healthscore.models.design import Integers, Labels, Matrix, Vector, expit
from healthscore.models.newton import fit_bounded_logistic


@dataclass(frozen=True)
class CalibrationSettings:
    """How strongly the map is held to `kappa = 1/M` (M parts) and to no change of the base rate."""

    kappa_prior_information: float = 16.0
    """Ridge on each kappa around `1/M`, per inner origin. An origin with 25 exits and log-odds of standard deviation
    0.8 tells as much about a slope (25 x 0.64): below that the prior leads, above it the data do. It is multiplied by
    the number of origins, because the same accounts, and often the same exits, come back at neighbouring origins: K of
    them carry little more evidence than one."""
    season_sd_prior: float = 0.2
    """Standard deviation of a base rate's log-odds between origins, believed with the weight of one origin."""
    season_span_days: int = 330
    """Days that the inner origins must span (twelve monthly ones do) for a shift that they agree on to be carried over.
    Neighbouring origins share a season, so how far they agree says nothing about the next one: on retail data, six
    origins of one winter agreed on +0.3, and carrying that into summer cost 0.02 of log-loss."""


@dataclass(frozen=True)
class Calibration:
    """The fitted map, and where its constant comes from.

    Parameters
    ----------
    alpha
        Constant of the map: `level` at the final fit, plus `shift`.
    shift
        What the inner origins agreed on, after shrinkage; 0 with no inner rows.
    season_sd
        Between-origin standard deviation of the base rate's log-odds; 0 with no inner rows.
    origins, rows, events
        How much out-of-time evidence there was.
    """

    kappas: tuple[float, ...]
    alpha: float
    shift: float = 0.0
    season_sd: float = 0.0
    origins: int = 0
    rows: int = 0
    events: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the map as plain JSON values."""
        return {**vars(self), "kappas": list(self.kappas)}

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> Calibration:
        """Read a map back."""
        kappas = tuple(float(kappa) for kappa in stored.numbers(document, "kappas"))
        if not kappas or min(kappas) < 0:
            raise ValueError("'kappas' is empty or holds a negative number")
        alpha, shift, season = (stored.number(document, key) for key in ("alpha", "shift", "season_sd"))
        counts = [stored.integer(document, key, low=0, high=2**53) for key in ("origins", "rows", "events")]
        return Calibration(kappas, alpha, shift, season, *counts)


def half_and_half(parts: int) -> Calibration:
    """Return the map without evidence: every part `1/M`, `alpha = 0`."""
    return Calibration((1.0 / parts,) * parts, 0.0)


@dataclass(frozen=True)
class Slopes:
    """Kappas with one intercept per origin (`intercepts`) and the sampling variance of each (`variances`)."""

    kappas: Vector
    intercepts: Vector
    variances: Vector


def fit_slopes(
    F: Matrix, y: Labels, origin: Integers, settings: CalibrationSettings, weight: Vector | None = None
) -> Slopes:
    """Fit the kappas on pooled out-of-time predictions.

    Parameters
    ----------
    F
        Log-odds of the M parts on inner rows, shape (n, M).
    origin
        Number of the inner origin of each row, 0 to K-1. Each origin has exits and stayers.
    y
        Outcomes of these rows.
    settings
        Strength of the prior on the kappas.
    weight
        How often each row counts, shape (n,); once by default.
    """
    w = np.ones(len(y)) if weight is None else weight
    count, parts = int(origin.max()) + 1, F.shape[1]
    X = np.hstack([np.eye(count)[origin], F])
    start = np.concatenate([np.zeros(count), np.full(parts, 1.0 / parts)])
    free = np.full(count, -np.inf)
    b = fit_bounded_logistic(
        lambda: [(X, y, w)],
        start,
        penalty=np.concatenate([np.zeros(count), np.full(parts, settings.kappa_prior_information * count)]),
        centre=start,
        lower=np.concatenate([free, np.zeros(parts)]),
        upper=np.full(count + parts, np.inf),
    )
    p = expit(X @ b)
    information = np.bincount(origin, weights=w * p * (1 - p), minlength=count)
    return Slopes(b[count:], b[:count], 1.0 / np.maximum(information, 1e-9))


def date_offsets(y: Labels, day: Integers, settings: CalibrationSettings) -> Vector:
    """Return how far the level of each row's as-of date lies from that of all dates, in log-odds, shape (n,).

    Features that drift with the calendar (the length of the history, windows not yet covered) would otherwise stand in
    for the season of the training dates and carry it into the next one. Each date's log-odds of exit (half an exit
    added to either side) are shrunk toward their mean by the between-date variance, see `between_variance`; the
    offsets average to 0 over the dates. One date has offset 0.
    """
    dates, number = np.unique(day, return_inverse=True)
    rows, events = np.bincount(number), np.bincount(number, weights=y)
    levels = np.log((events + 0.5) / (rows - events + 0.5))
    variances = 1.0 / (events + 0.5) + 1.0 / (rows - events + 0.5)
    if len(dates) < 2:
        return np.zeros(len(y))
    between = between_variance(levels, variances, settings)
    precision = 1.0 / (variances + between)
    centre = float(precision @ levels / precision.sum())
    shrunk = between * precision * (levels - centre)
    return np.asarray((shrunk - shrunk.mean())[number], dtype=np.float64)


def between_variance(effects: Vector, variances: Vector, settings: CalibrationSettings) -> float:
    """Estimate the variance of effects between dates, observed with the given variances.

    DerSimonian and Laird's estimate (Controlled Clinical Trials 7, 1986) averaged with the prior's as one more date.
    """
    count = len(effects)
    between = settings.season_sd_prior**2
    if count > 1:
        weights = 1.0 / variances
        fixed = float(weights @ effects / weights.sum())
        heterogeneity = float(weights @ (effects - fixed) ** 2) - (count - 1)
        scale = float(weights.sum() - (weights @ weights) / weights.sum())
        between = (between + (count - 1) * max(0.0, heterogeneity / scale)) / count
    return between


def level(z: Vector, rate: float, weight: Vector | None = None) -> float:
    """Return the constant `r` with `mean expit(r + z) = rate`, for a rate in (0, 1); the mean may be weighted."""
    centre = float(np.log(rate / (1 - rate)))
    low, high = centre - float(z.max()), centre - float(z.min())
    r = centre - float(np.average(z, weights=weight))
    for _ in range(100):
        p = expit(r + z)
        excess = float(np.average(p, weights=weight)) - rate
        low, high = (low, r) if excess > 0 else (r, high)
        step = -excess / max(float(np.average(p * (1 - p), weights=weight)), 1e-300)
        # Newton where it stays inside the bracket, bisection where it does not: both ends of the sigmoid are flat.
        following = r + step if low < r + step < high else (low + high) / 2
        if abs(following - r) < 1e-13 * (1.0 + abs(r)):
            break
        r = following
    return r


def shrunk_shift(shifts: Vector, variances: Vector, settings: CalibrationSettings) -> tuple[float, float]:
    """Return how much of the origins' mean shift to carry over, and the between-origin standard deviation.

    Random effects `d_o ~ N(mu, tau^2)`, observed with variance `v_o`; `tau^2` as in `between_variance`. The next
    origin's shift differs from the estimated mean by `tau^2 + var`, not divided by K: neighbouring origins share their
    season. Positive-part James-Stein: `mu max(0, 1 - (tau^2 + var) / mu^2)`: nothing is carried over unless it stands
    out of its own noise.
    """
    between = between_variance(shifts, variances, settings)
    random = 1.0 / (variances + between)
    mean = float(random @ shifts / random.sum())
    noise = between + 1.0 / float((1.0 / variances).sum())
    factor = max(0.0, 1.0 - noise / mean**2) if mean else 0.0
    return mean * factor, float(np.sqrt(between))


def loss_with_intercepts(z: Vector, y: Labels, origin: Integers, weight: Vector | None = None) -> float:
    """Mean log-loss of log-odds after the best constant per origin: skill alone, whatever the season.

    Each origin has exits and stayers; `weight` says how often each row counts, once by default.
    """
    w = np.ones(len(y)) if weight is None else weight
    total = 0.0
    for number in range(int(origin.max()) + 1):
        rows = origin == number
        shifted = z[rows] + level(z[rows], float(np.average(y[rows], weights=w[rows])), w[rows])
        total += float(w[rows] @ (np.logaddexp(0.0, shifted) - y[rows] * shifted))
    return total / float(w.sum())


def held_out_loss(F: Matrix, y: Labels, origin: Integers, settings: CalibrationSettings) -> Vector:
    """Return the log-loss of every inner row, shape (n,): kappas of the *other* origins, the best constant of its own.

    So candidates with more kappas gain nothing from having them, and a season's base rate favours none.
    """
    loss = np.zeros(len(y))
    for number in range(int(origin.max()) + 1):
        rows = origin == number
        kappas = np.full(F.shape[1], 1.0 / F.shape[1])
        if not rows.all():
            others = np.unique(origin[~rows], return_inverse=True)[1]
            kappas = fit_slopes(F[~rows], y[~rows], others, settings).kappas
        z = F[rows] @ kappas
        z = z + level(z, float(y[rows].mean()))
        loss[rows] = np.logaddexp(0.0, z) - y[rows] * z
    return loss


def fit_calibration(
    F: Matrix,
    y: Labels,
    origin: Integers,
    training: Sequence[tuple[Matrix, Labels]],
    final: tuple[Matrix, Labels],
    settings: CalibrationSettings,
    *,
    span_days: int,
) -> Calibration:
    """Fit the whole map.

    Parameters
    ----------
    F, y, origin
        As in `fit_slopes`.
    training
        Per inner origin, the parts' log-odds on the rows they were fitted on, and those rows' outcomes.
    final
        The same for the parts fitted on all rows.
    settings
        Strength of the priors.
    span_days
        Days between the first and the last inner origin.
    """
    slopes = fit_slopes(F, y, origin, settings)
    expected = [level(logits @ slopes.kappas, float(outcome.mean())) for logits, outcome in training]
    shift, season = shrunk_shift(slopes.intercepts - np.array(expected), slopes.variances, settings)
    if span_days < settings.season_span_days:
        shift = 0.0
    alpha = level(final[0] @ slopes.kappas, float(final[1].mean())) + shift
    kappas = tuple(float(kappa) for kappa in slopes.kappas)
    return Calibration(kappas, alpha, shift, season, len(training), len(y), int(y.sum()))


def inner_logit(
    calibration: Calibration, F: Matrix, origin: Integers, training: Sequence[tuple[Matrix, Labels]]
) -> Vector:
    """Return the log-odds that the map gives the inner rows, each with the constant of its own origin, shape (n,).

    The constant keeps the base rate of the origin's training rows and carries the map's shift over, as `alpha` does at
    the final fit. So these are what was predicted before the outcomes were known, but for the kappas and the shift,
    which were fitted on the same rows. Arguments as in `fit_calibration`.
    """
    kappas = np.array(calibration.kappas)
    expected = np.array([level(logits @ kappas, float(outcome.mean())) for logits, outcome in training])
    return np.asarray(F @ kappas + expected[origin] + calibration.shift, dtype=np.float64)
