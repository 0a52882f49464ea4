"""However a source's rows are spread over files, and in whatever order they lie there, scores are the same (C8)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from company import copy_company
from healthscore.pipelines.score import ScoreResult
from published_companies import MAY, Book

SPLIT = {
    "accounts.parquet": (("accounts",), 2),
    "events.parquet": (("usage",), 3),
    "subscriptions.parquet": (("subscriptions", "mrr"), 2),
    "tickets.csv": (("tickets", "cases", "escalations", "reopenings", "csat"), 3),
}
"""File -> the sources that read it, and in how many files its rows go."""
TABLES = ("scores.parquet", "features.parquet", "drivers.parquet")


def spread(path: Path, files: int) -> None:
    """Deal the rows of a table out to so many files, none in their order."""
    csv = path.suffix == ".csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False) if csv else pd.read_parquet(path)
    table = table.sample(frac=1.0, random_state=11)
    for number in range(files):
        part, name = table.iloc[number::files], path.with_name(f"{path.stem}-{number}{path.suffix}")
        if csv:
            part.to_csv(name, index=False)
        else:
            part.to_parquet(name, index=False)
    path.unlink()


def test_one_file_or_several_in_any_order_are_the_same_scores(
    book: Book, history: tuple[Path, dict[date, ScoreResult]], tmp_path: Path
) -> None:
    run = copy_company(book.run, tmp_path)
    text = run.read_text(encoding="utf-8")
    for name, (sources, files) in SPLIT.items():
        spread(run.parent / "data" / name, files)
        stem, ending = name.split(".")
        text += "".join(f'\n[sources.{source}]\npath = "{stem}-*.{ending}"\n' for source in sources)
    run.write_text(text, encoding="utf-8")
    split = book.score(tmp_path / "out", MAY, run=run)
    whole = history[1][MAY]
    assert split.directory.name != whole.directory.name  # other files: another identity
    for name in TABLES:
        mine, theirs = (pd.read_parquet(one.directory / name) for one in (split, whole))
        pd.testing.assert_frame_equal(mine, theirs, check_exact=True)
