"""T29 and T8: weights of sub-scores that a model learns, where there is something to learn and where there is not."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from scipy.stats import spearmanr

from healthscore.evaluation.clustered import intervals
from healthscore.models.churn import ChurnSettings, fit_churn
from healthscore.models.design import Design
from healthscore.models.weights.judgement import judge_weights
from healthscore.models.weights.learned import learn_subscores
from healthscore.models.weights.rows import WeightRows
from healthscore.models.weights.splitting import split_day, split_rows
from healthscore.models.weights.validated import validate_weights
from validity.lines import Line, mean_line, share_line
from validity.suite import DECISION, MODEL, SIMULATION, Outcome, Suite
from validity.truths import stored
from validity.worlds import PLANTED, SUBSCORE_WORLDS

LEARNED_ACCOUNTS = {"additive": 6_000, "learned-shapes": 6_600}
"""Simulated accounts so that about 1,000 leave."""
NULL_ACCOUNTS = 3_000
JUDGES = (*SIMULATION, *DECISION, *MODEL, "evaluation", "validity:suites/learned.py")


def design_of(rows: WeightRows) -> Design:
    """One feature per component: the sub-score itself, whose direction the model is not told."""
    return Design(rows.components, rows.components, (0,) * len(rows.components))


def learned_rows(rows: WeightRows, number: int) -> WeightRows:
    """Sub-scores that the blend learns on the first half of a history, on the rows of the other half."""
    day = split_day(rows)
    if day is None:
        raise ValueError("a history without exits on both sides")
    said = learn_subscores(design_of(rows), rows.s, rows.y, rows.day, rows.known, split_day=day, seed=number, threads=1)
    return WeightRows(
        components=said.components,
        s=said.u,
        y=rows.y[said.rows],
        day=rows.day[said.rows],
        known=rows.known[said.rows],
        cluster=rows.cluster[said.rows],
    )


def measure_learned(world: str, number: int) -> Outcome:
    """Validate learned sub-scores on later rows."""
    rows = learned_rows(SUBSCORE_WORLDS[world].draw(LEARNED_ACCOUNTS[world], number), number)
    said = validate_weights(rows)
    return {
        "exiting": rows.exiting,
        "components": {one.name: one.weight.as_dict() | {"verdict": one.verdict} for one in said.components},
    }


def learned_lines(world: str, said: Sequence[Outcome]) -> list[Line]:
    """Average the error and the rank correlation, and count how often the most important component comes first."""
    truth = stored()["learned"][world]
    names = list(truth)
    found = [[one["components"][name]["estimate"] for name in names] for one in said]
    wanted = np.array([truth[name] for name in names])
    planted = [PLANTED[name] for name in names]
    errors = [100.0 * float(np.abs(np.array(each) - wanted).mean()) for each in found]
    ranks = [float(spearmanr(each, planted).statistic) for each in found]
    top = [names[int(np.argmax(each))] == max(PLANTED, key=PLANTED.__getitem__) for each in found]
    where = f"({world}, {np.mean([one['exiting'] for one in said]):,.0f} later exits)"
    return [
        mean_line("T29", f"mean error of learned weights {where}", errors, high=3.0, unit=" points"),
        mean_line(
            "T29",
            f"rank correlation with the planted weights, of which two are equal: at most 0.986 {where}",
            ranks,
            low=0.95,
            unit="",
        ),
        share_line("T29", f"the component planted as the first is the first {where}", top, low=0.95),
    ]


def measure_null(number: int) -> Outcome:
    """Train, judge a scorecard, and judge learned sub-scores, where nothing predicts."""
    rows = SUBSCORE_WORLDS["null"].draw(NULL_ACCOUNTS, number, PLANTED)
    day = split_day(rows)
    if day is None or rows.weights is None:
        raise ValueError("a history without exits on both sides")
    learning, later = split_rows(rows, day)
    design = design_of(rows)
    model = fit_churn(
        design,
        learning.s,
        learning.y,
        day=learning.day,
        known=learning.known,
        seed=number,
        settings=ChurnSettings(threads=1),
    )
    predicted = model.probability(later.s, design.names)
    of_model = intervals(later.y, {"blend": predicted}, later.cluster, ["auc"], seed=number)["blend"]["auc"]
    of_card = intervals(rows.y, {"card": -(rows.s @ rows.weights)}, rows.cluster, ["auc"], seed=number)["card"]["auc"]
    return {
        "exiting": rows.exiting,
        "auc": of_model.as_dict(),
        "card auc": of_card.as_dict(),
        "card": judge_weights(rows).decision,
        "learned": judge_weights(learned_rows(rows, number)).decision,
    }


def null_lines(said: Sequence[Outcome]) -> list[Line]:
    """Count what was found where there is nothing."""
    exits = f"null world, {np.mean([one['exiting'] for one in said]):,.0f} exits"
    return [
        share_line(
            "T8",
            f"interval of the trained model's AUC holds 0.5 ({exits})",
            [one["auc"]["low"] <= 0.5 <= one["auc"]["high"] for one in said],
            low=0.90,
            high=0.99,
        ),
        share_line(
            "T8",
            f"a scorecard's score and bands are said to tell leavers from stayers ({exits})",
            [one["card auc"]["low"] > 0.5 for one in said],
            high=0.09,
        ),
        share_line(
            "T8",
            f"other weights than a scorecard's are recommended ({exits})",
            [one["card"] == "change" for one in said],
            high=0.09,
        ),
        share_line(
            "T8",
            f"weights of learned sub-scores are recommended ({exits})",
            [one["learned"] == "change" for one in said],
            high=0.09,
        ),
    ]


SUITES = (
    Suite("T8", measure_null, null_lines, JUDGES),
    *(
        Suite(
            f"T29 {world}",
            partial(measure_learned, world),
            partial(learned_lines, world),
            (*JUDGES, "validity:truths.json"),
        )
        for world in LEARNED_ACCOUNTS
    ),
)
