"""What a suite is: a seed in, an outcome out, and what all outcomes say."""

from __future__ import annotations

import ast
import hashlib
import json
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from validity.lines import FULL, Line

Outcome = dict[str, Any]
"""What one seed said, as plain values for JSON."""
PACKAGE = Path(__file__).parents[2] / "src" / "healthscore"
HERE = Path(__file__).parent
SHIPPED = Path(__file__).parents[2]


def _of(folder: str, names: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}.py" for name in names.split())


SIMULATION = ("tables/simulator", "validity:worlds.py")
"""What every suite starts from."""
EVIDENCE = _of("models/weights", "rows fit fieller validated verdicts joint")
DECISION = (*EVIDENCE, *_of("models/weights", "splitting minimal snapping gate judgement"))
MODEL = (
    *_of("models", "churn churnmodel booster logistic calibration walkforward parts design newton treetext"),
    *_of("models/weights", "splitting learned"),
)
"""Files that decide what the suites find, by what they are for; others there describe, or are for segments."""


@dataclass(frozen=True)
class Suite:
    """One experiment, repeated over seeds.

    Parameters
    ----------
    name
        What outcomes are kept under.
    measure
        Number of the seed, from 0 -> outcome. Runs in a process of its own, on one thread.
    lines
        All outcomes so far, in the order of the seeds -> lines of the table.
    judges
        Parts of the package (files or folders under `src/healthscore`) and of this one (after `validity:`) whose code
        decides the outcomes, and shipped runs, features and scorecards (after `shipped:`) that do.
    seeds
        How many seeds belong to it.
    end_to_end
        Whether it starts from raw tables and goes through the command line, or from sub-scores.
    """

    name: str
    measure: Callable[[int], Outcome]
    lines: Callable[[Sequence[Outcome]], list[Line]]
    judges: tuple[str, ...]
    seeds: int = FULL
    end_to_end: bool = False

    @cached_property
    def version(self) -> str:
        """Stand for the code that decides the outcomes: other code, other outcomes, measured anew."""
        digest = hashlib.sha256()
        for part in self.judges:
            digest.update(fingerprint(part).encode())
        return digest.hexdigest()[:12]


@cache
def fingerprint(part: str) -> str:
    """Digest the code of a file or a folder, or the content of a TOML file, that decides outcomes.

    Comments, docstrings and form do not count, nor does what outcomes are only held against later: the stored truths
    (`large_sample`), and functions that read outcomes (`..._lines`).
    """
    place, _, name = part.rpartition(":")
    if place == "shipped":
        content = tomllib.loads((SHIPPED / name).read_text(encoding="utf-8"))
        return hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()
    root = (HERE if place else PACKAGE) / name
    files = [root] if root.is_file() else sorted(root.rglob("*.py"))
    if not files:
        raise FileNotFoundError(f"no code under {root}")
    digest = hashlib.sha256()
    for file in files:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                node.body = [statement for statement in node.body if _decides(statement)] or [ast.Pass()]
            if isinstance(node, ast.Call):
                node.keywords = [keyword for keyword in node.keywords if keyword.arg != "large_sample"]
        digest.update(f"{file.relative_to(root.parent).as_posix()}\n{ast.dump(tree)}\n".encode())
    return digest.hexdigest()


def _decides(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.FunctionDef):
        return not statement.name.endswith(("_line", "_lines"))
    return not (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
