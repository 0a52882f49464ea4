"""Names, segments and owners at a date: the last state that was known before it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from healthscore.asof import day_of
from healthscore.pipelines.build import build_book
from healthscore.pipelines.directory import Directory, read_directory
from healthscore.tables import open_tables
from literal import run_of

ACCOUNTS = """
account_id  segment  owner  person_id  valid_from  valid_to
A           small    ann    p          2024-01-01  2024-06-01
A           large    -      p          2024-06-01  -
B           mid      cy     -          -           2024-03-01
B           small    dee    -          2024-03-10  -
C           mid      eve    -          2024-05-01  -
"""


def directory(folder: Path, accounts: str = ACCOUNTS, ids: tuple[str, ...] = ("A", "B", "C", "Z")) -> Directory:
    run = run_of(folder, {"accounts": accounts}, as_of=["2024-06-01"])
    with open_tables(run) as tables:
        return read_directory(run, tables, pa.array(ids))


def known(found: Directory, account: int, text: str) -> tuple[str | None, str | None]:
    """(segment, owner) of an account at a date."""
    row = found.at(np.array([account]), day_of(date.fromisoformat(text))).iloc[0]
    segment, owner = (None if pd.isna(row[column]) else str(row[column]) for column in ("segment", "owner"))
    return segment, owner


def test_a_state_is_known_from_the_day_after_it_began_until_the_next_one_is(tmp_path: Path) -> None:
    found = directory(tmp_path)
    assert known(found, 0, "2024-01-01") == (None, None)
    assert known(found, 0, "2024-01-02") == ("small", "ann")
    assert known(found, 0, "2024-06-01") == ("small", "ann")
    assert known(found, 0, "2024-06-02") == ("large", None)
    assert known(found, 1, "1999-01-01") == ("mid", "cy")
    assert known(found, 1, "2024-03-05") == ("mid", "cy"), "between two states the last one is what is known"
    assert known(found, 1, "2024-03-11") == ("small", "dee")
    assert known(found, 2, "2024-05-01") == (None, None)
    assert known(found, 3, "2024-05-01") == (None, None)


def test_rows_keep_their_order_and_may_have_a_day_each(tmp_path: Path) -> None:
    days = np.array([day_of(date(2024, 7, 1)), day_of(date(2024, 2, 1)), day_of(date(2024, 2, 1))])
    found = directory(tmp_path).at(np.array([0, 1, 0]), days)
    assert found["account_id"].tolist() == ["A", "B", "A"]
    assert found["segment"].tolist() == ["large", "mid", "small"]


def test_persons_and_ids_are_todays(tmp_path: Path) -> None:
    found = directory(tmp_path)
    assert found.today["segment"].tolist()[:3] == ["large", "small", "mid"]
    assert found.clusters().tolist() == [0, 1, 2, 3]
    assert found.today["person_id"].tolist()[0] == "p"


def test_one_row_per_account_holds_at_every_date(tmp_path: Path) -> None:
    accounts = "\naccount_id segment\nA small\nB mid\n"
    found = directory(tmp_path, accounts, ("A", "B"))
    assert found.states is None
    assert known(found, 1, "1999-01-01") == ("mid", None)


def test_a_later_state_changes_nothing_before_it(tmp_path: Path) -> None:
    before = directory(tmp_path / "before")
    after = directory(
        tmp_path / "after", ACCOUNTS.replace("2024-05-01  -", "2024-05-01  2024-07-01") + "C huge fay - 2024-07-01 -\n"
    )
    accounts = np.arange(4)
    for day in range(day_of(date(2023, 12, 1)), day_of(date(2024, 7, 2))):
        shown = [one.at(accounts, day)[["segment", "owner"]] for one in (before, after)]
        pd.testing.assert_frame_equal(shown[0], shown[1])


def test_rows_of_a_book_have_the_segment_of_their_date(tmp_path: Path) -> None:
    days = ["2024-03-01", "2024-06-01", "2024-07-01"]
    tables = {
        "accounts": ACCOUNTS,
        "subscriptions": "\naccount_id start\nA 2023-01-01\nB 2024-06-15\n",
        "events": "\naccount_id time\nA 2023-06-01\n",
    }
    outcome = {"kind": "churn", "source": "subscriptions", "horizon_days": 30}
    run = run_of(tmp_path, tables, as_of=days, outcome=outcome, signals={"usage": {"families": ["recency"]}})
    with open_tables(run) as opened:
        book = build_book(run, opened)
    shown = book.about(np.arange(len(book.label)))
    assert [*zip(shown["account_id"], shown["segment"], strict=True)] == [
        ("A", "small"),
        ("A", "small"),
        ("A", "large"),
        ("B", "small"),
    ]
