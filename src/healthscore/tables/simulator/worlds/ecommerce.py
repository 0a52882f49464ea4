"""A web shop: customers without a contract, who one day stop buying."""

from __future__ import annotations

from healthscore.tables.simulator.clientele import Clientele
from healthscore.tables.simulator.recipe import Recipe

RECIPE = Recipe(
    name="ecommerce",
    title="a web shop whose customers stop buying where they look around less, send much back and are not happy",
    industry="ecommerce",
    weights={"purchases": 0.30, "browsing": 0.30, "satisfaction": 0.20, "service": 0.20, "communication": 0.0},
    clientele=Clientele(
        segments={"standard": 0.80, "plus": 0.20},
        sizes=(3.0, 4.0),
        places={"DE": 0.5, "AT": 0.2, "NL": 0.15, "BE": 0.15},
        prefix="C-",
        share_at_start=0.5,
    ),
    annual_rates={"voluntary": 0.45, "involuntary": 0.0, "merged": 0.0, "paused": 0.0},
    notice_share=0.0,
    return_in_grace=0.0,
    gap_days=0,
    horizon_days=90,
    large_sample={
        "purchases": 0.3003,
        "browsing": 0.3000,
        "satisfaction": 0.2002,
        "service": 0.1994,
        "communication": 0.0001,
    },
)
