"""Who was right, the score or the person who overrode it: bands of both against what happened."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from healthscore.evaluation.clustered import paired_difference
from healthscore.evaluation.proportions import rate
from healthscore.models.health import Bands
from healthscore.outcomes.snapshots import Label
from healthscore.pipelines.actions.overrides import override_sources, overrides_at
from healthscore.pipelines.auditing.material import Floats, Material, Rows
from healthscore.tables import Tables

RAISED, LOWERED, SAME = "healthier", "less healthy", "the same band"


def overrides_section(material: Material, tables: Tables) -> dict[str, Any] | None:
    """Overridden scores whose outcome is known; None where the run has no overrides.

    Each band stands for the share that left among the scores in it that nobody overrode. `log_loss` is that of the
    person's band minus that of the computed band, paired: below 0 the person was right.
    """
    if not override_sources(material.run):
        return None
    bands = Bands(material.run.bands.names, material.run.bands.edges, material.run.bands.colours)
    rows = material.known
    said = said_bands(material, tables, rows, bands)
    computed = bands.index(material.health[rows])
    y = material.book.label[rows] == Label.EXITED
    clusters = material.book.cluster[rows]
    over = said >= 0
    meant = meant_by_band(computed[~over], y[~over], len(bands.names))
    directions = np.where(said > computed, RAISED, np.where(said < computed, LOWERED, SAME))
    groups = [
        {
            "direction": name,
            **rate(y[inside], clusters[inside]).as_dict(),
            "computed": float(meant[computed[inside]].mean()),
        }
        for name in (RAISED, LOWERED, SAME)
        if (inside := over & (directions == name)).any()
    ]
    changed = over & (said != computed)
    answer: dict[str, Any] = {
        "n": int(over.sum()),
        "changed": int(changed.sum()),
        "accounts": len(np.unique(clusters[over])),
        "groups": groups,
        "log_loss": None,
        "right": None,
    }
    if not changed.any():
        return answer
    loss = paired_difference(
        y[changed],
        meant[said[changed]],
        meant[computed[changed]],
        clusters[changed],
        "log_loss",
        resamples=material.run.report.resamples,
        seed=material.run.seed,
    )
    right = None if not loss.excludes(0.0) else "person" if (loss.estimate or 0.0) < 0 else "score"
    return answer | {"log_loss": loss, "right": right}


def said_bands(material: Material, tables: Tables, rows: Rows, bands: Bands) -> NDArray[np.int64]:
    """Number of the band that a person gave each row at its date; -1 where nobody did."""
    ends = {name: (low, high) for name, low, high in bands.ranges()}
    number = {name: place for place, name in enumerate(bands.names)}
    said = np.full(len(rows), -1, np.int64)
    for scored, day in zip(material.history, material.days, strict=True):
        inside = np.flatnonzero(material.day[rows] == day)
        if not len(inside):
            continue
        found = overrides_at(material.run, tables, scored.as_of, ends)
        given = dict(zip(found["account_id"], found["override_band"], strict=True))
        said[inside] = [number.get(str(given.get(account)), -1) for account in material.ids[rows[inside]]]
    return said


def meant_by_band(band: NDArray[np.int64], y: NDArray[np.bool_], bands: int) -> Floats:
    """Share that left per band, shape (bands,); half an exit more in each, so that no band means never."""
    n, events = np.bincount(band, minlength=bands), np.bincount(band, y, minlength=bands)
    return np.asarray((events + 0.5) / (n + 1.0), np.float64)
