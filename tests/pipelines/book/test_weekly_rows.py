"""Raw rows week by week: counted by hand from the files, with only what was known at the date of the scores."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pandas as pd

from healthscore.pipelines import book as views
from healthscore.pipelines.book import Book
from published_companies import MARCH, MAY
from two_publications import Company

BUSY = "A-000079"


def known(published: Company, name: str, time: str, known_at: str | None) -> pd.Series[pd.Timestamp]:
    """Days on which rows of the account began, of those that were known before May."""
    rows = pd.read_parquet(published.run.parent / "data" / name).query("account_id == @BUSY")
    begun = pd.to_datetime(rows[time], utc=True)
    noted = begun if known_at is None else pd.to_datetime(rows[known_at], utc=True).fillna(begun)
    return begun[(begun < pd.Timestamp(MAY, tz="UTC")) & (noted < pd.Timestamp(MAY, tz="UTC"))]


def by_hand(days: pd.Series[pd.Timestamp], weeks: list[date]) -> list[int]:
    """How many of the days lie in each week, one week after the other."""
    held = days.dt.date
    return [int(sum(week <= day < week + timedelta(days=7) for day in held)) for week in weeks]


def test_rows_are_those_of_the_files_that_were_known_then(by_model: Book, published: Company) -> None:
    found = views.weekly(by_model, BUSY)
    weeks = list(found["week"])
    assert weeks[-1] + timedelta(days=7) == MAY == by_model.now.as_of
    assert all(later - earlier == timedelta(days=7) for earlier, later in itertools.pairwise(weeks))
    assert MARCH - weeks[0] >= timedelta(weeks=26)
    for source, file, time, known_at in (
        ("usage", "events.parquet", "time", "ingested_at"),
        ("touchpoints", "touchpoints.parquet", "time", "logged_at"),
        ("invoices", "invoices.parquet", "issued", None),
    ):
        counted = by_hand(known(published, file, time, known_at), weeks)
        assert found[source].tolist() == counted
        assert sum(counted) > 0


def test_there_is_a_column_for_every_source_that_signals_read(by_card: Book) -> None:
    columns = [str(name) for name in views.weekly(by_card, BUSY)]
    assert columns == ["week", *views.latest(by_card, BUSY)]


def test_an_account_without_rows_is_silent_and_not_missing(by_model: Book) -> None:
    found = views.weekly(by_model, "A-999999")
    assert len(found) >= 26
    assert not found.drop(columns="week").to_numpy().any()
