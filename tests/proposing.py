"""Literal tables in, a proposed run out."""

from __future__ import annotations

from pathlib import Path

from healthscore.config import load_run
from healthscore.pipelines.initialise import Initialised, initialise


def write_csv(path: Path, header: str, *rows: str) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def propose(tmp_path: Path, *tables: Path) -> Initialised:
    made = initialise(list(tables), tmp_path / "out" / "healthscore.toml")
    load_run(made.path)
    return made
