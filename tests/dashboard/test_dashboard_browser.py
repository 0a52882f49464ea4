"""The dashboard in a real browser: the command is started, and every view says what the library says."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from healthscore.dashboard.grid import ROW
from healthscore.pipelines import book as views
from healthscore.pipelines.book import Book, Filter, open_what_if
from healthscore.pipelines.bookwords import VIEWS
from healthscore.pipelines.wording import count, number
from hostile_names import HOSTILE
from opened_pages import CHROMIUM, SCREENSHOTS, chromium

WAIT = 30_000
PROBED = re.compile(r"/\w+/_stcore/(health|host-config)$")
"""Streamlit asks for these below a page's own address first, and then at the root: browsers note the first as 404."""


@dataclass
class Seen:
    """What a page did that it should not."""

    errors: list[str] = field(default_factory=list)
    hosts: set[str | None] = field(default_factory=set)

    def watch(self, page: Any) -> None:
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("dialog", self._asked)
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).hostname))
        page.on("console", self._said)

    def _asked(self, dialog: Any) -> None:
        self.errors.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _said(self, message: Any) -> None:
        if message.type == "error" and not PROBED.search(message.location.get("url", "")):
            self.errors.append(message.text)


@pytest.fixture(scope="module")
def address(by_model: Book) -> Iterator[str]:
    """Where the command serves the book."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: install it to see the dashboard in a browser")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    run, out = str(by_model.run.path), str(by_model.run.out)
    command = [sys.executable, "-m", "healthscore", "dashboard", run, "--out", out, "--port", str(port), "--no-browser"]
    served = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address, served)
        yield address
        served.send_signal(signal.SIGINT)
        said, _ = served.communicate(timeout=30)
    finally:
        served.kill()
        served.wait()
    assert served.returncode == 0, said
    assert f"dashboard  {address}  (Ctrl-C ends it)" in said
    assert "Traceback" not in said


def _wait(address: str, served: subprocess.Popen[str]) -> None:
    """Until somebody answers."""
    for _ in range(200):
        assert served.poll() is None, served.communicate()[0]
        with socket.socket() as asking:
            if asking.connect_ex(("127.0.0.1", urlsplit(address).port or 0)) == 0:
                return
        time.sleep(0.2)
    pytest.fail("nobody answers")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture
def page(address: str, browser: Any) -> Iterator[Any]:
    """A page that has to stay silent, and to stay at home."""
    opened, seen = browser.new_page(viewport={"width": 1280, "height": 900}), Seen()
    opened.set_default_timeout(WAIT)
    seen.watch(opened)
    yield opened
    opened.close()
    assert seen.errors == []
    assert seen.hosts <= {"127.0.0.1"}


def visit(page: Any, address: str, path: str = "") -> None:
    """Open a page and wait until it says something."""
    page.goto(f"{address}/{path}")
    page.get_by_role("heading", level=1).first.wait_for()


def settled(page: Any) -> None:
    """Wait until nothing runs any more."""
    page.locator('[data-testid="stStatusWidget"]').wait_for(state="detached")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_every_view_is_drawn_in_silence(
    address: str, browser: Any, by_model: Book, tmp_path: Path, width: int, scheme: str
) -> None:
    kept = Path(os.environ.get(SCREENSHOTS) or tmp_path)
    kept.mkdir(parents=True, exist_ok=True)
    low = str(by_model.table["account_id"].iloc[0])
    page, seen = browser.new_page(viewport={"width": width, "height": 1600}, color_scheme=scheme), Seen()
    page.set_default_timeout(WAIT)
    seen.watch(page)
    for name in VIEWS:
        visit(page, address, f"account?account={low}" if name == "account" else name if name != "book" else "")
        settled(page)
        if name in ("book", "account"):
            page.locator(".js-plotly-plot .main-svg").first.wait_for()
        page.screenshot(path=kept / f"dashboard-{name}-{width}-{scheme}.png")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "no sideways scrolling"
        ground = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
        assert ground == ("rgb(250, 248, 244)" if scheme == "light" else "rgb(19, 22, 25)")
        assert page.evaluate("getComputedStyle(document.querySelector('h1')).fontSize") == "30.4px", (
            "as it was asked for"
        )
    page.close()
    assert seen.errors == []
    assert seen.hosts == {"127.0.0.1"}


def test_filters_change_the_counts_and_stand_in_the_address(page: Any, address: str, by_model: Book) -> None:
    visit(page, address)
    page.get_by_label("Search").fill("A-0000")
    page.get_by_label("Search").press("Enter")
    fits = Filter(text="A-0000")
    told = views.glance(by_model, fits)
    page.get_by_role("listitem").filter(has_text="accounts with a score").get_by_text(
        count(told["accounts"]), exact=True
    ).wait_for()
    page.wait_for_url("**/?search=A-0000")
    page.get_by_role("link", name="Accounts").click()
    total = views.accounts_page(by_model, fits).total
    page.get_by_text(f"{total} accounts, the lowest score first").wait_for()
    assert "search=A-0000" in page.url, "a filter goes along"
    page.reload()
    page.get_by_text(f"{total} accounts, the lowest score first").wait_for()
    page.get_by_role("button", name="Clear the filter").click()
    page.get_by_text(f"{count(len(by_model.table))} accounts, the lowest score first").wait_for()


def test_an_account_is_opened_from_the_table_and_by_search(page: Any, address: str, by_model: Book) -> None:
    first = views.accounts_page(by_model, Filter(text="A-0001"), size=1).rows.iloc[0]
    visit(page, address, "accounts?search=A-0001")
    place = page.get_by_test_id("stDataFrame").bounding_box()
    page.mouse.click(place["x"] + 40, place["y"] + 1.5 * ROW)  # cells are painted: there is no element of each
    page.wait_for_url(f"**/account?*account={first['account_id']}*")
    page.get_by_role("heading", level=1, name=first["name"] or first["account_id"]).wait_for()
    other = by_model.table["account_id"].iloc[40]
    page.get_by_label("Find an account").fill(other)
    page.get_by_role("combobox", name="1 found").click()
    page.get_by_role("option").first.click()
    page.wait_for_url(f"**/account?*account={other}*")


def test_hostile_names_stay_text(page: Any, address: str, by_model: Book) -> None:
    table = by_model.table
    for name in HOSTILE:
        account = str(table.loc[table["name"] == name, "account_id"].iloc[0])
        visit(page, address, f"account?account={quote(account)}&search={quote(account)}")
        heading = page.get_by_role("heading", level=1)
        heading.get_by_text(" ".join(name.split()), exact=True).wait_for()
        assert heading.locator("a, strong, em, code, img, script, .katex").count() == 0
        assert page.locator("a[href^='javascript'], .hs script, .hs img").count() == 0
        page.get_by_text(name.split("\n")[0], exact=False).first.wait_for()
    visit(page, address)
    segments = page.get_by_role("combobox", name="Segment")
    for name in HOSTILE[:-1]:
        segments.fill(name)
        page.get_by_role("option", name=name, exact=True).wait_for()
    page.get_by_role("option", name=HOSTILE[-2], exact=True).click()
    page.keyboard.press("Escape")  # an open list hides the rest of the page from everybody who hears it
    page.get_by_role("listitem").filter(has_text="account with a score").get_by_text("1", exact=True).wait_for()


def test_moving_a_weight_shows_what_the_library_computes(page: Any, address: str, by_model: Book) -> None:
    opened = open_what_if(by_model)
    weights = {name: part.weight for name, part in opened.card.components.items()}
    first = next(iter(weights))
    visit(page, address, "whatif")
    page.get_by_role("button", name="Read the past").click()
    page.get_by_role("heading", name="What they would have been worth").wait_for()
    row = page.get_by_role("table", name="Figures of both").get_by_role("row").filter(has_text="AUC")
    now = number(opened.figures()["figures"]["auc"], 3)
    assert row.get_by_role("cell").all_inner_texts()[:2] == [now, now]
    slider = page.get_by_role("slider", name=first)
    slider.focus()
    for _ in range(3):
        slider.press("ArrowRight")
    new = opened.figures(weights | {first: weights[first] + 3})
    code = page.get_by_text(f"weight = {round(new['weights'][first], 2):g}")
    code.first.wait_for()
    settled(page)
    assert row.get_by_role("cell").all_inner_texts()[:2] == [now, number(new["figures"]["auc"], 3)]
    bands = page.get_by_role("table", name="Bands of both").get_by_role("row")
    for place, band in enumerate(new["bands"], start=1):
        assert bands.nth(place).get_by_role("cell").nth(1).inner_text() == count(band["latest"])


def test_a_list_is_taken_along_as_the_library_writes_it(page: Any, address: str, by_model: Book) -> None:
    there = views.lists(by_model)
    name = next(iter(there))
    visit(page, address, "worklists")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download as CSV").click()
    assert Path(waiting.value.path()).read_bytes() == views.export(views.listed(by_model, name))


def test_sections_are_read_when_they_are_opened(page: Any, address: str, by_model: Book) -> None:
    account = str(by_model.table["account_id"].iloc[0])
    visit(page, address, f"account?account={account}")
    sentence = str(views.features(by_model, account)["sentence"].iloc[-1])
    assert page.get_by_text(sentence, exact=True).count() == 0
    page.get_by_text("Every feature", exact=True).click()
    page.get_by_text(sentence, exact=True).first.wait_for()
    page.get_by_text("Raw rows", exact=True).click()
    page.get_by_label("As they were known at").first.wait_for()
