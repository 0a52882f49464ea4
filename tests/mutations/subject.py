"""The bundle that is mutated: every kind of file and section that there is, and small."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from healthscore.models.booster import BoosterSettings
from healthscore.models.bundle import Bundle, save
from healthscore.models.churn import ChurnSettings, fit_candidates
from healthscore.models.design import Design, expit
from healthscore.models.health import ScoreScale
from healthscore.models.refitting import refit
from healthscore.models.seen import Seen

ACCOUNTS, DATES, REFITS = 120, 6, 3
DESIGN = Design(
    names=("logins", "users", "nps", "tickets", "plan is a", "plan is b", "days to renewal"),
    components=("activity", "activity", "satisfaction", "support", "account", "account", "renewal"),
    monotone=(-1, 0, -1, 1, 0, 0, 0),
    joint=(("activity", "support"),),
    context=("days to renewal",),
)
SETTINGS = ChurnSettings(booster=BoosterSettings(trees_tried=(12,), trees_default=((0, 12),)), threads=1)


def save_subject(directory: Path) -> Path:
    """Fit a blend on a made-up book and save it with what was seen and with refits."""
    rng = np.random.default_rng(7)
    rows = ACCOUNTS * DATES
    account, date = np.repeat(np.arange(ACCOUNTS), DATES), np.tile(np.arange(DATES), ACCOUNTS)
    X = np.column_stack(
        [
            rng.poisson(8, rows),
            rng.poisson(3, rows),
            np.where(rng.random(rows) < 0.6, rng.integers(0, 11, rows), np.nan),
            rng.poisson(1, rows),
            account % 2 == 0,
            account % 2 == 1,
            rng.integers(0, 365, rows),
        ]
    ).astype(np.float64)
    z = -1.5 - 0.3 * (X[:, 0] - 8) + 0.6 * X[:, 3] + 0.5 * X[:, 4]
    y = (rng.random(rows) < expit(z)).astype(np.int8)
    day = date * 30
    fitted = fit_candidates(DESIGN, X, y, day, day + 60, seed=1, settings=SETTINGS, candidates=["blend"])
    reference = X[date == DATES - 1]
    frozen = fitted.models["blend"].frozen(reference, y[date == DATES - 1], DESIGN.names)
    refits = refit(frozen, fitted, X, y, day, account, reference, count=REFITS, settings=SETTINGS)
    seen = Seen.of(X, reference, frozen.logit(reference, DESIGN.names), [(4, 5)])
    scale = ScoreScale.relative(frozen.reference.rate if frozen.reference else 0.1)
    save(Bundle(frozen, scale, metadata={"run": "démo", "horizon_days": 60}, seen=seen, refits=refits), directory)
    return directory
