"""The model that MLflow loads: this file is copied beside the bundle and run there (models from code).

All that it needs of the package is imported; a bundle of an older version loads, or says what to do.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel

from healthscore.models.bundle import load
from healthscore.pipelines.predictions import predictions


class HealthModel(PythonModel):  # type: ignore[misc]  # MLflow ships no types that could be followed
    """A bundle, verified when it is loaded."""

    def load_context(self, context: Any) -> None:
        """Load the bundle; one thread, because servers and Spark run several of these."""
        self.bundle = load(context.artifacts["bundle"], threads=1)

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Score the rows: health, band, probability and points."""
        return predictions(self.bundle, model_input)


set_model(HealthModel())
