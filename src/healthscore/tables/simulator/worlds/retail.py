"""A chain of shops with a loyalty card: customers buy less, and some stop coming."""

from __future__ import annotations

from healthscore.tables.simulator.clientele import Clientele
from healthscore.tables.simulator.recipe import Recipe

RECIPE = Recipe(
    name="retail",
    title="a chain of shops whose customers buy less where they know few departments, are unhappy, or complain",
    industry="retail",
    weights={"visits": 0.30, "variety": 0.25, "satisfaction": 0.25, "service": 0.20, "promotions": 0.0},
    clientele=Clientele(
        segments={"under 35": 0.30, "35 to 60": 0.45, "over 60": 0.25},
        sizes=(2.0, 4.0, 2.0),
        places={"North": 0.3, "Station": 0.25, "Market Square": 0.25, "Outlet Park": 0.2},
        prefix="K-",
        share_at_start=0.6,
    ),
    annual_rates={"voluntary": 0.15, "involuntary": 0.0, "merged": 0.0, "paused": 0.0},
    notice_share=0.0,
    return_in_grace=0.0,
    lead_weeks=8,
    persistence=0.95,
    gap_days=0,
    horizon_days=84,
    large_sample={
        "visits": 0.3000,
        "variety": 0.2484,
        "satisfaction": 0.2527,
        "service": 0.1995,
        "promotions": -0.0007,
    },
)
