"""Where the rows of a table lie: in files under the data root, or in a table of the run's database."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from healthscore.config.section import Section

Table = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f;]+$")]
"""A table or view as the database's SQL writes it: `schema.name`, with quotes where letters are upper case."""
Paths = str | tuple[str, ...]


class Placed(Section):
    """A table of the company: `path` names its files, or `table` one of the database, `schema.name`."""

    path: Paths | None = None
    """A file, a glob such as `events/*.parquet`, or a list of them, under the run's `data`; CSV or Parquet."""
    table: Table | None = None
    """In place of `path`: a table or view of the run's database, `schema.name`."""

    @model_validator(mode="after")
    def _lies_in_one_place(self) -> Placed:
        if (self.path is None) == (self.table is None):
            found = "neither" if self.path is None else "both"
            raise ValueError(f"`path` names files, `table` a table of the database: give one of them; found {found}")
        return self

    @property
    def paths(self) -> tuple[str, ...]:
        """Every file or glob; none where the rows lie in a database."""
        if self.path is None:
            return ()
        return (self.path,) if isinstance(self.path, str) else self.path

    @property
    def reads(self) -> tuple[str, ...]:
        """What the rows are read from, in words: the files and globs, or the table."""
        return self.paths if self.table is None else (self.table,)
