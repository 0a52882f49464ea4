"""Whom a simulated company serves: the sizes, places and ages of its customers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Clientele:
    """The customers of a kind of company, before anything happens.

    Parameters
    ----------
    segments, places
        Shares of the groups of customers and of the countries (or towns) they live in; each sums to 1.
    sizes
        Median size per segment: seats, or how much of an average customer's business they do.
    prefix
        What account ids start with.
    trial_share
        Share of customers that start with a trial, the last segment aside.
    share_at_start
        Share of customers that were there before the first day with data.
    group_share
        Share of customers that are parts of another one: they have its states, its terms and its end.
    """

    segments: Mapping[str, float]
    sizes: tuple[float, ...]
    places: Mapping[str, float]
    prefix: str = "A-"
    trial_share: float = 0.0
    share_at_start: float = 0.65
    group_share: float = 0.0


SOFTWARE = Clientele(
    segments={"smb": 0.60, "mid": 0.30, "enterprise": 0.10},
    sizes=(5.0, 14.0, 40.0),
    places={"US": 0.40, "DE": 0.16, "GB": 0.14, "FR": 0.10, "IN": 0.08, "BR": 0.07, "AU": 0.05},
    trial_share=0.7,
)
