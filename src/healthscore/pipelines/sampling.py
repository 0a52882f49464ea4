"""A sample of a large book: whole accounts, drawn at random, with all of their snapshots."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pyarrow as pa

from healthscore.outcomes.snapshots import Snapshot, Snapshots


@dataclass(frozen=True)
class Sample:
    """How much of a book was drawn: accounts, and snapshots whose outcome is known, each of so many in all."""

    accounts: int
    of_accounts: int
    rows: int
    of_rows: int

    def as_dict(self) -> dict[str, Any]:
        """For a result."""
        return dict(vars(self))

    @property
    def sentence(self) -> str:
        """For people."""
        return (
            f"learned from a sample: {self.accounts:,} of {self.of_accounts:,} accounts, drawn at random; "
            f"{self.rows:,} of {self.of_rows:,} snapshots with a known outcome"
        )


def told(sample: Sample | None) -> list[str]:
    """What a reader should know before believing figures of a sample; nothing where the book was whole."""
    return [] if sample is None else [sample.sentence]


def drawn(snapshots: Snapshots, most: int | None, seed: int) -> tuple[Snapshots, Sample | None]:
    """Accounts drawn at random until their snapshots with a known outcome add up to `most`, or all of them.

    Every account is as likely as every other, whatever became of it: base rates stay what they are.

    Returns
    -------
    The snapshots of those accounts, in their order; and what was drawn, None where nothing had to be left out.
    """
    known = snapshots.labelled.sum(axis=0)
    if most is None or known.sum() <= most:
        return snapshots, None
    order = np.random.default_rng(seed).permutation(len(known))
    count = int(np.searchsorted(np.cumsum(known[order]), most, side="right"))
    kept = np.sort(order[:count])
    arrays = {field.name: getattr(snapshots, field.name)[:, kept] for field in fields(Snapshot)}
    sample = Sample(count, len(known), int(known[kept].sum()), int(known.sum()))
    return replace(snapshots, accounts=snapshots.accounts.take(pa.array(kept)), **arrays), sample
