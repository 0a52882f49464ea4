"""What a simulated company exports of its score is what `validate` reads."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from healthscore.pipelines.exports import even_weights
from healthscore.pipelines.simulate import simulate
from healthscore.pipelines.validate import validate


@pytest.mark.parametrize(
    ("components", "weights"),
    [(1, [100]), (3, [35, 35, 30]), (4, [25] * 4), (6, [20, 20, 15, 15, 15, 15]), (7, [15] * 6 + [10])],
)
def test_even_weights_are_fives_that_sum_to_100(components: int, weights: list[int]) -> None:
    assert even_weights(components) == weights


def test_three_files_are_enough_for_a_verdict(tmp_path: Path) -> None:
    made = simulate("saas", accounts=400, seed=3, out=tmp_path / "company")
    folder = tmp_path / "company" / "exports"
    assert {name for name in made.result["files"] if name.startswith("exports/")} == {
        "exports/scores",
        "exports/exits",
        "exports/weights",
    }
    scores = pd.read_csv(folder / "scores.csv", dtype={"account_id": str})
    weights = pd.read_csv(folder / "weights.csv", index_col="component")["weight"]
    weighted = (scores[list(weights.index)] * weights).sum(axis=1) / 100
    assert (scores["score"] - weighted).abs().max() <= 0.051
    found = validate(folder / "scores.csv", folder / "exits.csv", folder / "weights.csv", resamples=100)
    assert found.result["decision"] in ("keep", "change", "no evidence")
    assert {name: one["handcrafted"] for name, one in found.result["components"].items()} == pytest.approx(
        weights.to_dict()
    )
