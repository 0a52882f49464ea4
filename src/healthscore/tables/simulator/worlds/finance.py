"""A retail bank: customers with several products, who close their account."""

from __future__ import annotations

from healthscore.tables.simulator.clientele import Clientele
from healthscore.tables.simulator.recipe import Recipe

RECIPE = Recipe(
    name="finance",
    title="a retail bank whose customers leave where they pay less through it, move money away, and complaints drag on",
    industry="finance",
    weights={
        "activity": 0.30,
        "balances": 0.25,
        "service": 0.20,
        "satisfaction": 0.15,
        "advice": 0.10,
        "digital": 0.0,
    },
    clientele=Clientele(
        segments={"mass": 0.70, "affluent": 0.22, "private": 0.08},
        sizes=(2.0, 3.0, 4.0),
        places={"Harbour": 0.3, "Old Town": 0.3, "University": 0.2, "Airport": 0.2},
        prefix="B-",
        share_at_start=0.8,
    ),
    strength=5.0,
    annual_rates={"voluntary": 0.25, "involuntary": 0.01, "merged": 0.0, "paused": 0.0},
    notice_share=0.3,
    return_in_grace=0.0,
    return_later=0.03,
    horizon_days=90,
    large_sample={
        "activity": 0.2990,
        "balances": 0.2499,
        "service": 0.1991,
        "satisfaction": 0.1515,
        "advice": 0.0999,
        "digital": 0.0006,
    },
)
