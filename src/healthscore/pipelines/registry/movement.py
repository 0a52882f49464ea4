"""What a promotion does to the accounts of today: who changes the band, and what the old scores are on a new scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from healthscore.config import Run
from healthscore.errors import HealthScoreError
from healthscore.models.bundle import Bundle, load
from healthscore.models.health import ScoreScale
from healthscore.pipelines.build import Book, iso
from healthscore.pipelines.registry.comparison import Books, Comparison, Floats, Rows
from healthscore.pipelines.registry.recipes import Recipe, same_rows
from healthscore.pipelines.registry.records import Event, Scale, Version
from healthscore.pipelines.registry.scales import band_counts, crosswalk
from healthscore.pipelines.registry.versions import BUNDLE, bundle_of


@dataclass(frozen=True)
class Examined:
    """A version that is to be promoted, as it stands beside the champion.

    Attributes
    ----------
    version, champion
        As they are registered; there may be no champion yet.
    mine, rival
        Their recipes, as far as they could be read.
    books
        What was computed for them.
    comparison, uncompared
        What was found, or why nothing could be.
    """

    version: Version
    champion: Version | None
    mine: Recipe | None
    rival: Recipe | None
    books: Books
    comparison: Comparison | None
    uncompared: str | None

    @property
    def data_end(self) -> int | None:
        """First day that the data did not cover."""
        return self.books.built[0][1].data_end if self.books.built else None

    def section(self, margin: float) -> dict[str, Any]:
        """What the history keeps of the comparison."""
        return {"uncompared": self.uncompared} if self.comparison is None else self.comparison.as_dict(margin)


def movement(run: Run, seen: Examined, former: Event, now: Event) -> dict[str, Any] | None:
    """Bands of the accounts of the last date by the champion before and by the new one; None where one cannot score."""
    if seen.mine is None or seen.rival is None or not seen.books.built:
        return None
    try:
        old, new = (load(bundle_of(run, event), threads=run.threads) for event in (former, now))
        book, others = seen.books.of(seen.mine), seen.books.of(seen.rival)
        rows = _last(book)
        there = same_rows(book, rows, others)
        rows, there = rows[there >= 0], there[there >= 0]
        before, after = _held(old, others, there), _held(new, book, rows)
    except HealthScoreError:  # promoted by force over a champion that is not whole
        return None
    changed = old.bands.of(old.scale.score(before)) != new.bands.of(new.scale.score(after))
    return {
        "as_of": iso(book.snapshots.as_ofs[-1]),
        "accounts": len(rows),
        "bands": {
            "before": band_counts(old.bands, old.scale, before),
            "after": band_counts(new.bands, new.scale, after),
        },
        "changed": int(changed.sum()),
    }


def crosswalk_of(frozen: Scale, own: dict[str, ScoreScale], seen: Examined, number: int) -> dict[str, Any]:
    """The way from the champion's scale to the version's own: score by score, and bands of the last date by both."""
    return {
        "from": frozen.scale,
        "to": number,
        "scores": {name: crosswalk(old, own[name]) for name, old in frozen.scales.items() if name in own},
        "bands": _bands(frozen.scales[BUNDLE], own[BUNDLE], seen),
    }


def _bands(old: ScoreScale, new: ScoreScale, seen: Examined) -> dict[str, Any] | None:
    if seen.mine is None or not seen.books.built:
        return None
    bundle, book = load(seen.mine.bundle, threads=seen.mine.run.threads), seen.books.of(seen.mine)
    held = _held(bundle, book, _last(book))
    return {
        "as_of": iso(book.snapshots.as_ofs[-1]),
        "accounts": len(held),
        "old": band_counts(bundle.bands, old, held),
        "new": band_counts(bundle.bands, new, held),
    }


def _last(book: Book) -> Rows:
    return np.flatnonzero(book.panel.day == book.snapshots.as_ofs[-1])


def _held(bundle: Bundle, book: Book, rows: Rows) -> Floats:
    """Log-odds that scores are made of."""
    return bundle.model.held_logit(book.panel.X[rows], [feature.name for feature in book.panel.features])
