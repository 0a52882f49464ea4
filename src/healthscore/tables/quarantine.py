"""Quarantine: the rows that were set aside, with reason, place and original text, so that nothing goes silently."""

from __future__ import annotations

import os
from pathlib import Path

from healthscore.tables.checks import Judgement
from healthscore.tables.columns import ORIGINAL
from healthscore.tables.engine import Engine
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


def write_quarantine(engine: Engine, judgement: Judgement, target: Path) -> None:
    """Write the rows set aside; the file appears whole or not at all, readable by its owner only."""
    import pyarrow.parquet as parquet

    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        writer = None
        for batch in engine.batches(quarantine_query(judgement), ROWS_AT_ONCE):
            writer = writer or parquet.ParquetWriter(file, batch.schema)
            writer.write_batch(batch)
        if writer is not None:
            writer.close()
        file.flush()
        os.fsync(file.fileno())
    part.replace(target)
