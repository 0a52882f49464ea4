"""Who is asked about growth, and how segments grew: literal contracts, hand-made answers.

As of 7 May 2024, gap 7, horizon 60: the past window begins on 1 March, 67 days before.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from healthscore.asof import day_of
from healthscore.config import Run
from healthscore.errors import ConfigurationError
from healthscore.outcomes.snapshots import Label
from healthscore.pipelines.build import Book, build_book
from healthscore.pipelines.growth.asked import Growing, growing_of, growth_run, why_not
from healthscore.pipelines.growth.segments import Past, growth_segments, read_past
from healthscore.tables import open_tables
from literal import run_of

T = date(2024, 5, 7)
SUBSCRIPTIONS = """
    account_id  start       end         value
    grew        2023-01-01  2024-04-10  100
    grew        2024-04-10  -           120
    same        2023-01-01  -           100
    left        2023-01-01  2024-04-01  200
    steady      2023-01-01  -           100
    new         2024-02-15  -           50
    free        2023-01-01  -           0
    """
ACCOUNTS = """
    account_id  segment
    grew        small
    same        small
    left        large
    steady      large
    new         small
    free        large
    """
EVENTS = """
    account_id  time
    grew        2024-04-01
    same        2024-04-02
    """
LATER = """
    account_id  start       end         value
    grew        2023-01-01  2024-04-10  100
    grew        2024-04-10  2024-05-07  120
    grew        2024-05-07  -           900
    same        2023-01-01  -           100
    left        2023-01-01  2024-04-01  200
    steady      2023-01-01  2024-06-01  100
    steady      2024-06-01  -           500
    new         2024-02-15  -           50
    free        2023-01-01  -           0
    """
"""The same, with what happened on the date and after it."""
CHURN = {"kind": "churn", "source": "subscriptions", "gap_days": 7, "horizon_days": 60}
EXPANSION = CHURN | {"kind": "expansion"}


def run_with(folder: Path, subscriptions: str = SUBSCRIPTIONS, **sections: Any) -> Run:
    tables = {"subscriptions": subscriptions, "accounts": ACCOUNTS, "events": EVENTS}
    given: dict[str, Any] = {"outcomes": {"expansion": EXPANSION}, "growth": "expansion", "outcome": CHURN}
    return run_of(folder, tables, as_of=[T], signals={"usage": {}}, data_end="2024-12-01", **(given | sections))


def read(run: Run, *days: date) -> tuple[Book, Growing, list[str], Past]:
    with open_tables(run) as tables:
        book = build_book(run, tables, [day_of(day) for day in days or (T,)])
        growing = growing_of(book, tables)
        assert growing is not None
        return book, growing, why_not(book, growing, tables), read_past(book, growing, tables)


def test_who_can_expand_and_why_the_others_cannot(tmp_path: Path) -> None:
    book, growing, reasons, _ = read(run_with(tmp_path))
    ids = book.about(np.arange(len(book.label)))["account_id"].to_list()
    assert dict(zip(ids, reasons, strict=True)) == {
        "grew": "",
        "same": "",
        "steady": "",
        "new": "in its first 90 days",
        "free": "no recent revenue",
    }
    assert [ids[row] for row in growing.rows] == [name for name, why in zip(ids, reasons, strict=True) if not why]
    np.testing.assert_array_equal(growing.book.panel.X, book.panel.X[growing.rows])
    assert growing.book.run.need_outcome().kind == "expansion"


def test_only_accounts_with_a_health_score_are_asked(tmp_path: Path) -> None:
    # By the renewals that come within the horizon, only one account has a health score at all.
    text = SUBSCRIPTIONS.replace("value\n", "value  renewal\n").replace("\n    same        2023-01-01  -           100",
        "\n    same        2023-01-01  -           100  2024-06-15")  # fmt: skip
    lines = [line if len(line.split()) in (0, 5) else line + "  -" for line in text.split("\n")]
    book, growing, _, _ = read(run_with(tmp_path, "\n".join(lines), outcome=CHURN | {"kind": "non_renewal"}))
    assert book.about(np.arange(len(book.label)))["account_id"].to_list() == ["same"]
    assert growing.rows.tolist() == [0]
    assert growing.book.snapshots.at_risk.sum() == 1


def test_what_became_of_them_is_by_the_outcome_of_growth(tmp_path: Path) -> None:
    _, growing, _, _ = read(run_with(tmp_path), date(2024, 3, 1))
    ids = growing.book.about(np.arange(len(growing.rows)))["account_id"].to_list()
    assert dict(zip(ids, growing.book.label.tolist(), strict=True)) == {
        "grew": Label.EXITED,
        "same": Label.STAYED,
        "left": Label.STAYED,  # who leaves did not expand
        "steady": Label.STAYED,
    }


def test_segments_by_revenue_of_the_past_window(tmp_path: Path) -> None:
    *_, past = read(run_with(tmp_path))
    scores = pd.DataFrame(
        {
            "segment": ["small", "small", "large", "large"],
            "growth_probability": [0.2, 0.1, 0.04, np.nan],
            "ready_for_expansion": [True, False, False, False],
        }
    )
    found = growth_segments(past, scores, 10.0)
    assert (found["since"], found["until"]) == (date(2024, 3, 1), T)
    small, large = found["segments"]
    # The new account was 15 days old and the free one paid nothing: neither is counted.
    assert (small["segment"], small["accounts"], small["revenue_before"], small["revenue_after"]) == (
        "small",
        2,
        200,
        220,
    )
    assert small["revenue_ratio"]["estimate"] == pytest.approx(1.1, abs=1e-12)
    assert (small["expanded"]["n"], small["expanded"]["events"]) == (2, 1)
    assert (small["expected"], small["ready"]) == (pytest.approx(0.15), 1)
    assert (large["accounts"], large["revenue_before"], large["revenue_after"]) == (2, 300, 100)  # one left
    assert large["revenue_ratio"]["estimate"] == pytest.approx(1 / 3, abs=1e-12)
    assert (large["expanded"]["events"], large["expected"], large["ready"]) == (0, 0.04, 0)
    book = found["book"]
    assert (book["accounts"], book["revenue_before"], book["revenue_after"]) == (4, 500, 320)
    assert (book["expanded"]["events"], book["ready"]) == (1, 1)


def test_nothing_that_comes_later_changes_who_is_asked_or_how_segments_grew(tmp_path: Path) -> None:
    book, growing, reasons, past = read(run_with(tmp_path / "before"))
    after = read(run_with(tmp_path / "after", LATER))
    assert after[2] == reasons
    np.testing.assert_array_equal(after[1].rows, growing.rows)
    np.testing.assert_array_equal(after[0].panel.X, book.panel.X)
    for name in ("before", "after", "expanded", "cluster"):
        np.testing.assert_array_equal(getattr(after[3], name), getattr(past, name))


def test_a_loss_is_no_growth(tmp_path: Path) -> None:
    run = run_with(tmp_path, outcomes={"shrinks": CHURN | {"kind": "contraction"}}, growth="shrinks")
    with pytest.raises(ConfigurationError, match=r"\[outcomes.shrinks\] is of kind 'contraction', which is no gain"):
        growth_run(run)


def test_what_is_set_for_health_is_not_set_for_growth(tmp_path: Path) -> None:
    run = run_with(
        tmp_path,
        score={"anchor": {"score": 40, "probability": 0.2}, "points_to_halve_odds": 10},
        bands={"edges": [50], "names": ["bad", "good"], "colours": ["red", "green"]},
        model={"minimum_exits": 7, "trees": {"leaves": 3}},
    )
    found = growth_run(run)
    assert found is not None
    assert (found.score.anchor, found.score.points_to_halve_odds, found.model.trees.leaves) == (None, 15.0, None)
    assert (found.bands.names, found.bands.edges) == (("low", "medium", "high"), (30.0, 60.0))
    assert found.model.minimum_exits == 7
    assert growth_run(run.model_copy(update={"growth": None})) is None
