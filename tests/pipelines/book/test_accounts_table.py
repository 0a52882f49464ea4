"""The table of accounts: filters part the book, pages follow one another, and the score has four forms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from healthscore.errors import ConfigurationError
from healthscore.pipelines.book import Book, Filter, accounts_page, displays
from healthscore.pipelines.book.accounts import NO_SCORE, NOT_GIVEN, choices, named

LITERAL = named(
    pd.DataFrame(
        {
            "account_id": ["A-1", "A-2", "b.3", "A(4"],
            "name": ["Müller", None, "a-1 again", "x"],
            "segment": ["smb", "", "big", None],
            "owner": ["Ann", "Ann", None, "Bob"],
            "band": ["at risk", "healthy", None, "healthy"],
        }
    ).astype("str")
)


@pytest.mark.parametrize(
    ("chosen", "fits"),
    [
        (Filter(), [1, 1, 1, 1]),
        (Filter(segments=("smb",)), [1, 0, 0, 0]),
        (Filter(segments=("big", NOT_GIVEN)), [0, 1, 1, 1]),
        (Filter(owners=("Ann",), bands=("healthy",)), [0, 1, 0, 0]),
        (Filter(bands=(NO_SCORE,)), [0, 0, 1, 0]),
        (Filter(text=" a-1 "), [1, 0, 1, 0]),
        (Filter(text="(4"), [0, 0, 0, 1]),
        (Filter(text="MÜLL"), [1, 0, 0, 0]),
        (Filter(text="."), [0, 0, 1, 0]),
    ],
)
def test_filters_on_a_literal_book(chosen: Filter, fits: list[int]) -> None:
    assert chosen.fits(LITERAL).astype(int).tolist() == fits


def test_choices_part_the_book(book: Book) -> None:
    told = choices(book)
    parts = {
        "segments": [Filter(segments=(name,)) for name in told["segments"]],
        "owners": [Filter(owners=(name,)) for name in told["owners"]],
        "bands": [Filter(bands=(name,)) for name in told["bands"]],
    }
    for filters in parts.values():
        assert (np.sum([one.fits(book.table) for one in filters], axis=0) == 1).all()


def test_pages_follow_one_another(book: Book) -> None:
    chosen = Filter(segments=("smb",))
    whole = accounts_page(book, chosen, size=1000)
    pages = [accounts_page(book, chosen, start=start, size=100).rows for start in range(0, whole.total, 100)]
    pd.testing.assert_frame_equal(pd.concat(pages, ignore_index=True), whole.rows)
    assert whole.total == int((book.table["segment"] == "smb").sum())


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("by", ["health", "change", "value", "name", "renewal", "band", "rank", "probability"])
def test_every_column_sorts_and_what_is_missing_comes_last(book: Book, by: str, descending: bool) -> None:
    rows = accounts_page(book, by=by, descending=descending, size=1000).rows
    key = rows[by]
    if by == "band":
        key = key.map({name: place for place, name in enumerate(book.bands.names)})
    elif by == "name":
        key = key.str.lower()
    known = key.dropna()
    assert key.isna().tolist() == [False] * len(known) + [True] * (len(key) - len(known))
    assert known.is_monotonic_decreasing if descending else known.is_monotonic_increasing
    equal = rows[known.duplicated(keep=False).reindex(rows.index, fill_value=False)]
    assert all(one["rank"].dropna().is_monotonic_increasing for _, one in equal.groupby(by))


def test_another_column_is_refused(by_model: Book) -> None:
    with pytest.raises(ConfigurationError, match=r"no column 'helth'") as told:
        accounts_page(by_model, by="helth")
    assert told.value.remedy == "did you mean 'health'?"


def test_the_score_in_its_forms(by_card: Book) -> None:
    rows = accounts_page(by_card, size=1000).rows
    shown = displays(by_card, rows)
    first, last = rows.iloc[0], shown.iloc[-1]
    scored = by_card.result["accounts"]
    assert shown.iloc[0].to_dict() == {
        "percent": f"{first['health']:.1f}\u202f%",
        "letter": first["grade"],
        "rank": f"1 of {scored}",
        "colour": "risk",
    }
    assert last.to_dict() == {"percent": "–", "letter": "–", "rank": "–", "colour": ""}
    assert set(shown["colour"]) == {"risk", "caution", "good", ""}
