"""Delivery into a table of a DuckDB file."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

from healthscore.config.deliveries import DuckDBDelivery
from healthscore.pipelines import durable
from healthscore.pipelines.delivery.jobs import DeliveryError, Job, Kind
from healthscore.pipelines.delivery.upsert import Upsert, checked, gone_keys, keys_of, sql_types, table_rows, typed
from healthscore.tables.quoting import quote_identifier

if TYPE_CHECKING:
    import pyarrow as pa

TYPES = {
    **{"text": "VARCHAR", "moment": "TIMESTAMPTZ", "bool": "BOOLEAN", "date32[day]": "DATE"},
    **{"int8": "TINYINT", "int16": "SMALLINT", "int32": "INTEGER", "int64": "BIGINT"},
    **{"float": "REAL", "double": "DOUBLE"},
}
LONGEST_NAME = 1000
STAGED, GONE = "delivered_rows", "gone_rows"


def _send(job: Job[DuckDBDelivery], table: pa.Table) -> str:
    """Upsert the rows in one transaction: killed at any point, the file holds the old rows or the new ones.

    Raises
    ------
    DeliveryError
        The file is locked by another program, or is no database; the table's columns or keys are others.
    """
    import duckdb

    checked(table, LONGEST_NAME)
    path = job.delivery.path
    durable.folder(path.parent)
    # A registered table is a temporary view: named in full, it cannot be taken for a table of the user's.
    upsert = Upsert(quote_identifier(job.delivery.table), f"temp.main.{STAGED}", sql_types(table, TYPES), keys_of(job))
    made = not path.exists()
    with tempfile.TemporaryDirectory(prefix="healthscore-") as spill:
        try:
            connection = duckdb.connect(str(path), config=_settings(spill, job.run.threads))
        except duckdb.Error as error:
            raise DeliveryError(f"{path} cannot be opened: {_told(error)}", "close it elsewhere") from None
        if made:
            path.chmod(0o600)  # before it holds a row: scores are personal data, as in every other file
        try:
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            connection.register(STAGED, typed(table))
            connection.register(GONE, gone_keys(job))
            connection.begin()
            connection.execute(upsert.create())
            there = connection.sql(f"SELECT * FROM {upsert.target} LIMIT 0").columns
            for statement in (*upsert.widen(there), upsert.remove(f"temp.main.{GONE}"), upsert.merge(there)):
                connection.execute(statement)
            connection.commit()
        except duckdb.Error as error:
            raise DeliveryError(
                f"the table {job.delivery.table!r} of {path} took no rows: {_told(error)}",
                f"it needs a primary key of {', '.join(upsert.keys)}, and columns of like types; or name another table",
            ) from None
        finally:
            connection.close()
    return f"{path}: {job.delivery.table}"


def _settings(spill: str, threads: int) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "threads": threads,
        "temp_directory": spill,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "python_enable_replacements": False,
        "preserve_insertion_order": False,  # or a large transaction would take twice the memory
    }


def _told(error: Exception) -> str:
    """First paragraph of the engine's message: the rest draws the statement."""
    return str(error).split("\n\n")[0].strip()


DUCKDB_TABLE = Kind(table_rows, _send)
