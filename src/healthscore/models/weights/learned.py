"""Sub-scores that a model learns: what each component of the features says, before anybody gives it a weight.

The blend (component-additive) is fitted on the learning rows alone and frozen. Its contributions
`phi_c = f_c - mean_R f_c`, in log-odds, are centred on the reference R, the accounts of the last learning date, and
turned into sub-scores `u_c = -phi_c / sd_R(phi_c)` on the later rows: standard deviations, higher is healthier. What
these are worth is judged on the later rows, like the sub-scores of a scorecard; `sd_R(phi_c) / sum sd_R(phi)`, the SHAP
share, only describes the model.

Measured on simulated states as features (ten books each, one column per component): with 880 exiting accounts, of which
420 are later ones, the validated weights of learned sub-scores are off by 1.4 points on average where effects are
straight and by 2.0 where they are curved (560 and 260: 2.0 and 2.8); the first component was always the right one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from healthscore.errors import InsufficientDataError
from healthscore.models.churn import ChurnSettings, fit_candidates
from healthscore.models.design import Design, Integers, Matrix, Vector, checked_matrix
from healthscore.models.weights.shares import spread_shares

MODEL = "blend"


@dataclass(frozen=True, eq=False)
class Learned:
    """Learned sub-scores of the later rows, and what the model leans on. G components, context left out.

    Parameters
    ----------
    components
        Names of the G component groups; time to renewal and other context earns no points, so it has no weight.
    u
        Sub-scores, shape (m, G): `-phi_c / sd_R(phi_c)`, and 0 for a component whose contribution never moves on R.
    rows
        Positions of the m later rows among the rows given.
    shares
        SHAP share of each component, shape (G,), sum 1; None where nothing moves.
    spread, mean_abs
        `sd_R(phi_c)` and `mean_R |phi_c|`, shape (G,), in log-odds.
    """

    components: tuple[str, ...]
    u: Matrix
    rows: Integers
    shares: Vector | None
    spread: Vector
    mean_abs: Vector


def learn_subscores(
    design: Design,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    day: npt.ArrayLike,
    known: npt.ArrayLike,
    *,
    split_day: int,
    seed: int,
    threads: int,
) -> Learned:
    """Fit the blend on the rows whose outcome was final by `split_day`, and read the rows from that day on with it.

    Parameters
    ----------
    design
        Names, components and directions of the columns. With a scorecard's sub-scores as columns, one component each,
        the SHAP shares are in the unit of its weights.
    X, y, day, known
        Features (n, p) with NaN for missing, outcomes in {0, 1}, as-of days, days on which outcomes were final (n,).
    split_day
        The later rows start here: `splitting.split_day`.
    seed, threads
        Of the fit.

    Raises
    ------
    InsufficientDataError
        No outcome was final by that day, or only one kind of outcome.
    """
    matrix = checked_matrix(X, design.names)
    days, knowns = (np.asarray(values, dtype=np.int64) for values in (day, known))
    learning = knowns <= split_day
    if not learning.any():
        raise InsufficientDataError(
            "no outcome was final on the day from which weights are judged", "judge them on a longer history"
        )
    model = fit_candidates(
        design,
        matrix[learning],
        np.asarray(y)[learning],
        days[learning],
        knowns[learning],
        seed=seed,
        settings=ChurnSettings(threads=threads),
        candidates=[MODEL],
    ).models[MODEL]
    # All accounts of that date, also those whose outcome was final later: a reference needs no outcomes.
    reference = model.component_logit(matrix[days == days[learning].max()], design.names)
    later = np.flatnonzero(days >= split_day)
    weighed = ~design.context_groups
    phi = (model.component_logit(matrix[later], design.names) - reference.mean(axis=0))[:, weighed]
    centred = (reference - reference.mean(axis=0))[:, weighed]
    spread = centred.std(axis=0)
    spread[spread <= 1e-9 * np.abs(reference[:, weighed]).max(axis=0)] = 0.0
    return Learned(
        components=tuple(np.array(design.groups, dtype=object)[weighed].tolist()),
        u=np.where(spread > 0, -phi / np.where(spread > 0, spread, 1.0), 0.0),
        rows=later.astype(np.int64),
        shares=spread_shares(centred),
        spread=spread,
        mean_abs=np.abs(centred).mean(axis=0),
    )
