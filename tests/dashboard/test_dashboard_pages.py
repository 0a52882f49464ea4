"""Every page shows what the book tells, and nothing else."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

import healthscore
from healthscore.dashboard import going, grid
from healthscore.dashboard.shelf import Shelf, show
from healthscore.pipelines import book as views
from healthscore.pipelines.book import Book, Filter, open_book
from healthscore.pipelines.bookwords import VIEWS, column
from healthscore.pipelines.publish import MANIFEST, entries_of, write_json
from healthscore.pipelines.wording import count, number
from hostile_names import HOSTILE
from shown_views import LOW, calm, flat, heading_of, opened, told
from two_publications import copied


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_is_shown(book: Book, name: str) -> None:
    app = opened(name, **({"account": LOW} if name == "account" else {}))
    assert len(app.title) + sum(one.value.count("<h1") for one in app.html) == 1
    assert not app.error


def test_the_book_tells_what_glance_tells(book: Book) -> None:
    app, glance = opened("book"), views.glance(book)
    assert f"{count(glance['accounts'])} and {sum(glance['unscored'].values())} without accounts with a score" in told(
        app
    )
    assert f"{number(glance['mean_health'])} of 100 mean score" in told(app)
    for band in glance["bands"]:
        assert f"{band['name']} ({band['low']:g} to {band['high']:g}) {count(band['accounts'])}" in told(app)
    for way in ("lost", "gained"):
        for account in views.movers(book)[way]["account_id"]:
            assert account in told(app)


def test_filters_are_those_of_the_book(shown: Book) -> None:
    band, owner = shown.bands.names[0], str(shown.table["owner"].iloc[-1])
    app = opened("book", band=band)
    assert f"{count(views.glance(shown, Filter(bands=(band,)))['accounts'])} " in told(app)
    app.multiselect(key="band").set_value([])
    app.multiselect(key="owner").set_value([owner])
    calm(app.run())
    expected = views.glance(shown, Filter(owners=(owner,)))["accounts"]
    assert re.search(rf"\b{expected}\b( and \d+ without)? accounts with a score", told(app))
    app.button[0].click()
    calm(app.run())
    assert f"{count(views.glance(shown)['accounts'])} and" in told(app)


def test_a_search_that_finds_nothing_says_so(shown: Book) -> None:
    for name in ("book", "accounts"):
        assert "No account fits this filter." in told(opened(name, search="nobody at all"))


def test_the_accounts_are_those_that_fit_in_their_order(book: Book) -> None:
    app = opened("accounts", search="A-0000")
    page = views.accounts_page(book, Filter(text="A-0000"), size=10**6)
    assert app.dataframe[0].value["account_id"].tolist() == page.rows["account_id"].tolist()
    assert f"{page.total} accounts" in told(app)


@pytest.mark.parametrize(
    ("display", "column"), [("percent", "health"), ("letter", "grade"), ("rank", "rank"), ("colour", "band")]
)
def test_the_score_is_shown_in_four_forms(shown: Book, display: str, column: str) -> None:
    app = opened("accounts")
    app.session_state["display"] = display
    table = calm(app.run()).dataframe[0].value
    assert column in table
    assert len({"health", "grade", "rank"} & set(table)) == (display != "colour")
    shapes = {str(chips[0]) for chips in table["band"] if chips is not None}
    assert shapes <= {"▼ at risk", "◆ needs attention", "▲ healthy"}


def test_a_plain_table_has_links_page_by_page(shown: Book) -> None:
    app = opened("accounts", plain="true", by="Revenue", descending="true", search="A-000")
    assert not app.dataframe
    page = views.accounts_page(shown, Filter(text="A-000"), by="value", descending=True, start=50, size=50)
    app.pagination[0].set_value(2)
    calm(app.run())
    links = re.findall(r'href="account\?account=([^"&]+)&amp;search=A-000"', app.html[-1].value)
    assert links == page.rows["account_id"].tolist()


def test_a_click_opens_the_account_whose_id_was_clicked(shown: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    import streamlit as st

    rows = views.accounts_page(shown, size=3).rows
    went: list[str] = []
    monkeypatch.setattr(going, "open_account", went.append)
    monkeypatch.setattr(st, "dataframe", lambda *given, **options: None)
    said: list[str] = []
    monkeypatch.setattr(grid, "said", said.append)
    for label, row in ((rows["account_id"].iloc[2], 0), ("A-gone", 1), ("A-gone <b>", 99)):
        monkeypatch.setattr(st, "session_state", {grid.OPENED: {"row": row, "label": label}})
        grid.show_accounts(rows, {"account_id": column("account_id")}, {}, "Accounts", "key", plain=False, along="")
    assert went == [rows["account_id"].iloc[2]]
    assert [text.partition(" is not in this table any more")[0] for text in said] == ["A-gone", "A-gone <b>"]


def test_who_was_forgotten_is_shown_no_more(by_model: Book, tmp_path: Path) -> None:
    copy = copied(by_model, tmp_path)
    show(Shelf(lambda: open_book(copy.run)))
    assert LOW in told(opened("account", account=LOW))
    before = views.accounts_page(copy).total
    healthscore.forget(LOW, copy.run)
    assert f"account '{LOW}' has no score and no status" in told(opened("account", account=LOW))
    assert f"{before - 1} accounts" in told(opened("accounts"))


def test_an_account_is_told_as_the_book_tells_it(book: Book) -> None:
    app, account = opened("account", account=LOW), views.account(book, LOW)
    assert flat(account["displays"]["percent"]) in told(app)
    for step in account["waterfall"]:
        assert f"{step.name} " in told(app)
    for key in ("drivers_down", "drivers_up"):
        for driver in (account[key] or "").split("; "):
            assert flat(driver) in told(app)
    peers = views.peers(book, LOW)
    assert f"of the {count(peers['accounts'])} other accounts" in told(app)


def test_what_stands_behind_is_read_when_it_is_opened(shown: Book) -> None:
    app = opened("account", account=LOW)
    features = views.features(shown, LOW)
    sentence = str(features["sentence"].iloc[-1])
    assert sentence not in told(app)
    for title in ("Every feature", "Path to the next band", "What changed since the previous score", "Raw rows"):
        app.session_state[f"{title} {LOW}"] = True
    calm(app.run())
    for sentence in features["sentence"]:
        assert flat(str(sentence)) in told(app)
    path, moved = views.path(shown, LOW), views.moved(shown, LOW)
    assert path is not None
    assert moved is not None
    assert path["features"][0]["sentence"] in told(app)
    assert moved["features"][0]["before"] in told(app)
    assert "usage: the newest rows" in told(app)


def test_an_account_that_is_not_there_is_an_error_in_its_place(shown: Book) -> None:
    app = opened("account", account="nobody")
    assert "account 'nobody' has no score and no status" in told(app)
    assert "What to do: ids are compared as text, exactly" in told(app)


def test_an_account_is_found_by_a_part_of_its_name(shown: Book) -> None:
    app = opened("account")
    assert "Choose an account in the table, or search" in told(app)
    app.text_input(key="find").set_value("<SCRIPT>")
    calm(app.run())
    (found,) = [box for box in app.selectbox if box.label.endswith("found")]
    expected = views.accounts_page(shown, Filter(text="<script>")).rows["account_id"].tolist()
    assert [one.rsplit("(", 1)[1].rstrip(")") for one in found.options] == expected


def test_hostile_names_are_escaped_where_they_are_headings(shown: Book) -> None:
    table = shown.table
    for name in HOSTILE:
        account = str(table.loc[table["name"] == name, "account_id"].iloc[0])
        app = opened("account", account=account)
        assert not app.title, "Streamlit reads Markdown in it"
        assert heading_of(app) == name


def test_the_book_is_called_by_its_run(by_model: Book) -> None:
    run = by_model.run.model_copy(update={"title": HOSTILE[-2]})
    show(Shelf(lambda: open_book(run)))
    app = opened("book")
    assert not app.title
    assert heading_of(app) == HOSTILE[-2]


def test_one_date_has_nothing_that_it_is_compared_with(by_model: Book, tmp_path: Path) -> None:
    copy = copied(by_model, tmp_path)
    show(Shelf(lambda: open_book(copy.run)))
    assert "lost points since the previous scores" in told(opened("book"))
    for scored in copy.history[:-1]:
        shutil.rmtree(scored.directory)
    app = opened("book")
    assert "since the previous scores" not in told(app)
    assert "Only one date has been scored" in told(app)


def test_what_was_there_on_one_date_is_not_said_of_all(by_model: Book, tmp_path: Path) -> None:
    copy = copied(by_model, tmp_path)
    for directory in (copy.directory, copy.now.directory):
        table = pd.read_parquet(directory / "scores.parquet")
        table["segment"] = table["segment"].mask(table["account_id"] == LOW, "new")
        table.to_parquet(directory / "scores.parquet", index=False)
        write_json(directory / MANIFEST, {"files": entries_of(directory)})
    show(Shelf(lambda: open_book(copy.run)))
    app = opened("book", segment="new")
    assert "What fits was there on one date only" in told(app)
    assert "Only one date has been scored" not in told(app)


def test_sentences_of_an_account_are_whole(by_model: Book, tmp_path: Path) -> None:
    copy = copied(by_model, tmp_path)
    table = copy.publication.scores()
    own = table["account_id"] == LOW
    table["segment"] = table["segment"].mask(own)
    table["days_to_renewal"] = table["days_to_renewal"].mask(own, 1)
    table.to_parquet(copy.directory / "scores.parquet", index=False)
    show(Shelf(lambda: open_book(copy.run)))
    app, others = opened("account", account=LOW), int((table["status"] == "scored").sum()) - 1
    assert re.search(rf"It has no segment: \d+ % of the {others} other accounts in the book have a lower", told(app))
    assert "renewal, in 1 day " in told(app)


def test_lists_are_those_that_were_published(book: Book) -> None:
    there = views.lists(book)
    app = opened("worklists")
    if not there:
        assert "No list was published" in told(app)
        return
    assert app.selectbox(key="list").options == list(there.values())
    for name in there:
        app.selectbox(key="list").set_value(name)
        calm(app.run())
        rows = views.listed(book, name)
        assert f"{count(len(rows))} line" in told(app) or rows.empty
        if len(rows):
            leading = rows.columns[0]
            assert app.dataframe[0].value[leading].tolist() == rows[leading].tolist()
