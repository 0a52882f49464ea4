"""`tune` on a simulated company: what it may see, what it decides, and what becomes of it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import healthscore.pipelines.tune as tuning
from company import amended, copy_company, rewrite, write_company
from displayed import said
from healthscore.config import Run, load_run
from healthscore.errors import ConfigurationError, InsufficientDataError
from healthscore.evaluation.clustered import Estimate
from healthscore.models.churn import fit_candidates
from healthscore.models.tuning.search import RULES
from healthscore.models.tuning.space import SPACE
from healthscore.outcomes.snapshots import Label
from healthscore.pipelines.build import Book, build_book, iso
from healthscore.pipelines.fitting import design_of, settings_of
from healthscore.pipelines.runs.reproduce import reproduce
from healthscore.pipelines.tune import TuneResult, tune
from healthscore.pipelines.tuning.judged import tuned_run
from healthscore.pipelines.tuning.split import rows_of, split_for_tuning
from healthscore.pipelines.tuning.told import decided, target_of
from healthscore.tables import open_tables

TRIALS = 3
BETTER = {"learning_rate": 0.1, "leaves": 3, "minimum_rows_in_leaf": 10, "minimum_information_in_leaf": 2.5, "l2": 7.0}


@pytest.fixture(scope="module")
def larger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company with enough exits to compare settings by."""
    return write_company(tmp_path_factory.mktemp("larger") / "saas", 1000)


@pytest.fixture(scope="module")
def found(larger: Path) -> TuneResult:
    return tune(larger, trials=TRIALS)


@pytest.fixture(scope="module")
def book(larger: Path) -> Book:
    run = load_run(larger)
    with open_tables(run) as tables:
        return build_book(run, tables)


def test_the_judged_dates_hold_half_of_the_exits_and_are_not_seen(found: TuneResult, book: Book) -> None:
    split = split_for_tuning(book)
    assert found.result["judged_dates"] == [iso(day) for day in split.judged]
    assert (book.known_from[split.past] <= split.judged[0]).all()
    assert found.result["past"]["known_until"] <= found.result["judged_dates"][0]
    tested = np.isin(book.panel.day, split.judged) & (book.label == Label.EXITED)
    assert len(np.unique(book.panel.account[tested])) >= 30


def test_the_dates_of_a_fixed_split_judge_all_together(larger: Path, tmp_path: Path) -> None:
    dates = "[split]\ntest = [2024-11-01, 2025-01-01, 2025-02-01, 2025-04-01]\n\n[report]"
    run = load_run(copy_company(larger, tmp_path, "[report]", dates))
    with open_tables(run) as tables:
        split = split_for_tuning(build_book(run, tables))
    assert [iso(day) for day in split.judged] == ["2024-11-01", "2025-01-01", "2025-02-01", "2025-04-01"]


def test_what_happens_after_the_judged_dates_begin_changes_nothing_of_the_search(
    larger: Path, found: TuneResult, tmp_path: Path
) -> None:
    """Half of what was used from then on is deleted, and nobody is asked anything any more."""
    copy = copy_company(larger, tmp_path)
    first = pd.Timestamp(found.result["judged_dates"][0], tz="UTC")
    rewrite(copy, "events.parquet", lambda rows: rows[(rows["time"] < first) | (np.arange(len(rows)) % 2 == 0)])
    rewrite(copy, "surveys.csv", lambda rows: rows[pd.to_datetime(rows["asked_at"]) < first])
    changed = tune(copy, trials=TRIALS)
    for part in ("study", "default", "best", "past", "judged_dates"):
        assert changed.result[part] == found.result[part]
    assert changed.result["data"] != found.result["data"]


def test_outcomes_after_the_past_never_reach_the_search(book: Book) -> None:
    past = split_for_tuning(book).past
    flipped = np.where(book.label >= 0, 1 - book.label, book.label).astype(np.int8)
    flipped[past] = book.label[past]
    future = replace(book, label=flipped)
    one, other = rows_of(book, past), rows_of(future, past)
    for part in ("X", "y", "day", "known", "cluster"):
        np.testing.assert_array_equal(getattr(one, part), getattr(other, part))


def test_every_part_of_the_result_is_there(found: TuneResult) -> None:
    result = found.result
    assert result["decision"] in ("use", "keep")
    assert result["trials"] == {"finished": TRIALS, "given_up": 0, "asked": TRIALS, "stopped": False}
    assert [trial["number"] for trial in result["study"]] == [0, 1, 2]
    assert result["default"] == result["study"][0]
    assert set(result["default"]["settings"]) == set(SPACE)
    written = json.loads((found.directory / "result.json").read_text(encoding="utf-8"))
    assert written | {"directory": str(found.directory)} == result
    assert (result["tuned"] is None) == (result["decision"] == "keep")
    assert (result["judged"] is None) == (result["best"]["number"] == 0)


def test_the_page_has_the_plots_of_the_study(found: TuneResult) -> None:
    html = (found.directory / "study.html").read_text(encoding="utf-8")
    for name in ("history", "folds", "slices", "parallel"):
        assert f'data-figure="{name}"' in html
        assert f'<script type="application/json" id="{name}">' in html
    assert found.result["why"] in html
    assert "http-equiv" in html


def test_a_notebook_shows_whether_it_pays(found: TuneResult) -> None:
    shown = said(found)
    assert found.result["why"] in shown
    assert "learning rate" in shown


def test_again_it_asks_nothing_and_says_the_same(
    larger: Path, found: TuneResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every trial is in the journal."""
    before = {path.name: path.read_bytes() for path in found.directory.iterdir()}
    monkeypatch.setattr("healthscore.models.tuning.search.partner_logits", _refuse)
    again = tune(larger, trials=TRIALS)
    assert again.result == found.result
    assert {path.name: path.read_bytes() for path in again.directory.iterdir()} == before


def test_other_rules_of_the_search_begin_another_study(
    larger: Path, found: TuneResult, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert found.result["past"]["sample"] is None  # a small past
    run = load_run(larger, out=tmp_path)
    before = tuning._journal_of(run, {})
    assert tuning._journal_of(run, {}) == before
    monkeypatch.setattr(tuning, "RULES", RULES | {"patience": 3})
    assert tuning._journal_of(run, {}) != before


def test_a_run_that_the_time_ended_is_made_again_and_ends_there(
    larger: Path, found: TuneResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its trials are in the journal; done again they are measured, in another place."""
    monkeypatch.setattr(tuning, "_clock", lambda timeout: lambda: True)
    ended = tune(larger, trials=TRIALS + 2, timeout=1.0)
    assert ended.result["trials"] == found.result["trials"] | {"asked": TRIALS + 2, "stopped": True}
    again = reproduce(ended.directory)
    assert again.identical, again.result


def _refuse(rows: object) -> None:
    pytest.fail("a finished study was searched again")


def judged(low: float | None, high: float | None) -> dict[str, Any]:
    estimate = {"estimate": 0.0 if low is None or high is None else (low + high) / 2, "low": low, "high": high}
    return {"dates": ["2025-02-01", "2025-03-01"], "log_loss": {"difference": estimate}}


@pytest.mark.parametrize(
    ("low", "high", "decision", "said"),
    [
        (-0.02, -0.01, "use", "Tuned trees pay: on 2 later dates, from 1 February 2025, they change the log-loss by"),
        (-0.02, 0.01, "keep", "it could be chance"),
        (0.01, 0.02, "keep", "did worse"),
        (None, None, "keep", "not shown to be better"),
    ],
)
def test_it_is_used_only_where_the_whole_range_is_below_zero(
    low: float | None, high: float | None, decision: str, said: str
) -> None:
    answer = decided(judged(low, high), 40)
    assert answer["decision"] == decision
    assert said in answer["why"]


def test_a_default_that_nothing_beat_is_kept() -> None:
    assert decided(None, 40) == {
        "decision": "keep",
        "why": "Keep the defaults: none of 39 other settings beat them inside the past.",
    }


@pytest.fixture
def paying(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Judge as if tuned trees were much better."""

    def judge(book: Book, days: tuple[int, ...], place: object, progress: object) -> dict[str, Any]:
        gain = {"untuned": Estimate(0.3, 0.2, 0.4), "tuned": Estimate(0.2, 0.1, 0.3)}
        both = gain | {"difference": Estimate(-0.1, -0.12, -0.08)}
        size = {"n": 10, "events": 2, "accounts": 5, "dates": [iso(day) for day in days]}
        return size | {"models": {"untuned": "blend", "tuned": "blend"}, "log_loss": both, "auc": both}

    def pay() -> None:
        monkeypatch.setattr(tuning, "judge_tuned", judge)
        monkeypatch.setattr(tuning, "best", lambda trials: trials[1])

    return pay


def test_what_pays_is_written_and_included_and_changes_the_fit(
    larger: Path, found: TuneResult, book: Book, paying: Callable[[], None], tmp_path: Path
) -> None:
    paying()
    copy = copy_company(larger, tmp_path)
    made = tune(load_run(copy, out=larger.parent / "healthscore-out" / "saas"), trials=TRIALS, write=copy.parent)
    text = (copy.parent / "tuned.toml").read_text(encoding="utf-8")
    assert made.written == copy.parent / "tuned.toml"
    assert text == made.result["tuned"] == (made.directory / "tuned.toml").read_text(encoding="utf-8")
    settings = made.result["study"][1]["settings"]
    assert tomllib.loads(text) == {"model": {"trees": settings}}
    assert made.result["identity"] in text
    shipped = 'include = ["healthscore:features/saas.toml", "healthscore:pipelines/playbooks/saas.toml"]'
    run_text = amended(copy.read_text(encoding="utf-8"), shipped, f'{shipped[:-1]}, "tuned.toml"]')
    copy.write_text(run_text, encoding="utf-8")
    run = load_run(copy)
    assert run.model.trees.model_dump(exclude_none=True) == settings
    assert trees_of(run, book) != trees_of(load_run(larger), book)


def trees_of(run: Run, book: Book) -> dict[str, str]:
    rows = split_for_tuning(book).past
    data = (book.panel.X[rows], book.label[rows], book.panel.day[rows], book.known_from[rows])
    found = fit_candidates(design_of(book), *data, seed=1, settings=settings_of(run), candidates=["additive"])
    return found.models["additive"].parts["additive"].to_files()


def test_nothing_is_written_where_it_does_not_pay(larger: Path, found: TuneResult, tmp_path: Path) -> None:
    if found.result["decision"] == "use":
        pytest.skip("it pays on this company")
    run = load_run(larger)
    made = tune(run, trials=TRIALS, write=tmp_path)
    assert made.written is None
    assert made.result["writing"]["why_not"] == "tuning does not pay, so the run stays as it is"
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_tune_did_not_write_is_never_overwritten(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text("[model]\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="was not written by"):
        target_of(mine)
    with pytest.raises(ConfigurationError, match="there is no folder"):
        target_of(tmp_path / "nowhere" / "tuned.toml")
    assert target_of(tmp_path) == (tmp_path / "tuned.toml").resolve()


def test_a_run_that_was_tuned_before_begins_from_there(larger: Path) -> None:
    run = tuned_run(load_run(larger), BETTER)
    assert run.model.trees.model_dump(exclude_none=True) == BETTER
    assert settings_of(run).booster == settings_of(load_run(larger)).booster.but(BETTER)


def test_too_few_exits_are_refused(company: Path) -> None:
    with pytest.raises(InsufficientDataError, match="tuning needs 40") as refused:
        tune(company, trials=TRIALS)
    assert refused.value.exit_code == 3


def test_a_model_without_trees_has_nothing_to_tune(larger: Path, tmp_path: Path) -> None:
    run = copy_company(larger, tmp_path, "[model]", '[model]\nchoose = "logistic"')
    with pytest.raises(ConfigurationError, match="without trees"):
        tune(run)


@pytest.mark.parametrize("how", [{"trials": 0}, {"workers": 0}, {"timeout": 0.0}])
def test_numbers_below_one_are_refused(larger: Path, how: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="at least 1"):
        tune(larger, **how)
