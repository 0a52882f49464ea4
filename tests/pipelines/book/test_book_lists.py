"""Lists are read as they were published, and exported so that a spreadsheet runs nothing."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from healthscore.errors import ConfigurationError
from healthscore.pipelines.book import Book, export, listed, lists
from healthscore.pipelines.publish import QUOTED, csv_safe
from two_publications import HOSTILE, copied


def test_every_list_comes_back_as_it_was_written(book: Book) -> None:
    for name in lists(book):
        assert export(listed(book, name)) == (book.directory / name).read_bytes(), name
        assert len(listed(book, name)) == len(pd.read_csv(book.directory / name))


def test_empty_cells_are_missing_and_words_are_not(by_model: Book, tmp_path: Path) -> None:
    copy = copied(by_model, tmp_path)
    path = copy.directory / "worklist.csv"
    written = pd.read_csv(path, dtype="str", keep_default_na=False)
    written.loc[0, ["name", "owner", "segment"]] = ["NA", "", "null"]
    path.write_bytes(export(written))
    told = listed(copy)
    assert (told["name"][0], told["segment"][0]) == ("NA", "null")
    assert told["owner"].isna().tolist() == [True] + [False] * (len(told) - 1)
    for name in ("override_band", "override_author"):
        assert set(written[name]) == {""}, name
        assert told[name].isna().all(), name
    assert export(told) == path.read_bytes()


def test_hostile_names_stay_text(by_model: Book) -> None:
    names = pd.concat([listed(by_model, name)[["account_id", "name"]] for name in ("worklist.csv", "outreach.csv")])
    told = {account: name for account, name in names.to_numpy().tolist() if account in HOSTILE}
    assert told
    assert told == {account: HOSTILE[account] for account in told}
    assert (b"'=cmd()" in export(names)) == ("A-000016" in told)


def test_the_list_of_an_owner(by_model: Book) -> None:
    whole = listed(by_model)
    parts = [listed(by_model, owner=owner) for owner in whole["owner"].unique()]
    assert sum(map(len, parts)) == len(whole)
    assert [part["place"].tolist() for part in parts] == [list(range(1, len(part) + 1)) for part in parts]


def test_another_list_is_refused(by_model: Book) -> None:
    with pytest.raises(ConfigurationError, match=r"no list '../result.json'") as told:
        listed(by_model, "../result.json")
    assert "worklist.csv" in told.value.remedy


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", "\tx", "\n=1", "a\n=1\r\n-2", " =1", "plain", "it's", "'tis", "\u200b=1", ""]
)
def test_quotes_that_are_put_there_are_taken_away(text: str) -> None:
    quoted = csv_safe(pd.DataFrame({"text": [text]}))["text"][0]
    assert QUOTED.sub(r"\1", quoted) == text
