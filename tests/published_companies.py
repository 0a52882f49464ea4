"""A run with its model, and the dates that tests of publishing score."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import healthscore
from healthscore.pipelines.score import ScoreResult

MARCH, APRIL, MAY = date(2025, 3, 1), date(2025, 4, 1), date(2025, 5, 1)


@dataclass(frozen=True)
class Book:
    """A run, and the model that scores it."""

    run: Path
    bundle: Path

    def score(self, out: Path, as_of: date, **said: Any) -> ScoreResult:
        return healthscore.score(said.pop("run", self.run), as_of=as_of, model=self.bundle, out=out, **said)
