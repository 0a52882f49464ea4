"""A publication as deliveries read it: an Arrow table, and the few words that are said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from healthscore.errors import ConfigurationError
from healthscore.pipelines.publication.history import PUBLISHED, SCORES
from healthscore.pipelines.runs.finding import RESULT, read_object

if TYPE_CHECKING:
    import pyarrow as pa

ACCOUNT, AS_OF = "account_id", "as_of"
KEYS = (ACCOUNT, AS_OF)


@dataclass(frozen=True)
class Publication:
    """What was published: `directory` is `<out>/published/<identity>`."""

    directory: Path

    @property
    def name(self) -> str:
        """Its directory, relative to the results of its run."""
        return f"{self.directory.parent.name}/{self.directory.name}"

    @property
    def identity(self) -> str:
        """Twelve hexadecimal digits, and an attempt where there was more than one."""
        return self.directory.name

    @property
    def scorecard(self) -> str | None:
        """Name of the scorecard that scored; None where a model did."""
        return self.directory.parent.name.removeprefix(PUBLISHED).removeprefix("-") or None

    @cached_property
    def result(self) -> dict[str, Any]:
        """Its `result.json`."""
        return read_object(self.directory / RESULT)

    @property
    def as_of(self) -> str:
        """Its date, in ISO form."""
        return str(self.result[AS_OF])

    @property
    def is_there(self) -> bool:
        """Whether it can still be read."""
        return (self.directory / SCORES).is_file()

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the published columns, in order."""
        import pyarrow.parquet as pq

        return tuple(pq.read_schema(self._path).names)

    def table(self, columns: Sequence[str]) -> pa.Table:
        """Rows of all accounts, by rank, those without a score last; categories as the texts that they are."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        read = pq.read_table(self._path, columns=list(columns), partitioning=None).replace_schema_metadata(None)
        for place, field in enumerate(read.schema):
            if pa.types.is_dictionary(field.type):
                read = read.set_column(place, field.name, read[field.name].cast(field.type.value_type))
        return read.select(list(columns))

    @property
    def _path(self) -> Path:
        path = self.directory / SCORES
        if not path.is_file():
            raise ConfigurationError(
                f"{self.directory} is gone: it was removed before it was delivered", "score its date again"
            )
        return path
