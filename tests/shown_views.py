"""Views of the dashboard as Streamlit runs them, without a browser, and what they say."""

from __future__ import annotations

import html
import re

from streamlit.testing.v1 import AppTest

LOW = "A-000015"
WAIT = 60.0
TAGS = re.compile(r"<[^>]*>")


def view(name: str) -> None:
    """What Streamlit runs, for one view."""
    from healthscore.dashboard.pages import show_view
    from healthscore.dashboard.shelf import shown

    show_view(name, shown().book())


def opened(name: str, **asked: str) -> AppTest:
    """A view with these names in its address."""
    app = AppTest.from_function(view, args=(name,), default_timeout=WAIT)
    for key, value in asked.items():
        app.query_params[key] = value
    return calm(app.run())


def calm(app: AppTest) -> AppTest:
    assert [one.value for one in app.exception] == []
    return app


def told(app: AppTest) -> str:
    """All that is written as HTML, as text."""
    return flat(html.unescape(" ".join(TAGS.sub(" ", one.value) for one in app.html)))


def heading_of(app: AppTest) -> str:
    """The heading that is written as HTML, as text."""
    (found,) = re.findall(r"<h1[^>]*>(.*?)</h1>", " ".join(one.value for one in app.html), re.DOTALL)
    return html.unescape(found)


def flat(text: str) -> str:
    """A text whose words stand apart by one space each."""
    return " ".join(text.split())
