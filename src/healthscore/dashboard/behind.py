"""What stands behind the score of an account: read from its tables and the model, when somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from healthscore.dashboard import markup
from healthscore.dashboard.drawing import draw, html, refuse, said
from healthscore.dashboard.views import kept
from healthscore.errors import HealthScoreError
from healthscore.pipelines import accountcharts
from healthscore.pipelines.book import features, latest, moved, path, weekly
from healthscore.pipelines.bookwords import FEATURES, NOTHING, Column, spoken, written
from healthscore.pipelines.trend.changes import IN_WORDS
from healthscore.pipelines.wording import day_text, number

if TYPE_CHECKING:
    from healthscore.pipelines.book import Book

Result = Mapping[str, Any]
SEEN = ("component", "points", "before", "now")
ROWS = {
    "day": Column("Day", "day"),
    "end": Column("End", "day"),
    "deadline": Column("Deadline", "day"),
    "name": Column("What"),
    "actor_id": Column("Who"),
    "quantity": Column("Quantity", "figure"),
    "value": Column("Value", "figure"),
}
"""Columns of raw rows."""
NOT_SHOWN = "No row of this account was seen by then."


def sections(book: Book, name: str, *, scored: bool) -> None:
    """Show them, each folded away until it is asked for."""
    import streamlit as st

    st.header("Behind it", anchor=False)
    said("Read from the model and the run's tables when it is opened.")
    if scored:
        _section("Path to the next band", _path, book, name)
        _section("What changed since the previous score", _moved, book, name)
        _section("Every feature", _features, book, name)
    _section("Raw rows", _rows, book, name)


def _section(title: str, show: Callable[[Book, str], None], book: Book, name: str) -> None:
    """A part that is read when it is opened, and that alone is shown anew then."""
    import streamlit as st

    @st.fragment
    def part() -> None:
        folded = st.expander(title, on_change="rerun", key=f"{title} {name}")
        if folded.open:
            with folded:
                try:
                    show(book, name)
                except HealthScoreError as error:
                    refuse(error)

    part()


def _path(book: Book, name: str) -> None:
    told = kept(path, book, name)
    if told is None:
        said(NOTHING["top" if _in_top(book, name) else "path"])
        return
    said(f"Up to {number(told['health'])} points, “{told['band']}”: what healthier accounts like it are like.")
    rows = [
        {"sentence": one["sentence"], "points": one["points"], "feature": one["feature"]} for one in told["features"]
    ]
    html(markup.table("What would be different", rows, ("sentence", "points", "feature"), "paths.csv"))
    said("No promise of an effect: accounts like these had better scores, whatever the reason.")


def _in_top(book: Book, name: str) -> bool:
    return bool((book.table.loc[book.table["account_id"] == name, "band"] == book.bands.names[-1]).any())


def _moved(book: Book, name: str) -> None:
    told = kept(moved, book, name)
    if told is None:
        said(NOTHING["first"])
        return
    since = day_text(str(told["since"]))
    said(f"{written(told['points'], 'signed')} points since {since}, when the score was {number(told['health'])}.")
    if told.get("unexplained"):
        said(str(told["unexplained"]))
        return
    parts = [
        {"component": spoken(row["component"] or IN_WORDS[row["kind"]]), "points": row["points"]}
        for row in told["rows"]
    ]
    html(markup.table("What moved it", parts, ("component", "points")))
    if told["features"]:
        seen = [{**row, "component": spoken(row["component"] or "")} for row in told["features"]]
        own = {"before": Column(f"On {since}"), "now": Column("Now")}
        html(markup.table(f"What was seen on {since}, and now", seen, SEEN, own=own, plain=True))
    for key, said_so in (("gone", "Not known any more"), ("back", "Known again")):
        if told.get(key):
            said(f"{said_so}: {', '.join(f'{n} of {spoken(group)}' for group, n in told[key].items())}.")


def _features(book: Book, name: str) -> None:
    told = kept(features, book, name)
    told = told.assign(component=told["component"].map(spoken))
    html(markup.table("What each feature gives to the score or takes from it", told, FEATURES, "features"))


def _rows(book: Book, name: str) -> None:
    import streamlit as st

    counts = kept(weekly, book, name)
    spec = accountcharts.weekly(counts)
    if spec is None:
        said(NOT_SHOWN)
    else:
        draw(spec, "Rows of the account week by week, by source", f"weekly {name}")
    dates = [scored.as_of for scored in book.history][::-1]
    day = st.selectbox("As they were known at", dates, format_func=lambda one: day_text(str(one)), key=f"day {name}")
    found = [(spoken(source), rows) for source, rows in kept(latest, book, name, day).items() if rows]
    places = st.columns(2)
    for place, (source, rows) in enumerate(found):
        with places[place % len(places)]:
            html(markup.table(f"{source}: the newest rows", rows, list(rows[0]), own=ROWS, plain=True))
