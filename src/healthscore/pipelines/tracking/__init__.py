"""Runs recorded in MLflow, models in its registry. The only place that imports mlflow.

Tracking never stops a job: what cannot be recorded waits in the outbox, and is sent when the server is back.
"""

from __future__ import annotations

from healthscore.pipelines.tracking.address import redacted, store
from healthscore.pipelines.tracking.catching_up import Synchronised, synchronise
from healthscore.pipelines.tracking.outbox import TrackingWarning
from healthscore.pipelines.tracking.recording import record, set_alias

__all__ = ["Synchronised", "TrackingWarning", "record", "redacted", "set_alias", "store", "synchronise"]
