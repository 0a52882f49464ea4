"""Pages in a real browser: opened from the file, with everything noted that they should not do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from healthscore.pipelines.book import Book, Told

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--no-first-run",
]
SCREENSHOTS = "HEALTHSCORE_SCREENSHOTS"
"""Names the folder where pictures of the pages are kept, for whoever wants to look at them."""


@dataclass(frozen=True)
class Shown:
    """A book, the weights that were tried, and its page."""

    book: Book
    tried: Told
    path: Path


@dataclass
class Opened:
    """A page, what it said on the console, and what it asked the network for."""

    page: Any
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def keep(self, name: str) -> None:
        """Keep a picture of the whole page, where somebody wants pictures."""
        if folder := os.environ.get(SCREENSHOTS):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@contextmanager
def chromium() -> Iterator[Any]:
    """The browser; without one, the test is skipped and says so.

    Close it before the next one opens, and before others ask for an event loop: Playwright keeps this thread's.
    """
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: install it to see the pages in a browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def opened(browser: Any, width: int = 1280, scheme: str = "light") -> Opened:
    """An empty page that is watched; downloads are accepted, dialogs noted."""
    page = browser.new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
    found = Opened(page)
    page.on("console", lambda message: found.said.append(message.text))
    page.on("pageerror", lambda error: found.said.append(str(error)))
    page.on("dialog", lambda dialog: _dismissed(dialog, found))
    page.on("request", lambda request: found.asked.append(request.url))
    return found


def _dismissed(dialog: Any, found: Opened) -> None:
    """A dialog is noted, and goes away."""
    found.said.append("dialog")
    dialog.dismiss()
