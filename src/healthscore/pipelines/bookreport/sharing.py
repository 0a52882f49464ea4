"""The report for others: no accounts, no lists, and no cells of fewer accounts than may be told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from healthscore.pipelines import bookcharts, bookwords, views
from healthscore.pipelines.book import bands_over_time, figures_beside, glance, promises, weights_beside
from healthscore.pipelines.book.accounts import NO_SCORE, tones_of
from healthscore.pipelines.book.opening import Told
from healthscore.pipelines.bookreport.page import about, promise_rows, tried_figures
from healthscore.pipelines.privacy.shareable import SMALLEST, shareable
from healthscore.pipelines.publish import plain
from healthscore.pipelines.report import render_page
from healthscore.pipelines.wording import count, number

if TYPE_CHECKING:
    import pandas as pd

    from healthscore.pipelines.book import Book

BESIDE = ("book.css", "booktried.js")
FEW = f"a band holds fewer than {SMALLEST} accounts, or so few to which it happened"
Result = Mapping[str, Any]


def render_shared(book: Book, tried: Told) -> str:
    """Give the page for others; `tried` as for `page.render_book`."""
    words = book.words
    told, weights, over, promised = glance(book), weights_beside(book), bands_over_time(book), promises(book)
    over = over[over["band"] != NO_SCORE]
    kept = shareable(
        {
            "title": book.run.title or book.run.name,
            "bands": plain(told["bands"]),
            "dates": _dates(over),
            "promises": {name: plain(one.result) for name, one in promised.items()},
            "tried": plain(tried.result),
        }
    )
    promised = {name: _still(one, promised[name]) for name, one in kept["promises"].items()}
    tried = _without_few(kept["tried"], tried.why)
    dates = [date for date in kept["dates"] if date["bands"]]
    told |= {"bands": kept["bands"], "dates": dates, "title": kept["title"]}
    shown = over[over["as_of"].astype(str).isin([date["as_of"] for date in dates])]
    figures = {
        "figure-accounts": bookcharts.bands_over_time(shown, tones_of(book)),
        "figure-weights": None if weights.result is None else bookcharts.weights(weights.result),
    }
    figures |= {
        f"figure-{name}": bookcharts.promised(one.result["bands"], words)
        for name, one in promised.items()
        if one.result
    }
    view = _view(book, told) | {
        "promises": [one for one in promise_rows(promised) if one is not None],
        "unpromised": promised["published"].why,
        "weights": plain(weights.as_dict()),
        "tried": tried.as_dict(),
        "words": words,
    }
    return render_page("bookshared.html.j2", {}, view, plain(figures) | tried_figures(tried, words), BESIDE)


def _view(book: Book, told: Result) -> dict[str, Any]:
    return {
        "kind": "Health scores",
        "title": told["title"],
        "asked": about(book),
        "sections": [(name, title) for name, title in bookwords.VIEWS.items() if name in ("book", "proof", "whatif")],
        "nothing": bookwords.NOTHING,
        "smallest": SMALLEST,
        "tiles": _tiles(told) if told["bands"] else [],
        "bands": told["bands"],
        "dates": told["dates"],
        "revenue": told["revenue"] is not None,
        "compared": views.COMPARED,
        "columns": {name: bookwords.column(name, "weights") for name in bookwords.WEIGHTS},
        "figures": plain(figures_beside(book).as_dict()),
        "published": book.directory.name,
    }


def _dates(over: pd.DataFrame) -> list[dict[str, Any]]:
    """What each band held at every date."""
    rows = plain(over.rename(columns={"band": "name"})[["as_of", "name", "accounts", "share"]].to_dict("records"))
    days = dict.fromkeys(row["as_of"] for row in rows)
    return [{"as_of": day, "bands": [row for row in rows if row["as_of"] == day]} for day in days]


def _still(kept: Result | None, told: Told) -> Told:
    """What is left of the bands of a result."""
    if kept is None or kept["bands"]:
        return Told(None if kept is None else dict(kept), told.why)
    return Told(None, FEW)


def _without_few(tried: dict[str, Any] | None, why: str) -> Told:
    """What was tried, without the weights that leave few accounts in a band, then or today."""
    if tried is None:
        return Told(None, why)
    own = [place for place, one in enumerate(tried["sets"]) if _has_enough(one["figures"]["bands"])]
    if len(own) < 2 or own[0] != 0:
        return Told(None, FEW)
    rows = [row | {"values": [row["values"][place] for place in own]} for row in tried["metrics"]]
    return Told(tried | {"sets": [_without_few_found(tried["sets"][place]) for place in own], "metrics": rows})


def _without_few_found(one: dict[str, Any]) -> dict[str, Any]:
    """A set of weights, without those who left that it found, where they or all who left are few."""
    found = one["figures"]["churners"]
    few = found["all"] < SMALLEST or 0 < found["held"]["estimate"] < SMALLEST
    return one | {"figures": one["figures"] | {"churners": None}} if few else one


def _has_enough(bands: list[dict[str, Any]]) -> bool:
    return bool(bands) and not any(0 < band["latest"] < SMALLEST for band in bands)


def _tiles(told: Result) -> list[dict[str, Any]]:
    said = {"accounts have a score": count(told["accounts"]), "points on average, of 100": number(told["mean_health"])}
    if told["revenue"] is not None:
        said |= {"revenue per month": count(told["revenue"]), "of it at risk": count(told["revenue_at_risk"])}
    return [{"value": value, "range": "", "what": what} for what, value in said.items()]
