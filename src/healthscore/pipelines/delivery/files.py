"""Deliveries into files: Parquet, CSV, and the files that other tools import in bulk."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from healthscore.config.deliveries import (
    EngagementDelivery,
    FileDelivery,
    HubSpotDelivery,
    SalesforceDelivery,
)
from healthscore.pipelines.delivery.jobs import Job, Kind
from healthscore.pipelines.delivery.publications import ACCOUNT, Publication
from healthscore.pipelines.delivery.rows import chosen_columns, known, selected
from healthscore.pipelines.delivery.texts import Dialect, refuse_unsafe_keys, write_files
from healthscore.pipelines.delivery.whole import whole_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

SALESFORCE = Dialect(line_end="\n", missing="#N/A", largest_bytes=100_000_000)
"""Bulk API 2.0: UTF-8, LF, `#N/A` empties a field (an empty cell leaves it), 100 MB before base64."""
HUBSPOT = Dialect(largest_bytes=512 * 2**20, most_rows=1_048_575)
"""A file has at most 1,048,576 rows, one of them the header."""
ENGAGEMENT = Dialect(most_rows=100_000)
"""As much as Outreach takes in a file; Salesloft takes no less."""

FIELDS = {
    "health": "Health_Score__c",
    "band": "Health_Band__c",
    "change": "Health_Change__c",
    "trend": "Health_Trend__c",
    "drivers_down": "Health_Drivers_Down__c",
    "actions": "Health_Action__c",
    "as_of": "Health_As_Of__c",
}
"""Salesforce's fields where a run names none: text, number and date fields that an administrator makes once."""
PROPERTIES = {
    "health": "Health score",
    "band": "Health band",
    "change": "Health change",
    "trend": "Health trend",
    "drivers_down": "Health drivers down",
    "actions": "Health action",
    "as_of": "Health as of",
}
"""HubSpot's properties where a run names none, by their labels."""
HEADERS = {
    "account_id": "Account ID",
    "name": "Account Name",
    "owner": "Account Owner",
    "health": "Health Score",
    "band": "Health Band",
    "trend": "Health Trend",
    "actions": "Next Action",
    "as_of": "Health As Of",
}
"""Headers for tools of sales engagement where a run names none."""


def usual(mapping: Mapping[str, str], publication: Publication) -> dict[str, str]:
    """The columns of a usual mapping that were published: trend and actions are not there in every publication."""
    return {column: header for column, header in mapping.items() if column in publication.columns}


def renamed(job: Job[Any], columns: Sequence[str], mapping: Mapping[str, str], *, keys: Sequence[str] = ()) -> pa.Table:
    """The rows of a delivery under the names that they have where they go."""
    chosen = chosen_columns(job.publication, columns, mapping, keys=keys)
    table = selected(job.publication, chosen, job.delivery.only, job.before)
    return table.rename_columns([mapping.get(name, name) for name in chosen])


def _file_rows(job: Job[FileDelivery]) -> pa.Table:
    chosen = chosen_columns(job.publication, job.delivery.columns, job.delivery.mapping)
    return renamed(job, chosen, job.delivery.mapping)


def _write_file(job: Job[FileDelivery], table: pa.Table) -> str:
    target = Path(str(job.delivery.path).replace("{as_of}", job.publication.as_of))
    if target.suffix == ".csv":
        write_files(table, Dialect(), lambda _: target, raw=job.delivery.raw, opened=whole_file)
    else:
        import pyarrow.parquet as pq

        with whole_file(target) as partial_file:
            pq.write_table(table, partial_file)
    return str(target)


@dataclass(frozen=True)
class _Import:
    """How a tool imports.

    Attributes
    ----------
    mapping
        Published column -> header, where the run names none.
    """

    dialect: Dialect
    mapping: Mapping[str, str]


def _key_of(delivery: SalesforceDelivery | HubSpotDelivery | EngagementDelivery) -> dict[str, str]:
    """Published column -> header by which the tool knows a record again, where the run maps it to nothing else."""
    match delivery:
        case SalesforceDelivery():
            return {ACCOUNT: delivery.external_id}
        case HubSpotDelivery():
            return {ACCOUNT: delivery.unique}
        case EngagementDelivery():
            return {}


def _import_rows(way: _Import, job: Job[Any]) -> pa.Table:
    delivery = job.delivery
    given = dict(delivery.mapping)
    known(job.publication, given)
    if delivery.columns is not None:
        mapping, columns = _key_of(delivery) | given, list(delivery.columns)
    else:
        mapping = _key_of(delivery) | (given or usual(way.mapping, job.publication))
        columns = list(mapping)
    keys = [ACCOUNT] if _key_of(delivery) else []
    table = renamed(job, columns, mapping, keys=keys)
    if keys and not delivery.raw:
        refuse_unsafe_keys(table[mapping[ACCOUNT]].to_pylist(), f"deliveries.{job.name}")
    return table


def _write_import(way: _Import, job: Job[Any], table: pa.Table) -> str:
    stem = f"{job.publication.as_of}-{job.publication.identity}"
    written = write_files(
        table,
        way.dialect,
        lambda number: job.delivery.path / f"{stem}-{number:03d}.csv",
        raw=job.delivery.raw,
        opened=whole_file,
    )
    return str(written[0]) if len(written) == 1 else f"{written[0]} and {len(written) - 1} more"


def _imports(dialect: Dialect, mapping: Mapping[str, str]) -> Kind:
    way = _Import(dialect, mapping)
    return Kind(partial(_import_rows, way), partial(_write_import, way))


FILES = Kind(_file_rows, _write_file)
SALESFORCE_FILES = _imports(SALESFORCE, FIELDS)
HUBSPOT_FILES = _imports(HUBSPOT, PROPERTIES)
ENGAGEMENT_FILES = _imports(ENGAGEMENT, HEADERS)
