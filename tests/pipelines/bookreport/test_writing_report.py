"""The report as a file: the same bytes for the same book, where it is asked for, and gone with an account."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import healthscore
from healthscore.config import Run
from healthscore.errors import ConfigurationError, InsufficientDataError
from healthscore.pipelines.book.accounts import TOP_DRIVER
from healthscore.pipelines.bookreport.packing import holds, numbers, packed, tenths, texts
from healthscore.pipelines.bookreport.page import about
from healthscore.pipelines.privacy.forget import forget
from large_publication import write_large
from opened_pages import Shown
from two_publications import CARD, HOSTILE, Company


def blocks(html: str) -> dict[str, Any]:
    """What a page holds of accounts and lists, read without a line of the code that wrote it."""
    found = re.findall(r'<script type="text/plain" id="data-([^"]+)">([^<]*)</script>', html)
    return {name: json.loads(gzip.decompress(base64.b64decode(text))) for name, text in found}


def cells(column: dict[str, Any]) -> list[Any]:
    if "codes" in column:
        return [None if code < 0 else column["words"][code] for code in column["codes"]]
    return [None if one is None else one / column["scale"] for one in column["numbers"]]


def test_columns_come_back_as_they_were() -> None:
    words = ["b", None, "", "a", "b", np.nan]
    assert texts(words) == {"words": ["b", "a"], "codes": [0, -1, -1, 1, 0, -1]}
    assert tenths(np.array([12.3, np.nan, -0.1])) == {"numbers": [123, None, -1], "scale": 10}
    assert numbers(np.array([0.123456789, np.nan])) == {"numbers": [0.123456789, None], "scale": 1}
    assert packed({"a": 1}) == packed({"a": 1})
    assert json.loads(gzip.decompress(base64.b64decode(packed({"ü": [None]})))) == {"ü": [None]}


def test_the_page_holds_every_account_as_it_is_published(shown: Shown) -> None:
    table, held = shown.book.table, blocks(shown.path.read_text(encoding="utf-8"))
    columns = held["accounts"]["columns"]
    for name in (
        "account_id",
        "name",
        "segment",
        "owner",
        "band",
        "grade",
        TOP_DRIVER,
        "health",
        "change",
        "probability",
    ):
        expected = table[name].astype(object).where(table[name].notna() & (table[name] != ""), None).tolist()
        assert cells(columns[name]) == expected, name
    parts = [part for name, part in held.items() if name.startswith("details-")]
    assert sum(len(part["path"]) for part in parts) == len(table)
    points = held["points"]
    tenth = [points["base"], points["capped"], *points["components"]]
    sums = np.sum([np.array(one["numbers"], dtype=float) for one in tenth], axis=0) / 10.0
    scored = (table["status"] == "scored").to_numpy()
    np.testing.assert_allclose(sums[scored], table.loc[scored, "health"])


def test_the_page_has_no_markup_of_data_and_runs_only_our_scripts(shown: Shown) -> None:
    html = shown.path.read_text(encoding="utf-8")
    run = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in run]
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy is not None
    assert re.findall(r"'sha256-[^']+'", policy[1].replace("&#39;", "'")) == hashes
    assert "default-src 'none'" in policy[1].replace("&#39;", "'")
    outside = re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)
    assert not any(name in outside for name in HOSTILE.values())
    assert "<img" not in outside
    own = "".join(run[1:])
    assert "innerHTML" not in own
    assert "insertAdjacentHTML" not in own
    assert "document.write" not in own


def test_the_same_book_gives_the_same_file(published: Company, by_card: Shown) -> None:
    first, again = (healthscore.report(published.run, CARD) for _ in range(2))
    assert again.result == first.result
    assert first.path == first.path.parents[1] / first.result["identity"] / "report.html"
    assert first.path.read_bytes() == by_card.path.read_bytes()
    assert first.result["bytes"] == len(first.path.read_bytes())
    assert len(list(first.path.parents[1].glob("*/report.html"))) == 1
    assert "1 May 2025" in first.display().sentences[0]


def test_a_scorecard_without_a_title_is_called_by_its_name(by_card: Shown) -> None:
    book, card = by_card.book, by_card.book.run.scorecard
    assert card is not None
    assert f"by the scorecard “{card.title}”, beside" in about(book)
    untitled = book.run.model_copy(update={"scorecard": card.model_copy(update={"title": ""})})
    assert "by the scorecard “seven components”, beside" in about(replace(book, run=untitled))


def small(folder: Path) -> Run:
    (folder / "run").mkdir()
    return write_large(folder / "run", 30)


def test_the_file_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    run = small(tmp_path)
    made = healthscore.report(run, to=tmp_path / "book.html")
    assert made.path == tmp_path / "book.html"
    assert (made.result["accounts"], made.result["report"]) == (30, str(made.path))
    assert "names no scorecard" in made.result["untried"]
    assert holds(made.path, "A-000029")
    assert not (run.out / "report").exists()


def test_what_cannot_be_written_is_refused_before_any_work(published: Company, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is a folder"):
        healthscore.report(published.run, to=tmp_path)
    with pytest.raises(ConfigurationError, match="there is no folder"):
        healthscore.report(published.run, to=tmp_path / "missing" / "book.html")
    with pytest.raises(InsufficientDataError, match="nothing is published"):
        healthscore.report(published.run, out=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_forgotten_account_takes_the_reports_along_that_hold_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # forgetting looks through the MLflow store of the working directory, too
    run = small(tmp_path)
    path = healthscore.report(run).path
    assert holds(path, "A-000017")
    assert not holds(path, "A-999999")
    told = forget("A-000017", run)
    assert f"report/{path.parent.name}" in told.result["removed"]
    assert told.proven
    assert not path.exists()
    new = healthscore.report(run).path
    assert not holds(new, "A-000017")
    assert forget("A-000017", run).result["removed"] == []
    assert new.exists()
    new.write_text("torn", encoding="utf-8")
    assert holds(new, "A-000018"), "a page that cannot be read is taken to hold it"
