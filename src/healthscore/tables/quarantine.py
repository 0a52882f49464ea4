"""Quarantine: the rows that were set aside, with reason, place and original text, so that nothing goes silently."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from healthscore.tables.columns import ORIGINAL
from healthscore.tables.engine import Engine
from healthscore.tables.judgement import Judgement
from healthscore.tables.quoting import quote_literal
from healthscore.tables.sources import FILE, LINE

ROWS_AT_ONCE = 100_000


def quarantine_query(judgement: Judgement) -> str:
    """Rows set aside: reason, column, file, line, and the original row as JSON of texts."""
    reasons = {number: rule for number, rule in enumerate(judgement.rules) if rule.action == "quarantine"}
    reason = " ".join(f"WHEN {number} THEN {quote_literal(rule.code)}" for number, rule in reasons.items())
    column = " ".join(f"WHEN {number} THEN {quote_literal(rule.column)}" for number, rule in reasons.items())
    return (
        f'SELECT CASE _fault {reason} END AS reason, CASE _fault {column} END AS "column", {FILE} AS file, '
        f"{LINE} AS line, CAST({ORIGINAL} AS VARCHAR) AS original FROM {judgement.relation} "
        f"WHERE _fault IN ({', '.join(map(str, reasons))}) ORDER BY file, line"
    )


@dataclass
class Quarantine:
    """A run's rows that were set aside, written beside their place and put there only when the run is accepted.

    Attributes
    ----------
    folder
        Where ``<source>.parquet`` appears; nothing is written when None.
    """

    folder: Path | None
    written: list[str] = field(default_factory=list)

    def write(self, engine: Engine, judgement: Judgement) -> None:
        """Write one source's rows, readable by their owner only; they are not in place yet."""
        import pyarrow.parquet as parquet

        if self.folder is None or not judgement.taken("quarantine"):
            return
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self._part(judgement.binding.name)
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self.written.append(judgement.binding.name)
        with os.fdopen(descriptor, "wb") as file:
            writer = None
            for batch in engine.batches(quarantine_query(judgement), ROWS_AT_ONCE):
                writer = writer or parquet.ParquetWriter(file, batch.schema)
                writer.write_batch(batch)
            if writer is not None:
                writer.close()
            file.flush()
            os.fsync(file.fileno())

    def accept(self, sources: Iterable[str]) -> None:
        """Put the files in place, and remove what an earlier run left of sources that now have none."""
        if self.folder is None:
            return
        for name in self.written:
            self._part(name).replace(self._place(name))
        for name in set(sources) - set(self.written):
            self._place(name).unlink(missing_ok=True)

    def discard(self) -> None:
        """Leave nothing behind: the run is refused."""
        for name in self.written:
            self._part(name).unlink(missing_ok=True)
        if self.folder is not None and self.written:
            with suppress(OSError):  # not empty: it is not ours alone
                self.folder.rmdir()

    def _place(self, name: str) -> Path:
        return (self.folder or Path()) / f"{name}.parquet"

    def _part(self, name: str) -> Path:
        return (self.folder or Path()) / f".{name}.parquet.part"
