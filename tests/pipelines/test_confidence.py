"""Scores that rest on nothing that the model has seen say so; scores that tell nobody apart are refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from company import copy_company, rewrite
from healthscore.errors import InputError
from healthscore.features.dictionary import Feature
from healthscore.models.design import Design
from healthscore.models.drivers import Drivers
from healthscore.models.seen import Seen
from healthscore.pipelines.confidence import alarms, categories, doubts, refuse_identical
from healthscore.pipelines.score import ScoreResult, score
from healthscore.pipelines.train import TrainResult

NAMES = ("logins", "nps", "plan_basic", "plan_pro")
RANDOM = np.random.default_rng(5)


def feature(name: str) -> Feature:
    plan = name.startswith("plan")
    return Feature(
        name=name,
        component="usage",
        family="attributes" if plan else "frequency",
        signal="plan" if plan else name,
        window="",
        unit="0 or 1" if plan else "",
        zero="",
        missing="",
        sentence="",
        healthy=0,
        compute=np.asarray,
    )


FEATURES = [feature(name) for name in NAMES]


def accounts(count: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    basic = RANDOM.integers(0, 2, count)
    columns = RANDOM.integers(0, 310, count), RANDOM.integers(0, 11, count), basic, 1 - basic
    return np.stack(columns, axis=1).astype(np.float64)


TRAINED = accounts(500)
LOGIT = TRAINED[:, 0] / 100
SEEN = Seen.of(TRAINED, TRAINED, LOGIT, categories(FEATURES))


def design_of(features: list[Feature], *context: str) -> Design:
    components = tuple(one.component for one in features)
    return Design(tuple(one.name for one in features), components, (0,) * len(features), context=context)


def pointed(points: Any) -> Drivers:
    """Drivers of accounts, given in points, shape (n, groups)."""
    shown = np.atleast_2d(np.array(points, dtype=np.float64))
    exact, tenths = np.zeros(len(shown)), np.zeros(len(shown), np.int64)
    groups = ("usage", "survey")[: shown.shape[1]]
    return Drivers(groups, exact, 0.0, shown, exact, tenths, 0, (shown * 10).astype(np.int64), tenths)


def doubted(seen: Seen | None, X: Any) -> list[str]:
    return doubts(seen, X, FEATURES, design_of(FEATURES), pointed(np.zeros((len(X), 1))), 7)


def test_names_of_one_attribute_are_a_category() -> None:
    assert categories(FEATURES) == [[2, 3]]


def test_an_account_like_the_others_is_not_doubted() -> None:
    """fault 56: nothing is said where nothing is odd, and nothing where the bundle does not know."""
    assert doubted(SEEN, accounts(200)) == [""] * 200
    assert doubted(None, accounts(2)) == ["", ""]
    assert alarms(None, accounts(200), np.zeros(200), FEATURES) == []


def test_an_account_unlike_all_others_says_why() -> None:
    """fault 56: a value far outside the range, and a plan that nobody had."""
    rows = accounts(3)
    rows[1] = [5000, 3, 0, 0]
    plain, odd, _ = doubted(SEEN, rows)
    assert plain == ""
    first, second = odd.split("; ")
    assert first == "plan is none of those that the model learned from"
    assert second == f"logins is 5,000, learned from {TRAINED[:, 0].min():g} to {TRAINED[:, 0].max():g}"


def test_a_feature_that_many_lack_is_said_of_those_who_lack_it() -> None:
    """fault 56: more than 20 % more without a value than in training."""
    rows = accounts(10)
    rows[:3, 1] = np.nan
    said = doubted(SEEN, rows)
    assert said[:3] == ["nps is missing, as for 30% of the accounts (0% when trained)"] * 3
    assert said[3:] == [""] * 7
    (alarm,) = alarms(SEEN, rows, rows[:, 0] / 100, FEATURES)
    assert alarm.startswith("nps is missing for 30% of the accounts, and was for 0% when the model was trained")


WIDE = [feature(name) for name in ("tenure_days", "logins", "hours", "nps", "csat")]
WIDE[3:] = [replace(one, component="survey") for one in WIDE[3:]]
NAN = np.nan


@pytest.mark.parametrize(
    ("row", "points", "said"),
    [
        ((7, 3, 2, 9, 9), (0, 0), ""),
        ((6, 3, 2, 9, 9), (0, 0), "new: a customer for 6 days, and the shortest window has 7"),
        ((0, 3, 2, 9, 9), (0, 0), "new: a customer for 0 days, and the shortest window has 7"),
        ((NAN, 3, 2, 9, 9), (0, 0), ""),
        ((90, NAN, NAN, 9, 9), (4.9, 0), ""),
        ((90, NAN, NAN, 9, 9), (-5.0, 0), "67% of usage is missing, and counts -5.0"),
        ((90, 3, 2, NAN, 9), (0, 20.0), ""),
        ((90, 3, 2, NAN, NAN), (0, 5.0), "100% of survey is missing, and counts +5.0"),
        ((90, 3, NAN, NAN, NAN), (0, 9.0), "60% of the features are missing"),
        (
            (1, NAN, NAN, NAN, 4),
            (-9.0, 0),
            "new: a customer for 1 days, and the shortest window has 7; 60% of the features are missing",
        ),
    ],
)
def test_an_account_of_which_little_is_known_says_so(
    row: tuple[float, ...], points: tuple[float, float], said: str
) -> None:
    """More than half is much; half is not. Points below 5 rest on too little to be doubted for it."""
    X = np.array([row], dtype=np.float64)
    assert doubts(None, X, WIDE, design_of(WIDE), pointed(points), 7) == [said]


def test_context_that_is_missing_is_not_doubted() -> None:
    features = [replace(feature("days_to_renewal"), component="survey"), feature("logins"), feature("hours")]
    design = design_of(features, "days_to_renewal")
    X = np.array([[NAN, 3.0, NAN]])
    assert doubts(None, X, features, design, pointed((0, 0)), 7) == [""]


def test_a_book_that_has_shifted_is_an_alarm() -> None:
    """fault 56: the scores of the whole batch, and what moved most; a few accounts shift by chance."""
    rows = accounts(300)
    assert alarms(SEEN, rows, rows[:, 0] / 100, FEATURES) == []
    rows[:, 0] /= 4
    (alarm,) = alarms(SEEN, rows, rows[:, 0] / 100, FEATURES)
    assert "alarm above 0.25); what moved most: logins, " in alarm
    assert alarms(SEEN, rows[:50], rows[:50, 0] / 100, FEATURES) == []


def test_a_book_scored_on_days_that_nothing_was_learned_from_is_an_alarm() -> None:
    """On every date of the training nobody had an NPS above 10; on this one, many have."""
    rows = accounts(60)
    rows[:12, 1] = 40
    assert alarms(SEEN, rows, rows[:, 0] / 100, FEATURES) == []
    rows[:13, 1] = 40
    (alarm,) = alarms(SEEN, rows, rows[:, 0] / 100, FEATURES)
    assert alarm.startswith(
        "up to 22% of the accounts lie far outside of what the model learned from in nps (0 to 10): train on dates like"
    )


def test_scores_that_tell_nobody_apart_are_refused() -> None:
    """fault 56: all scores identical."""
    with pytest.raises(InputError, match="all 10 accounts have the same score by the model of saas") as refused:
        refuse_identical("saas", np.full(10, 0.3))
    assert "train again" in refused.value.remedy
    refuse_identical("saas", np.append(np.full(9, 0.3), 0.31))
    refuse_identical("saas", np.full(9, 0.3))


def test_published_scores_say_why_they_are_doubted(
    company: Path, trained: TrainResult, scored: ScoreResult, as_of: date, tmp_path: Path
) -> None:
    """fault 56: one account logs in a thousand times as often as any other."""
    before = scored.scores["low_confidence"].fillna("")
    assert scored.result["low_confidence"] == (before != "").sum() < 10
    assert before[before != ""].str.contains("is missing, and counts").all()
    run = copy_company(company, tmp_path)
    robot = str(scored.scores["account_id"].iloc[0])
    moment = pd.Timestamp(as_of, tz="UTC") - pd.Timedelta(days=3)

    def logins(rows: pd.DataFrame) -> pd.DataFrame:
        mine = rows[(rows["account_id"] == robot)].head(1).assign(time=moment, ingested_at=moment)
        return pd.concat([rows, *[mine] * 100_000])

    rewrite(run, "events.parquet", logins)
    found = score(run, as_of=as_of, model=trained.bundle)
    (told,) = found.scores.loc[found.scores["account_id"] == robot, "low_confidence"]
    assert "learned from" in told
    assert found.result["low_confidence"] == scored.result["low_confidence"] + 1
    back = pd.read_csv(found.directory / "scores.csv", dtype=str, keep_default_na=False)
    assert back.loc[back["account_id"] == robot, "low_confidence"].tolist() == [told]


def test_features_that_cannot_tell_are_counted(trained: TrainResult) -> None:
    """fault 54: a column with one value throughout is listed, and left without effect."""
    constant = trained.result["constant_features"]
    assert set(constant) < {line.split("`")[1] for line in dictionary(trained) if line.count("`") >= 2}


def dictionary(trained: TrainResult) -> list[str]:
    return (trained.directory / "dictionary.md").read_text(encoding="utf-8").splitlines()
