"""What differs between two files of results, in words: keys of JSON, columns of tables, else the first other byte."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from healthscore.pipelines.publish import RECORD
from healthscore.pipelines.runs.flat import differing

if TYPE_CHECKING:
    import pandas as pd

TOLD = 5
"""Keys and columns that are named; the rest are counted."""
TEXTS = (".json", ".toml", ".html", ".md", ".csv", ".diff", ".txt")


def content_of(path: Path, stand_ins: Mapping[str, str]) -> bytes:
    """The bytes that count: with `stand_ins` put in, and of `run.json` without where things lay."""
    data = path.read_bytes()
    if path.suffix in TEXTS:
        for text, other in stand_ins.items():
            data = data.replace(text.encode(), other.encode())
    if path.name == RECORD:
        data = json.dumps({**json.loads(data), "paths": None}).encode()
    return data


def told(old: Path, new: Path, before: bytes, after: bytes) -> str:
    """What differs between two files that are not the same."""
    if old.suffix == ".json":
        return _named("keys", list(differing(json.loads(before), json.loads(after))))
    if old.suffix == ".parquet":
        return _table(old, new)
    at = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after)))
    line = before[:at].count(b"\n") + 1
    return f"from line {line:,} on ({len(before):,} and {len(after):,} bytes)"


def _table(old: Path, new: Path) -> str:
    import pandas as pd

    before, after = pd.read_parquet(old), pd.read_parquet(new)
    if len(before) != len(after):
        return f"{len(before):,} rows became {len(after):,}"
    if list(before) != list(after):
        return _named("columns", [name for name in {*before, *after} if name not in before or name not in after])
    changed = {name: _unequal(before[name], after[name]) for name in before}
    if not any(changed.values()):
        return "the same values in other bytes"
    return _named("columns", [f"{name} ({rows:,} of {len(before):,} rows)" for name, rows in changed.items() if rows])


def _unequal(before: pd.Series, after: pd.Series) -> int:
    same = (before == after).fillna(value=False) | (before.isna() & after.isna())
    return int((~same.astype(bool)).sum())


def _named(what: str, names: list[str]) -> str:
    rest = f" and {len(names) - TOLD:,} more" if len(names) > TOLD else ""
    return f"{what} {', '.join(names[:TOLD])}{rest}"
