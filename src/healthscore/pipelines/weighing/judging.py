"""Weights judged with the SHAP shares of a model of the same sub-scores beside them."""

from __future__ import annotations

from healthscore.models.design import Design, Vector
from healthscore.models.weights.judgement import MINIMUM_EXITING, Judgement, judge_weights
from healthscore.models.weights.learned import learn_subscores
from healthscore.models.weights.rows import WeightRows
from healthscore.models.weights.splitting import split_day


def judge_with_shares(rows: WeightRows, *, seed: int, threads: int = 1, later_than: int | None = None) -> Judgement:
    """Judge weights as `judge_weights` does, with the SHAP shares of a model that knows the sub-scores only.

    The model learns from the rows known by the day on which the later rows start; where too few accounts left, or no
    later dates are left to judge by, there is none.
    """
    shares = None
    if rows.exiting >= MINIMUM_EXITING and (day := split_day(rows, later_than)) is not None:
        shares = _shap_shares(rows, day, seed, threads)
    return judge_weights(rows, later_than=later_than, shap_share=shares)


def _shap_shares(rows: WeightRows, day: int, seed: int, threads: int) -> Vector | None:
    """One feature per component, free to be of use in either direction."""
    places = tuple(f"c{place}" for place in range(len(rows.components)))
    design = Design(names=places, components=places, monotone=(0,) * len(places))
    learned = learn_subscores(design, rows.s, rows.y, rows.day, rows.known, split_day=day, seed=seed, threads=threads)
    return None if learned is None else learned.shares
