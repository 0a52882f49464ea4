"""Every kind of delivery, by the `kind` of its section."""

from __future__ import annotations

from healthscore.pipelines.delivery.duckdbtable import DUCKDB_TABLE
from healthscore.pipelines.delivery.files import ENGAGEMENT_FILES, FILES, HUBSPOT_FILES, SALESFORCE_FILES
from healthscore.pipelines.delivery.jobs import Kind
from healthscore.pipelines.delivery.postgresql import POSTGRESQL_TABLE
from healthscore.pipelines.delivery.webhook import WEBHOOK

KINDS: dict[str, Kind] = {
    "files": FILES,
    "duckdb": DUCKDB_TABLE,
    "postgresql": POSTGRESQL_TABLE,
    "salesforce": SALESFORCE_FILES,
    "hubspot": HUBSPOT_FILES,
    "engagement": ENGAGEMENT_FILES,
    "webhook": WEBHOOK,
}
