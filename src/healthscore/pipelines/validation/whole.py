"""Everything that is said of a score history without naming where it came from: an export, or a scorecard in a run."""

from __future__ import annotations

from typing import Any

from healthscore.config import Bands
from healthscore.pipelines.validation.breakdown import band_table, by_date, decile_table, monotone, segment_table
from healthscore.pipelines.validation.histories import History
from healthscore.pipelines.validation.judged import Scored, book_size, churners, pooled_figures
from healthscore.pipelines.validation.observed import Observed


def judged_whole(
    history: History, observed: Observed, rows: Scored, bands: Bands, capacity: int | None
) -> dict[str, Any]:
    """Figures of the score as a whole, by band, by tenth, by segment and by date: keys of a validation's result."""
    band_rows, deciles = band_table(rows, bands), decile_table(rows)
    snapshots, origins = by_date(history, observed, rows)
    return {
        **pooled_figures(rows, capacity, book_size(history, observed)),
        "churners": churners(rows),
        "bands": band_rows,
        "deciles": deciles,
        "monotone": monotone(band_rows, deciles),
        "segments": segment_table(rows),
        "origins": origins,
        "snapshots": snapshots,
    }
