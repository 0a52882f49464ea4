"""The package's public names: each is there, is what the modules define, and costs nothing until it is used."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import healthscore
from healthscore.config import load_scorecard
from healthscore.pipelines.recalibrate import recalibrate
from healthscore.pipelines.validaterun import validate_run


@pytest.mark.parametrize("name", healthscore.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(healthscore, name).__name__ == name
    assert name in dir(healthscore)


def test_scorecards_are_judged_and_read_from_python() -> None:
    assert healthscore.validate_run is validate_run
    assert healthscore.load_scorecard is load_scorecard
    assert healthscore.recalibrate is recalibrate
    assert healthscore.load_scorecard("seven_components").weights_of()["activity"] == 20


def test_type_checkers_see_what_is_public() -> None:
    tree = ast.parse(Path(healthscore.__file__).read_text(encoding="utf-8"))
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    imported = [alias.name for node in guarded.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted(imported) == sorted(healthscore.__all__)


def test_there_is_nothing_else() -> None:
    with pytest.raises(AttributeError, match="no attribute 'validaterun_'"):
        healthscore.validaterun_  # noqa: B018


def test_importing_the_package_loads_nothing_heavy() -> None:
    said = "import sys, healthscore; print(sorted({'numpy', 'pandas', 'sklearn', 'lightgbm'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
