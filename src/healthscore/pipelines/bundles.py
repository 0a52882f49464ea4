"""Which saved model a run is scored with, and whether it is one of that run."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from healthscore.config import Run
from healthscore.errors import BundleError, ConfigurationError
from healthscore.models.bundle import Bundle
from healthscore.pipelines.happenings import HAPPENINGS
from healthscore.pipelines.publish import current
from healthscore.pipelines.registry.versions import BUNDLE, champion, named

OTHER_MODEL = (
    "name a model of this run by --model; `healthscore train` makes one, and `healthscore models promote` makes it the "
    "one that scores"
)


def find_bundle(run: Run, model: str | Path | None) -> Path:
    """Directory of the bundle that scores.

    Parameters
    ----------
    model
        A bundle or the run directory that holds it; the number of a version, `champion` or `challenger`. None is the
        champion, and before there is one the newest that was trained.
    """
    if model is not None:
        version = named(run, str(model))
        if version is not None:
            return version
        given = Path(model).expanduser().resolve()
        return given / BUNDLE if (given / BUNDLE).is_dir() else given
    leading = champion(run)
    if leading is not None:
        return leading
    trained = current(run.out, "train")
    if trained is None:
        raise BundleError(
            f"{run.out} holds no trained model of {run.name}",
            "run `healthscore train`, or name one by --model, or score without a model by --scorecard NAME",
        )
    return trained / BUNDLE


def refuse_gain(run: Run) -> None:
    """Refuse scores of health from an outcome that is good: where it is likely, nothing is wrong."""
    kind = run.need_outcome().kind
    if HAPPENINGS[kind].gain:
        raise ConfigurationError(
            f"outcome.kind: {kind} is a gain; a low probability of it is no risk, and makes no health score",
            "`healthscore backtest` tells how well it can be foretold; score accounts by a run whose outcome is a loss",
        )


def same_outcome(bundle: Bundle, run: Run, directory: Path) -> None:
    """Refuse a model that predicts something else than the run asks for."""
    trained = bundle.metadata.get("outcome")
    outcome = run.need_outcome()
    asked = {"kind": outcome.kind, "gap_days": outcome.gap_days, "horizon_days": outcome.horizon_days}
    if trained is not None and trained != asked:
        said, wanted = (", ".join(f"{key} {value}" for key, value in what.items()) for what in (trained, asked))
        raise BundleError(f"{directory} predicts {said}; {run.name} asks for {wanted}", OTHER_MODEL)


def same_features(bundle: Bundle, run: Run, directory: Path, names: list[str]) -> None:
    """Refuse a model whose columns are not those of the run, in their order."""
    try:
        bundle.model.design.aligned(np.empty((0, len(names))), names)
    except BundleError as error:
        raise BundleError(f"{directory} is no model of {run.name}: {error.what}", OTHER_MODEL) from None
