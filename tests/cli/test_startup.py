"""Libraries that a command has no use for are not loaded with it. No timing: what is loaded is what costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

UNUSED = ("mlflow", "plotly", "sklearn", "shap", "optuna", "scipy.stats", "scipy.optimize")


@pytest.mark.parametrize(
    "name", ["cli", "pipelines.score", "pipelines.check", "pipelines.panel", "pipelines.runs.listing"]
)
def test_a_pipeline_loads_what_it_needs_when_it_needs_it(name: str) -> None:
    asked = f"import sys, healthscore.{name}\nprint([name for name in {UNUSED} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-W", "error", "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
