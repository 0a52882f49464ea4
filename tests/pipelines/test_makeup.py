"""What an exported score is made of: the stated weights, others, components turned round, hard rules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from healthscore.errors import InputError
from healthscore.pipelines.validate import validate
from healthscore.pipelines.validation.components import Components
from healthscore.pipelines.validation.histories import read_scores
from healthscore.pipelines.validation.makeup import makeup_notes, require_one_direction, score_made_of
from healthscore.pipelines.validation.weighting import read_weighting

WEIGHTS = {"usage": 50.0, "tickets": 30.0, "nps": 20.0}
MADE = np.array([0.5, 0.3, 0.2])


def points(rows: int = 400, seed: int = 1) -> Any:
    return np.random.default_rng(seed).uniform(5, 95, (rows, 3)).round(0)


def parts(given: Any, scales: tuple[str, ...] = ("", "", ""), weights: dict[str, float] | None = None) -> Components:
    stated = weights or WEIGHTS
    table = pd.DataFrame({"component": list(stated), "weight": list(stated.values()), "scale": scales})
    frame = pd.DataFrame(given, columns=list(stated))
    frame.insert(0, "account_id", [f"a{row}" for row in range(len(frame))])
    frame.insert(1, "date", "2024-01-01")
    found = read_scores(frame, weighting=read_weighting(table.astype(str))).components
    assert found is not None
    order = np.argsort(sorted(range(len(frame)), key=lambda row: f"a{row}"))
    return found.at(order)


def notes(score: Any, found: Components) -> str:
    said = {"source": "weights.csv", "differing": score_made_of(score, found)}
    return " ".join(makeup_notes(said, {name: name for name in WEIGHTS}))


def test_a_rounded_weighted_sum_is_no_difference() -> None:
    given = points()
    found = score_made_of((given @ MADE).round(0), parts(given))
    assert (found["rows"], found["weights"], found["blank_only"]) == (0, None, False)
    assert notes((given @ MADE).round(0), parts(given)) == ""


def test_other_weights_are_found_in_the_scores_even_below_a_hard_rule() -> None:
    given = points()
    score = given @ np.array([0.2, 0.3, 0.5])
    score[given[:, 0] < 11] = np.minimum(score[given[:, 0] < 11], 30)  # a cap on one row in fifteen
    found = score_made_of(score.round(1), parts(given))
    assert found["weights"] == pytest.approx({"usage": 20, "tickets": 30, "nps": 50}, abs=0.2)
    assert "not made with the weights of weights.csv but with usage 20, tickets 30 and nps 50." in notes(
        score, parts(given)
    )


def test_a_hard_rule_is_no_other_weights() -> None:
    given = points()
    score = given @ MADE
    score[given[:, 0] < 30] = np.minimum(score[given[:, 0] < 30], 20)
    found = score_made_of(score, parts(given))
    assert (found["weights"], found["lower"], found["blank_only"]) == (None, True, False)
    assert "weights.csv is not all that makes it. It is lower wherever it differs" in notes(score, parts(given))


def test_blanks_alone_make_the_difference() -> None:
    given = points()
    score = given @ MADE
    blank = given.copy()
    blank[::7, 1] = np.nan
    said = notes(score, parts(blank))
    assert said.startswith("Where a component is blank the score was made in another way than here (on ")
    assert said.endswith("Everywhere else it is the weighted sum of its components.")


def test_a_component_turned_round_is_refused_with_its_scale() -> None:
    given = points()
    score = given @ np.array([0.5, -0.3, 0.2]) + 30
    with pytest.raises(InputError) as refused:
        require_one_direction(score, parts(given))
    assert "the score falls where 'tickets' of weights rises: fewer is healthier there" in str(refused.value)
    assert str(refused.value).endswith("say so in a column `scale` of weights: tickets 100-0")
    right = parts(given, ("", "100-0", ""))
    require_one_direction(score, right)
    assert score_made_of(score, right)["rows"] == 0


def test_components_that_all_run_against_a_score_with_rules_are_refused() -> None:
    given = points()
    score = 100 - given @ MADE + np.random.default_rng(2).normal(0, 5, len(given))
    with pytest.raises(InputError, match="falls where 'usage', 'tickets' and 'nps' of weights rise: fewer"):
        require_one_direction(score, parts(given))


def test_components_that_move_together_or_never_are_left_alone() -> None:
    given = points()
    given[:, 1] = given[:, 0]
    require_one_direction(given @ MADE, parts(given))
    given[:, 1] = 40.0
    assert score_made_of(given @ np.array([0.2, 0.3, 0.5]), parts(given))["weights"] is None


def test_points_the_wrong_way_are_said_where_no_weights_can_show_it() -> None:
    random = np.random.default_rng(3)
    rows, exits = [], []
    for account in range(400):
        level = random.uniform(10, 90, 2).round(0)
        rows += [(f"a{account}", f"2024-{month:02d}-01", *level) for month in range(1, 13)]
        if random.random() < 0.4 * level[0] / 100:
            exits.append((f"a{account}", f"2024-{random.integers(2, 13):02d}-15"))
    result = validate(
        pd.DataFrame(rows, columns=["account_id", "date", "problems", "calls"]),
        pd.DataFrame(exits, columns=["account_id", "exit_date"]),
        pd.DataFrame({"component": ["problems", "calls"], "weight": [70, 30]}),
        horizon=60,
        data_end=pd.Timestamp("2025-03-01").date(),
        resamples=100,
    ).result
    assert (result["decision"], result["headline"]["verdict"]) == ("no evidence", "reversed")
    assert result["verdict_sentences"][1].startswith("But accounts that left had more points")
    assert result["verdict_sentences"][1].endswith("say so in weights, by a scale such as 100-0.")


def test_a_component_that_hardly_any_account_moves_is_named() -> None:
    random = np.random.default_rng(4)
    rows, exits = [], []
    for account in range(300):
        usage, steady = random.uniform(10, 90), 100 if account > 3 else 50
        rows += [(f"a{account}", f"2024-{month:02d}-01", round(usage), steady) for month in range(1, 13)]
        if random.random() < 0.4 * (1 - usage / 100):
            exits.append((f"a{account}", f"2024-{random.integers(2, 13):02d}-15"))
    result = validate(
        pd.DataFrame(rows, columns=["account_id", "date", "usage", "escalations"]),
        pd.DataFrame(exits, columns=["account_id", "exit_date"]),
        pd.DataFrame({"component": ["usage", "escalations"], "weight": [70, 30]}),
        resamples=50,
    ).result
    (said,) = [text for text in result["warnings"] if text.startswith("escalations")]
    assert said.startswith("escalations: only 4 accounts ever had other points than most, too few to weigh it by;")
