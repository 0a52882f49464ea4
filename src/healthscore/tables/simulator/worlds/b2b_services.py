"""A services firm with yearly contracts: clients renew where work is delivered and people meet."""

from __future__ import annotations

from healthscore.tables.simulator.clientele import Clientele
from healthscore.tables.simulator.recipe import Recipe

RECIPE = Recipe(
    name="b2b_services",
    title="a services firm whose clients renew for a year where work is delivered, people meet and projects please",
    industry="b2b_services",
    weights={"relationship": 0.30, "delivery": 0.30, "satisfaction": 0.25, "finance": 0.15, "engagement": 0.0},
    clientele=Clientele(
        segments={"C": 0.55, "B": 0.33, "A": 0.12},
        sizes=(3.0, 8.0, 20.0),
        places={"DE": 0.4, "AT": 0.2, "CH": 0.2, "NL": 0.1, "FR": 0.1},
        prefix="CL-",
        share_at_start=0.75,
        group_share=0.06,
    ),
    annual_rates={"voluntary": 0.20, "involuntary": 0.01, "merged": 0.0, "paused": 0.0},
    strength=4.0,
    persistence=0.985,
    notice_share=0.5,
    months=30,
    yearly_terms=True,
    gap_days=30,
    horizon_days=180,
    grace_days=60,
    large_sample={
        "relationship": 0.3027,
        "delivery": 0.3013,
        "satisfaction": 0.2480,
        "finance": 0.1498,
        "engagement": -0.0018,
    },
)
