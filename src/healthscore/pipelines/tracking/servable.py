"""A bundle as a model that MLflow serves: code and the bundle's files, nothing pickled, no customer's row in it."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from healthscore.models.bundle import Bundle, load
from healthscore.pipelines.predictions import predictions

CODE = Path(__file__).with_name("served.py")
BUNDLE = "bundle"
PACKAGES = ("healthscore", "lightgbm", "mlflow", "numpy", "pandas")
"""What a served model needs, in the versions that it was recorded with."""
SHARES = (0.25, 0.5, 0.75)
"""Where in each feature's range the rows of the example lie."""


def save_servable(bundle: Path, target: Path, model: Any) -> None:
    """Write the model into a new directory; `model` is MLflow's description of it, to be filled in."""
    import mlflow.pyfunc
    from mlflow.models.model import MLMODEL_FILE_NAME

    loaded = load(bundle, threads=1)
    example = example_rows(loaded)
    mlflow.pyfunc.save_model(
        target,
        mlflow_model=model,
        python_model=CODE,
        artifacts={BUNDLE: str(bundle)},
        signature=_signature(loaded, example),
        input_example=example,
        pip_requirements=[f"{name}=={version(name)}" for name in PACKAGES],
        metadata={"identity": loaded.metadata.get("identity"), "outcome": loaded.metadata.get("outcome")},
    )
    # MLflow keeps the paths of this machine, which a model that is sent elsewhere should not tell.
    served = model.flavors[mlflow.pyfunc.FLAVOR_NAME]
    served["artifacts"][BUNDLE]["uri"] = served["artifacts"][BUNDLE]["path"]
    served["model_code_path"] = CODE.name
    model.save(str(target / MLMODEL_FILE_NAME))


def example_rows(bundle: Bundle) -> pd.DataFrame:
    """Three accounts that never were: a quarter, half and three quarters up the range of each feature.

    To two digits, so that no end of a range, which is some customer's figure, can be told from them. Of a category each
    is of another name; the last lacks what some accounts lacked.
    """
    names = list(bundle.model.design.names)
    seen = bundle.seen
    if seen is None:
        return pd.DataFrame(np.zeros((1, len(names))), columns=names)
    low, high = np.nan_to_num(seen.low), np.nan_to_num(seen.high)
    rows = np.array([[_short(value) for value in low + share * (high - low)] for share in SHARES])
    for columns in seen.wholes:
        rows[:, columns] = 0.0
        for row in range(len(rows)):
            rows[row, columns[row % len(columns)]] = 1.0
    rows[-1, seen.missing > 0] = np.nan
    return pd.DataFrame(rows, columns=names)


def _short(value: float) -> float:
    return float(f"{value:.2g}")


def _signature(bundle: Bundle, example: pd.DataFrame) -> Any:
    """What goes in, every feature as a number that may be missing, and what comes out."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    out = predictions(bundle, example)
    kinds = ["string" if name == "band" else "double" for name in out.columns]
    return ModelSignature(
        Schema([ColSpec("double", name) for name in bundle.model.design.names]),
        Schema([ColSpec(kind, name) for kind, name in zip(kinds, out.columns, strict=True)]),
    )
