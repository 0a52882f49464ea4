"""The page of a book in a real browser: what it shows is what the library tells, and data stay text."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
import pytest

from healthscore.pipelines import book as views
from healthscore.pipelines import bookcharts
from healthscore.pipelines.book import Filter
from healthscore.pipelines.book.accounts import choices, displays
from healthscore.pipelines.bookreport.lists import offered
from healthscore.pipelines.bookreport.page import render_book
from healthscore.pipelines.bookwords import reasons, written
from healthscore.pipelines.publish import csv_bytes, plain
from healthscore.pipelines.report import write_report
from healthscore.pipelines.wording import count, number, percent
from opened_pages import Opened, Shown, chromium, opened
from two_publications import HOSTILE

HAS_ALL, MOVED = "A-000015", "A-000016"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def pages(browser: Any) -> dict[Path, Opened]:
    """Pages that are open already, by their files."""
    return {}


@pytest.fixture
def page(browser: Any, pages: dict[Path, Opened], shown: Shown) -> Iterator[Any]:
    if shown.path not in pages:
        pages[shown.path] = visit(browser, shown)
    found = pages[shown.path]
    turn_to(found.page, "book")
    found.page.click("#clear")
    yield found.page
    assert found.said == []
    assert found.asked == [shown.path.as_uri()]


def visit(browser: Any, shown: Shown, view: str = "", width: int = 1280, scheme: str = "light") -> Opened:
    found = opened(browser, width, scheme)
    found.page.goto(shown.path.as_uri() + view)
    found.page.wait_for_selector("html[data-ready]")
    return found


def turn_to(page: Any, view: str) -> None:
    page.evaluate("view => { location.hash = view; }", view)
    page.wait_for_selector(
        f"section.seen#{view.split('=')[0]}"
    )  # never a function: the page's policy lets none be made


def look_at(page: Any, account: str) -> None:
    page.evaluate("account => { location.hash = 'account=' + encodeURIComponent(account); }", account)
    page.wait_for_selector(f"#account-told[data-account='{account}']")


def cells(page: Any, table: str) -> list[list[str]]:
    found: list[list[str]] = page.eval_on_selector_all(
        f"{table} tbody tr", "rows => rows.map(row => Array.from(row.cells, cell => cell.textContent))"
    )
    return found


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_every_view_opens_in_silence_from_the_file_alone(browser: Any, shown: Shown, width: int, scheme: str) -> None:
    found = visit(browser, shown, width=width, scheme=scheme)
    for view in ("book", "accounts", f"account={HAS_ALL}", "worklists", "proof", "whatif"):
        turn_to(found.page, view)
        found.page.wait_for_timeout(150)
        assert found.page.locator("section.seen h2").first.is_visible()
        assert found.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), view
        waiting = "document.querySelectorAll('section.seen [data-figure]:not([data-drawn])').length"
        hidden = "document.querySelectorAll('section.seen [hidden] [data-figure]:not([data-drawn])').length"
        assert found.page.evaluate(f"{waiting} - {hidden}") == 0, view
        found.keep(f"report-{shown.book.series}-{view.split('=')[0]}-{width}-{scheme}")
    assert found.said == []
    assert found.asked == [shown.path.as_uri()]
    found.page.close()


def test_filters_find_what_the_library_finds(page: Any, shown: Shown) -> None:
    told = choices(shown.book)
    filters = [
        Filter(),
        Filter(text="a-00001"),
        Filter(text="  =CMD"),
        Filter(text="<script"),
        Filter(text="nobody at all"),
    ]
    filters += [Filter(segments=(one,)) for one in told["segments"]] + [Filter(bands=(one,)) for one in told["bands"]]
    filters += [Filter(owners=(one,)) for one in told["owners"][:3]]
    filters += [Filter(segments=(told["segments"][0],), bands=(one,), text="1") for one in told["bands"]]
    script = """chosen => {
        const c = healthbook.columns;
        return healthbook.found(c, chosen).map(row => healthbook.cell(c.account_id, row)); }"""
    for chosen in filters:
        asked = {"text": chosen.text} | {
            name: (one[0] if one else None)
            for name, one in (("segment", chosen.segments), ("owner", chosen.owners), ("band", chosen.bands))
        }
        expected = views.accounts_page(shown.book, chosen, size=len(shown.book.table)).rows["account_id"]
        assert page.evaluate(script, asked) == expected.tolist(), chosen


def test_every_column_sorts_as_the_library_sorts(page: Any, shown: Shown) -> None:
    names = page.evaluate("healthbook.meta.tables.accounts.map(column => column.name)")
    assert {"account_id", "health", "band", "change"} <= set(names)
    script = """([name, descending]) => {
        const c = healthbook.columns, all = healthbook.found(c, {text: "", segment: null, owner: null, band: null});
        return healthbook.sorted(all, c[name], name, descending).map(row => healthbook.cell(c.account_id, row)); }"""
    for name in [*names, "rank"]:
        for descending in (False, True):
            expected = views.accounts_page(shown.book, by=name, descending=descending, size=10**6).rows["account_id"]
            assert page.evaluate(script, [name, descending]) == expected.tolist(), (name, descending)


def test_counts_and_figures_follow_the_filter(page: Any, shown: Shown) -> None:
    segment = choices(shown.book)["segments"][0]
    for chosen in (Filter(), Filter(segments=(segment,)), Filter(segments=(segment,), text="1")):
        if chosen.segments:
            page.select_option("#segments", label=segment)
        page.fill("#text", chosen.text)
        told, total = views.glance(shown.book, chosen), views.accounts_page(shown.book, chosen).total
        tiles = page.locator("#tiles b").all_text_contents()
        expected = [count(told["accounts"]), number(told["mean_health"])]
        expected += [] if told["revenue"] is None else [count(told["revenue"]), count(told["revenue_at_risk"])]
        assert tiles == [*expected, count(told["gained"])]
        assert page.text_content("#found").startswith(f"{count(total)} accounts")
        rows = [[band["name"], count(band["accounts"]), percent(band["share"])] for band in told["bands"]]
        assert [row[:3] for row in cells(page, "#bands-table")] == rows
        over = views.bands_over_time(shown.book, Filter(segments=chosen.segments))
        drawn = page.evaluate("healthbook.figure('figure-accounts').spec.data.map(bars => [bars.name, bars.y])")
        for name, sizes in drawn:
            rows_of = over[over["band"] == html.unescape(name)].set_index("as_of")["accounts"]
            assert sizes == [int(rows_of.get(scored.as_of, 0)) for scored in shown.book.history]
        means = views.scores_over_time(shown.book, Filter(segments=chosen.segments))["mean_health"].tolist()
        assert page.evaluate("healthbook.figure('figure-mean').spec.data[0].y") == pytest.approx(means)
        for way, place in (("lost", 0), ("gained", 1)):
            moved = views.movers(shown.book, "previous", chosen)[way]
            table = f"#movers .scroll:nth-child({place + 1})"
            assert [row[0] for row in cells(page, table)] == moved["account_id"].tolist()
            assert [row[3] for row in cells(page, table)] == [written(one, "text") for one in moved["reason"]]


def test_the_table_is_used_by_keyboard_and_tells_what_it_does(page: Any, shown: Shown) -> None:
    turn_to(page, "accounts")
    page.focus("#accounts-table [data-by=name]")
    page.keyboard.press("Enter")
    assert page.get_attribute("#accounts-table th:has([data-by=name])", "aria-sort") == "ascending"
    page.keyboard.press("Enter")
    assert page.get_attribute("#accounts-table th:has([data-by=name])", "aria-sort") == "descending"
    expected = views.accounts_page(shown.book, by="name", descending=True, start=50).rows["account_id"].tolist()
    page.click("#next")
    assert [row[0] for row in cells(page, "#accounts-table")] == expected
    assert page.text_content("#place") == f"51 to 100 of {len(shown.book.table)}"
    assert page.get_attribute("#found", "aria-live") == "polite"
    unnamed = "Array.from(document.querySelectorAll('select, input')).filter(one => !one.labels.length).length"
    assert page.evaluate(unnamed) == 0


def test_the_score_has_the_forms_of_the_library(page: Any, shown: Shown) -> None:
    turn_to(page, "accounts")
    page.click("#accounts-table [data-by=account_id]")
    rows = views.accounts_page(shown.book, by="account_id").rows
    expected = displays(shown.book, rows)
    place = page.evaluate("healthbook.meta.tables.accounts.findIndex(column => column.name === 'health')")
    words = page.evaluate("healthbook.meta.colours")
    for form in ("percent", "letter", "rank", "colour"):
        page.select_option("#display", form)
        told = [words.get(one, "–") if form == "colour" else one for one in expected[form]]
        assert [row[place] for row in cells(page, "#accounts-table")] == told


def test_an_account_adds_up_and_stands_among_its_peers(page: Any, shown: Shown) -> None:
    scored = shown.book.table.loc[shown.book.table["status"] == "scored", "account_id"].tolist()
    for account in [*scored[::97], MOVED]:
        look_at(page, account)
        told = views.account(shown.book, account)
        steps = cells(page, "#waterfall-table")
        assert [row[0] for row in steps] == [step.name for step in told["waterfall"]]
        assert [row[3] for row in steps] == [number(step.ends) for step in told["waterfall"]]
        points = [written(s.points, "points" if s.total else "signed") for s in told["waterfall"]]
        assert [row[2] for row in steps] == points
        assert steps[-2][3] == steps[-1][3] == number(told["health"])
        peers = views.peers(shown.book, account)
        shown_peers = [[one[0], *one[2:]] for one in cells(page, "#peers-table")]
        names = ("points", "low", "middle", "high")
        assert [one[0] for one in shown_peers] == [row["name"].replace("_", " ") for row in peers["rows"]]
        for one, row in zip(shown_peers, peers["rows"], strict=True):
            figures = [float(cell.replace("−", "-")) for cell in one[1:5]]
            assert figures == pytest.approx([row[name] for name in names], abs=0.0501)
            assert one[5] == written(row["below"], "hundredth")
        course = views.course(shown.book, account).iloc[::-1]
        assert [row[1] for row in cells(page, "#course-table")] == [written(one, "points") for one in course["health"]]
        assert [row[3] for row in cells(page, "#course-table")] == [written(one, "text") for one in course["moved"]]
        listed = page.locator("#reasons li").count()
        texts = [told["drivers_down"], told["drivers_up"]]
        assert listed == sum(len(reasons(text)) for text in texts if text)


def traces(spec: dict[str, Any]) -> dict[tuple[str, str], tuple[Any, ...]]:
    """What is drawn, by what it is called and how it is drawn."""
    return {(one.get("name", ""), one["mode"]): (one["x"], one["y"], one.get("customdata")) for one in spec["data"]}


def test_the_course_is_drawn_as_the_library_draws_it(page: Any, shown: Shown) -> None:
    for account in (MOVED, *shown.book.table["account_id"].iloc[:3]):
        look_at(page, account)
        course = views.course(shown.book, account)
        expected = plain(bookcharts.course(course, shown.book.bands.ranges()))
        drawn = page.evaluate("healthbook.figure('figure-course').spec")
        ours, theirs = traces(drawn), traces(expected)
        assert ours.keys() == theirs.keys()
        for name in theirs:
            assert json.loads(json.dumps(ours[name])) == json.loads(json.dumps(theirs[name])), name
        told = [(one["x"], one["text"], one["yshift"], one["xanchor"]) for one in drawn["layout"]["annotations"]]
        assert sorted(told) == sorted(
            (one["x"], one["text"], one["yshift"], one["xanchor"]) for one in expected["layout"]["annotations"]
        )


def test_hostile_names_stay_text(page: Any, shown: Shown) -> None:
    scripts = page.locator("script").count()
    for account, name in HOSTILE.items():
        look_at(page, account)
        assert page.text_content("#account-title") == name
    assert page.locator("main img, main i:not(.steps i), main script").count() == 0
    assert page.locator("script").count() == scripts
    look_at(page, "A-000015")
    told = page.text_content("#account-override")
    assert ("</script><img src=x onerror=alert(1)>" in told and "<i>Ana</i> set it to 80.0 points" in told) == (
        shown.book.by_card is False
    )


@pytest.mark.parametrize(
    "asked", ["account=nobody", "account=%E0%A4%A", "account=" + quote("<img src=x onerror=alert(1)>"), "text"]
)
def test_an_address_that_names_nothing_says_so(browser: Any, by_model: Shown, asked: str) -> None:
    found = visit(browser, by_model, f"#{asked}")
    if asked == "text":
        assert found.page.locator("section.seen").get_attribute("id") == "book"
    else:
        found.page.wait_for_selector("#account-none:has-text('in this file')")
        assert not found.page.locator("#account-told").is_visible()
    assert found.said == []
    found.page.close()


def test_lists_are_downloaded_as_the_library_exports_them(page: Any, shown: Shown) -> None:
    turn_to(page, "worklists")
    files = list(offered(shown.book))
    assert "worklist.csv" in files
    for place, name in enumerate(files):
        page.select_option("#list", str(place))
        table = views.listed(shown.book, name)
        page.wait_for_selector(f"#list-said:text-is('{rows_of(len(table))}')")
        assert download(page) == (name, views.export(table)), name
        if "owner" in table and len(table):
            owner = str(table["owner"].iloc[-1])
            page.select_option("#list-owner", f"of {owner}")
            own = views.listed(shown.book, name, owner)
            assert page.text_content("#list-said").startswith(rows_of(len(own)))
            assert download(page)[1] == views.export(own), (name, owner)


def rows_of(n: int) -> str:
    return "1 row" if n == 1 else f"{count(n)} rows"


def download(page: Any) -> tuple[str, bytes]:
    with page.expect_download() as found:
        page.click("#download")
    return found.value.suggested_filename, Path(found.value.path()).read_bytes()


def test_no_spreadsheet_runs_what_is_downloaded(browser: Any, by_model: Shown) -> None:
    texts = [
        "=1+1",
        "+1",
        "-1",
        "@x",
        "\tx",
        "\n=1",
        "a\n=1\r\n-2",
        " =1",
        "plain",
        "it's",
        "\u200b=1",
        "",
        "a\r=1",
        'q"q',
    ]
    texts += ["\x1c=1", "\x85=1", "\u00a0+1", "\ufeff@", "＝1", "a,b", "\r", "'=1", "x\n\n=2", "\n\n=3", " \t=4"]
    found = visit(browser, by_model)
    columns = [
        {"name": "text", "plain": False, "words": texts, "codes": list(range(len(texts)))},
        {"name": "n, m", "plain": True, "words": ["-3.2"], "codes": [0] * len(texts)},
    ]
    made = found.page.evaluate("columns => healthbook.csv(columns, columns[0].codes)", columns)
    assert made.encode() == csv_bytes(pd.DataFrame({"text": texts, "n, m": [-3.2] * len(texts)}))
    found.page.close()


def test_figures_are_written_as_the_library_writes_them(browser: Any, by_model: Shown) -> None:
    found = visit(browser, by_model)
    values = [
        0.0,
        0.25,
        -0.04,
        -0.05,
        0.5,
        1.0,
        1.5,
        2.5,
        12.345,
        -12.345,
        0.0004,
        0.00049,
        1234567.5,
        -1e-12,
        99.95,
        87.5,
    ]
    for kind in ("points", "signed", "count", "money", "share", "hundredth", "figure"):
        told = found.page.evaluate("([values, kind]) => values.map(one => healthbook.write(one, kind))", [values, kind])
        assert told == [written(one, kind) for one in values], kind
    assert found.page.evaluate("healthbook.write('2025-07-01', 'day')") == "1 July 2025"
    found.page.close()


def test_other_weights_are_worth_what_the_library_computes(page: Any, shown: Shown) -> None:
    turn_to(page, "whatif")
    assert shown.tried.result is not None
    sets = shown.tried.result["sets"]
    labels = page.locator("#weights option").all_text_contents()
    assert labels == [one["title"] for one in sets[1:]]
    for place in (1, len(sets) - 1):
        page.select_option("#weights", str(place))
        assert page.locator(".tried:visible").count() == 1
        figures = sets[place]["figures"]
        rows = cells(page, f"#tried-{place} > .card")
        assert [row[-1] for row in rows] == [count(band["latest"]) for band in figures["bands"]]
        rates = [band["rate"]["estimate"] for band in figures["bands"]]
        assert [row[2].split(" ")[0] for row in rows] == [percent(rate) for rate in rates]
        worth = cells(page, f"#tried-{place} .pair .card:nth-child(2)")
        assert worth[0][2] == number(figures["figures"]["auc"], 3)


def test_a_book_without_anything_beside_it_says_what_is_missing(browser: Any, tmp_path: Path) -> None:
    from healthscore.pipelines.bookreport.variants import tried_weights
    from large_publication import write_large

    with views.open_book(write_large(tmp_path, 30)) as book:
        tried = tried_weights(book)
        write_report(render_book(book, tried), tmp_path / "page.html")
        found = visit(browser, Shown(book, tried, tmp_path / "page.html"))
    for view, said in (
        ("proof", "healthscore backtest"),
        ("whatif", "names no scorecard"),
        ("book", "is known of it yet"),
    ):
        turn_to(found.page, view)
        assert said in found.page.text_content("section.seen")
    look_at(found.page, "A-000007")
    assert found.page.text_content("#path") == "It is in the healthiest band."
    assert math.isclose(float(cells(found.page, "#peers-table")[0][2]), 70.0)
    assert found.said == []
    found.page.close()


def test_what_an_account_lacks_is_not_named(browser: Any, tmp_path: Path) -> None:
    from large_publication import write_large

    with views.open_book(write_large(tmp_path, 30)) as book:
        table = book.publication.scores()
        for account, lacks in {"A-000007": ["segment", "owner"], "A-000008": ["owner"]}.items():
            table.loc[table["account_id"] == account, lacks] = ""
        table.to_parquet(book.directory / "scores.parquet", index=False)
        write_report(render_book(book, views.Told(None, "not tried")), tmp_path / "page.html")
        found = visit(browser, Shown(book, views.Told(None), tmp_path / "page.html"))
    for account, about in {
        "A-000007": "healthyA-000007",
        "A-000008": "healthyA-000008 · segment 1",
        "A-000009": "healthyA-000009 · segment 2 · owner 9",
    }.items():
        look_at(found.page, account)
        assert (found.page.text_content("#account-about") or "").strip() == about
    assert found.said == []
    found.page.close()
