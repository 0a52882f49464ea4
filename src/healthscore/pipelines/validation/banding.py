"""Bands of a validated score: where they meet, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from healthscore.asof import day_of
from healthscore.config import Bands
from healthscore.errors import ConfigurationError
from healthscore.models.scorecard import card_bands
from healthscore.pipelines.validation.histories import History

COLOURS = {
    2: ("red", "green"),
    3: ("red", "yellow", "green"),
    4: ("red", "orange", "yellow", "green"),
    5: ("red", "orange", "yellow", "light green", "green"),
}


def bands_of(edges: Sequence[float]) -> Bands:
    """Bands that meet at the edges, named and coloured from the least healthy to the healthiest."""
    if list(edges) != sorted(set(edges)) or not edges or any(not 0 < edge < 100 for edge in edges):
        raise ConfigurationError(
            f"edges {', '.join(f'{e:g}' for e in edges)}", "give edges that rise between 0 and 100"
        )
    if len(edges) == 2:
        return Bands(edges=tuple(edges))
    limits = [0.0, *edges, 100.0]
    names = tuple(f"{low:g} to {high:g}" for low, high in pairwise(limits))
    return Bands(edges=tuple(edges), names=names, colours=COLOURS.get(len(names), names))


def stated_bands(edges: Sequence[float] | None, history: History) -> Bands:
    """Bands by the edges, else those of the scorecard that the components were read by, else the default ones.

    Raises
    ------
    ConfigurationError
        The edges, or the scorecard's quartiles, cannot be used.
    """
    if edges is not None:
        return bands_of(edges)
    parts = history.components
    if parts is None or not parts.weighting.handcrafted_bands:
        return Bands()
    card = parts.weighting.card
    reference = (
        None if card.bands.quartiles_of is None else history.score[history.day == day_of(card.bands.quartiles_of)]
    )
    bands = card_bands(card, reference)
    return Bands(names=bands.names, edges=bands.edges, colours=bands.colours)
