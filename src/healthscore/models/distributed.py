"""Trees that several processes grow together, each on accounts of its own: LightGBM's data-parallel training.

The processes are those of `workers`; while they grow trees they speak LightGBM's own protocol to each other. Each reads
its rows from its files into LightGBM's bins, a byte per value.

`interaction_constraints` crash LightGBM's data-parallel learner (LightGBM issue 5680, still so in 4.7). One component
per tree is had otherwise. Under the constraints, the sample at hand says which component tree `k` takes; all rows then
grow tree `k` with every other column's gain counted as 0 (`feature_contri`). On the same rows, in one process, that
gives the same trees to the last bit. In several processes bins are found on each one's own rows, so the trees are about
as good and never the same; with the same rows on as many processes they are the same again.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from typing import Any

import numpy as np

from healthscore.errors import WorkersError
from healthscore.models import treetext
from healthscore.models.booster import BoosterPart, BoosterRecipe
from healthscore.models.calibration import level
from healthscore.models.candidates import Candidates
from healthscore.models.churn import ChurnSettings
from healthscore.models.churnmodel import ChurnModel
from healthscore.models.design import Design, Integers, Labels, Matrix, Vector, logit
from healthscore.models.innerfit import offsets_of
from healthscore.models.workers import Workers, kept, own_threads

MINUTES = 30
"""How long LightGBM waits for a word of the other processes, in minutes."""


def regrown(
    model: ChurnModel,
    candidates: Candidates,
    X: Matrix,
    y: Labels,
    day: Integers,
    workers: Workers,
    settings: ChurnSettings,
) -> ChurnModel:
    """Grow the trees of a fitted model again, on all rows that the workers keep.

    Everything else stays as the sample has it: the number of trees, which component each takes, the other parts, and
    the map to probabilities, whose constant is set anew on the sample.

    Parameters
    ----------
    model, candidates
        Fitted on the sample.
    X, y, day
        The sample: features (n, p), outcomes (n,), as-of days (n,).
    settings
        How it was fitted.
    """
    offset = offsets_of(y, day, settings)
    parts = dict(model.parts)
    for name, part in model.parts.items():
        if isinstance(part, BoosterPart):
            recipe = BoosterRecipe(settings.booster, part.additive, settings.threads)
            trees = candidates.tried[name].level
            parts[name] = _grown(recipe, part, X, y, trees, workers, seed=model.seed, offset=offset)
    calibration = model.calibration
    if calibration.origins:
        z = np.column_stack([part.logit(X) for part in parts.values()]) @ np.array(calibration.kappas)
        calibration = replace(calibration, alpha=level(z, float(y.mean())) + calibration.shift)
    return replace(model, parts=parts, calibration=calibration)


def _grown(
    recipe: BoosterRecipe,
    part: BoosterPart,
    X: Matrix,
    y: Labels,
    trees: float,
    workers: Workers,
    *,
    seed: int,
    offset: Vector | None,
) -> BoosterPart:
    design, labels = part.design, np.concatenate(workers.labels)
    parameters = recipe.parameters(design, labels, seed)
    groups = parameters.pop("interaction_constraints", [list(range(len(design.names)))])
    gains = [_only(groups, tree.columns[0], design) for tree in _in_order(recipe, design, X, y, trees, seed, offset)]
    grown = treetext.canonical(grow(workers, parameters, gains), len(design.names))
    if part.additive:
        grown.sort(key=lambda tree: int(design.group_of[tree.columns[0]]))
    observed = part.observed if workers.incomplete is None else np.where(workers.incomplete, np.nan, part.observed)
    return replace(part, intercept_of_trees=float(logit(labels.mean())), trees=tuple(grown), observed=observed)


def _in_order(
    recipe: BoosterRecipe, design: Design, X: Matrix, y: Labels, trees: float, seed: int, offset: Vector | None
) -> list[treetext.Tree]:
    """Trees of the sample as they grew, one after the other; a fitted part has them sorted by component."""
    import lightgbm

    rows = recipe.binned(design, X, y, seed=seed, offset=offset)
    booster = lightgbm.train(recipe.parameters(design, y, seed), rows.data, int(trees))
    return treetext.canonical(booster.model_to_string(), len(design.names))


def _only(groups: Sequence[Sequence[int]], column: int, design: Design) -> list[float]:
    """1 for the columns of the group that a column is of, 0 for all others."""
    (group,) = (set(one) for one in groups if column in one)
    return [float(other in group) for other in range(len(design.names))]


def grow(workers: Workers, parameters: dict[str, Any], gains: Sequence[Sequence[float]]) -> str:
    """Grow a tree per entry of `gains`, the factor on the gain of each column; returns LightGBM's text.

    Raises
    ------
    WorkersError
        One has no rows, failed or is gone.
    """
    if not all(workers.rows):
        raise WorkersError(
            f"{workers.rows.count(0)} of {len(workers.rows)} workers have no rows",
            "take fewer workers, or more accounts",
        )
    machines = workers.machines()
    network = {
        "tree_learner": "data",
        "pre_partition": True,
        "time_out": MINUTES,
        "num_machines": len(machines),
        "machines": ",".join(machines),
    }
    said = []
    for number, (address, machine) in enumerate(zip(workers.addresses, machines, strict=True)):
        own = network | {"local_listen_port": int(machine.rpartition(":")[2])} if len(machines) > 1 else {}
        said.append(workers.submit(address, _grow, workers.folder, parameters | own, gains, number == 0))
    return str(workers.results(said)[0])


def _grow(folder: str, parameters: dict[str, Any], gains: Sequence[Sequence[float]], telling: bool) -> str:
    """Grow on the kept rows; the text of all trees by the process that is to tell."""
    import lightgbm

    X, y, start = kept(folder)
    parameters = parameters | {"num_threads": own_threads()}
    with redirect_stdout(io.StringIO()):  # LightGBM tells of its sockets, whatever its verbosity
        names = [f"f{column}" for column in range(X[0].shape[1])]
        data = lightgbm.Dataset(X, y.astype(np.float64), init_score=start, feature_name=names, params=parameters)
        booster = lightgbm.Booster(parameters, data)
        try:
            for factors in gains:
                booster.reset_parameter({"feature_contri": factors})
                booster.update()
            return str(booster.model_to_string()) if telling else ""
        finally:
            booster.free_network()
