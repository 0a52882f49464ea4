"""What if the scorecard had other weights: bands, capture and churn on the past of the run, beside those in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from healthscore.dashboard import markup, shelf
from healthscore.dashboard.drawing import draw, html, said
from healthscore.dashboard.markup import Explained
from healthscore.dashboard.views import kept
from healthscore.display import Mark
from healthscore.pipelines import bookcharts
from healthscore.pipelines.book import recommended
from healthscore.pipelines.bookwords import VIEWS, Column, spoken
from healthscore.pipelines.cards import need_scorecard
from healthscore.pipelines.happenings import words_of
from healthscore.pipelines.views import metric_kind, metric_meaning, metric_title
from healthscore.pipelines.wording import count, day_text, figure, number, percent

if TYPE_CHECKING:
    from healthscore.config import Scorecard
    from healthscore.pipelines.book import Book, Filter
    from healthscore.pipelines.progress import Advance, Progress

Result = Mapping[str, Any]
Weights = tuple[tuple[str, float], ...]
PRESETS = {"now": "In force", "recommended": "Recommended by history", "equal": "All alike"}
FIGURES = ("metric", "now", "new", "apart")
BANDS = ("band", "accounts now", "accounts new", "apart", "rate now", "rate new")
OWN = {
    "metric": Column("Figure"),
    "now": Column("In force", "figure"),
    "new": Column("These weights", "figure"),
    "apart": Column("Difference", "figure"),
    "accounts now": Column("Accounts, in force", "figure"),
    "accounts new": Column("Accounts, these weights", "figure"),
    "rate now": Column("Share, in force", "figure", "with its 95 % interval"),
    "rate new": Column("Share, these weights", "figure", "with its 95 % interval"),
}


def page(book: Book, chosen: Filter) -> None:
    """Show what other weights would have been worth; the past is read when somebody asks for it."""
    import streamlit as st

    st.title(VIEWS["whatif"], anchor=False)
    card = need_scorecard(book.run)
    outcome = book.run.need_outcome()
    said(f"Other weights for the scorecard “{card.called}”, on the whole past of the run, whatever the filter says.")
    opened = shelf.shown().what_if()
    if opened is None:
        _offer()
        return
    _presets(book, opened.card)
    weights = _weights(opened.card)
    before, after = kept(figures, book, ()), kept(figures, book, weights)
    _compared(before, after, words_of(outcome.kind))
    _lines(before, after)


def figures(book: Book, weights: Weights) -> dict[str, Any]:
    """What the library makes of these weights; of none: of those in force."""
    opened = shelf.shown().read_past(_silent())
    return opened.figures(dict(weights) if weights else None)


def _silent() -> Progress:
    from healthscore.pipelines.progress import silent

    return silent


def _offer() -> None:
    """A button that reads the past, with what it is doing."""
    import streamlit as st

    said("The features of every date are read first: seconds for a few thousand accounts, longer for more.")
    if st.button("Read the past", type="primary", key="read"):
        shelf.shown().read_past(_listener())
        st.rerun()


def _listener() -> Progress:
    """Steps as a bar on the page."""
    import streamlit as st

    place = st.empty()

    def listen(step: str) -> AbstractContextManager[Advance]:
        return told(step)

    @contextmanager
    def told(step: str) -> Iterator[Advance]:
        bar = place.progress(0.0, text=markup.markdown(step))

        def advance(share: float) -> None:
            bar.progress(min(1.0, max(0.0, share)), text=markup.markdown(step))

        yield advance

    return listen


def _presets(book: Book, card: Scorecard) -> None:
    """Buttons that set every weight at once."""
    import streamlit as st

    sets = {
        "now": card.weights_of(),
        "recommended": recommended(book) or {},
        "equal": dict.fromkeys(card.components, 50.0),
    }
    with st.container(horizontal=True):
        for name, title in PRESETS.items():
            st.button(title, on_click=_set, args=(sets[name],), disabled=not sets[name], key=f"preset {name}")


def _set(weights: Mapping[str, float]) -> None:
    import streamlit as st

    for name, weight in weights.items():
        st.session_state[_key(name)] = float(weight)


def _key(component: str) -> str:
    return f"weight {component}"


def _weights(card: Scorecard) -> Weights:
    """What somebody gives to each component."""
    import streamlit as st

    places = st.columns(2)
    found = []
    for place, (name, part) in enumerate(card.components.items()):
        with places[place % len(places)]:
            found.append((name, _weighed(name, part.weight, part.label)))
    return tuple(found)


def _weighed(name: str, weight: float, label: str | None) -> float:
    """The weight that somebody gives to a component."""
    import streamlit as st

    key = _key(name)
    if key not in st.session_state:
        st.session_state[key] = float(weight)
    about = markup.markdown(label) if label else None
    return float(st.slider(markup.markdown(spoken(name)), 0.0, 100.0, step=1.0, format="%g", key=key, help=about))


def _compared(before: Result, after: Result, words: Result) -> None:
    """Both beside each other: figures, bands, and a picture of them."""
    import streamlit as st

    st.header("What they would have been worth", anchor=False)
    events = f"{count(after['events'])} of the scores are of accounts that {words['did']} afterwards"
    said(f"Judged on {count(after['n'])} scores of {count(after['accounts'])} accounts; {events}.")
    html(markup.table("Figures of both", _rows(before, after, words), FIGURES, own=OWN))
    did, day = words["did"], day_text(str(after["as_of"]))
    left, right = st.columns(2)
    with left:
        st.subheader(f"Share of each band that {did}", anchor=False)
        draw(bookcharts.what_if_rates(before, after, words), f"Share of each band that {did}", "what if rates")
    with right:
        st.subheader(f"Accounts of each band on {day}", anchor=False)
        draw(bookcharts.what_if_accounts(before, after), f"Accounts of each band on {day}", "what if accounts")
    html(markup.table(f"Bands of both; accounts on {day}", _bands(before, after), BANDS, own=OWN))


def _rows(before: Result, after: Result, words: Result) -> list[dict[str, Any]]:
    rows = []
    for name, now in before["figures"].items():
        new, (kind, digits) = after["figures"][name], metric_kind(name)
        apart = None if now is None or new is None else new - now
        told = {"now": _told(now, kind, digits), "new": _told(new, kind, digits), "apart": _apart(apart, kind, digits)}
        rows.append({"metric": Explained(metric_title(name), metric_meaning(name)), **told})
    now, new = (one["churners"]["held"] for one in (before, after))
    among = f"worst-scored {percent(after['churners']['share'], 0)}"
    row = {"metric": f"Of {count(after['churners']['all'])} {words['those']}, among the {among} of their date"}
    apart = _apart(new["estimate"] - now["estimate"], "count", 0)
    return [*rows, {**row, "now": figure(now, "count"), "new": figure(new, "count"), "apart": apart}]


def _told(value: float | None, kind: str, digits: int) -> str:
    return percent(value, digits) if kind == "percent" else number(value, digits)


def _apart(value: float | None, kind: str, digits: int) -> str:
    """A difference with its sign."""
    if value is None:
        return number(None)
    unit = " points" if kind == "percent" else ""
    told = number(100 * value if kind == "percent" else value, digits)
    return f"{'+' if value > 0 else ''}{told}{unit}"


def _bands(before: Result, after: Result) -> list[dict[str, Any]]:
    return [
        {
            "band": Mark(new["name"], new["tone"]),
            "accounts now": count(now["latest"]),
            "accounts new": count(new["latest"]),
            "apart": _apart(new["latest"] - now["latest"], "count", 0),
            "rate now": figure(now["rate"], "percent"),
            "rate new": figure(new["rate"], "percent"),
        }
        for now, new in zip(before["bands"], after["bands"], strict=True)
    ]


def _lines(before: Result, after: Result) -> None:
    """The weights as shares of their sum, and what the scorecard's file would say."""
    import streamlit as st

    st.header("To be pasted into the scorecard", anchor=False)
    new = after["weights"]
    rows = [{"metric": spoken(name), "now": number(before["weights"][name]), "new": number(new[name])} for name in new]
    own = OWN | {"metric": Column("Component")}
    html(markup.table("Weights as shares of their sum, in per cent", rows, FIGURES[:3], own=own, plain=True))
    lines = (f"[components.{name}]\nweight = {round(weight, 2):g}" for name, weight in new.items())
    st.code("\n\n".join(lines), language="toml")
