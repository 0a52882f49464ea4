"""EVIDENCE: kinds of evidence that a table tells snapshots what happened after them, one file each."""

from __future__ import annotations

from collections.abc import Callable

from healthscore.pipelines.leaks.alone import alone
from healthscore.pipelines.leaks.arrivals import arrivals
from healthscore.pipelines.leaks.findings import Evidence
from healthscore.pipelines.leaks.identifiers import identifiers
from healthscore.pipelines.leaks.material import Material
from healthscore.pipelines.leaks.missing import missing_pasts
from healthscore.pipelines.leaks.periods import periods
from healthscore.pipelines.leaks.replay import replay
from healthscore.pipelines.leaks.standing import current_state
from healthscore.pipelines.leaks.timing import timing

EVIDENCE: dict[str, Callable[[Material], Evidence]] = {
    "replay": replay,
    "timing": timing,
    "periods": periods,
    "arrivals": arrivals,
    "current state": current_state,
    "missing pasts": missing_pasts,
    "identifiers": identifiers,
    "single features": alone,
}
"""By name, in the order in which it is taken."""

OF_PANELS = ("identifiers", "single features")
"""What can be asked of a ready-made panel: its rows were computed elsewhere."""
