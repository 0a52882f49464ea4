"""The track record: the model and the handcrafted scorecard on the past, and the weights against history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from healthscore.dashboard import markup
from healthscore.dashboard.drawing import draw, html, said
from healthscore.dashboard.markup import Explained
from healthscore.display import Mark
from healthscore.pipelines import bookcharts
from healthscore.pipelines.book import figures_beside, weights_beside
from healthscore.pipelines.bookwords import NOTHING, VIEWS, WEIGHTS, Column
from healthscore.pipelines.publish import current
from healthscore.pipelines.views import TITLES, metric_kind
from healthscore.pipelines.wording import capital, count, figure

if TYPE_CHECKING:
    from healthscore.pipelines.book import Book, Filter, Told

FIRST = ("auc", "log_loss", "brier", "capture_10", "revenue_capture_10", "lift_10", "observed_expected")
"""Figures that are shown at once; the others are folded away."""
OWN = {
    "metric": Column("Figure"),
    "model": Column("Model", "figure"),
    "scorecard": Column("Scorecard", "figure"),
    "difference": Column("Difference", "figure", "of the model from the scorecard"),
    "better": Column("Model is"),
}
TONES = {"better": "good", "worse": "risk"}
VERBS = ("backtest", "recalibrate", "validate", "audit", "train")
"""Commands whose newest report is named, where there is one."""


def page(book: Book, chosen: Filter) -> None:
    """Show how far the scores can be relied on."""
    import streamlit as st

    st.title(VIEWS["proof"], anchor=False)
    said("Of the whole book, whatever the filter says; 95 % intervals in brackets.")
    st.header("The model beside the scorecard, on the past", anchor=False)
    words = book.words
    _figures(figures_beside(book), words)
    st.header("Weights of the scorecard, against history", anchor=False)
    _weights(weights_beside(book))
    st.header("Written reports", anchor=False)
    found = [(verb, current(book.run.out, verb)) for verb in VERBS]
    there = [f"{verb}: {place / 'report.html'}" for verb, place in found if place and (place / "report.html").is_file()]
    html(markup.points(there or ["none yet"]))


def _figures(told: Told, words: Mapping[str, Any]) -> None:
    import streamlit as st

    if told.result is None:
        said(f"{capital(told.why)}.")
        return
    result = told.result
    card = result["scorecard"]
    own = TITLES.get(result["model"], result["model"])
    beside = f"{own}, beside the scorecard “{card}”" if card else own
    events = f"{count(result['events'])} of them of accounts that {words['did']} afterwards"
    said(f"{beside}: {count(result['n'])} scores, {events}.")
    columns = ["metric", "model", *(["scorecard", "difference", "better"] if card else [])]
    if card:
        said("The model is called better, or worse, only where the interval of the difference allows it.")
    else:
        said(NOTHING["scorecard"])
    first = [_figure(row) for row in result["rows"] if row["name"] in FIRST]
    others = [_figure(row) for row in result["rows"] if row["name"] not in FIRST]
    html(markup.table("Figures of the backtest", first, columns, own=OWN))
    with st.expander("Every other figure"):
        html(markup.table("Other figures of the backtest", others, columns, own=OWN))


def _figure(row: Mapping[str, Any]) -> Mapping[str, Any]:
    kind, digits = metric_kind(row["name"])
    told = {key: figure(row[key], kind, digits) for key in ("model", "scorecard", "difference")}
    word = row["better"]
    return {
        "metric": Explained(row["title"], row["meaning"]),
        **told,
        "better": Mark(word, TONES[word]) if word else "",
    }


def _weights(told: Told) -> None:
    import streamlit as st

    if told.result is None:
        said(f"{capital(told.why)}.")
        return
    html(markup.sentences(told.result["sentences"]))
    spec = bookcharts.weights(told.result)
    if spec is not None:
        draw(spec, "Weight of each component now, by history, and recommended", "weights")
    with st.expander("As a table", expanded=spec is None):
        rows = [{**row, "validated": figure(row["validated"], "number", 0)} for row in told.result["rows"]]
        html(markup.table("Weights in per cent", rows, WEIGHTS, "weights"))
