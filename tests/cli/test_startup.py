"""Libraries that a command has no use for are not loaded with it. No timing: what is loaded is what costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from literal_card import literal_run

HEAVY = ("numpy", "pandas", "pyarrow", "duckdb", "pydantic", "jinja2", "scipy", "lightgbm", "dask", "pyspark")
UNUSED = ("mlflow", "plotly", "sklearn", "shap", "optuna", "scipy.stats", "scipy.optimize", "distributed", "pyspark")
SCORE = "score --scorecard card.toml --as-of 2024-03-01"
RUN = """
name = "startup"
data_end = 2024-03-02

[as_of]
dates = [2024-03-01]

[sources]
accounts = { contract = "accounts", path = "accounts.csv" }
visits = { contract = "events", path = "events.csv" }

[features]
windows = [28]

[signals]
visits = { source = "visits", component = "use", families = ["frequency"] }

[tracking]
enabled = false
"""
CARD = """
title = "Use"

[components.use]
weight = 100
measures = [{ feature = "visits_active_days_28d", linear = [[0, 0], [10, 100]] }]
"""


def loaded(script: str, names: tuple[str, ...], folder: Path | None = None) -> str:
    """Which of the libraries a process has loaded by its end, as it says itself."""
    asked = f"import sys\n{script}\nprint([name for name in {names} if name in sys.modules], file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", asked], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stderr.splitlines()[-1]


def command(words: str) -> str:
    """A script that is a command, whose exit code has to be 0."""
    return (
        f"from healthscore.cli import main\ntry: main({words.split()})\nexcept SystemExit as end: assert not end.code"
    )


def test_importing_the_package_and_help_load_nothing_heavy() -> None:
    assert loaded("import healthscore", (*HEAVY, "typer")) == "[]"
    assert loaded(command("--help"), HEAVY) == "[]"


@pytest.mark.parametrize(
    "name", ["cli", "pipelines.score", "pipelines.check", "pipelines.panel", "pipelines.runs.listing"]
)
def test_a_pipeline_loads_what_it_needs_when_it_needs_it(name: str) -> None:
    assert loaded(f"import healthscore.{name}", UNUSED) == "[]"


def test_a_command_loads_what_it_needs(tmp_path: Path) -> None:
    literal_run(tmp_path)
    (tmp_path / "healthscore.toml").write_text(RUN, encoding="utf-8")
    (tmp_path / "card.toml").write_text(CARD, encoding="utf-8")
    for words in (SCORE, "features", "runs list"):
        assert loaded(command(words), UNUSED, tmp_path) == "[]", words
    assert list(tmp_path.rglob("scores.parquet"))
