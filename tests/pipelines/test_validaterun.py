"""A run's scorecard alone on its history: no model, small books, every outcome's own words, weights beside."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from carded import CARD, MONTHS, RUN, drawn, write_carded
from healthscore.config import Scorecard, load_run
from healthscore.errors import ConfigurationError, InsufficientDataError
from healthscore.pipelines.backtest import backtest
from healthscore.pipelines.validate import Validation, validate
from healthscore.pipelines.validaterun import validate_run

JANUARY, FEBRUARY = MONTHS[:2]


def literal() -> pd.DataFrame:
    """Forty accounts on a date: 10 red (8 leave), 10 yellow (3), 20 green (1); of the next date nothing is known."""
    points = [4] * 10 + [11] * 10 + [20] * 20  # days; all have two open tickets: scores 32, 53 and 80
    left = [1] * 8 + [0] * 2 + [1] * 3 + [0] * 7 + [1] + [0] * 19
    ids = [f"a{i:02}" for i in range(40)]
    first = pd.DataFrame({"account_id": ids, "as_of": JANUARY, "days": points, "open": 2, "left": left})
    second = first.copy()
    second["as_of"], second["left"], second["days"] = (
        FEBRUARY,
        np.nan,
        np.where(first["account_id"] == "a39", np.nan, 4),
    )
    second["open"] = second["days"] / 2
    return pd.concat([first, second], ignore_index=True)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Validation:
    run = RUN.replace("data_end = 2030-01-01", "data_end = 2024-02-01")
    return validate_run(write_carded(tmp_path_factory.mktemp("small"), literal(), run=run))


def text_of(result: dict[str, Any]) -> str:
    return " ".join(result["headline"]["sentences"]).replace("\u202f", " ")


# --- by hand ---------------------------------------------------------------------------------------------------------


def test_rates_per_band_by_hand(small: Validation) -> None:
    bands = small.result["bands"]
    assert [(b["name"], b["n"], b["events"], b["accounts"]) for b in bands] == [
        ("at risk", 10, 8, 10),
        ("needs attention", 10, 3, 10),
        ("healthy", 20, 1, 20),
    ]
    assert [b["rate"]["estimate"] for b in bands] == pytest.approx([0.8, 0.3, 0.05])
    assert small.result["pooled"]["models"]["score"]["auc"]["estimate"] == pytest.approx(
        (8 * (7 + 19 + 1.0) + 3 * (19 + 3.5) + 9.5) / (12 * 28)
    )
    assert small.result["monotone"]["bands"] is True


def test_components_alone_and_gaps_by_hand(small: Validation) -> None:
    section = small.result["scorecard"]
    assert section["weights"] == {"use": 60, "tickets": 40}
    # All the order is in use; tickets are the same for everybody.
    alone = {name: one["alone"]["auc"]["estimate"] for name, one in section["components"].items()}
    assert alone["use"] == small.result["pooled"]["models"]["score"]["auc"]["estimate"]
    assert alone["tickets"] == 0.5
    assert section["unscored"]["n"] == 0, "that row's outcome is not known, either"
    assert small.result["snapshots"][0]["exited"] == 12
    assert len(small.snapshots) == 40


def test_too_few_exits_for_weights_are_said_to_be_too_few(small: Validation) -> None:
    result = small.result
    assert (result["decision"], result["why"]) == ("no evidence", "too few exits")
    assert "Small book: 12 outcomes followed a score" in " ".join(result["warnings"])
    assert result["components"]["use"]["alone"] == result["scorecard"]["components"]["use"]["alone"]
    assert result["components"]["use"]["recommended"] is None


def test_the_words_are_those_of_the_outcome(small: Validation) -> None:
    headline, text = small.result["headline"], text_of(small.result)
    assert headline["verdict"] == "separates"
    assert headline["title"] == "The score tells accounts that had the outcome from accounts that did not have it."
    assert "Of 12 scores that were followed by the recorded outcome, the worst-scored 10 % of accounts held 3" in text
    assert "From each band to the next, fewer accounts had the outcome." in text
    assert "left" not in text + headline["title"]
    assert small.result["lead_time"] is None


def test_results_are_published_under_the_runs_directory(small: Validation) -> None:
    assert small.directory is not None
    assert small.directory.parts[-3:] == ("carded", "validate", small.result["identity"])
    assert json.loads((small.directory / "result.json").read_text(encoding="utf-8")) == small.result
    page = (small.directory / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "had the outcome" in page


def test_it_is_what_validate_says_of_the_exported_scores(tmp_path: Path) -> None:
    """The same machinery: scores and exits of a run, exported, give the same figures."""
    run = write_carded(tmp_path, drawn(60, intercept=1.0))
    found = validate_run(run)
    scores = found.snapshots.rename(columns={"left": "y"})[["account_id", "date", "score", "y"]]
    exits = scores[scores["y"] == 1].assign(date=lambda rows: rows["date"] + pd.Timedelta(days=1))
    again = validate(
        scores.drop(columns="y"), exits[["account_id", "date"]], horizon=28, returns=True, resamples=200,
        data_end=date(2030, 1, 1),
    )  # fmt: skip
    for key in ("bands", "deciles", "monotone", "churners"):
        assert again.result[key] == found.result[key], key
    pooled = found.result["pooled"]
    assert again.result["pooled"] == pooled


# --- small books -----------------------------------------------------------------------------------------------------


def test_twenty_exits_are_validated_and_not_modelled(tmp_path: Path) -> None:
    rows = drawn(40, intercept=1.0, seed=4)
    rows["left"] = np.where(rows["left"].eq(1) & (rows.groupby("left").cumcount() < 20), 1, 0)
    run = write_carded(tmp_path, rows, run=RUN.replace("minimum_exits = 20", "minimum_exits = 50"))
    with pytest.raises(InsufficientDataError, match="a scorecard can still be validated") as refused:
        backtest(run)
    assert refused.value.exit_code == 3
    assert "`healthscore validate`" in refused.value.remedy
    result = validate_run(run).result
    assert result["pooled"]["exits"] == 20
    assert result["headline"]["verdict"] in ("separates", "weakly")
    assert result["decision"] == "no evidence"


def test_below_ten_exits_nothing_is_said(tmp_path: Path) -> None:
    rows = literal()
    rows.loc[rows["as_of"].eq(JANUARY) & (np.arange(len(rows)) > 7), "left"] = 0
    run = write_carded(tmp_path, rows, run=RUN.replace("data_end = 2030-01-01", "data_end = 2024-02-01"))
    with pytest.raises(InsufficientDataError, match="8 outcomes followed a score within 30 days") as refused:
        validate_run(run)
    assert "horizon_days" in refused.value.remedy


def test_a_run_without_a_scorecard_is_told_how_to_name_one(tmp_path: Path) -> None:
    run = write_carded(tmp_path, literal(), run=RUN.replace('scorecard = "card.toml"', ""))
    with pytest.raises(ConfigurationError, match="names no scorecard") as refused:
        validate_run(run)
    assert "scorecard" in refused.value.remedy


# --- other outcomes, quartiles, hard rules ---------------------------------------------------------------------------


def test_a_good_outcome_comes_to_those_scored_higher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from healthscore.pipelines import happenings

    gain = happenings.Happening(**{**vars(happenings.HAPPENINGS["recorded"]), "gain": True})
    monkeypatch.setitem(happenings.HAPPENINGS, "recorded", gain)
    rows = literal()
    rows["days"] = 24 - rows["days"]  # the healthier, the likelier: 20, 13 and 4 days
    run = write_carded(tmp_path, rows, run=RUN.replace("data_end = 2030-01-01", "data_end = 2024-02-01"))
    result = validate_run(run).result
    assert result["pooled"]["models"]["score"]["auc"]["low"] > 0.5
    assert result["headline"]["verdict"] == "separates"
    assert [band["events"] for band in result["bands"]] == [1, 3, 8]
    assert result["monotone"]["bands"] is True
    text = text_of(result)
    assert "had been scored higher" in text
    assert "the best-scored 10 %" in text
    assert "From each band to the next, more accounts had the outcome." in text
    assert result["deciles"] == []


def test_bands_by_quartiles_are_frozen_on_their_date(tmp_path: Path) -> None:
    rows = drawn(80)
    later = rows["as_of"] > MONTHS[2]
    run = write_carded(tmp_path, rows, CARD + "\n[bands]\nquartiles_of = 2024-03-15\n")
    changed = rows.assign(days=np.where(later, 1, rows["days"]))
    other = write_carded(tmp_path / "2", changed, CARD + "\n[bands]\nquartiles_of = 2024-03-15\n")
    edges = [[(band["low"], band["high"]) for band in validate_run(one).result["bands"]] for one in (run, other)]
    assert edges[0] == edges[1], "what comes after the reference date moves no edge"


def test_weights_are_judged_where_enough_left(tmp_path: Path) -> None:
    wrong = CARD.replace("weight = 60", "weight = 95").replace("weight = 40", "weight = 5")
    result = validate_run(write_carded(tmp_path, drawn(150, intercept=1.5), wrong)).result
    assert result["exiting_accounts"] > 50
    assert result["decision"] == "change"
    components = result["components"]
    assert [components[name]["handcrafted"] for name in ("use", "tickets")] == [95, 5]
    assert components["tickets"]["recommended"] > 5
    assert components["tickets"]["verdict"] == "supported"
    assert result["gain"]["churners"]["difference"]["estimate"] > 0
    assert result["verdict_sentences"]


def test_the_scorecard_of_a_run_may_be_given_as_a_value(tmp_path: Path) -> None:
    run = load_run(write_carded(tmp_path, literal(), run=RUN.replace("data_end = 2030-01-01", "data_end = 2024-02-01")))
    assert isinstance(run.scorecard, Scorecard)
    assert validate_run(run).result["run"] == "carded"
