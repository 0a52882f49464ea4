"""What several displays show in the same way: the answer of a report's view, bands, accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from healthscore.display import Bar, Display, Mark, Table
from healthscore.pipelines import views
from healthscore.pipelines.happenings import words_in
from healthscore.pipelines.wording import MISSING, count, figure, number

Result = Mapping[str, Any]
View = Mapping[str, Any]


def answer(view: View, tables: Sequence[Table], notes: Sequence[str] = ()) -> Display:
    """The display of a result that has a report: its mark, headline, sentences and tiles, as in `view`."""
    tiles = [(tile["value"], tile["range"], tile["what"]) for tile in view["tiles"]]
    headline = Mark(f"{view['mark']}: {view['headline']}", view["tone"])
    return Display(view["kind"], view["title"], headline, view["sentences"], tiles, tables, notes)


def meanings(result: Result, bands: Sequence[Mapping[str, Any]]) -> Table:
    """What each band meant: scores, and the share of them to which it happened, with its interval."""
    did = words_in(result)["did"]
    rows = [
        (
            Mark(band["name"], band["tone"]),
            f"{number(band['low'], 0)} to {number(band['high'], 0)}",
            Bar(0.0, band["width"] or 0.0, band["tone"]),
            count(band["n"]),
            figure(band["rate"], "percent"),
        )
        for band in views.band_rows(list(bands), views.widest({"bands": bands}))
    ]
    return Table("What the bands meant", ("band", "score", "", "scores", f"share that {did}"), rows, left=3)


def signed(points: float) -> str:
    """Points with their sign."""
    return number(points, 1) if points <= 0 else f"+{number(points, 1)}"


def facts(caption: str, told: Mapping[str, str | None]) -> Table:
    """Facts by what they are about; those that are not known are left out."""
    rows = [(what, said) for what, said in told.items() if said not in (None, "", MISSING)]
    return Table(caption, ("", ""), rows, left=2)
