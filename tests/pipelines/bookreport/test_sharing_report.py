"""The report for others holds no account and no cell that few accounts are in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import healthscore
from healthscore.pipelines.book import open_book
from healthscore.pipelines.book.opening import Told
from healthscore.pipelines.bookreport.sharing import render_shared
from healthscore.pipelines.report import write_report
from healthscore.pipelines.wording import count
from large_publication import write_large
from opened_pages import Shown, chromium, opened
from two_publications import HOSTILE

ENOUGH = {"share": 0.1, "all": 61, "held": {"estimate": 20.0, "low": 14.0, "high": 27.0}}


def test_it_names_no_account_and_no_owner(shown: Shown) -> None:
    html = re.sub(r"<script>.*?</script>", "", render_shared(shown.book, shown.tried), flags=re.DOTALL)
    table = shown.book.table
    named = {*table["account_id"], *table["name"].dropna(), *table["owner"]} - {"", "(none)"}
    assert len(named) > 400
    assert [name for name in named if name in html] == []
    assert not any(name in html for name in HOSTILE.values())
    assert 'id="data-' not in html
    assert "may be shared" in html


@pytest.mark.parametrize(("accounts", "told"), [(30, True), (10, False)])
def test_bands_are_told_all_or_not_at_all(tmp_path: Path, accounts: int, told: bool) -> None:
    with open_book(write_large(tmp_path, accounts)) as book:
        html = render_shared(book, Told(None, "not tried"))
    assert ("figure-accounts" in html) == told
    assert (f"<b>{count(accounts)}</b>" in html) == told
    assert ("A band holds fewer than 5 accounts" in html) != told


def test_weights_that_leave_few_in_a_band_are_not_told(by_card: Shown) -> None:
    assert by_card.tried.result is not None
    before, *others = by_card.tried.result["sets"]
    few = [one for one in others if any(0 < band["latest"] < 5 for band in one["figures"]["bands"])]
    html = render_shared(by_card.book, by_card.tried)
    in_force = all(not 0 < band["latest"] < 5 for band in before["figures"]["bands"])
    titles = re.findall(r"<h3>((?:Every component|Without )[^<]*)</h3>", html)
    assert not {one["title"] for one in few} & set(titles)
    assert in_force or not titles


@pytest.mark.parametrize(
    ("left", "held", "told"), [(60, 12.0, True), (60, 0.0, True), (60, 4.0, False), (4, 4.0, False), (0, None, False)]
)
def test_few_who_left_are_not_counted(by_card: Shown, left: int, held: float | None, told: bool) -> None:
    """Two sets of weights: those in force found enough; the others as the case says."""
    assert by_card.tried.result is not None
    before, other = by_card.tried.result["sets"][:2]
    bands = [band | dict.fromkeys(("n", "events", "accounts", "latest"), 40) for band in before["figures"]["bands"]]
    found = {"estimate": held, "low": None, "high": None}
    churners = {"share": 0.1, "all": left, "held": found}
    sets = [
        {"title": before["title"], "figures": before["figures"] | {"bands": bands, "churners": ENOUGH}},
        {"title": other["title"], "figures": other["figures"] | {"bands": bands, "churners": churners}},
    ]
    html = render_shared(by_card.book, Told(by_card.tried.result | {"sets": sets}))
    assert f"<h3>{other['title']}</h3>" in html
    assert ("in the lowest 10" in html) == told
    assert ("of 61" in html) == told


def test_it_is_written_beside_the_report_and_opens_in_silence(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    run = write_large(tmp_path / "run", 30)
    healthscore.report(run, to=tmp_path / "book.html", shareable=tmp_path / "shared.html")
    assert (tmp_path / "book.html").exists()
    with chromium() as browser:
        found = opened(browser, 390, "dark")
        found.page.goto((tmp_path / "shared.html").as_uri())
        assert found.page.locator("[data-figure]:not([data-drawn])").count() == 0
        assert found.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        found.keep("report-shared-390-dark")
    assert found.said == []
    assert found.asked == [(tmp_path / "shared.html").as_uri()]


def test_other_weights_can_be_looked_at_there_too(by_card: Shown, tmp_path: Path) -> None:
    write_report(render_shared(by_card.book, by_card.tried), tmp_path / "shared.html")
    with chromium() as browser:
        found = opened(browser)
        found.page.goto((tmp_path / "shared.html").as_uri())
        tried = found.page.locator(".tried").count()
        assert found.page.locator(".tried:visible").count() == min(tried, 1)
        found.keep("report-shared-1280-light")
    assert found.said == []
