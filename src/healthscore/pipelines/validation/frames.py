"""What a validation says, as data frames for whoever works on with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from healthscore.asof import date_of
from healthscore.config import Bands
from healthscore.pipelines.validation.histories import History
from healthscore.pipelines.validation.judged import Scored

if TYPE_CHECKING:
    import pandas as pd


def frames_of(
    history: History, rows: Scored, bands: Bands, result: Mapping[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Snapshots whose outcome is known, and the tables of bands, deciles, segments and weights of the result."""
    import pandas as pd

    names = np.unique(history.account.astype(str))
    snapshots = pd.DataFrame(
        {
            "account_id": names[rows.account],
            "date": [date_of(int(day)) for day in rows.day],
            "score": rows.score,
            "band": np.array(bands.names, dtype=object)[rows.band],
            "left": rows.label,
        }
    )
    bands_frame, deciles, segments = (
        pd.json_normalize(list(result[name])) for name in ("bands", "deciles", "segments")
    )
    weights = [{"component": name, **one} for name, one in (result.get("components") or {}).items()]
    return snapshots, bands_frame, deciles, segments, pd.json_normalize(weights)
