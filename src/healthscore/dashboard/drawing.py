"""Specifications of figures, drawn by Streamlit in the colours of the page; texts that stand beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from healthscore.dashboard import markup

if TYPE_CHECKING:
    from healthscore.errors import HealthScoreError
    from healthscore.pipelines.charts import Spec
    from healthscore.pipelines.colours import Theme

CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}
CLEAR = "rgba(0,0,0,0)"


def draw(spec: Spec, title: str, key: str) -> None:
    """Draw a figure; whoever does not see it is told its title and finds its points in the table beside it."""
    import streamlit as st

    from healthscore.pipelines.figures import figure_of

    figure = figure_of(spec, title, theme())
    margin = figure.layout.margin
    figure.update_layout(
        title=None,  # a heading of the page says it
        margin={"l": 8, "r": 16, "t": margin.t - 36, "b": 8},
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        dragmode=False,  # a finger on a figure scrolls the page
        xaxis_fixedrange=True,
        yaxis_fixedrange=True,
    )
    st.plotly_chart(figure, theme=None, key=key, config=CONFIG, alt=title)


def theme() -> Theme:
    """Light or dark, as the page is."""
    import streamlit as st

    return "dark" if st.context.theme.type == "dark" else "light"


def html(text: str) -> None:
    """Show what `markup` wrote."""
    import streamlit as st

    st.html(text)


def refuse(error: HealthScoreError) -> None:
    """Say what went wrong, where it went wrong, and what to do."""
    html(markup.note(error.what, *([f"What to do: {error.remedy}"] if error.remedy else [])))


def said(text: str, *more: Any) -> None:
    """A sentence in small ink: what a section shows, or why it shows nothing."""
    html(markup.sentences([text, *map(str, more)]))
