"""One account: its score in every form, its course, what makes it, where it stands, and what is to be done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from healthscore.dashboard import behind, finder, markup
from healthscore.dashboard.drawing import draw, html, said
from healthscore.dashboard.views import kept
from healthscore.display import Mark
from healthscore.pipelines import accountcharts, bookcharts
from healthscore.pipelines.book import account, course, peers
from healthscore.pipelines.book.accounts import tones_of
from healthscore.pipelines.bookwords import COURSE, NOTHING, PEERS, reasons, spoken, status, written
from healthscore.pipelines.wording import count, day_text, duration, listed, number, percent, plural

if TYPE_CHECKING:
    from healthscore.pipelines.book import Book, Filter

Result = Mapping[str, Any]


def page(book: Book, chosen: Filter) -> None:
    """Show the account that the address names, and a way to others."""
    name = finder.account(book)
    if name is None:
        return
    told = kept(account, book, name)
    html(markup.heading(str(told["name"] or told["account_id"])))
    _heading(book, told)
    _figures(told)
    _notes(told)
    _course(book, name)
    if told["status"] == "scored":
        _makes(book, told)
        _peers(book, name)
    behind.sections(book, name, scored=told["status"] == "scored")


def _heading(book: Book, told: Result) -> None:
    """Who it is, and how it stands, in words with colours and shapes."""
    about = [told["account_id"], *(told[name] for name in ("segment", "owner") if told[name] is not None)]
    said(" · ".join(map(str, about)))
    if told["status"] != "scored":
        html(markup.chips([Mark(f"no score: {status(str(told['status']))}")]))
        return
    marks = [Mark(str(told["band"]), tones_of(book)[str(told["band"])]), Mark(f"letter {told['displays']['letter']}")]
    if told["steady_band"] not in (None, told["band"]):
        marks.append(Mark(f"steady band: {told['steady_band']}"))
    html(markup.chips(marks))


def _figures(told: Result) -> None:
    if told["status"] != "scored":
        return
    shown, low, high = told["displays"], told["health_low"], told["health_high"]
    interval = f"({number(low)}–{number(high)})" if low is not None and high is not None else ""
    figures = [(shown["percent"], interval, "score" + (", with its 95 % interval" if interval else ""))]
    if told["change"] is not None:
        figures.append((written(told["change"], "signed"), "points", f"since {day_text(str(told['previous_as_of']))}"))
    figures.append((count(told["rank"]), shown["rank"].partition(" ")[2], "rank; 1 has the lowest score"))
    if told["percentile"] is not None:
        figures.append((written(told["percentile"], "hundredth"), "", "of the accounts have a lower score"))
    if told["probability"] is not None:
        figures.append((percent(told["probability"]), "", "probability of the outcome within its window"))
    if told["value"] is not None:
        at_risk = f"{count(told['revenue_at_risk'])} at risk" if told["revenue_at_risk"] is not None else ""
        figures.append((count(told["value"]), at_risk, "revenue per month"))
    if told["renewal"] is not None:
        figures.append((day_text(str(told["renewal"])), "", f"renewal, in {duration(told['days_to_renewal'])}"))
    html(markup.tiles(figures))


def _notes(told: Result) -> None:
    """What changes how the score is to be read, and what a person or a rule has said of the account."""
    override = told["override"]
    if override is not None:
        set_to = [f"{number(override['health'])} points"] if override["health"] is not None else []
        set_to += [f"band “{override['band']}”"] if override["band"] is not None else []
        until = f", until {day_text(str(override['expires_on']))}" if override.get("expires_on") is not None else ""
        because = f": {override['reason']}" if override.get("reason") is not None else ""
        html(
            markup.note(
                f"Override: {listed(set_to)} by {override['author']}{until}{because}",
                "What stands above and below is the computed score.",
            )
        )
    if told["low_confidence"] is not None:
        html(markup.note(f"Low confidence: {told['low_confidence']}"))
    if told["trend"] is not None:
        html(markup.note(*str(told["trend"]).split("; ")))
    if told["actions"] is not None:
        html(markup.sentences([f"What to do: {told['actions']}"]))


def _course(book: Book, name: str) -> None:
    import streamlit as st

    st.header("Score over time", anchor=False)
    rows = kept(course, book, name)
    spec = bookcharts.course(rows, list(book.bands.ranges()))
    if spec is not None:
        draw(spec, "Score over time, with what moved it", "course")
    with st.expander("As a table", expanded=spec is None):
        html(markup.table("Every date that was scored", rows[::-1], COURSE, tones=tones_of(book)))


def _makes(book: Book, told: Result) -> None:
    """The sum that makes the score, and its reasons in words."""
    import streamlit as st

    st.header("What makes the score", anchor=False)
    steps = told["waterfall"]
    draw(accountcharts.waterfall(steps), "What makes the score, in points", "waterfall")
    with st.expander("As a table"):
        rows = [
            {"name": step.name, "points": written(step.points, "points" if step.total else "signed")}
            | {"end": step.ends}
            for step in steps
        ]
        html(markup.table("From the first step to the score", rows, ("name", "points", "end"), "waterfall"))
    for place, (key, title) in zip(
        st.columns(2), {"drivers_down": "Lowered by", "drivers_up": "Raised by"}.items(), strict=True
    ):
        with place:
            st.subheader(title, anchor=False)
            if told[key] is None:
                said(NOTHING["reasons"])
            else:
                html(markup.points(reasons(str(told[key]))))


def _peers(book: Book, name: str) -> None:
    import streamlit as st

    st.header("Among its peers", anchor=False)
    told = kept(peers, book, name)
    if not told["rows"]:
        said(NOTHING["peers"])
        return
    below, others = written(told["rows"][0]["below"], "hundredth"), plural(told["accounts"], "other account")
    if told["segment"] is None:
        said(f"It has no segment: {below} of the {others} in the book have a lower score.")
    else:
        said(f"{below} of the {others} in its segment ({told['segment']}) have a lower score.")
    spec = bookcharts.peers(told)
    if spec is not None:
        draw(spec, "Points by component, beside the middle half of the peers", "peers")
    with st.expander("As a table"):
        rows = [{**row, "name": spoken(row["name"])} for row in told["rows"]]
        html(markup.table("Points of the account and of its peers", rows, PEERS, "peers"))
