"""The documentation site: it builds without a warning, links lead somewhere, nothing is fetched, the search works."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from documented_pages import DOCS, PAGES, ROOT
from opened_pages import chromium, opened

LOADING = {"src", "srcset", "data", "poster", "action"}
"""Attributes by which an element loads something, whatever it is."""
REACHING = ("stylesheet", "preload", "prefetch", "preconnect", "dns-prefetch", "icon", "modulepreload")
"""What a `link` may be that makes a browser ask for something; others are only said."""
LATER = ("mermaid", "arithmatex", "glightbox", "pyodide")
"""Classes of elements for which the theme's script would fetch a library from elsewhere."""


class Page(HTMLParser):
    """What a page loads, links to, and can be linked to at."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.linked: list[str] = []
        self.anchors: set[str] = set()
        self.classes: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.anchors |= {found[name] for name in ("id", "name") if name in found}
        self.classes |= set(found.get("class", "").split())
        self.loaded += [found[name] for name in LOADING & found.keys() if tag != "object"]
        if tag == "link" and any(word in REACHING for word in found.get("rel", "").split()):
            self.loaded.append(found.get("href", ""))
        if tag == "a" and "href" in found:
            self.linked.append(found["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built from the pages as they are; a warning of the builder is an error."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(DOCS, folder / "docs")
    shutil.copy(ROOT / "zensical.toml", folder)
    made = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--clean", "--strict"],
        cwd=folder, check=False, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    assert "No issues found" in made.stderr, made.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Page]:
    return {path.relative_to(site).as_posix(): Page(path) for path in sorted(site.rglob("*.html"))}


def navigated(part: Any) -> list[str]:
    """Every page that (a part of) the navigation names."""
    if isinstance(part, str):
        return [part]
    return [name for inner in (part.values() if isinstance(part, dict) else part) for name in navigated(inner)]


def outside(address: str) -> bool:
    return re.match(r"(?:[a-z]+:)?//", address) is not None


def test_every_page_is_on_the_site_and_in_its_navigation(pages: dict[str, Page]) -> None:
    written = {name for name in PAGES if name != "README.md"}
    assert {name.replace(".md", ".html") for name in written} | {"404.html"} == set(pages)
    named = navigated(tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"])
    assert {name.partition("#")[0] for name in named} == written


def test_no_page_loads_anything_from_elsewhere(site: Path, pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        assert [address for address in page.loaded if outside(address)] == [], name
        assert page.classes.isdisjoint(LATER), name
        beside = [address for address in page.loaded if name != "404.html" and not address.startswith("data:")]
        assert [one for one in beside if not (site / name).parent.joinpath(one.partition("?")[0]).exists()] == [], name
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert "@import" not in text
        assert [address for address in re.findall(r"url\(['\"]?([^)'\"]+)", text) if outside(address)] == [], sheet.name


def test_every_link_within_the_site_leads_to_a_page_and_an_anchor(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        for link in page.linked if name != "404.html" else ():
            path, _, anchor = link.partition("#")
            if outside(link) or link.startswith("mailto:"):
                continue
            target = (Path("/") / name).parent.joinpath(path).resolve().relative_to("/").as_posix() if path else name
            if not target.endswith(".html"):
                assert (DOCS / target).exists(), f"{name}: {link}"
                continue
            assert target in pages, f"{name}: {link}"
            assert not anchor or anchor in pages[target].anchors, f"{name}: {link}"


def test_the_search_knows_every_page(site: Path, pages: dict[str, Page]) -> None:
    index = json.loads((site / "search.json").read_text(encoding="utf-8"))
    known = {item["location"].partition("#")[0] for item in index["items"]}
    assert known == set(pages) - {"404.html"}
    texts = {item["location"]: item["text"] for item in index["items"]}
    assert "quarantine_limit" in texts["reference/configuration.html#checks"]
    assert (site / "search.js").read_text(encoding="utf-8").startswith("var __index = ")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.mark.parametrize(
    ("page", "width", "scheme"),
    [
        ("index.html", 1280, "light"),
        ("tutorial.html", 390, "dark"),
        ("reference/configuration.html", 390, "light"),
        ("reference/python.html", 1280, "dark"),
    ],
)
def test_a_page_opens_from_disk_without_a_request_or_a_complaint(
    page: str, width: int, scheme: str, site: Path, browser: Any
) -> None:
    shown = opened(browser, width, scheme)
    shown.page.goto((site / page).as_uri())
    shown.page.wait_for_load_state("networkidle")
    assert [address for address in shown.asked if not address.startswith(("file:", "data:", "blob:"))] == []
    assert shown.said == []
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
    dark = shown.page.evaluate("document.body.dataset.mdColorScheme") == "slate"
    assert dark == (scheme == "dark")
    shown.keep(f"site-{Path(page).stem}-{width}-{scheme}")
    shown.page.close()


def test_the_search_works_from_disk(site: Path, browser: Any) -> None:
    shown = opened(browser)
    shown.page.goto((site / "index.html").as_uri())
    shown.page.click("button.md-search__button")
    box = shown.page.get_by_placeholder("Search")
    box.press_sequentially("quarantine_limit", delay=20)
    found = shown.page.locator("a").filter(has_text="quarantine_limit").first
    found.wait_for()
    assert box.input_value() == "quarantine_limit"
    assert "reference/configuration.html" in found.get_attribute("href")
    assert [address for address in shown.asked if not address.startswith(("file:", "data:", "blob:"))] == []
    assert shown.said == []
    shown.page.close()
