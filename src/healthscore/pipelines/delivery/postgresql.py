"""Delivery into a table of PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from healthscore.config.deliveries import PostgreSQLDelivery
from healthscore.config.secrets import place_of
from healthscore.errors import ConfigurationError
from healthscore.pipelines.delivery.jobs import DeliveryError, Job, Kind
from healthscore.pipelines.delivery.upsert import Upsert, checked, gone_keys, keys_of, sql_types, table_rows, typed
from healthscore.tables.engine.postgresqlsession import LONGEST_NAME, hurried
from healthscore.tables.quoting import quote_identifier

if TYPE_CHECKING:
    import pyarrow as pa

TYPES = {
    **{"text": "text", "moment": "timestamptz", "bool": "boolean", "date32[day]": "date"},
    **{"int8": "smallint", "int16": "smallint", "int32": "integer", "int64": "bigint"},
    **{"float": "real", "double": "double precision"},
}
STAGED, GONE = "healthscore_delivered_rows", "healthscore_gone_rows"
SETTINGS = ("SET lock_timeout = '60s'", "SET idle_in_transaction_session_timeout = '10min'")
"""A table that somebody else holds, or a job that has gone, is waited for no longer."""


def _send(job: Job[PostgreSQLDelivery], table: pa.Table) -> str:
    """Upsert the rows in one transaction, from a temporary table that they are copied into.

    Raises
    ------
    ConfigurationError
        The driver is not installed, or the address is no address.
    DeliveryError
        The server is out of reach, or refuses: its message, without secrets.
    """
    try:
        import adbc_driver_manager
        from adbc_driver_postgresql import dbapi
    except ModuleNotFoundError:
        raise ConfigurationError(
            "the driver for PostgreSQL is not installed", "pip install 'healthscore[postgresql]'"
        ) from None
    checked(table, LONGEST_NAME)
    uri = job.secrets.read(job.delivery.uri, f"deliveries.{job.name}.uri")
    where = f"{place_of(uri)}: {job.delivery.table}"
    try:
        with dbapi.connect(hurried(uri)) as connection, connection.cursor() as cursor:
            _upsert(cursor, job, table)
            connection.commit()
    except adbc_driver_manager.Error as error:
        told = job.secrets.hide(str(error))
        raise DeliveryError(f"{where} took no rows: {told}", _remedy(error, keys_of(job))) from None
    return where


def _upsert(cursor: Any, job: Job[PostgreSQLDelivery], table: pa.Table) -> None:
    schema = job.delivery.schema_name
    within = "" if schema is None else f"{quote_identifier(schema)}."
    target = f"{within}{quote_identifier(job.delivery.table)}"
    upsert = Upsert(target, f"pg_temp.{quote_identifier(STAGED)}", sql_types(table, TYPES), keys_of(job))
    for statement in SETTINGS:
        cursor.execute(statement)
    cursor.execute(upsert.create())
    cursor.execute(f"SELECT * FROM {target} LIMIT 0")
    there = [column[0] for column in cursor.description]
    for statement in upsert.widen(there):
        cursor.execute(statement)
    cursor.adbc_ingest(STAGED, typed(table), mode="create", temporary=True)
    if len(gone := gone_keys(job)):  # a right that is not needed otherwise
        cursor.adbc_ingest(GONE, gone, mode="create", temporary=True)
        cursor.execute(upsert.remove(f"pg_temp.{quote_identifier(GONE)}"))
    cursor.execute(upsert.merge(there))


def _remedy(error: Any, keys: list[str]) -> str:
    state = getattr(error, "sqlstate", None)
    if state == "42P10":  # invalid_column_reference: no unique constraint that ON CONFLICT could go by
        return f"the table needs a primary key, or a unique index, of {', '.join(keys)}"
    if state == "42501":
        return "grant the role CREATE on the schema, or INSERT, UPDATE, DELETE and SELECT on a table that you made"
    return "mend it; healthscore deliver sends it again"


POSTGRESQL_TABLE = Kind(table_rows, _send)
