"""The courses of all accounts are, account by account, what `course` tells."""

from __future__ import annotations

import pandas as pd

from healthscore.pipelines.book import Book, course
from healthscore.pipelines.book.courses import courses

SAID = ["status", "health", "health_low", "health_high", "band", "grade", "rank", "change", "moved"]


def test_all_courses_are_those_of_one_after_the_other(book: Book) -> None:
    found = courses(book)
    assert len(found) == len(book.history)
    moved = 0
    for place in range(0, len(book.table), 17):
        expected = course(book, book.table["account_id"].iloc[place])
        own = pd.DataFrame([one.iloc[place] for one in found], index=[scored.as_of for scored in book.history])
        own = own[own["status"].notna()]
        assert own.index.tolist() == expected["as_of"].tolist()
        for name in SAID:
            theirs = expected[name].astype(object).where(expected[name].notna(), None).tolist()
            ours = own[name].astype(object).where(own[name].notna(), None).tolist()
            assert ours == theirs, (place, name)
        moved += int((expected["moved"] != "").sum())
    assert moved > 10
