"""Deliveries: what was published goes to files, tables, other tools' imports and webhooks, and waits where it cannot.

A delivery takes publications in the order in which they were made, each once: what arrived last is on its receipt. What
cannot arrive waits, and those behind it with it; other deliveries do not wait for it.
"""

from __future__ import annotations

import warnings
from pathlib import Path

from healthscore.config import Run
from healthscore.pipelines.delivery.jobs import Delivered, DeliveryError, DeliveryWarning
from healthscore.pipelines.delivery.sending import deliver_all

__all__ = ["Delivered", "DeliveryError", "DeliveryWarning", "deliver"]


def deliver(run: Run, published: Path) -> list[Delivered]:
    """Deliver a publication, and what waited before it. Never fails: a warning says what still waits.

    Parameters
    ----------
    published
        Directory of the publication: `<out>/published/<identity>`.
    """
    found = deliver_all(run, [published])
    for one in found:
        if one.status == "waiting":
            warnings.warn(f"{one.delivery} waits to be delivered: {one.error}", DeliveryWarning, stacklevel=2)
    return found
