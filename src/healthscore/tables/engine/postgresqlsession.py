"""A session with PostgreSQL: one transaction over one state of the database, and errors that say what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from healthscore.config.secrets import Secrets, place_of
from healthscore.errors import ConfigurationError, HealthScoreError
from healthscore.tables.engine import EngineError
from healthscore.tables.engine.postgresqlfunctions import definitions

SECONDS_TO_CONNECT = 10
LONGEST_NAME = 63
"""Bytes of a name; PostgreSQL cuts the rest off without a word."""
SETTINGS = (
    "SET TIME ZONE 'UTC'",
    # How values are written as texts: the fingerprint of a table follows from that.
    "SET datestyle = 'ISO, YMD'",
    "SET intervalstyle = 'postgres'",
    "SET extra_float_digits = 1",
    "SET bytea_output = 'hex'",
    "SET client_min_messages = 'warning'",
    "SET lock_timeout = '60s'",
    # Between two queries a model may be fitted.
    "SET idle_in_transaction_session_timeout = 0",
    "SET jit = off",
)
_REMEDIES = {
    "42501": "grant the role SELECT on the tables that the run names, and TEMPORARY on the database",
    "25006": "name the primary server in the address: a standby holds no temporary views",
    "55P03": "run it again when nobody holds the table",
    "53100": "free space for temporary files on the server",
    "53200": "give the server memory, or the role a smaller work_mem",
}
"""SQLSTATE -> what to do."""


class LostConnectionError(HealthScoreError):
    """The database went away while a job was reading from it. Nothing was published."""


class Session:
    """A connection in one transaction (REPEATABLE READ): every query sees the state that the first one saw.

    Parameters
    ----------
    database
        The run's `database`: an address without a password, or where the whole address is kept.

    Raises
    ------
    ConfigurationError
        The driver is not installed, the address is none, the server is out of reach or its database is not in UTF-8.
    """

    def __init__(self, database: str) -> None:
        self._secrets = Secrets()
        uri = hurried(self._secrets.read(database, "database"))
        self._place = place_of(uri)
        self._connection = _connected(uri, self._place, self._secrets)
        try:
            for statement in SETTINGS:
                self.run(statement)
            self._need_utf8()
            self.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE")  # temporary tables and views are written
            self.schemas = str(self.value("SELECT current_setting('search_path')"))
            self.run("SET LOCAL search_path = pg_catalog")  # nobody else's functions take the place of these
            with self.undone_on_error():
                for definition in definitions():
                    self.run(definition)
        except BaseException:
            self.close()
            raise

    def run(self, sql: str) -> None:
        """Run a statement of PostgreSQL's that returns nothing."""
        with self._told(), self._connection.cursor() as cursor:
            cursor.execute(sql)

    def table(self, sql: str, *, fetched: bool = False) -> Any:
        """Run a query of PostgreSQL's; its rows as a `pyarrow.Table` in the driver's types. `fetched`: by FETCH."""
        with self._told(), self._connection.cursor() as cursor:
            if fetched:  # it is no query that COPY could send
                cursor.adbc_statement.set_options(**{"adbc.postgresql.use_copy": "false"})
            cursor.execute(sql)
            return cursor.fetch_arrow_table()

    def value(self, sql: str) -> Any:
        """The one value that a query gives."""
        return self.table(sql).column(0)[0].as_py()

    def copy_in(self, name: str, table: Any) -> None:
        """Append an Arrow table to a temporary table."""
        with self._told(), self._connection.cursor() as cursor:
            cursor.adbc_ingest(name, table, mode="append", temporary=True)

    @contextmanager
    def undone_on_error(self) -> Iterator[None]:
        """Undo a statement that fails, and nothing before it: else the whole transaction would be lost."""
        self.run("SAVEPOINT healthscore")
        try:
            yield
        except EngineError:
            self.run("ROLLBACK TO SAVEPOINT healthscore")
            raise
        finally:
            with suppress(LostConnectionError):
                self.run("RELEASE SAVEPOINT healthscore")

    def close(self) -> None:
        """End the transaction, which takes everything temporary with it. A lost connection is closed already."""
        with suppress(HealthScoreError):
            self.run("ROLLBACK")
        with suppress(Exception):
            self._connection.close()

    def _need_utf8(self) -> None:
        encoding = self.value("SELECT current_setting('server_encoding')")
        if encoding != "UTF8":
            raise ConfigurationError(
                f"{self._place}: the database holds texts in {encoding}; ids are compared in UTF8",
                "copy the tables into a database with ENCODING 'UTF8'",
            )

    @contextmanager
    def _told(self) -> Iterator[None]:
        """The server's complaint in one paragraph and without secrets, as an error of ours."""
        import adbc_driver_manager

        try:
            yield
        except adbc_driver_manager.Error as error:
            told, state = self._secrets.hide(_message(error)), error.sqlstate or ""
            # Class 57P: the server ends sessions, 08: the connection; without a state the server said nothing at all.
            if state.startswith(("57P", "08")) or not state.strip("\0"):
                raise LostConnectionError(
                    f"{self._place}: the connection to the database was lost: {told}",
                    "see that the server runs, and start the job again; nothing was published",
                ) from None
            raise EngineError(told, _REMEDIES.get(state, "")) from None


def hurried(uri: str) -> str:
    """The address, with a limit to how long a server may take to answer, unless it says one."""
    parts = urlsplit(uri)
    if parts.scheme not in ("postgresql", "postgres"):
        raise ConfigurationError("the address does not begin with postgresql://", "postgresql://user@host/database")
    if "connect_timeout" in parts.query:
        return uri
    return f"{uri}{'&' if parts.query else '?'}connect_timeout={SECONDS_TO_CONNECT}"


def _connected(uri: str, place: str, secrets: Secrets) -> Any:
    try:
        import adbc_driver_manager
        from adbc_driver_postgresql import dbapi
    except ModuleNotFoundError:
        raise ConfigurationError(
            "the driver for PostgreSQL is not installed", "pip install 'healthscore[postgresql]'"
        ) from None
    try:
        return dbapi.connect(uri, autocommit=True)  # the transaction is begun by SQL, which says of what kind it is
    except adbc_driver_manager.Error as error:
        raise ConfigurationError(
            f"{place}: no connection to the database: {secrets.hide(_message(error))}",
            "see that the server runs and that `database` leads to it",
        ) from None


def _message(error: Exception) -> str:
    """What the server says, without the query, which the user did not write."""
    text = str(error).split("\n\nQuery was:")[0]
    found = re.search(r"(?:ERROR|FATAL):\s+(.*)", text, re.DOTALL)
    return " ".join((found[1] if found else text).split())
