"""Ranges of a score: bands with names and colours, and letters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pydantic import model_validator

from healthscore.config.section import Section


class Bands(Section):
    """Half-open ranges of the displayed score, the least healthy first; the top one is closed at 100."""

    edges: tuple[float, ...] = (40.0, 70.0)
    """Where one band ends and the next begins; an edge belongs to the band above it."""
    names: tuple[str, ...] = ("at risk", "needs attention", "healthy")
    """The least healthy first; one more than edges."""
    colours: tuple[str, ...] = ("red", "yellow", "green")
    """One for each name."""

    @model_validator(mode="after")
    def _one_more_name_than_edges(self) -> Bands:
        _match(self)
        return self


class CardBands(Bands):
    """Bands of a scorecard: between edges, or by the quartiles of the scores on a reference date.

    With `quartiles_of` the classes are frozen: a book in general decline falls through them. Three names are the least
    healthy quarter, the middle half and the healthiest quarter; four names are the four quarters.
    """

    quartiles_of: date | None = None
    """The date whose quartiles are the edges, in place of `edges`."""

    @model_validator(mode="after")
    def _one_more_name_than_edges(self) -> CardBands:
        if len(set(self.names)) < len(self.names):
            raise ValueError("two bands have the same name")
        if self.quartiles_of is None:
            _match(self)
        elif "edges" in self.model_fields_set:
            raise ValueError("bands have either `edges` or `quartiles_of`")
        elif len(self.names) not in (3, 4) or len(self.colours) != len(self.names):
            raise ValueError("by quartiles there are three or four names, and as many colours")
        return self


class Letters(Section):
    """Grades: half-open ranges of the displayed score, the lowest first."""

    edges: tuple[float, ...]
    """Where one letter ends and the next begins."""
    names: tuple[str, ...]
    """The lowest first; one more than edges."""

    @model_validator(mode="after")
    def _one_more_name_than_edges(self) -> Letters:
        rising_edges(self.edges)
        if len(self.names) != len(self.edges) + 1 or len(set(self.names)) < len(self.names):
            raise ValueError("there is one more letter than there are edges, and each stands once")
        return self


def _match(bands: Bands) -> None:
    rising_edges(bands.edges)
    if len(bands.names) != len(bands.edges) + 1 or len(bands.colours) != len(bands.names):
        raise ValueError("there is one more name, and one more colour, than there are edges")


def rising_edges(edges: Sequence[float]) -> None:
    """Raise ValueError unless edges rise strictly between 0 and 100."""
    if list(edges) != sorted(set(edges)) or any(not 0 < edge < 100 for edge in edges):
        raise ValueError("`edges` rise strictly between 0 and 100")
