"""Deliveries: what was published goes to files, tables, other tools' imports and webhooks, and waits where it cannot.

A delivery takes publications in the order in which they were made, each once: what arrived last is on its receipt. What
cannot arrive waits, and those behind it with it; other deliveries do not wait for it.
"""

from __future__ import annotations

import warnings
from pathlib import Path

from healthscore.config import Run
from healthscore.pipelines.delivery.jobs import Delivered, DeliveryError, DeliveryWarning, said
from healthscore.pipelines.delivery.sending import deliver_all

__all__ = ["Delivered", "DeliveryError", "DeliveryWarning", "deliver"]


def deliver(run: Run, published: Path) -> list[Delivered]:
    """Deliver a publication, and what waited before it. Never fails: a warning says what still waits.

    Parameters
    ----------
    published
        Directory of the publication: `<out>/published/<identity>`.
    """
    try:
        found = deliver_all(run, [published])
    except Exception as error:  # of the disk that the outbox lies on: the scores are complete
        warnings.warn(f"nothing was delivered, {said(error)}", DeliveryWarning, stacklevel=2)
        return []
    failed = [one for one in found if one.failed]
    first = {one.delivery: one for one in reversed(failed)}
    for name, one in sorted(first.items()):
        behind = sum(other.delivery == name for other in failed) - 1
        more = f"; {behind} more behind it" if behind else ""
        warnings.warn(f"{name}: {one.publication} has not arrived: {one.error}{more}", DeliveryWarning, stacklevel=2)
    return found
