"""Ways to take a score apart, on the same trees and one thread: rows per CPU second, and the table of docs/scoring.md.

Three models: ours as it is trained by default, with small trees of one component each; a large one of the benchmark
that this package is held against, whose trees mix all features; and the same with every tree in one component. Large
ones are trained once and kept. That all ways agree is asserted first.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bookpanel import COMPONENTS, FEATURES, NAMES, OF, TREES, drawn, happened
from healthscore.models import treetext
from healthscore.models.booster import BoosterPart, BoosterRecipe
from healthscore.models.design import Design
from healthscore.models.treesettings import BoosterSettings
from speed_page import Table

Floats = NDArray[np.float64]
LEARNED_FROM = 20_000
LARGE = {"objective": "binary", "num_leaves": 63, "learning_rate": 0.05, "min_data_in_leaf": 50, "seed": 3,
         "deterministic": True, "force_col_wise": True, "num_threads": 1, "verbosity": -1}  # fmt: skip
LARGE_TREES, LARGE_LEARNED_FROM = 400, 100_000
MODELS = {"ours": "ours", "large": "large", "additive": "large, by component"}
FEW = {"ours": 1000, "large": 40, "additive": 100}
"""Rows that slow ways take apart: each has to do for about a second."""
WOODELF_ROWS = 8192
CONTRIBUTIONS, SHAP, WOODELF = "LightGBM's `pred_contrib`", "shap's own TreeSHAP", "woodelf"
LOOKED_UP, PREDICTION, POINTS = "SHAP values of features", "LightGBM's prediction", "points of components"
GOALS = {LOOKED_UP: 10, POINTS: 100}
"""How many times as many rows per CPU second as of `pred_contrib` we want."""


@dataclass(frozen=True)
class Way:
    """One way to take scores apart, the rows it is given, and the CPU seconds of what it makes once per model."""

    explain: Callable[[Floats], Any]
    rows: Floats
    tables_s: float = 0.0


def measure(kept: Path, rows: int, repeat: int) -> dict[str, Any]:
    """Rows per CPU second of every way and model, medians of alternating rounds."""
    models = {}
    for name, few in FEW.items():
        part, X = (ours(), drawn(np.random.default_rng(1), rows)) if name == "ours" else large(name, kept, rows // 16)
        models[name] = {"trees": len(part.trees), "ways": rates(ways(part, X, X[:few]), repeat)}
    return {"repeat": repeat, "models": models}


def rates(ways: Mapping[str, Way], repeat: int) -> dict[str, dict[str, float]]:
    """Rows per CPU second by way, without the tables that are made once, and the seconds of those."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeat):
        for name, way in ways.items():
            seconds[name].append(cpu_seconds(partial(way.explain, way.rows)))
    return {
        name: {
            "rows_per_cpu_s": float(f"{len(way.rows) / statistics.median(seconds[name]):.4g}"),
            "rows": len(way.rows),
            "tables_s": round(way.tables_s, 3),
        }
        for name, way in ways.items()
    }


def ways(part: BoosterPart, X: Floats, few: Floats) -> dict[str, Way]:
    """The ways, which agree: the slow ones of few rows."""
    native = part._native
    values_s = cpu_seconds(lambda: part._values)
    shapley_s = cpu_seconds(lambda: part._shapley)
    found = {
        CONTRIBUTIONS: Way(lambda rows: native.predict(rows, pred_contrib=True, num_threads=1)[:, :-1], few),
        SHAP: Way(shap_values(native), few),
        LOOKED_UP: Way(part.feature_logit, X, shapley_s),
        PREDICTION: Way(lambda rows: native.predict(rows, raw_score=True, num_threads=1), X),
    }
    if find_spec("woodelf"):
        found[WOODELF] = Way(woodelf_values(native), X[:WOODELF_ROWS])
    expected = found[CONTRIBUTIONS].explain(few)
    for name, close in {SHAP: 1e-9, LOOKED_UP: 1e-9, WOODELF: 1e-4}.items():
        if name in found:
            np.testing.assert_allclose(found[name].explain(few), expected, atol=close, rtol=0, err_msg=name)
    if part.additive:
        found[POINTS] = Way(part.component_logit, X, values_s)
        np.testing.assert_allclose(part.logit(X), found[PREDICTION].explain(X) + part.intercept, atol=1e-9, rtol=0)
    return found


def shap_values(native: Any) -> Callable[[Floats], Floats]:
    """The library shap by its own algorithm; of LightGBM's trees it would ask LightGBM."""
    explainer = import_module("shap").TreeExplainer(native)
    explainer.model.model_type = "internal"
    return lambda rows: np.asarray(explainer.shap_values(rows, check_additivity=False))


def woodelf_values(native: Any) -> Callable[[Floats], Floats]:
    """The library woodelf, which makes its tables each time."""
    explainer, pandas, names = import_module("woodelf").WoodelfExplainer, import_module("pandas"), native.feature_name()
    return lambda rows: np.asarray(explainer(native).shap_values(pandas.DataFrame(rows, columns=names), verbose=False))


def cpu_seconds(work: Callable[[], Any]) -> float:
    """CPU seconds of this process for the work."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


# --- models ----------------------------------------------------------------------------------------------------------


def ours() -> BoosterPart:
    """Trees of one component each, grown on rows of which a fifth of the features matters."""
    random = np.random.default_rng(1)
    X = drawn(random, LEARNED_FROM)
    path = BoosterRecipe(BoosterSettings(), threads=1).path(design(), X, happened(random, X), (float(TREES),), seed=1)
    part = path(float(TREES))
    assert isinstance(part, BoosterPart)  # noqa: S101 - said to the type checker
    return part


def large(name: str, kept: Path, rows: int) -> tuple[BoosterPart, Floats]:
    """A model of the benchmark, from the folder or into it, and rows to take apart."""
    import lightgbm

    X, y = large_rows()
    file = kept / f"{name}.txt"
    if not file.is_file():
        apart = {"interaction_constraints": [list(range(c, FEATURES, COMPONENTS)) for c in range(COMPONENTS)]}
        settings = LARGE | (apart if name == "additive" else {})
        kept.mkdir(parents=True, exist_ok=True)
        lightgbm.train(settings, lightgbm.Dataset(X, y, params=settings), LARGE_TREES).save_model(file)
    trees = treetext.canonical(lightgbm.Booster(model_file=file).model_to_string(), FEATURES)
    additive = name == "additive"
    if additive:
        trees = sorted(trees, key=lambda tree: tree.columns[0] % COMPONENTS)
    return BoosterPart(design(), additive, 0.0, tuple(trees), np.full(FEATURES, np.nan), 1), X[:rows].astype(np.float64)


def design() -> Design:
    """Features in turn of the components."""
    return Design(NAMES, OF, (0,) * FEATURES)


def large_rows() -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """What the large models learn from: counts, values of few kinds, some missing; six hidden causes."""
    random, n = np.random.default_rng(1), LARGE_LEARNED_FROM
    z = random.standard_normal((n, 6), dtype=np.float32)
    mixing = random.standard_normal((6, FEATURES)).astype(np.float32)
    X = z @ mixing * 0.6 + random.standard_normal((n, FEATURES), dtype=np.float32)
    X[:, :30] = np.floor(np.exp(1.2 * X[:, :30]))
    X[:, 30:38] = np.round(X[:, 30:38] * 2)
    X[:, 38:44][random.random((n, 6)) < 0.1] = np.nan
    s = -0.8 * z[:, 0] + 0.6 * z[:, 1] * z[:, 2] - 0.7 * np.tanh(z[:, 3])
    s = s + 0.3 * np.log1p(X[:, 0]) - 0.4 * np.log1p(X[:, 5]) + 0.35 * (X[:, 31] > 1) - 2.6
    return X, (random.random(n) < 1 / (1 + np.exp(-s))).astype(np.int8)


# --- the page --------------------------------------------------------------------------------------------------------


def table(section: Mapping[str, Any]) -> Table:
    """Rows per CPU second by way and model, and in brackets how many times those of `pred_contrib`."""
    names = (CONTRIBUTIONS, SHAP, WOODELF, LOOKED_UP, with_tables(LOOKED_UP), PREDICTION, POINTS, with_tables(POINTS))
    rows = [[name, *(cell(section, model, name) for model in MODELS)] for name in names]
    return Table(("way", *MODELS.values()), rows)


def with_tables(way: str) -> str:
    """The row of a way whose tables are counted."""
    return f"{way}, tables counted"


def cell(section: Mapping[str, Any], model: str, name: str) -> str:
    """What a model's column shows of a way."""
    found: Mapping[str, Mapping[str, float]] = section["models"][model]["ways"]
    way = found.get(name.removesuffix(with_tables("")))
    if way is None:
        return "not installed" if name == WOODELF else "as SHAP values"
    rate = way["rows_per_cpu_s"]
    if name.endswith(with_tables("")):
        rate = way["rows"] / (way["rows"] / rate + way["tables_s"])
    ratio = rate / found[CONTRIBUTIONS]["rows_per_cpu_s"]
    return f"{float(f'{rate:.3g}'):,.0f}" + ("" if name == CONTRIBUTIONS else f" ({float(f'{ratio:.2g}'):g})")


def missed(section: Mapping[str, Any]) -> Sequence[str]:
    """Goals that a model misses, as ``ours: points of components``."""
    return [
        f"{MODELS[model]}: {name}"
        for model, measured in section["models"].items()
        for name, goal in GOALS.items()
        if name in (ways := measured["ways"])
        and ways[name]["rows_per_cpu_s"] < goal * ways[CONTRIBUTIONS]["rows_per_cpu_s"]
    ]
