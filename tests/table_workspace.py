"""A folder of tables and a run over them, as short as a test needs it."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from healthscore.config import Run
from healthscore.tables import Problem, SourcesError, Tables, inspect_tables, open_tables


class Workspace:
    """Writes files, opens them as sources, and closes whatever was opened."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.opened: list[Tables] = []

    def csv(self, name: str, *lines: str) -> str:
        """A CSV of these lines, the header first."""
        return self.raw(name, ("\n".join(lines) + "\n").encode())

    def raw(self, name: str, content: bytes) -> str:
        (self.root / name).write_bytes(content)
        return name

    def parquet(self, path: str, /, **columns: Any) -> str:
        """A Parquet file of these columns: lists, or Arrow arrays where the type matters."""
        pq.write_table(pa.table(columns), self.root / path)
        return path

    def run(self, sources: dict[str, dict[str, Any]], **settings: Any) -> Run:
        fixed = {"name": "test", "path": self.root / "run.toml", "data": self.root, "out": self.root / "out"}
        return Run.model_validate(fixed | {"as_of": {"dates": ["2024-06-01"]}, "sources": sources} | settings)

    def open(self, sources: dict[str, dict[str, Any]], **settings: Any) -> Tables:
        return self._opened(open_tables, self.run(sources, **settings))

    def inspect(self, sources: dict[str, dict[str, Any]], **settings: Any) -> Tables:
        return self._opened(inspect_tables, self.run(sources, **settings))

    def _opened(self, how: Callable[..., Tables], run: Run) -> Tables:
        tables = how(run, quarantine_dir=self.root / "quarantine")
        self.opened.append(tables)
        for name in tables.reports:
            self._conserved(tables, run, name)
        return tables

    def _conserved(self, tables: Tables, run: Run, name: str) -> None:
        """Every row of the files is used, set aside or dropped by a rule, and those set aside are all written down."""
        report, source = tables.reports[name], run.sources[name]
        set_aside = sum(report.quarantined.values())
        assert report.rows_in == report.used + set_aside + sum(report.dropped.values())
        if not any(lookup.many for lookup in source.lookup):
            assert report.rows_in == sum(map(rows_of, files_of(run.data, source.paths)))
        assert set_aside == (len(self.quarantined(name)) if set_aside else 0)

    def refusal(self, sources: dict[str, dict[str, Any]], **settings: Any) -> dict[str, Problem]:
        """Faults for which the run refuses, by code."""
        with pytest.raises(SourcesError) as caught:
            self.open(sources, **settings)
        assert not (self.root / "quarantine").exists(), "a refused run publishes nothing"
        return {problem.code: problem for problem in caught.value.problems}

    def rows(self, tables: Tables, source: str, columns: str = "*") -> list[dict[str, Any]]:
        """Bound rows, sorted by their first columns."""
        found: list[dict[str, Any]] = tables.engine.query(
            f"SELECT {columns} FROM {tables.relation(source)} ORDER BY ALL"
        ).to_pylist()
        return found

    def column(self, tables: Tables, source: str, column: str) -> list[Any]:
        """Values of one bound column, sorted."""
        return [row[column] for row in self.rows(tables, source, f'"{column}"')]

    def quarantined(self, source: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = pq.read_table(self.root / "quarantine" / f"{source}.parquet").to_pylist()
        return found


def files_of(root: Path, patterns: Iterable[str]) -> set[Path]:
    """Files that names or patterns under a root mean."""
    exact = {root / pattern for pattern in patterns if (root / pattern).is_file()}
    return exact | {path for pattern in patterns if root / pattern not in exact for path in root.glob(pattern)}


def rows_of(path: Path) -> int:
    """Rows of a table, counted without the package."""
    if path.suffix == ".parquet":
        return int(pq.ParquetFile(path).metadata.num_rows)
    with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
        return sum(1 for row in csv.reader(file) if row) - 1


def padded(lines: Iterable[str], good: Callable[[int], str], rows: int = 1000) -> list[str]:
    """Lines among so many good ones that their share stays small."""
    odd = list(lines)
    return [*odd, *(good(number) for number in range(rows - len(odd)))]
