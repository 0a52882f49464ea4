"""Spark as the engine: the same queries, computed where the cluster is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from healthscore.tables.engine import EngineError
from healthscore.tables.engine.sparkdialect import spark_sql
from healthscore.tables.engine.sparksession import open_session, quietly
from healthscore.tables.engine.translation import parse

if TYPE_CHECKING:
    from healthscore.tables.files import DataFile

_TYPES = {
    "string": "VARCHAR",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "int": "INTEGER",
    "bigint": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
    "timestamp_ntz": "TIMESTAMP",
    "binary": "BLOB",
    "void": '"NULL"',
}
"""Spark's name of a type -> DuckDB's, in which the rest of the package reads types."""


class SparkEngine:
    """A Spark session as an engine. Views are temporary, tables are kept in the executors' memory and on their disks.

    Parameters
    ----------
    threads
        Of the local session that is started where there is neither an active one nor a cluster in the environment.

    Raises
    ------
    ConfigurationError
        There is no PySpark, no Java, or no such cluster.
    """

    def __init__(self, *, threads: int = 2) -> None:
        self._session = open_session(threads)
        self._frames: dict[str, Any] = {}
        self._kept: dict[str, list[Any]] = {}

    def execute(self, sql: str) -> None:
        """Run CREATE VIEW, CREATE TABLE, INSERT or DROP."""
        tree = parse(sql)
        with _explained():
            if isinstance(tree, exp.Drop):
                self._drop(_named(tree.find(exp.Table)))
            elif isinstance(tree, exp.Insert):
                self._add(_named(tree.this), self._frame(tree.expression).persist())
            elif isinstance(tree, exp.Create) and isinstance(tree.this, exp.Schema):
                columns = (f"{quote_of(c.name)} {c.kind.sql('spark')}" for c in tree.this.expressions)
                self._keep(_named(tree.this.this), self._session.createDataFrame([], ", ".join(columns)))
            elif isinstance(tree, exp.Create):
                frame = self._frame(tree.expression)
                table = tree.kind == "TABLE"
                self._keep(_named(tree.this), frame.persist() if table else frame, kept=[frame] if table else [])
            else:
                raise EngineError(f"{sql.split()[0]} is no statement for Spark")

    def query(self, sql: str) -> Any:
        """Run a query; the whole result as a `pyarrow.Table`."""
        with _explained():
            return self._frame(parse(sql)).toArrow()

    def batches(self, sql: str, rows: int) -> Iterator[Any]:
        """Run a query; its result as record batches of at most `rows` rows, all of it in this machine's memory."""
        yield from self.query(sql).combine_chunks().to_batches(rows)

    def describe(self, sql: str) -> dict[str, str]:
        """Columns that a query would return: name -> type, in DuckDB's words. Runs nothing."""
        with _explained():
            return {field.name: _type_of(field.dataType) for field in self._frame(parse(sql)).schema}

    def schema(self, sql: str) -> Any:
        """The `pyarrow.Schema` of a query's result. Runs nothing."""
        from pyspark.sql.pandas.types import to_arrow_schema

        with _explained():
            return to_arrow_schema(self._frame(parse(sql)).schema, timezone="UTC")

    def by_account(
        self, queries: Sequence[str], work: Callable[[list[Any]], Iterator[Any]], parts: int
    ) -> Iterator[Any]:
        """Part the results of queries by account, work on every part, and read what comes of it."""
        from healthscore.tables.engine.partitions import made_by_account, table_of

        with _explained():
            parts = max(parts, self._session.sparkContext.defaultParallelism)  # nobody idles
            made = made_by_account([self._frame(parse(sql)) for sql in queries], work, parts)
        try:
            pieces = made.toLocalIterator(prefetchPartitions=True)
            while True:
                with _explained():  # not around the yield: what goes on outside is not Spark's
                    piece = next(pieces, None)
                if piece is None:
                    return
                yield table_of(piece)
        finally:
            made.unpersist()

    def register(self, name: str, table: Any) -> None:
        """Copy an Arrow table to Spark."""
        with _explained():
            self._keep(name, self._session.createDataFrame(table))

    def read_files(self, relation: str, files: Sequence[DataFile], without: Sequence[str]) -> bool:
        """Parquet by Spark's reader, where the executors reach the files; CSV by way of this machine."""
        if files[0].kind != "parquet":
            from healthscore.tables.engine.local import copy_files

            copy_files(self, relation, files, without)
            return True
        with _explained():
            reader = self._session.read.option("mergeSchema", len({file.columns for file in files}) > 1)
            scanned = reader.parquet(*(str(file.path) for file in files))
            kept = [quote_of(column) for column in scanned.columns if column not in without]
            # The path comes as an address, in which a blank is %20; a plus sign stands for itself there.
            path = "url_decode(replace(regexp_replace(_metadata.file_path, '^file:(//)?', ''), '+', '%2B')) AS _file"
            self._keep(relation[1:-1], scanned.selectExpr(*kept, path, "_metadata.row_index + 1 AS _line"))
        return False

    def close(self) -> None:
        """Drop what was made; the context stays, for whoever comes next in this process."""
        for name in list(self._frames):
            self._drop(name)

    def _frame(self, tree: Any) -> Any:
        return self._session.sql(spark_sql(tree))

    def _keep(self, name: str, frame: Any, *, kept: Sequence[Any] = ()) -> None:
        """Offer a frame under a name; `kept` are what of it stays in memory until the name goes."""
        self._drop(name)
        self._offer(name, frame, kept)

    def _add(self, name: str, rows: Any) -> None:
        """Add rows, kept as they come, to a table: what is in it stays kept, and is not computed anew."""
        self._offer(name, self._frames[name].union(rows), [*self._kept[name], rows])

    def _offer(self, name: str, frame: Any, kept: Sequence[Any]) -> None:
        frame.createOrReplaceTempView(quote_of(name))
        self._frames[name], self._kept[name] = frame, list(kept)

    def _drop(self, name: str) -> None:
        if self._frames.pop(name, None) is not None:
            self._session.catalog.dropTempView(name)
            for frame in self._kept.pop(name):
                frame.unpersist()


def quote_of(name: str) -> str:
    """A name as Spark quotes it."""
    return "`" + name.replace("`", "``") + "`"


def _named(table: Any) -> str:
    """Name of the relation that a statement is about."""
    return str(table.name)


def _type_of(kind: Any) -> str:
    name: str = kind.simpleString()
    return name.upper() if name.startswith("decimal") else _TYPES.get(name.split("<")[0], name.upper())


@contextmanager
def _explained() -> Iterator[None]:
    """Spark's complaints in one paragraph: the rest quotes a query that the user did not write."""
    from pyspark.errors import PySparkException

    try:
        with quietly():
            yield
    except PySparkException as error:
        raise EngineError(str(error).split("\n\nJVM stacktrace")[0].split("\n")[0].strip()) from error
