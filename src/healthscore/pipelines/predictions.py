"""Scores of bare feature rows by a bundle: what a served model answers, in the columns of `scores.parquet`."""

from __future__ import annotations

import pandas as pd

from healthscore.models.bundle import Bundle
from healthscore.models.design import expit
from healthscore.models.drivers import component_drivers
from healthscore.pipelines.uncertainty import score_interval


def predictions(bundle: Bundle, rows: pd.DataFrame) -> pd.DataFrame:
    """Health, band, interval, probability and points of each component, a row for each row.

    Parameters
    ----------
    rows
        A column for every feature of the model, by name and in any order, missing values as NaN. Others are ignored.

    Raises
    ------
    BundleError
        A feature of the model is no column: what was not measured is missing, and no reason to leave the column out.
    InputError
        A value is infinite.
    """
    model, scale = bundle.model, bundle.scale
    names = [name for name in model.design.names if name in rows.columns]
    X = model.design.aligned(rows[names].to_numpy(dtype="float64", na_value=float("nan")), names)
    components = model.component_logit(X, names)
    drivers = component_drivers(model, scale, components)
    health = drivers.score_tenths / 10.0
    ends = {}
    if bundle.refits is not None:
        held = model.logit_from_components(model.held(components))
        ends["health_low"], ends["health_high"] = score_interval(bundle, X, held)
    points = {f"points_{name}": drivers.points_tenths[:, i] / 10.0 for i, name in enumerate(drivers.groups)}
    return pd.DataFrame(
        {
            "health": health,
            "band": bundle.bands.of(health),
            **ends,
            "probability": expit(model.logit_from_components(components)),
            "points_base": drivers.base_tenths / 10.0,
            **points,
            "points_capped": drivers.capped_tenths / 10.0,
        },
        index=rows.index,
    )
