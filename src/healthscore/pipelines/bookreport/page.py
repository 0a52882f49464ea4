"""The page of a book: the views of the dashboard as one HTML file that opens offline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from healthscore.pipelines import bookcharts, bookwords, views
from healthscore.pipelines.accountcharts import TURN, TURNS
from healthscore.pipelines.actions.paths import MEANING
from healthscore.pipelines.book import (
    bands_over_time,
    figures_beside,
    glance,
    promises,
    scores_over_time,
    weights_beside,
)
from healthscore.pipelines.book.accounts import NO_SCORE, NOT_GIVEN, choices, tones_of
from healthscore.pipelines.book.glance import since_when
from healthscore.pipelines.bookreport.accounts import (
    PART,
    details_of,
    movers_of,
    overtime_of,
    points_of_all,
    shown_columns,
    table_of,
)
from healthscore.pipelines.bookreport.lists import LONG, list_of, offered
from healthscore.pipelines.bookreport.packing import ACCOUNTS, packed
from healthscore.pipelines.publish import plain
from healthscore.pipelines.report import json_block, render_page
from healthscore.pipelines.wording import capital, day_text, plural

if TYPE_CHECKING:
    from healthscore.pipelines.book import Book, Told

BESIDE = ("book.css", "bookdata.js", "bookparts.js", "bookpage.js", "bookaccount.js", "booklists.js", "booktried.js")
"""Style sheet and scripts of the page, in the order in which they need each other."""
LEFT_OUT = (
    "This file leaves out on purpose: raw rows of the sources, which should not travel with it, single features, and "
    "what was seen then and now. healthscore explain and healthscore dashboard tell them where the data are."
)


def render_book(book: Book, tried: Told) -> str:
    """Give the page; `tried` is what other weights would have been worth, see `variants.tried_weights`."""
    from markupsafe import Markup

    told = glance(book)
    proof = {"figures": figures_beside(book), "weights": weights_beside(book)}
    promised = promises(book)
    words = book.words
    figures = _figures(book, promised, proof["weights"], words) | tried_figures(tried, words)
    view = {
        "kind": "Health scores",
        "title": book.run.title or book.run.name,
        "asked": about(book),
        "sections": list(bookwords.VIEWS.items()),
        "nothing": bookwords.NOTHING,
        "displays": bookwords.DISPLAYS,
        "since": {name: bookwords.SINCE[name] for name, day in since_when(book).items() if day is not None},
        "choices": choices(book),
        "glance": plain(told),
        "promises": [one for one in promise_rows(promised) if one is not None],
        "unpromised": promised["published"].why,
        "compared": views.COMPARED,
        "columns": {name: bookwords.column(name, "weights") for name in bookwords.WEIGHTS},
        "figures": plain(proof["figures"].as_dict()),
        "weights": plain(proof["weights"].as_dict()),
        "tried": plain(tried.as_dict()),
        "lists": offered(book),
        "revenue": told["revenue"] is not None,
        "left_out": LEFT_OUT,
        "words": words,
        "published": book.directory.name,
        "meta": Markup(json_block(_meta(book))),  # noqa: S704 - `json_block` has escaped what could end the block
        "blocks": dict(_blocks(book)),
    }
    return render_page("book.html.j2", {}, view, figures, BESIDE)


def about(book: Book) -> str:
    """Which scores the page shows."""
    by = f"by the scorecard “{book.run.scorecard.called}”" if book.by_card and book.run.scorecard else "by a model"
    dates = len(book.history) - 1
    beside = f", beside those of {plural(dates, 'earlier date')}" if dates else ""
    return f"Scores of {day_text(book.now.as_of.isoformat())} {by}{beside}. Revenue is per month."


def _blocks(book: Book) -> Iterable[tuple[str, str]]:
    """What the page holds of accounts and lists, compressed, by the names that its scripts ask for."""
    first = {"columns": table_of(book), "overtime": overtime_of(book), "movers": movers_of(book)}
    yield ACCOUNTS, packed(first)
    yield "points", packed(points_of_all(book))
    for place, part in enumerate(details_of(book)):
        yield f"details-{place}", packed(part)
    for place, name in enumerate(offered(book)):
        yield f"list-{place}", packed(list_of(book, name))


def _meta(book: Book) -> dict[str, Any]:
    """What the scripts of the page need to know at once."""
    tones = tones_of(book)
    drawn = bands_over_time(book)
    names = [name for name in (*tones, NO_SCORE) if (drawn["band"] == name).any()]
    revenue = [] if (book.table["value"].notna()).any() else ["value", "revenue", "revenue_share", "revenue_at_risk"]
    shown = {
        "accounts": shown_columns(book),
        "movers": list(bookwords.MOVERS),
        "course": list(bookwords.COURSE),
        "peers": list(bookwords.PEERS),
        "bands": list(bookwords.BANDS),
    }
    return {
        "dates": [scored.as_of.isoformat() for scored in book.history],
        "bands": [
            {"name": name, "tone": tones[name], "low": low, "high": high} for name, low, high in book.bands.ranges()
        ],
        "noScore": NO_SCORE,
        "notGiven": NOT_GIVEN,
        "pathMeans": f"{capital(MEANING)}.",
        "drawn": names,
        "components": [bookwords.spoken(name) for name in book.components],
        "byCard": book.by_card,
        "tables": {
            view: [_column(name, view) for name in names if name not in revenue] for view, names in shown.items()
        },
        "statuses": {name: bookwords.status(name) for name in sorted(set(book.table["status"].dropna()))},
        "nothing": bookwords.NOTHING,
        "sinceWords": bookwords.SINCE,
        "colours": bookwords.COLOURS,
        "facts": {name: _column(name, "") for name in FACTS},
        "part": PART,
        "turns": [TURNS, TURN],
    }


FACTS = (
    *("value", "revenue_at_risk", "renewal", "probability", "percentile", "steady_band", "change", "change_week"),
    *("change_month", "trend", "low_confidence", "missing", "variant", "growth", "growth_probability"),
    *("growth_drivers", "actions"),
)
"""What is told of an account beside its score, in this order, as far as it is known."""


def _column(name: str, view: str) -> dict[str, Any]:
    said = bookwords.column(name, view)
    return {"name": name, "title": said.title, "kind": said.kind, "meaning": said.meaning, "long": name in LONG}


def promise_rows(promised: Mapping[str, Told]) -> Iterable[dict[str, Any] | None]:
    """Rows of the bands with a title, as far as their outcome is known."""
    titles = {
        "published": "Promised and actual: what was published, once its outcome was known",
        "backtest": "Promised and actual: what would have been said at past dates",
    }
    for name, title in titles.items():
        result = promised[name].result
        yield None if result is None else {"name": f"figure-{name}", "title": title, "bands": plain(result["bands"])}


def _figures(book: Book, promised: Mapping[str, Told], weights: Told, words: Mapping[str, Any]) -> dict[str, Any]:
    """Figures by the names of their places; the scripts fill in those that follow a filter or an account."""
    tones, bands = tones_of(book), bands_over_time(book)
    found = {
        "figure-accounts": bookcharts.bands_over_time(bands, tones),
        "figure-revenue": bookcharts.bands_over_time(bands, tones, "revenue"),
        "figure-mean": bookcharts.scores_over_time(scores_over_time(book)),
        "figure-course": bookcharts.course(_sample(book), book.bands.ranges()),
        "figure-weights": None if weights.result is None else bookcharts.weights(weights.result),
    }
    for name, told in promised.items():
        if told.result is not None:
            found[f"figure-{name}"] = bookcharts.promised(told.result["bands"], words)
    kept: dict[str, Any] = plain({name: spec for name, spec in found.items() if spec is not None})
    return kept


def _sample(book: Book) -> pd.DataFrame:
    """A course that has everything that courses can have: the scripts put an account's own numbers in its place."""
    dates = [scored.as_of for scored in book.history]
    low = book.table["health_low"].notna().any()
    rows = {
        "health": 50.0,
        "health_low": 40.0 if low else None,
        "health_high": 60.0 if low else None,
        "band": book.bands.names[0],
        "change": 2 * TURN,
        "moved": "-",
    }
    return pd.DataFrame({"as_of": dates, **rows})


def tried_figures(tried: Told, words: Mapping[str, Any]) -> dict[str, Any]:
    """Every set of weights beside those in force."""
    if tried.result is None:
        return {}
    before, *others = tried.result["sets"]
    found: dict[str, Any] = {}
    for place, one in enumerate(others, start=1):
        found[f"figure-rates-{place}"] = bookcharts.what_if_rates(before["figures"], one["figures"], words)
        found[f"figure-bands-{place}"] = bookcharts.what_if_accounts(before["figures"], one["figures"])
    kept: dict[str, Any] = plain(found)
    return kept
