"""A hundred thousand accounts: every view of what is published, by a law that their scores follow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from healthscore.pipelines import book as views
from healthscore.pipelines.book import Book, Filter, open_book
from large_publication import DATES, write_large

ACCOUNTS = 100_000
ONE = "A-012347"
"""Ends with a 7: its score is 70, and was 71 and 72."""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    with open_book(write_large(tmp_path_factory.mktemp("large"), ACCOUNTS)) as book:
        yield book


def test_at_a_glance(large: Book) -> None:
    told = views.glance(large)
    assert (told["accounts"], told["mean_health"], told["lost"]) == (ACCOUNTS, 45.0, ACCOUNTS)
    assert [band["accounts"] for band in told["bands"]] == [40_000, 30_000, 30_000]
    assert told["revenue"] == 100.0 * ACCOUNTS


def test_over_time(large: Book) -> None:
    dates = views.scores_over_time(large)
    assert dates["as_of"].tolist() == list(DATES)
    assert dates["mean_health"].tolist() == [47.0, 46.0, 45.0]
    assert views.scores_over_time(large, Filter(text="a-00001"))["accounts"].tolist() == [10, 10, 10]


def test_pages_and_filters(large: Book) -> None:
    page = views.accounts_page(large, Filter(bands=("healthy",), text="company 123"), by="name", size=3)
    assert page.total == sum(str(n).startswith("123") and n % 10 >= 7 for n in range(ACCOUNTS))
    assert page.rows["name"].tolist() == ["Company 12307", "Company 12308", "Company 12309"]
    assert page.rows["renewal"].dt.date.tolist() == [date(2025, 5, 31)] * 3
    assert page.rows["top_driver"].tolist() == ["use -20.0: few log-ins"] * 3
    assert views.displays(large, page.rows)["rank"].tolist() == [
        "70,001 of 100,000",
        "80,001 of 100,000",
        "90,001 of 100,000",
    ]


def test_movers(large: Book) -> None:
    moved = views.movers(large, most=2)
    assert moved["gained"].empty
    assert moved["lost"][["account_id", "change", "reason"]].to_numpy().tolist() == [
        ["A-000000", -1.0, "use -1.0"],
        ["A-000001", -1.0, "use -1.0"],
    ]


def test_one_account(large: Book) -> None:
    told = views.account(large, ONE)
    assert [(step.name, step.points, step.ends) for step in told["waterfall"]] == [
        ("typical account", 60.0, 60.0),
        ("support", -1.0, 59.0),
        ("finance", 2.0, 61.0),
        ("use", 9.0, 70.0),
        ("score", 70.0, 70.0),
    ]
    course = views.course(large, ONE)
    assert course["health"].tolist() == [72.0, 71.0, 70.0]
    assert course["moved"].tolist() == ["", "use -1.0", "use -1.0"]
    assert views.peers(large, ONE)["rows"][0]["below"] == pytest.approx(75.0, abs=0.1)


def test_the_worklist(large: Book) -> None:
    listed = views.listed(large)
    assert len(listed) == 5000
    assert views.export(listed) == (large.directory / "worklist.csv").read_bytes()
