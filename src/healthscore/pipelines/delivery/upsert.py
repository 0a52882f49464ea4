"""The statements of an upsert: a row per account and date, in one table that is made, and widened, where need be.

A date that is published again has the rows of the new publication, and no others that the old one sent.

The same texts serve DuckDB and PostgreSQL. Names are always quoted; values never stand in a statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from healthscore.errors import ConfigurationError
from healthscore.pipelines.delivery.files import renamed
from healthscore.pipelines.delivery.publications import ACCOUNT, KEYS
from healthscore.pipelines.delivery.rows import chosen_columns, selected
from healthscore.tables.quoting import quote_identifier

if TYPE_CHECKING:
    import pyarrow as pa

    from healthscore.pipelines.delivery.jobs import Job


@dataclass(frozen=True)
class Upsert:
    """Rows on their way into a table.

    Attributes
    ----------
    target
        The table, quoted, after its schema where there is one.
    staged
        Where the rows wait in the same database, quoted.
    types
        Column of the table -> its SQL type, keys first; None for one that holds nothing in any row, which says of no
        type what it will hold.
    keys
        Columns that tell rows apart.
    """

    target: str
    staged: str
    types: Mapping[str, str | None]
    keys: Sequence[str]

    def create(self) -> str:
        """Make the table, unless it is there."""
        columns = ", ".join(f"{quote_identifier(name)} {kind}" for name, kind in self.types.items() if kind)
        return f"CREATE TABLE IF NOT EXISTS {self.target} ({columns}, PRIMARY KEY ({self._listed(self.keys)}))"

    def widen(self, there: Sequence[str]) -> list[str]:
        """Add the columns that the table does not have yet; rows of earlier dates have no value in them."""
        return [
            f"ALTER TABLE {self.target} ADD COLUMN {quote_identifier(name)} {kind}"
            for name, kind in self.types.items()
            if kind is not None and name not in there
        ]

    def merge(self, there: Sequence[str]) -> str:
        """Take the staged rows over: those of an account and date that are there are replaced."""
        taken = {name: kind for name, kind in self.types.items() if kind is not None or name in there}
        rest = [name for name in taken if name not in self.keys]
        replaced = ", ".join(f"{quote_identifier(name)} = EXCLUDED.{quote_identifier(name)}" for name in rest)
        casts = ", ".join(
            "NULL" if kind is None else f"CAST({quote_identifier(name)} AS {kind})" for name, kind in taken.items()
        )
        return (
            f"INSERT INTO {self.target} ({self._listed(taken)}) SELECT {casts} FROM {self.staged} "
            f"ON CONFLICT ({self._listed(self.keys)}) DO {f'UPDATE SET {replaced}' if replaced else 'NOTHING'}"
        )

    def remove(self, gone: str) -> str:
        """Take out the rows whose keys wait in `gone`."""
        casts = ", ".join(f"CAST({quote_identifier(name)} AS {self.types[name]})" for name in self.keys)
        return f"DELETE FROM {self.target} WHERE ({self._listed(self.keys)}) IN (SELECT {casts} FROM {gone})"

    def _listed(self, names: Iterable[str]) -> str:
        return ", ".join(map(quote_identifier, names))


def table_rows(job: Job[Any]) -> pa.Table:
    """The rows of a delivery into a table, account and date first."""
    chosen = chosen_columns(job.publication, job.delivery.columns, job.delivery.mapping, keys=KEYS)
    return renamed(job, chosen, job.delivery.mapping, keys=KEYS)


def gone_keys(job: Job[Any]) -> pa.Table:
    """Keys of the rows that this delivery sent last for the same date, and that it sends no longer.

    Only of what it sent itself: other runs may fill the same table. Rows that `only.changed` holds back are there.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    before, only = job.before, job.delivery.only.model_copy(update={"changed": False})
    ids = pa.array([], pa.string())
    if before is not None and before.as_of == job.publication.as_of:
        with suppress(ConfigurationError):  # bands or rules were called otherwise then: which rows went is not known
            ids = selected(before, [ACCOUNT], only, None)[ACCOUNT].combine_chunks()
    stays = selected(job.publication, [ACCOUNT], only, None)[ACCOUNT]
    ids = ids.filter(pc.invert(pc.is_in(ids, value_set=stays.combine_chunks().cast(ids.type))))
    day = date.fromisoformat(job.publication.as_of)
    return pa.table([ids, pa.array([day] * len(ids), pa.date32())], names=keys_of(job))


def keys_of(job: Job[Any]) -> list[str]:
    """Columns that tell rows of the table apart, as they are called there."""
    return [job.delivery.mapping.get(name, name) for name in KEYS]


def sql_types(table: pa.Table, names: Mapping[str, str]) -> dict[str, str | None]:
    """Column -> SQL type of its Arrow type, by the names of one database; None where it holds nothing at all."""
    return {field.name: _sql_type(field.type, names, field.name) for field in table.schema}


def typed(table: pa.Table) -> pa.Table:
    """The columns of a table that hold something, or could: those that a database can be sent."""
    import pyarrow as pa

    return table.select([field.name for field in table.schema if not pa.types.is_null(field.type)])


def _sql_type(kind: Any, names: Mapping[str, str], column: str) -> str | None:
    import pyarrow as pa

    if pa.types.is_null(kind):
        return None
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return names["text"]
    if pa.types.is_timestamp(kind):
        return names["moment"]
    if str(kind) not in names:
        raise ConfigurationError(f"column {column!r} holds {kind}, which goes into no table", "leave it out: `columns`")
    return names[str(kind)]


def checked(table: pa.Table, longest: int) -> None:
    """Raise ConfigurationError where the database would cut names off, or take two of them for one."""
    names = table.column_names
    if long := [name for name in names if len(name.encode()) > longest]:
        raise ConfigurationError(
            f"{long[0]!r} is longer than the {longest} bytes of a column's name", "give it another one: `mapping`"
        )
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigurationError(f"two columns would be called {twice[0]!r}", "give one another name: `mapping`")
