"""Files that another engine cannot read by itself: read here, and copied there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from healthscore.errors import ConfigurationError

if TYPE_CHECKING:
    from healthscore.tables.engine import Engine
    from healthscore.tables.files import DataFile

LARGEST = 2 * 2**30
"""Bytes of files that are copied to another engine at most: they pass through this machine's memory."""


def copy_files(engine: Engine, relation: str, files: Sequence[DataFile], without: Sequence[str]) -> None:
    """Read files of one kind with DuckDB and register what they hold with another engine.

    Raises
    ------
    ConfigurationError
        They are larger than `LARGEST`.
    FileError
        A file is no table.
    """
    from healthscore.tables.engine.duckdb import DuckDBEngine

    size = sum(file.path.stat().st_size for file in files)
    if size > LARGEST:
        raise ConfigurationError(
            f"{files[0].path.name}: {size / 2**30:.1f} GB of {files[0].kind.upper()} would pass through this machine's "
            f"memory on their way to the engine; at most {LARGEST / 2**30:.0f} GB may",
            "export it as Parquet where the engine reads it itself, or name a table of the engine",
        )
    local = DuckDBEngine(files=[file.path for file in files])
    try:
        local.read_files(relation, files, without)
        engine.register(relation[1:-1].replace('""', '"'), local.query(f"SELECT * FROM {relation}"))
    finally:
        local.close()
