"""What is to be recorded of one finished run, as it waits in the outbox."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LONGEST = 500
"""Characters of a parameter's value."""


@dataclass(frozen=True)
class Entry:
    """One finished run.

    Attributes
    ----------
    metrics, per_origin
        Figures of the whole run, and of each origin by its number, the earliest first.
    inputs
        Fingerprint of each source.
    artifacts
        A directory, every file of which is kept with the record but tables of rows, or one file.
    bundle
        Directory of the model that the run made; None where it made none.
    at
        When it was finished, milliseconds since 1970.
    """

    verb: str
    identity: str
    parameters: Mapping[str, str]
    metrics: Mapping[str, float]
    per_origin: Mapping[int, Mapping[str, float]]
    inputs: Mapping[str, str]
    artifacts: Path
    bundle: Path | None
    at: int

    @staticmethod
    def of(
        verb: str,
        identity: str,
        *,
        parameters: Mapping[str, Any],
        metrics: Mapping[str, float],
        per_origin: Mapping[int, Mapping[str, float]],
        inputs: Mapping[str, str],
        artifacts: Path,
        bundle: Path | None,
    ) -> Entry:
        """An entry of a run that is finished now; figures that are no finite numbers are left out."""
        return Entry(
            verb,
            identity,
            {name: str(value)[:LONGEST] for name, value in parameters.items()},
            _finite(metrics),
            {origin: _finite(figures) for origin, figures in per_origin.items()},
            dict(inputs),
            artifacts,
            bundle,
            time.time_ns() // 1_000_000,
        )

    @property
    def name(self) -> str:
        """What the entry is called in the outbox and in MLflow."""
        return f"{self.verb}-{self.identity}"

    def to_json(self, out: Path) -> dict[str, Any]:
        """Plain JSON values, with paths below the run's output directory relative to it."""
        return vars(self) | {"kind": "run", "artifacts": near(self.artifacts, out), "bundle": near(self.bundle, out)}

    @staticmethod
    def from_json(document: Mapping[str, Any], out: Path) -> Entry:
        """Read it back."""
        return Entry(
            str(document["verb"]),
            str(document["identity"]),
            dict(document["parameters"]),
            dict(document["metrics"]),
            {int(origin): dict(figures) for origin, figures in document["per_origin"].items()},
            dict(document["inputs"]),
            out / document["artifacts"],
            None if document["bundle"] is None else out / document["bundle"],
            int(document["at"]),
        )


@dataclass(frozen=True)
class Alias:
    """An alias that is to be moved to the model of a training run; `bundle` is that model as it scores."""

    identity: str
    alias: str
    bundle: Path | None
    at: int

    @staticmethod
    def of(identity: str, alias: str, bundle: Path | None) -> Alias:
        """An alias moved now."""
        return Alias(identity, alias, bundle, time.time_ns() // 1_000_000)

    @property
    def name(self) -> str:
        """What it is called in the outbox: the last word on an alias replaces those before."""
        return f"alias-{self.alias}"

    def to_json(self, out: Path) -> dict[str, Any]:
        """Plain JSON values."""
        return vars(self) | {"kind": "alias", "bundle": near(self.bundle, out)}

    @staticmethod
    def from_json(document: Mapping[str, Any], out: Path) -> Alias:
        """Read it back."""
        bundle = document["bundle"]
        identity, alias = str(document["identity"]), str(document["alias"])
        return Alias(identity, alias, None if bundle is None else out / bundle, int(document["at"]))


def near(path: Path | None, out: Path) -> str | None:
    """A path relative to the output directory where it lies below it, so that the whole may be moved."""
    if path is None:
        return None
    return path.relative_to(out).as_posix() if path.is_relative_to(out) else str(path)


def _finite(figures: Mapping[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in figures.items() if math.isfinite(value)}
