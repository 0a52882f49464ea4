"""`out/models/registry.json`: versions, score scales and what happened to them, as immutable records.

The history only grows, and names everything that ever scored; who is champion follows from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from healthscore.config.section import Section
from healthscore.models.health import ScoreScale

FORMAT: Literal[1] = 1


class Version(Section):
    """A trained model that was registered.

    Attributes
    ----------
    version
        1, 2, 3 ... in the order of registration.
    identity
        Of the training run.
    digest
        SHA-256 of the trained bundle's manifest, which holds the checksums of all its files.
    model, features
        Key in `MODELS`, and number of features.
    outcome
        What it predicts: kind, gap_days, horizon_days.
    first, last, known_until
        Dates of the first and last snapshots that it learned from, and when the last of their outcomes was known.
        Nothing from `known_until` on has shaped it.
    package
        Version of this package that trained it.
    scales
        Its own score scale, as it was trained, of every bundle that it has (`bundle`, `growth`).
    """

    version: int
    identity: str
    digest: str
    model: str
    features: int
    outcome: dict[str, Any]
    first: date
    last: date
    known_until: date
    package: str
    scales: dict[str, ScoreScale]


class Scale(Section):
    """A score scale that a champion has scored on: 1, 2, 3 ... with the version that set it, and the way from the last.

    `crosswalk` is None for the first; see `scales.crosswalk`.
    """

    scale: int
    version: int
    scales: dict[str, ScoreScale]
    crosswalk: dict[str, Any] | None = None


class Event(Section):
    """Something that happened to a version.

    Attributes
    ----------
    directory, digests
        Where the version lies, below `out/models`, as it scores since this event, and of each of its bundles (`bundle`,
        `growth`) the SHA-256 of the manifest.
    scale
        Number of the scale that it scores on; None for its own, before there is a champion.
    at
        First day that the data did not cover at the event, where data were looked at.
    author, why
        User name of whoever did it, and the reason given.
    comparison
        Of a promotion or a refusal: what was found.
    """

    event: Literal["registered", "promoted", "kept", "rolled back"]
    version: int
    directory: str
    digests: dict[str, str]
    scale: int | None
    at: date | None = None
    author: str | None = None
    why: str | None = None
    forced: bool = False
    comparison: dict[str, Any] | None = None


class Registry(Section):
    """Everything that is registered for a run; all parts in the order in which they came."""

    format: Literal[1] = FORMAT
    versions: tuple[Version, ...] = ()
    scales: tuple[Scale, ...] = ()
    events: tuple[Event, ...] = ()

    def reigns(self) -> list[Event]:
        """The events by which the champion and those before it came to score, the latest last.

        A rollback takes the latest away, so that another one goes back further still.
        """
        stack: list[Event] = []
        for event in self.events:
            if event.event == "promoted":
                stack.append(event)
            elif event.event == "rolled back":
                stack.pop()
        return stack

    @property
    def champion(self) -> Event | None:
        """The event by which the champion came to score."""
        reigns = self.reigns()
        return reigns[-1] if reigns else None

    @property
    def challenger(self) -> Version | None:
        """The newest version, as long as it has never been champion."""
        newest = self.versions[-1] if self.versions else None
        been = {event.version for event in self.events if event.event == "promoted"}
        return None if newest is None or newest.version in been else newest

    @property
    def scale(self) -> Scale | None:
        """The scale that the champion scores on."""
        return None if self.champion is None else next(s for s in self.scales if s.scale == self.champion.scale)

    def placed(self, version: int) -> Event:
        """The event by which a version came to lie where it last lay."""
        return next(e for e in reversed(self.events) if e.version == version and e.event != "kept")

    def placed_on(self, version: int, scale: int) -> Event | None:
        """The event by which a version came to lie on a scale; None if it never did."""
        known = (e for e in self.events if e.version == version and e.scale == scale and e.event != "kept")
        return next(known, None)

    def numbered(self, version: int) -> Version | None:
        """The version of that number."""
        return next((each for each in self.versions if each.version == version), None)

    def alias(self, version: int) -> str | None:
        """`champion`, `challenger` or None."""
        if self.champion is not None and self.champion.version == version:
            return "champion"
        return "challenger" if self.challenger is not None and self.challenger.version == version else None

    def then(self, event: Event, *, version: Version | None = None, scale: Scale | None = None) -> Registry:
        """The registry after an event; `version` and `scale` are those that come with it."""
        scales = {each.scale: each for each in self.scales} | ({} if scale is None else {scale.scale: scale})
        return Registry(
            versions=self.versions if version is None else (*self.versions, version),
            scales=tuple(scales.values()),
            events=(*self.events, event),
        )

    def consistent(self) -> Registry:
        """The registry itself.

        Raises
        ------
        ValueError
            Something is referred to that is not there: a part of the file is missing.
        """
        numbers, scales = {each.version for each in self.versions}, {each.scale for each in self.scales}
        reigning = 0
        for event in self.events:
            reigning += {"promoted": 1, "rolled back": -1}.get(event.event, 0)
            if event.version not in numbers or (event.scale is not None and event.scale not in scales) or reigning < 0:
                raise ValueError(f"what it says of version {event.version} ({event.event}) does not fit the rest")
        if sorted(numbers) != list(range(1, len(self.versions) + 1)) or len(self.events) < len(self.versions):
            raise ValueError("versions are missing from it")
        return self


def read_registry(document: Mapping[str, Any]) -> Registry:
    """The registry of a JSON object; raises ValueError (also pydantic's) where it is none."""
    return Registry.model_validate(document).consistent()
