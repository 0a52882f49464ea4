"""A judgement as JSON: the keys that are promised, weights in per cent, nothing that JSON does not know."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from healthscore.asof import day_of
from healthscore.evaluation.proportions import NOT_COMPUTABLE, Estimate
from healthscore.models.weights.gate import Gain
from healthscore.models.weights.joint import JointGroup
from healthscore.models.weights.judgement import ComponentJudgement, Judgement, judge_weights
from healthscore.models.weights.rows import WeightRows
from healthscore.models.weights.splitting import NO_ROWS, RowCount
from healthscore.models.weights.validated import ValidatedComponent
from healthscore.models.weights.verdicts import Verdict
from healthscore.pipelines.publish import plain
from healthscore.pipelines.weighing.result import weighing_result

FIELDS = {"shap_share", "effective", "validated", "verdict", "handcrafted", "recommended"}
"""Of a component, promised for whoever reads the JSON."""


def judged() -> Judgement:
    def one(name: str, now: float, new: float, share: Estimate, verdict: Verdict) -> ComponentJudgement:
        validated = ValidatedComponent(name, share, Estimate(0.02, 0.01, 0.03), 0.001, verdict)
        return ComponentJudgement(name, 0.3, now + 0.01, validated, Estimate(0.003, 0.001, 0.005), now, new)

    return Judgement(
        decision="change",
        why="later dates agree",
        components=(
            one("tickets", 0.3, 0.2, Estimate(0.18, 0.1, 0.27), "supported"),
            one("usage", 0.7, 0.8, Estimate(0.82, None, None), "not shown"),
        ),
        joint=(
            JointGroup(
                ("tickets", "usage"),
                Estimate(1.0, 1.0, 1.0),
                Estimate(0.1, 0.05, 0.15),
                Estimate(0.83, 0.8, 0.86),
                5.2,
                0.001,
                "supported",
            ),
        ),
        split_day=day_of_july(),
        learning=RowCount(900, 6, 100, 60),
        later=RowCount(800, 5, 90, 55),
        skill={"handcrafted": Estimate(0.05, 0.02, 0.08), "refit": Estimate(0.06, 0.03, 0.09)},
        gain=Gain(Estimate(0.002, 0.0001, 0.004), 0.0005),
        exiting=110,
        segments=(),
    )


def day_of_july() -> int:
    from datetime import date

    return day_of(date(2024, 7, 1))


def test_the_promised_keys_in_per_cent() -> None:
    result = weighing_result(judged(), labels={"tickets": "Support tickets"})
    assert result["decision"] == "change"
    assert list(result["components"]) == ["tickets", "usage"]
    assert all(set(one) >= FIELDS for one in result["components"].values())
    tickets = result["components"]["tickets"]
    assert {name: tickets[name] for name in FIELDS} == {
        "shap_share": 30.0,
        "effective": 31.0,
        "validated": {"estimate": 18.0, "low": 10.0, "high": 27.0},
        "verdict": "supported",
        "handcrafted": 30.0,
        "recommended": 20.0,
    }
    assert tickets["label"] == "Support tickets"
    assert result["components"]["usage"]["validated"] == {"estimate": 82.0, "low": None, "high": None}
    assert result["split"] == {
        "day": "2024-07-01",
        "learning": {"rows": 900, "dates": 6, "events": 100, "exiting": 60},
        "later": {"rows": 800, "dates": 5, "events": 90, "exiting": 55},
    }
    assert result["gain"]["log_loss"] == {"estimate": 0.002, "low": 0.0001, "high": 0.004, "bound": 0.0005}
    assert result["joint"][0]["validated"] == {"estimate": 100.0, "low": 100.0, "high": 100.0}
    assert result["verdict_sentences"][0] == "Keep your weights, except Support tickets 30 to 20 and usage 70 to 80."


def test_what_is_not_there_is_null() -> None:
    nothing = ComponentJudgement("a", None, None, None, None, None, None)
    empty = replace(
        judged(),
        decision="no evidence",
        why="too few exits",
        components=(nothing,),
        joint=(),
        split_day=None,
        learning=NO_ROWS,
        later=NO_ROWS,
        skill={"refit": NOT_COMPUTABLE},
        gain=None,
        exiting=12,
    )
    result = weighing_result(empty)
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert result["components"]["a"] == {
        "label": "a",
        "shap_share": None,
        "effective": None,
        "validated": {"estimate": None, "low": None, "high": None},
        "verdict": "not shown",
        "handcrafted": None,
        "recommended": None,
        "drop_one": {"estimate": None, "low": None, "high": None},
        "alone": {"auc": {"estimate": None, "low": None, "high": None}, "leads": "not shown"},
    }
    assert result["gain"] == {"log_loss": {"estimate": None, "low": None, "high": None, "bound": None}}


def rows(accounts: int = 900, segments: bool = True) -> WeightRows:
    """Four quarterly dates; two components protect as 2 to 1, and are weighed so, in two segments."""
    random = np.random.default_rng(5)
    s = random.uniform(0, 100, (4 * accounts, 2))
    risk = 1 / (1 + np.exp(-(-0.5 - 0.04 * (s[:, 0] - 50) - 0.02 * (s[:, 1] - 50))))
    day = np.repeat(np.arange(4) * 91, accounts)
    cluster = np.tile(np.arange(accounts), 4)
    names = np.array(["small", "large"], dtype=object)
    return WeightRows(
        ("usage", "tickets"),
        s,
        (random.random(len(day)) < risk).astype(np.int8),
        day,
        day + 90,
        cluster,
        np.array([2 / 3, 1 / 3]),
        names[cluster % 2] if segments else None,
    )


def test_a_judgement_of_rows_is_strict_json() -> None:
    result = weighing_result(judge_weights(rows()))
    assert json.loads(json.dumps(plain(result), allow_nan=False)) == result
    assert result["decision"] == "keep"
    assert {one["segment"] for one in result["weight_segments"]} == {"small", "large"}
    for one in result["weight_segments"]:
        assert set(one) == {"segment", "n", "events", "exiting", "own", "pooled", "p", "differs"}
        assert set(one["own"]) == set(one["pooled"]) == {"usage", "tickets"}
        assert 99.9 < sum(one["pooled"].values()) < 100.1
    assert weighing_result(judge_weights(rows(segments=False)))["weight_segments"] == []
