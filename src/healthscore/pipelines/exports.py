"""What a simulated company can export of its score: three files for `healthscore validate`.

Points of 0 to 100 per component and month (the planted sub-scores, 20 points to a standard deviation around 50), who
left when, and weights that nobody has checked: the same for every component.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from healthscore.pipelines.publish import write_csv

if TYPE_CHECKING:
    import pandas as pd

    from healthscore.tables.simulator import World

FOLDER = "exports"
MIDDLE, POINTS_PER_DEVIATION = 50.0, 20.0
STEP = 5
"""Hand-picked weights are multiples of five."""


def write_exports(world: World, directory: Path) -> dict[str, Path]:
    """Write `exports/scores.csv`, `exits.csv` and `weights.csv`; the path of each by name."""
    import pandas as pd

    folder = directory / FOLDER
    folder.mkdir(exist_ok=True)
    known = world.truth_tables["truth_subscores"].to_pandas()
    components = list(world.truth["components"])
    weights = even_weights(len(components))
    points = np.clip(np.rint(MIDDLE + POINTS_PER_DEVIATION * known[components]), 0, 100).astype(int)
    scores = pd.DataFrame({"account_id": known["account_id"], "date": known["as_of"]}).join(points)
    scores.insert(2, "score", (points.to_numpy() @ np.array(weights) / 100).round(1))
    frames = {
        "scores": scores,
        "exits": _exits(world.truth_tables["exits"].to_pandas()),
        "weights": pd.DataFrame({"component": components, "weight": weights}),
    }
    paths = {name: folder / f"{name}.csv" for name in frames}
    for name, frame in frames.items():
        write_csv(frame, paths[name])
    return paths


def even_weights(components: int) -> list[int]:
    """Weights in per cent on the grid of fives that are as even as it allows; they sum to 100, the first the larger."""
    steps = 100 // STEP
    return [STEP * (steps // components + (place < steps % components)) for place in range(components)]


def _exits(exits: pd.DataFrame) -> pd.DataFrame:
    """Who left and stayed away, as a billing system lists it."""
    gone = exits[exits["returned"].isna()]
    return gone[["account_id", "decided", "exit_type"]].rename(columns={"decided": "exit_date", "exit_type": "type"})
