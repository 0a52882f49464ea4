"""Delivering what is published: what waits is tried again, and what a delivery has had already is left alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from healthscore.config import Run, load_run
from healthscore.errors import ConfigurationError
from healthscore.pipelines.delivery.jobs import Delivered
from healthscore.pipelines.delivery.sending import deliver_all
from healthscore.pipelines.publication.history import PUBLISHED
from healthscore.pipelines.publish import current


@dataclass(frozen=True)
class DeliverResult:
    """What became of every delivery, in the order of the run and of publication."""

    delivered: list[Delivered]

    @property
    def failed(self) -> int:
        """How many publications have not arrived where they should have."""
        return sum(one.failed for one in self.delivered)

    @property
    def result(self) -> dict[str, Any]:
        """The JSON object of the command."""
        return {"deliveries": [asdict(one) for one in self.delivered], "failed": self.failed}


def deliver(
    run: Run | str | Path | None = None,
    *,
    dry_run: bool = False,
    data: str | Path | None = None,
    out: str | Path | None = None,
) -> DeliverResult:
    """Deliver what readers of the publication see now, and all that could not be delivered when it was published.

    Parameters
    ----------
    dry_run
        Say what would be sent, with the first rows, and send nothing.

    Raises
    ------
    ConfigurationError
        The run names no deliveries, or nothing has been published.
    """
    run = run if isinstance(run, Run) else load_run(run, data=data, out=out)
    if not run.deliveries:
        raise ConfigurationError(f"{run.path}: the run has no [deliveries]", "add one: docs/delivery.md")
    folders = sorted(path.name for path in run.out.glob(f"{PUBLISHED}*") if path.is_dir())
    published = [found for folder in folders if (found := current(run.out, folder)) is not None]
    if not published:
        raise ConfigurationError(f"nothing is published in {run.out}", "healthscore score --as-of DATE")
    return DeliverResult(deliver_all(run, published, dry=dry_run))
