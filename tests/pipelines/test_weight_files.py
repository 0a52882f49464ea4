"""Reading weights and components: every fault is named with its rows and a remedy, nothing is guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from healthscore.errors import ConfigurationError, InputError
from healthscore.pipelines.validation.components import Components
from healthscore.pipelines.validation.histories import History, read_scores
from healthscore.pipelines.validation.weighed import check_components
from healthscore.pipelines.validation.weighting import Weighting, read_weighting

CARD = """
name = "ours"
[bands]
edges = [30, 60]
names = ["low", "middle", "high"]
colours = ["red", "yellow", "green"]
[components.usage]
weight = 60
label = "Product usage"
[components.tickets]
weight = 40
missing = "neutral"
"""


def weights_of(tmp_path: Path, text: str, name: str = "weights.csv") -> Weighting:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_weighting(path)


def scores_of(weights: Weighting, rows: list[Any], *names: str, **settings: Any) -> History:
    columns = ["account_id", "date", *names]
    frame = pd.DataFrame([(f"a{i}", "2024-01-01", *row) for i, row in enumerate(rows)], columns=columns)
    return read_scores(frame, weighting=weights, **settings)


def parts_of(history: History) -> Components:
    assert history.components is not None
    return history.components


@pytest.mark.parametrize(
    "text",
    [
        "component,weight\nusage,60\ntickets,40\n",
        "component,weight\nusage,0.6\ntickets,0.4\n",
        "Component;Weight\nusage;60 %\ntickets;40%\n",
        "name\tweighting\nusage\t60.0\ntickets\t40.00\n\t\n",
        "Component;Weight\nusage;60,0\ntickets;40,0 %\n",
        "component,weight,label\nusage,60,\ntickets,40,Support\n",
    ],
)
def test_weights_as_people_write_them(tmp_path: Path, text: str) -> None:
    found = weights_of(tmp_path, text)
    assert found.names == ("usage", "tickets")
    assert found.weights == pytest.approx([0.6, 0.4], abs=1e-12)
    assert found.labels == ("usage", "Support" if "Support" in text else "tickets")


def test_thirds_with_two_decimals_are_weights(tmp_path: Path) -> None:
    found = weights_of(tmp_path, "component,weight\na,33.33\nb,33.33\nc,33.33\n")
    assert found.weights == pytest.approx([1 / 3] * 3, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("component,weight\nusage,60\ntickets,30\n", r"'weight': the weights sum to 90 \(60 \+ 30\), not to 100"),
        ("component,weight\na,60\nb,40\ntotal,100\n", "a row with their total does not belong there"),
        ("component,weight\nusage,60 %\ntickets,0.4\n", "the weights sum to 60.4"),
        (
            "component,weight\nusage,120\ntickets,-20\n",
            r"2 of 2 rows .* hold no weight between 0 and 100; first rows: 2, 3",
        ),
        ("component,weight\nusage,high\ntickets,40\n", "hold no weight, such as 'high'; first rows: 2"),
        ("component,weight\nusage,\ntickets,100\n", "hold no weight, such as ''; first rows: 2"),
        ("component,weight\n,60\ntickets,40\n", "name no component; first rows: 2"),
        ("component,weight\nNPS score,60\nnps_score,40\n", "name a component a second time; first rows: 3"),
        ("component,weight\nusage,100\n", "weights.csv: 1 component; one component has no weight to be wrong"),
        ("usage,tickets\n60,40\n", "no column looks like component or weight; .*\n  remedy: call them 'component' and"),
        ("part,weight\na,60\nb,40\n", "no column looks like component; .*\n  remedy: call it 'component'"),
        ("component,weight,scale\na,60,big\nb,40,\n", "hold no scale, such as 'big'; first rows: 2"),
        ("component,weight,scale\na,60,5-5\nb,40,\n", "hold no scale, such as '5-5'"),
    ],
)
def test_faults_of_a_weights_file(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        weights_of(tmp_path, text)


def test_a_scorecard_instead_of_a_table(tmp_path: Path) -> None:
    found = weights_of(tmp_path, CARD, "card.toml")
    assert (found.names, found.labels) == (("usage", "tickets"), ("Product usage", "tickets"))
    assert found.handcrafted_bands
    history = scores_of(found, [(100, 50), (80, None), (None, 20)], "usage", "tickets")
    # what is missing: the card's neutral 50 for tickets, its weight to the others for usage
    assert history.score.tolist() == [80.0, 68.0, 20.0]
    with pytest.raises(ConfigurationError, match="scorecard"):
        read_weighting("seven_componets")


def test_hard_rules_and_variants_for_features_stay_out_and_that_is_said(tmp_path: Path) -> None:
    rule = '[[cap]]\nname = "silent"\nband = "middle"\nwhen = [{ feature = "days", at_least = 30 }]\n'
    variant = '[[variant]]\nname = "new"\nwhen = [{ feature = "age", at_most = 90 }]\nweights = { usage = 100 }\n'
    found = weights_of(tmp_path, CARD + rule + variant, "card.toml")
    assert len(found.aside) == 2
    assert "hard rules" in found.aside[0]
    assert "validate RUN" in found.aside[0]
    assert scores_of(found, [(100, 0)], "usage", "tickets").score.tolist() == [60.0]


def test_variants_for_segments_count_where_there_are_segments(tmp_path: Path) -> None:
    variant = '[[variant]]\nname = "large"\nsegments = ["enterprise"]\nweights = { usage = 20, tickets = 80 }\n'
    found = weights_of(tmp_path, CARD + variant, "card.toml")
    rows = [(100, 0, "enterprise"), (100, 0, "small")]
    history = scores_of(found, rows, "usage", "tickets", "segment")
    assert history.score.tolist() == [20.0, 60.0]
    without = scores_of(found, [row[:2] for row in rows], "usage", "tickets")
    assert without.score.tolist() == [60.0, 60.0]
    assert "variants for segments" in parts_of(without).weighting.aside[0]


def plain_weights(tmp_path: Path, scales: tuple[str, str] = ("", "")) -> Weighting:
    text = f"component,weight,scale\nProduct Usage,60,{scales[0]}\ntickets,40,{scales[1]}\n"
    return weights_of(tmp_path, text)


@pytest.mark.parametrize(
    "names", [("product_usage", "TICKETS"), ("ProductUsage", " tickets "), ("product-usage", "Tickets")]
)
def test_columns_are_found_whatever_the_spelling(tmp_path: Path, names: tuple[str, str]) -> None:
    history = scores_of(plain_weights(tmp_path), [(100, 0), (20, 80)], *names)
    assert history.score.tolist() == [60.0, 44.0]
    assert not history.given
    assert parts_of(history).columns == names


def test_a_component_without_a_column_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        scores_of(plain_weights(tmp_path), [(1, 2)], "product_usages", "tickets")
    assert "no column for the component 'Product Usage' of weights.csv; there are 'account_id'" in str(refused.value)
    assert "did you mean 'product_usages'?" in str(refused.value)
    with pytest.raises(InputError, match="'Tickets', 'TICKETS' could each be the component 'tickets'"):
        scores_of(plain_weights(tmp_path), [(1, 2, 3)], "product_usage", "Tickets", "TICKETS")


@pytest.mark.parametrize(
    ("scale", "value", "points"),
    [("10", 7, 70.0), ("5", 2, 40.0), ("1-5", 2, 25.0), ("10-0", 7, 30.0), ("1 to 5", 1, 0)],
)
def test_scales_of_components(tmp_path: Path, scale: str, value: float, points: float) -> None:
    history = scores_of(plain_weights(tmp_path, ("", scale)), [(50, value)], "product_usage", "tickets")
    assert parts_of(history).points[0].tolist() == pytest.approx([50.0, points])
    assert history.score[0] == pytest.approx(30 + 0.4 * points)


def test_one_scale_for_all(tmp_path: Path) -> None:
    history = scores_of(plain_weights(tmp_path), [(5, 10)], "product_usage", "tickets", scale=10.0)
    assert history.score.tolist() == [70.0]


@pytest.mark.parametrize("highest", [1, 4.5, 10])
def test_other_scales_are_asked_about(tmp_path: Path, highest: float) -> None:
    with pytest.raises(InputError, match=f"no number exceeds {highest:g}; they look like a scale of 0 to"):
        scores_of(plain_weights(tmp_path), [(50, highest), (60, 0.5)], "product_usage", "tickets")
    assert scores_of(plain_weights(tmp_path, ("", "100")), [(50, highest)], "product_usage", "tickets").score.size


def test_components_outside_their_scale_are_refused_with_their_rows(tmp_path: Path) -> None:
    rows = [(50, 60), (120, 60), (-1, 60)]
    with pytest.raises(InputError, match=r"2 of 3 rows \(66.7 %\) lie outside 0 to 100, such as 120; first rows: 1, 2"):
        scores_of(plain_weights(tmp_path), rows, "product_usage", "tickets")
    with pytest.raises(InputError, match="lie outside 1 to 5, such as 0"):
        scores_of(plain_weights(tmp_path, ("", "1-5")), [(50, 0)], "product_usage", "tickets")


@pytest.mark.parametrize("cell", ["high", "1,500"])
def test_components_that_are_no_numbers_are_refused(tmp_path: Path, cell: str) -> None:
    with pytest.raises(InputError, match=r"column 'tickets': 1 of 2 rows .* hold no plain number"):
        scores_of(plain_weights(tmp_path), [("50", "60"), ("50", cell)], "product_usage", "tickets")


def test_blank_components_leave_their_weight_to_the_others(tmp_path: Path) -> None:
    rows = [("80", "20"), ("80", ""), ("", "n/a")]
    history = scores_of(plain_weights(tmp_path), rows, "product_usage", "tickets")
    assert history.score.tolist() == [56.0, 80.0]
    assert history.counted.dropped == {"no_score": 1}
    parts = parts_of(history)
    assert parts.filled.tolist() == [[80.0, 20.0], [80.0, 80.0]]
    assert np.isnan(parts.points).tolist() == [[False, False], [False, True]]


def test_a_component_may_be_what_else_would_be_value_or_segment(tmp_path: Path) -> None:
    found = weights_of(tmp_path, "component,weight\nrevenue,50\ntier,50\n")
    history = scores_of(found, [(40, 60), (90, 70)], "revenue", "tier")
    assert (history.value, history.segment) == (None, None)
    assert history.score.tolist() == [50.0, 80.0]


def test_a_component_that_is_the_score_is_refused(tmp_path: Path) -> None:
    found = weights_of(tmp_path, "component,weight\nhealth,50\nusage,50\n")
    with pytest.raises(
        InputError, match=r"the component 'health' is the column 'health' .* which holds the score itself"
    ):
        scores_of(found, [(40, 60)], "health", "usage")
    with pytest.raises(InputError, match=r"component 'date' is the column 'date' .* which holds the date"):
        scores_of(weights_of(tmp_path, "component,weight\ndate,50\nusage,50\n"), [(60,)], "usage")
    twin = weights_of(tmp_path, "component,weight\nfinal,50\nusage,50\n")
    copied = scores_of(twin, [(40, 40, 60), (70, 70, 20)], "score", "final", "usage")
    with pytest.raises(
        InputError, match=r"the component 'final' of weights.csv is the score itself: .* equals 'score'"
    ):
        check_components(copied)
    check_components(scores_of(twin, [(50, 40, 60), (45, 70, 20)], "score", "final", "usage"))


def test_contradictions_in_a_component_are_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        [("a", "2024-01-01", 50.0, 20.0, None)] * 2 + [("a", "2024-01-01", 50.0, 20.0, 30.0)],
        columns=["account_id", "date", "score", "product_usage", "tickets"],
    )
    with pytest.raises(InputError, match="a second, different score on the same day; first rows: 2"):
        read_scores(frame, weighting=plain_weights(tmp_path))
    assert read_scores(frame[:2], weighting=plain_weights(tmp_path)).counted.dropped == {"repeated": 1}


def test_further_columns_of_numbers_are_noticed() -> None:
    frame = pd.DataFrame(
        {
            "account_id": ["1", "2", "3"],
            "date": "2024-01-01",
            "score": [10.0, 50.0, 90.0],
            "usage": ["10", "20", ""],
            "tickets": [1, 2, 3],
            "same": [5, 5, 5],
            "salary": [1000, 2000, 50],
            "comment": ["a", "1", "2"],
        }
    )
    assert read_scores(frame).spare == ("usage", "tickets")
