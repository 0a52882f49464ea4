"""A run with registered versions, for tests to do with what they like; and tiny versions of drawn numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from healthscore.config import Run
from healthscore.models.bundle import Bundle, load, save
from healthscore.models.health import ScoreScale
from healthscore.pipelines.growth.learning import GROWTH
from healthscore.pipelines.publish import POINTER
from healthscore.pipelines.registry import store
from healthscore.pipelines.registry.promotion import promote
from healthscore.pipelines.registry.records import Event, Registry, Scale
from healthscore.pipelines.registry.versions import BUNDLE, register

NAMES = ("visits", "tickets")


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


@dataclass(frozen=True)
class Train:
    """Leaves training runs of one model of `NAMES` behind, on scales anchored at given rates, and registers them."""

    run: Run
    fitted: Bundle

    def __call__(self, rate: int, growth: int | None = None) -> Path:
        """Train at a rate in per cent, with a model of growth at another; returns the directory of the training."""
        outcome = {"kind": "churn", "gap_days": 0, "horizon_days": 60}
        dates = {"first": "2024-01-01", "last": "2024-03-01", "known_until": "2024-05-01"}
        metadata = {"identity": f"run{rate}", "outcome": outcome, "trained": dates}
        directory = self.run.out / "train" / f"run{rate}"
        for name, anchor in ((BUNDLE, rate), (GROWTH, growth)):
            if anchor is not None:
                scale = (ScoreScale.growth if name == GROWTH else ScoreScale.relative)(anchor / 100)
                save(replace(self.fitted, metadata=metadata, scale=scale), directory / name)
        (directory.parent / POINTER).write_text(directory.name)
        register(self.run, directory)
        return directory


def force(run: Run, version: int, *, re_anchor: bool = False) -> dict[str, Any]:
    """Promote a version whatever a comparison says; returns the result."""
    return promote(run, version, force=True, why="a test", re_anchor=re_anchor).result


def scores(bundle: Path) -> list[float]:
    """Scores of three accounts by a tiny bundle."""
    found = load(bundle)
    return list(found.scale.score(found.model.held_logit(np.array([[0.0, 5.0], [3.0, 3.0], [9.0, 0.0]]), NAMES)))
