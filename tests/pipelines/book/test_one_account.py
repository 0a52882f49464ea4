"""One account: what is told of it is what was published and what `explain` says, and its points add up."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from healthscore.errors import ConfigurationError
from healthscore.pipelines import book as views
from healthscore.pipelines.book import Book
from healthscore.pipelines.explain import Explanation, explain
from healthscore.pipelines.publish import plain
from published_companies import APRIL, MARCH, MAY
from two_publications import CARD, Company, copied

LOW, FELL = "A-000079", "A-000015"


@pytest.fixture(scope="module")
def explained(published: Company) -> dict[str, Explanation]:
    """The same account by the command, by the model and by the scorecard."""
    said: dict[str, Any] = {"as_of": MAY}
    return {
        "score": explain(LOW, published.run, model=published.bundle, **said),
        f"score-{CARD}": explain(LOW, published.run, scorecard=CARD, **said),
    }


def test_every_waterfall_adds_up(book: Book) -> None:
    for account, health in book.table.loc[book.table["status"] == "scored", ["account_id", "health"]].to_numpy():
        row = book.table[book.table["account_id"] == account].iloc[0]
        steps = views.waterfall(book, row)
        assert [step.begins for step in steps[1:-1]] == [step.ends for step in steps[:-2]]
        assert steps[-2].ends == steps[-1].points == health
        assert round(sum(step.points for step in steps[:-1]), 6) == health
        assert sorted(step.component for step in steps if step.component) == sorted(book.components)


def test_features_are_those_of_explain(book: Book, explained: dict[str, Explanation]) -> None:
    told = plain(views.features(book, LOW).to_dict("records"))
    expected = explained[book.series].result["features"]
    key = lambda one: (-abs(one["points"]), one["component"], one["feature"])  # noqa: E731 - the order of equal ones is free
    assert sorted(told, key=key) == sorted(expected, key=key)
    points = [one["points"] for one in told]
    assert points == sorted(points, key=lambda one: -abs(one))


def test_change_path_and_latest_rows_are_those_of_explain(book: Book, explained: dict[str, Explanation]) -> None:
    result = explained[book.series].result
    assert plain(views.moved(book, LOW)) == result["change"]
    assert plain(views.path(book, LOW)) == result["path"]
    assert plain(views.latest(book, LOW)) == result["latest"]


def test_what_is_told_is_what_was_published(book: Book) -> None:
    told = views.account(book, LOW)
    row = book.publication.scores().set_index("account_id").loc[LOW]
    for name in ("health", "band", "rank", "drivers_down", "change", "trend"):
        assert told[name] == (row[name] or None)
    assert told["override"] is None
    assert told["displays"]["rank"].startswith(f"{row['rank']} of ")


def test_an_override_stands_beside_the_score(by_model: Book, tmp_path: Path) -> None:
    copy = copied(by_model, tmp_path)
    table = copy.publication.scores()
    said: dict[str, Any] = {"health": 80.0, "band": "healthy", "author": "Ana", "reason": "=they told me"}
    said |= {"made_on": date(2025, 4, 3), "expires_on": date(2025, 6, 30)}
    for name, value in said.items():
        table[f"override_{name}"] = [value if account == LOW else None for account in table["account_id"]]
    table.to_parquet(copy.directory / "scores.parquet", index=False)
    told = views.account(copy, LOW)
    assert told["override"] == said
    assert told["health"] != 80.0
    assert views.glance(copy)["overridden"] == 1
    assert views.account(copy, FELL)["override"] is None


def test_an_account_with_a_status_has_no_points(book: Book) -> None:
    without = str(book.table.loc[book.table["status"] != "scored", "account_id"].iloc[0])
    told = views.account(book, without)
    assert (told["health"], told["waterfall"], told["displays"]["letter"]) == (None, [], "–")
    assert views.peers(book, without)["rows"] == []
    assert views.path(book, without) is None
    with pytest.raises(ConfigurationError, match=r"has no score at 2025-05-01"):
        views.features(book, without)


def test_nobody(book: Book) -> None:
    with pytest.raises(ConfigurationError, match=r"'nobody' has no score and no status"):
        views.account(book, "nobody")
    assert views.course(book, "nobody").empty
    assert views.path(book, "nobody") is None
    with pytest.raises(ConfigurationError, match=r"nothing was scored at 2024-01-01"):
        views.features(book, LOW, MARCH.replace(year=2024, month=1))


def test_the_course_moves_by_what_components_moved(by_model: Book) -> None:
    told = views.course(by_model, FELL)
    assert told["as_of"].tolist() == [MARCH, APRIL, MAY]
    tables = [scored.scores().set_index("account_id") for scored in by_model.history]
    health = [float(table["health"][FELL]) for table in tables]
    assert told["health"].tolist() == health
    assert np.isnan(told["change"].iloc[0])
    np.testing.assert_allclose(told["change"].iloc[1:], np.diff(health))
    points = [name for name in told if str(name).startswith("points_")]
    np.testing.assert_allclose(told[points].sum(axis=1), health)
    assert told["same_scorer"].tolist()[1:] == [True, True]
    assert told["moved"].iloc[-1] == views.account(by_model, FELL)["change_reason"]
    moved, by = told["moved"].iloc[1].rsplit(" ", 1)
    assert np.sign(float(by)) == np.sign(told["change"].iloc[1])
    assert told[f"points_{moved}"].diff().iloc[1] == pytest.approx(float(by))


def test_an_earlier_date_is_told_like_the_newest(by_model: Book) -> None:
    told = views.moved(by_model, FELL, APRIL)
    assert told is not None
    course = views.course(by_model, FELL)
    assert (told["since"], told["points"]) == (MARCH, course["change"].iloc[1])
    assert round(sum(row["points"] for row in told["rows"]), 6) == told["points"]
    assert views.moved(by_model, FELL, MARCH) is None


def test_peers_by_loops(book: Book) -> None:
    told = views.peers(book, LOW)
    table = book.table[(book.table["status"] == "scored") & (book.table["segment"] == told["segment"])]
    mine, others = table[table["account_id"] == LOW].iloc[0], table[table["account_id"] != LOW]
    assert told["accounts"] == len(others)
    assert [row["name"] for row in told["rows"]] == ["score", *book.components]
    for row in told["rows"]:
        column = "health" if row["name"] == "score" else f"points_{row['name']}"
        theirs = others[column].tolist()
        below = sum(one < mine[column] for one in theirs) + sum(one == mine[column] for one in theirs) / 2
        assert row["points"] == mine[column]
        assert row["below"] == pytest.approx(100 * below / len(theirs))
        assert row["middle"] == pytest.approx(np.median(theirs))
        assert row["low"] <= row["middle"] <= row["high"]
