"""A run without dates: a scorecard scores and explains, check says what is missing, everything else says the remedy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from healthscore.config import Run, load_run
from healthscore.errors import ConfigurationError
from healthscore.pipelines.backtest import backtest
from healthscore.pipelines.check import check
from healthscore.pipelines.explain import explain
from healthscore.pipelines.panel import panel
from healthscore.pipelines.recalibrate import recalibrate
from healthscore.pipelines.score import score
from healthscore.pipelines.train import train
from healthscore.pipelines.validaterun import validate_run
from literal_card import AS_OF, CARD, card_of, literal_run

OUTCOME = {"kind": "churn", "source": "subscriptions", "horizon_days": 30}


def undated(folder: Path, **sections: Any) -> Run:
    return Run.model_validate({**literal_run(folder, **sections).model_dump(exclude_unset=True), "as_of": None})


def test_a_run_may_leave_dates_out(tmp_path: Path) -> None:
    path = tmp_path / "healthscore.toml"
    path.write_text('[sources.events]\ncontract = "events"\npath = "events.csv"\n', encoding="utf-8")
    assert load_run(path).as_of is None
    assert not load_run(path).dated
    path.write_text(path.read_text(encoding="utf-8") + "[as_of]\ndates = [2024-03-01]\n", encoding="utf-8")
    assert load_run(path).dated


@pytest.mark.parametrize("sections", [{}, {"outcome": OUTCOME}], ids=["without an outcome", "with an outcome"])
def test_a_scorecard_scores_and_explains_without_dates(tmp_path: Path, sections: dict[str, Any]) -> None:
    dated = score(literal_run(tmp_path / "dated", **sections), as_of=AS_OF, scorecard=card_of())
    bare = undated(tmp_path / "undated", **sections)
    found = score(bare, as_of=AS_OF, scorecard=card_of())
    assert found.scores.equals(dated.scores)
    assert explain("b", bare, as_of=AS_OF, scorecard=card_of()).result["health"] == 69.9


@pytest.mark.parametrize("command", [train, backtest, validate_run, recalibrate, panel])
def test_what_needs_dates_says_so_with_the_remedy(tmp_path: Path, command: Callable[[Run], object]) -> None:
    card = {} if command is recalibrate else {"scorecard": CARD}  # whose weights would be written into a file
    run = undated(tmp_path, outcome=OUTCOME, **card)
    with pytest.raises(ConfigurationError, match=r"literal\.toml: the run has no dates") as refused:
        command(run)
    assert "add [as_of] with `first`, `last` and `every`" in refused.value.remedy
    assert not [folder for folder in ("bundle", "backtest", "validate", "recalibrate") if (run.out / folder).exists()]


def test_check_says_what_cannot_be_done_and_finds_no_fault_in_it(tmp_path: Path) -> None:
    found = check(undated(tmp_path, outcome=OUTCOME), leaks=True)
    assert found.ok
    assert found.result["base_rates"] == []
    (said,) = [text for text in found.result["warnings"] if "no dates" in text]
    assert "a scorecard can score at any date" in said
    assert found.result["checked"] == ["nothing: leaks cannot be looked for, because the run has no dates, [as_of]"]
    assert not [
        text
        for text in check(literal_run(tmp_path / "dated", outcome=OUTCOME)).result["warnings"]
        if "no dates" in text
    ]
