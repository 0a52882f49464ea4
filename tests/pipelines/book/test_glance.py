"""The book at a glance: sums are those of the publication, movers those that it names, promises those of results."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import report_samples
from healthscore.pipelines.book import (
    Book,
    Filter,
    bands_over_time,
    glance,
    movers,
    overtime,
    promises,
    scores_over_time,
)
from healthscore.pipelines.book.accounts import NO_SCORE, choices
from healthscore.pipelines.book.glance import since_when
from published_companies import APRIL, MAY
from two_publications import CARD, copied, write_result


def test_a_glance_is_what_was_published(book: Book) -> None:
    told, result = glance(book), book.result
    assert told["as_of"] == MAY
    assert (told["accounts"], told["unscored"]) == (result["accounts"], result["unscored"])
    assert {band["name"]: band["accounts"] for band in told["bands"]} == result["bands"]
    assert told["mean_health"] == pytest.approx(result["mean_health"])
    assert told["low_confidence"] == result["low_confidence"]
    assert (told["gained"], told["lost"]) == (result["trend"]["gained"], result["trend"]["lost"])
    at_risk = result["actions"]["revenue_at_risk"]
    assert (told["revenue"], told["revenue_at_risk"]) == pytest.approx((at_risk["value"], at_risk["at_risk"]))
    assert sum(band["revenue_share"] for band in told["bands"]) == pytest.approx(1.0)
    assert [band["tone"] for band in told["bands"]] == ["risk", "caution", "good"]


def test_segments_add_up_to_the_book(book: Book) -> None:
    whole, parts = glance(book), [glance(book, Filter(segments=(name,))) for name in choices(book)["segments"]]
    for key in ("accounts", "low_confidence", "gained", "lost", "overridden"):
        assert sum(part[key] for part in parts) == whole[key]
    assert sum(part["revenue"] for part in parts) == pytest.approx(whole["revenue"])


def test_nobody_fits(by_model: Book) -> None:
    told = glance(by_model, Filter(text="no such account"))
    assert (told["accounts"], told["mean_health"], told["revenue"]) == (0, None, None)
    assert all(band["share"] is None for band in told["bands"])
    assert bands_over_time(by_model, Filter(text="no such account")).empty


def test_dates_are_those_that_were_scored(book: Book) -> None:
    dates, bands = scores_over_time(book), bands_over_time(book)
    for place, scored in enumerate(book.history):
        result, row = scored.result(), dates.iloc[place]
        assert (row["as_of"], row["accounts"]) == (scored.as_of, result["accounts"])
        assert row["unscored"] == sum(result["unscored"].values())
        assert row["mean_health"] == pytest.approx(result["mean_health"])
        here = bands[(bands["as_of"] == scored.as_of) & (bands["band"] != NO_SCORE)]
        assert dict(zip(here["band"], here["accounts"], strict=True)) == {k: n for k, n in result["bands"].items() if n}
        assert here["share"].sum() == pytest.approx(1.0)
        assert here["revenue"].sum() == pytest.approx(row["revenue"])


def test_dates_of_a_filter(by_model: Book) -> None:
    chosen = Filter(segments=("smb",), bands=("at risk", NO_SCORE), text="media")
    expected = [
        int((table["segment"].eq("smb") & table["name"].str.contains("Media") & table["band"].eq("at risk")).sum())
        for table in (scored.scores() for scored in by_model.history)
    ]
    found = scores_over_time(by_model, chosen).set_index("as_of")["accounts"]
    assert [int(found.get(scored.as_of, 0)) for scored in by_model.history] == expected
    assert sum(expected) > 0


def test_those_that_lost_most_are_those_that_the_publication_names(book: Book) -> None:
    lost = movers(book)["lost"]
    published = book.result["trend"]["movers"]
    assert lost["account_id"].tolist() == [one["account_id"] for one in published]
    assert lost["change"].tolist() == [one["change"] for one in published]
    assert lost["reason"].tolist() == [one["reason"] for one in published]


def test_those_that_gained_since_about_a_month(by_model: Book) -> None:
    assert since_when(by_model) == {"previous": APRIL, "week": None, "month": APRIL}
    gained = movers(by_model, "month", most=4)["gained"]
    own = by_model.table.nlargest(4, "change_month")
    assert gained["change"].tolist() == own["change_month"].tolist()
    assert (gained["reason"].str.contains(r" \+\d")).all()
    nobody = movers(by_model, "week")
    assert nobody["gained"].empty
    assert nobody["lost"].empty


def test_movers_of_a_segment(by_model: Book) -> None:
    chosen = Filter(segments=("enterprise",))
    moved = movers(by_model, "previous", chosen, most=3)
    assert set(pd.concat(moved.values())["segment"]) == {"enterprise"}


def test_promises_are_held_against_what_happened(by_model: Book, by_card: Book, tmp_path: Path) -> None:
    copy = copied(by_model, tmp_path)
    assert {name: told.why for name, told in promises(copy).items()} == {
        "published": "nothing is known of it yet: healthscore audit",
        "backtest": "nothing is known of it yet: healthscore backtest",
    }
    bands = report_samples.bands()
    write_result(copy.run.out, "audit", {"run": copy.run.name, "series": "score", "bands": bands[:2]})
    write_result(copy.run.out, "backtest", {"run": copy.run.name, "bands": bands})
    told = promises(copy)
    assert told["published"].result is not None
    assert told["backtest"].result is not None
    assert len(told["published"].result["bands"]) == 2
    assert told["backtest"].result["bands"][0] == {
        "name": "at risk",
        "low": 0,
        "high": 40,
        "n": 500,
        "events": 86,
        "accounts": 500,
        "rate": bands[0]["rate"],
        "promised": 0.168,
        "tone": "risk",
    }
    other = copied(by_card, tmp_path / "card")
    write_result(other.run.out, "audit", {"run": copy.run.name, "series": "score", "bands": bands})
    assert "of other scores" in promises(other)["published"].why
    write_result(other.run.out, "backtest", {"run": copy.run.name, "scorecard": {"name": "another", "bands": bands}})
    assert promises(other)["backtest"].why == "nothing is known of it yet: healthscore validate"
    write_result(other.run.out, "validate", {"run": copy.run.name, "scorecard": {"name": "another"}, "bands": bands})
    assert promises(other)["backtest"].why == "the newest validation is of another scorecard: healthscore validate"
    write_result(other.run.out, "validate", {"run": copy.run.name, "scorecard": {"name": CARD}, "bands": bands})
    assert promises(other)["backtest"].result is not None


def test_files_are_read_once_for_one_search(by_card: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy, read = copied(by_card, tmp_path), list[str]()

    reading = overtime.read_summed

    def noted(book: Book, text: str = "") -> pd.DataFrame:
        read.append(text)
        return reading(book, text)

    monkeypatch.setattr(overtime, "read_summed", noted)
    searched = [Filter(text="media"), Filter(text=" media "), Filter(segments=("smb",), text="media")]
    overtime.bands_over_time(by_card, Filter(text="another search before"))
    read.clear()
    for chosen in searched:
        assert scores_over_time(copy, chosen)["accounts"].sum() == scores_over_time(by_card, chosen)["accounts"].sum()
    assert read == ["media", "media"], "once for each book"
    assert scores_over_time(copy, Filter(text="nobody at all")).empty
    assert not bands_over_time(copy, Filter(text="media")).empty
    assert read[2:] == ["nobody at all", "media"]
