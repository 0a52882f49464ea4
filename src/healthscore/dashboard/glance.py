"""The book at a glance: bands and revenue, over time, who moved and why, what was promised, and what lacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from healthscore.dashboard import markup
from healthscore.dashboard.drawing import draw, html, said
from healthscore.dashboard.filters import address
from healthscore.dashboard.views import kept
from healthscore.display import Bar, Mark
from healthscore.pipelines import bookcharts
from healthscore.pipelines.book import bands_over_time, glance, movers, promises, scores_over_time
from healthscore.pipelines.book.accounts import tones_of
from healthscore.pipelines.book.glance import since_when
from healthscore.pipelines.bookwords import BANDS, MOVERS, NOTHING, SINCE, status
from healthscore.pipelines.wording import capital, count, day_text, figure, number, percent, plural

if TYPE_CHECKING:
    from healthscore.pipelines.book import Book, Filter, Told

Result = Mapping[str, Any]
PROMISES = ("band", "promised", "rate", "n", "events", "accounts")
ONE_DATE = "What fits was there on one date only; a course needs two."
JUDGED = {"published": "As published", "backtest": "In the backtest"}


def page(book: Book, chosen: Filter) -> None:
    """Show the book."""
    told = glance(book, chosen)  # asked anew: an audit may have been made since
    html(markup.heading(book.run.title or book.run.name))
    card = book.run.scorecard if book.by_card else None
    by = "the model" if card is None else f"the scorecard “{card.called}”"
    said(f"Scores of {day_text(str(told['as_of']))} by {by}.")
    _figures(told, compared=len(book.history) > 1)
    if not told["accounts"] and not told["unscored"]:
        said(NOTHING["accounts"])
        return
    _bands(book, told)
    _over_time(book, chosen)
    _movers(book, chosen)
    _promises(book)
    _lacking(told)


def _figures(told: Result, *, compared: bool) -> None:
    """What is known before any account is looked at."""
    revenue, at_risk = told["revenue"], told["revenue_at_risk"]
    unscored = sum(told["unscored"].values())
    figures = [
        (
            count(told["accounts"]),
            f"and {count(unscored)} without" if unscored else "",
            f"account{'' if told['accounts'] == 1 else 's'} with a score",
        ),
        (number(told["mean_health"]), "of 100", "mean score"),
    ]
    if revenue is not None:
        figures += [
            (count(revenue), "per month", "revenue"),
            (count(at_risk), percent(at_risk / revenue) if revenue else "", "revenue at risk, per month"),
        ]
    if compared:
        figures += [
            (count(told["lost"]), "", "lost points since the previous scores"),
            (count(told["gained"]), "", "gained points since the previous scores"),
        ]
    html(markup.tiles(figures))


def _bands(book: Book, told: Result) -> None:
    import streamlit as st

    st.header("Bands", anchor=False)
    rows = [
        {**band, "band": Mark(f"{band['name']} ({band['low']:g} to {band['high']:g})", band["tone"])}
        | {".share": Bar(0.0, round(100.0 * (band["share"] or 0.0), 1), band["tone"])}
        for band in told["bands"]
    ]
    worth = told["revenue"] is not None
    columns = ["band", *(name for name in BANDS[1:] if worth or not name.startswith("revenue"))]
    columns.insert(columns.index("share") + 1, ".share")
    html(markup.table("Accounts and revenue of each band", rows, columns))


def _over_time(book: Book, chosen: Filter) -> None:
    import streamlit as st

    st.header("Over time", anchor=False)
    table, means = kept(bands_over_time, book, chosen), kept(scores_over_time, book, chosen)
    if len(means) < 2:
        said(NOTHING["dates"] if len(book.history) < 2 else ONE_DATE)
        return
    worth = bool((table["revenue"] > 0).any())
    offered = {name: title for name, title in bookcharts.MEASURES.items() if worth or name == "accounts"}
    measure = st.segmented_control(
        "What each band held", list(offered), default="accounts", format_func=lambda one: offered[one].capitalize(),
        key="measure", required=True,
    )  # fmt: skip
    left, right = st.columns([3, 2])
    stacked, line = bookcharts.bands_over_time(table, tones_of(book), measure), bookcharts.scores_over_time(means)
    with left:
        if stacked is not None:
            draw(stacked, f"Bands over time, {offered[measure]}", "bands")
    with right:
        if line is not None:
            draw(line, "Mean score over time", "means")
    with st.expander("Both as tables"):
        bands = ["as_of", "band", "accounts", "share", "revenue"][: 5 if worth else 4]
        html(markup.table("Bands over time", table, bands, tones=tones_of(book), plain=True))
        dates = ["as_of", "mean_health", "accounts", "unscored", "revenue"][: 5 if worth else 4]
        html(markup.table("Scores over time", means, dates, plain=True))


def _movers(book: Book, chosen: Filter) -> None:
    import streamlit as st

    st.header("Who moved", anchor=False)
    dates = {name: day for name, day in since_when(book).items() if day is not None}
    if not dates:
        said(NOTHING["first"])
        return
    since = st.segmented_control(
        "Compared with", list(dates), default=next(iter(dates)), key="since", required=True,
        format_func=lambda one: f"{SINCE[one]} ({day_text(str(dates[one]))})",
    )  # fmt: skip
    moved = kept(movers, book, since, chosen)
    for way, title in (("lost", "Lost most"), ("gained", "Gained most")):
        st.subheader(title, anchor=False)
        if len(moved[way]):
            html(markup.table(title, moved[way], MOVERS, tones=tones_of(book), along=address(chosen)))
        else:
            said(NOTHING["movers"].format(since=SINCE[since]))


def _promises(book: Book) -> None:
    import streamlit as st

    st.header("What the bands promised, and what happened", anchor=False)
    said("Of the whole book, whatever the filter says; 95 % intervals.")
    for place, (name, told) in zip(st.columns(2), promises(book).items(), strict=True):
        with place:
            st.subheader(JUDGED[name], anchor=False)
            _judged(name, told, book.words)


def _judged(name: str, told: Told, words: Result) -> None:
    """Promised and actual by band, or why nothing is known of them."""
    import streamlit as st

    if told.result is None:
        said(f"{capital(told.why)}.")
        return
    rows = told.result["bands"]
    spec = bookcharts.promised(rows, words)
    if spec is not None:
        draw(spec, f"{JUDGED[name]}: share of each band that {words['did']}", f"promised {name}")
    with st.expander("As a table"):
        cells = [
            {**row, "band": Mark(row["name"], row["tone"]), "rate": figure(row["rate"], "percent")} for row in rows
        ]
        html(markup.table(JUDGED[name], cells, PROMISES, "promises"))


def _lacking(told: Result) -> None:
    """What a reader should know: accounts without a score, scores with little behind them, silent sources."""
    import streamlit as st

    notes = [f"{plural(n, 'account')} without a score: {status(name)}" for name, n in told["unscored"].items()]
    if told["low_confidence"]:
        notes.append(f"{plural(told['low_confidence'], 'score')} of low confidence: little is known of the account")
    if told["overridden"]:
        notes.append(f"{plural(told['overridden'], 'account')} with an override beside the computed score")
    stale = told["stale"]
    if stale.result is None:
        notes.append(f"silent sources: {stale.why}")
    else:
        silent = ", ".join(stale.result["sources"]) or "none"
        notes.append(f"sources gone silent, by the audit of {day_text(str(stale.result['as_of']))}: {silent}")
    st.header("To bear in mind", anchor=False)
    html(markup.points([*notes, *map(str, told["warnings"])]))
