"""Growth of one account, taken apart beside its health."""

from __future__ import annotations

from typing import Any, cast

import pandas as pd

from healthscore.pipelines.growth.scoring import DRIVERS
from healthscore.pipelines.longtable import DriversTable
from healthscore.pipelines.scoretable import Rated


def growth_of(rated: Rated, row: pd.Series[Any]) -> dict[str, Any] | None:
    """The growth score of an account: points by component and feature that add up to it, or why it has none.

    None where the scores have no growth beside them.

    Parameters
    ----------
    row
        The account's row of the scores.
    """
    if "growth" not in row:
        return None
    about = {
        "growth": row["growth"],
        "growth_low": row["growth_low"],
        "growth_high": row["growth_high"],
        "band": row["growth_band"],
        "probability": row["growth_probability"],
        "reason": row["growth_reason"] or None,
        "ready_for_expansion": row["ready_for_expansion"],
    }
    if pd.isna(row["growth"]):
        return about
    mine = cast(DriversTable, rated.beside[DRIVERS]).of(row["account_id"])
    points = dict(iter(mine.groupby("kind")))
    said = {feature.name: feature for feature in rated.book.panel.features}
    features = points["feature"]
    told = [said[name].say(value) for name, value in zip(features["feature"], features["value"], strict=True)]
    features = features.assign(sentence=told, strength=features["points"].abs())
    features = features.sort_values("strength", ascending=False, kind="stable")
    return about | {
        "period": rated.result["growth"]["period"],
        "base": points["base"]["points"].iloc[0],
        "capped": points["capped"]["points"].iloc[0],
        "components": dict(zip(points["component"]["component"], points["component"]["points"], strict=True)),
        "features": features[["component", "feature", "value", "points", "sentence"]].to_dict("records"),
        "skill": rated.result["growth"]["skill"],
    }
