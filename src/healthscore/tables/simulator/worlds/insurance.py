"""An insurer: policies that renew every year, and claims that decide more than anything else."""

from __future__ import annotations

from healthscore.tables.simulator.clientele import Clientele
from healthscore.tables.simulator.experiences import claim_shocks
from healthscore.tables.simulator.recipe import Recipe

RECIPE = Recipe(
    name="insurance",
    title="an insurer whose customers leave at a renewal where a claim was settled late, they are unhappy, or unknown",
    industry="insurance",
    weights={"satisfaction": 0.35, "contact": 0.25, "payments": 0.20, "claims": 0.20, "digital": 0.0},
    clientele=Clientele(
        segments={"single": 0.45, "family": 0.45, "business": 0.10},
        sizes=(2.0, 3.0, 5.0),
        places={"north": 0.3, "south": 0.3, "east": 0.2, "west": 0.2},
        prefix="N-",
        share_at_start=0.8,
    ),
    annual_rates={"voluntary": 0.17, "involuntary": 0.01, "merged": 0.0, "paused": 0.0},
    strength=4.5,
    persistence=0.985,
    notice_share=0.6,
    months=30,
    yearly_terms=True,
    shocks=claim_shocks,
    gap_days=30,
    horizon_days=180,
    grace_days=60,
    large_sample={
        "satisfaction": 0.3398,
        "contact": 0.2414,
        "payments": 0.1921,
        "claims": 0.2275,
        "digital": -0.0008,
    },
)
