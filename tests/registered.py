"""A run with registered versions, for tests to do with what they like."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from healthscore.config import Run
from healthscore.pipelines.registry import store
from healthscore.pipelines.registry.records import Event, Registry, Scale
from healthscore.pipelines.registry.versions import BUNDLE


@dataclass(frozen=True)
class Registered:
    """A run with versions, as it is now."""

    run: Run

    @property
    def folder(self) -> Path:
        """Where the versions lie."""
        return store.folder_of(self.run)

    def enthroned(self, version: int) -> Registered:
        """The same with a champion that nobody compared, on its own scale."""

        def step(now: Registry) -> Registry:
            known = now.numbered(version)
            assert known is not None
            scale = Scale(scale=len(now.scales) + 1, version=version, scales=known.scales)
            event = now.placed(version).model_copy(update={"event": "promoted", "scale": scale.scale})
            return now.then(event, scale=scale)

        store.change(self.run, step)
        return self

    def events(self) -> tuple[Event, ...]:
        """What happened so far."""
        return store.read(self.run).events

    def bytes_of(self, directory: str) -> dict[str, bytes]:
        """Every file of a placed bundle."""
        return {path.name: path.read_bytes() for path in sorted((self.folder / directory / BUNDLE).iterdir())}
