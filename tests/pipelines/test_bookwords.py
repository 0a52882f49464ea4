"""Every column of the book has words, and cells are written as people read them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from healthscore.pipelines import bookwords
from healthscore.pipelines.actions.lists import GROWTH_COLUMNS, OUTREACH_COLUMNS
from healthscore.pipelines.actions.worklists import COLUMNS as WORKLIST
from healthscore.pipelines.book.accounts import READ, RENEWAL, TOP_DRIVER
from healthscore.pipelines.book.glance import MOVED
from healthscore.pipelines.bookwords import Column, column, reasons, written


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (5.25, "points", "5.2"),
        (-0.8, "signed", "−0.8"),
        (26.9, "signed", "+26.9"),
        (0.0, "signed", "0.0"),
        (-0.04, "signed", "0.0"),
        (1502, "count", "1,502"),
        (952362.9, "money", "952,363"),
        (0.0948, "share", "9.5\u202f%"),
        (47.6, "hundredth", "48\u202f%"),
        (0.011905, "figure", "0.012"),
        (40.0, "figure", "40"),
        (date(2025, 7, 1), "day", "1 July 2025"),
        (pd.Timestamp("2025-07-01"), "day", "1 July 2025"),
        (True, "yes", "yes"),
        (False, "yes", "no"),
        ("<b>x</b>", "text", "<b>x</b>"),
        (None, "points", "–"),
        (np.nan, "signed", "–"),
        (pd.NaT, "day", "–"),
        ("", "text", "–"),
    ],
)
def test_cells(value: object, kind: bookwords.Kind, text: str) -> None:
    assert written(value, kind) == text


@pytest.mark.parametrize(
    "name", sorted({*READ, TOP_DRIVER, RENEWAL, *MOVED, *WORKLIST, *OUTREACH_COLUMNS, *GROWTH_COLUMNS})
)
def test_every_published_column_has_words_of_its_own(name: str) -> None:
    assert name in bookwords.COLUMNS


def test_a_name_can_mean_something_else_in_a_list() -> None:
    assert column("value") == Column("Revenue", "money", "per month, in the currency of the source")
    assert column("value", "paths.csv").title == "Now"
    assert column("points_use_depth").title == "use depth"
    assert column("value at risk").title == "Revenue, at risk"
    assert column("something_else") == Column("Something else")


def test_what_views_show_is_known() -> None:
    shown = {
        "": (*bookwords.ACCOUNTS, *bookwords.MOVERS, *bookwords.COURSE, *bookwords.BANDS),
        "peers": bookwords.PEERS,
        "features": bookwords.FEATURES,
        "weights": bookwords.WEIGHTS,
    }
    for view, names in shown.items():
        assert [name for name in names if name not in bookwords.COLUMNS and (view, name) not in bookwords.OWN] == []


def test_reasons_are_told_apart_though_a_sentence_has_semicolons() -> None:
    said = "use -36.1: 3 log-ins (few; and: fewer); warnings +0.3: no (at least 9 points; and at least 30% less)"
    assert reasons(said) == [
        "use -36.1: 3 log-ins (few; and: fewer)",
        "warnings +0.3: no (at least 9 points; and at least 30% less)",
    ]
    earned = "Use 12.0 of 20: 3 log-ins (good; and: steady); Calls 5.5 of 7.5: one a month"
    assert reasons(earned) == ["Use 12.0 of 20: 3 log-ins (good; and: steady)", "Calls 5.5 of 7.5: one a month"]
    assert reasons("") == []
