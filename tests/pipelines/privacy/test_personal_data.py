"""E-mail addresses and phone numbers that a run declares as `pii` are in no file that any command writes.

Every row has its own address and number, so that one that slips through anywhere is found.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import healthscore
from company import FEW_DATES, amended, rewrite, write_company

PERSONAL = {"accounts": "accounts.parquet", "tickets": "tickets.csv", "surveys": "surveys.csv"}
"""Source -> its file, which gets an e-mail address and a phone number. Other sources read the same files."""
CANARY = re.compile(r"@canary\.example|\+49 170 5550")
DATES = "dates = [2024-06-01, 2024-09-01, 2024-12-01, 2025-03-01]"
AS_OF = (date(2025, 2, 1), date(2025, 4, 1))
BAD_TICKETS = 3


def with_persons(frame: pd.DataFrame) -> pd.DataFrame:
    numbers = [f"{number:06}" for number in range(len(frame))]
    return frame.assign(
        email=[f"jo.{number}@canary.example" for number in numbers],
        phone=[f"+49 170 5550{number}" for number in numbers],
    )


def spoiled(tickets: pd.DataFrame) -> pd.DataFrame:
    """Tickets of which a few have a day that is none: every source of theirs quarantines the texts of these rows."""
    tickets = with_persons(tickets)
    tickets.loc[: BAD_TICKETS - 1, "opened_at"] = "1970-01-01T00:00:00Z"
    return tickets


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory in which every command was run, recorded in MLflow's local store; it holds all that was written."""
    home = tmp_path_factory.mktemp("personal")
    run = write_company(home / "company", 300)
    quick = 'refits = 2\nchoose = "logistic"\ntrees.count = 15'
    text = amended(
        run.read_text(encoding="utf-8"), "refits = 10", quick, "resamples = 200", "resamples = 100",
        "minimum_exits = 20", "minimum_exits = 10", FEW_DATES, DATES, "[tracking]\nenabled = false\n", "",
    )  # fmt: skip
    text += "".join(f'\n[sources.{source}]\npii = ["email", "phone"]\n' for source in PERSONAL)
    run.write_text(text, encoding="utf-8")
    for name in PERSONAL.values():
        rewrite(run, name, spoiled if name == "tickets.csv" else with_persons)
    written = home / "workplace"
    written.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.chdir(written)
        every_command(run, written / "out")
        yield written


def every_command(run: Path, out: Path) -> None:
    healthscore.check(run, out=out)
    healthscore.train(run, out=out)
    for as_of in AS_OF:
        scored = healthscore.score(run, as_of=as_of, out=out)
    account = str(scored.scores["account_id"].iloc[0])
    healthscore.explain(account, run, as_of=AS_OF[-1], out=out)
    healthscore.backtest(run, out=out)
    healthscore.audit(run, out=out)


def texts_of(path: Path) -> str:
    """All that a file holds, however it is packed."""
    if path.suffix == ".parquet":
        return str(pd.read_parquet(path).to_csv())
    if path.suffix == ".db":
        with sqlite3.connect(path) as connection:
            return "\n".join(connection.iterdump())
    return path.read_bytes().decode("utf-8", errors="replace")


def files_of(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def test_no_file_holds_any_of_it(workplace: Path) -> None:
    hits = [path for path in files_of(workplace) if CANARY.search(texts_of(path))]
    assert hits == []
    assert not [path for path in files_of(workplace) if CANARY.search(path.read_bytes().decode(errors="replace"))]


@pytest.mark.parametrize(
    "pattern",
    [
        "mlruns/mlflow.db",
        "mlruns/artifacts/**/*",
        "out/check/*/quarantine/cases.parquet",
        "out/train/*/run.json",
        "out/score/*/features.parquet",
        "out/published/*/scores.csv",
        "out/explain*/*/result.json",
        "out/backtest/*/report.html",
        "out/audit/*/*.html",
    ],
)
def test_what_was_searched_is_all_that_there_is(workplace: Path, pattern: str) -> None:
    assert list(workplace.glob(pattern))


def test_the_search_would_have_found_it(workplace: Path) -> None:
    data = workplace.parent / "company" / "data"
    assert all(CANARY.search(texts_of(data / name)) for name in PERSONAL.values())


def test_rows_in_quarantine_keep_all_other_texts(workplace: Path) -> None:
    for source in ("tickets", "cases"):
        (path,) = workplace.glob(f"out/check/*/quarantine/{source}.parquet")
        kept = pd.read_parquet(path)
        assert len(kept) == BAD_TICKETS
        assert kept["original"].str.contains("1970-01-01").all()
        assert not kept["original"].str.contains("email|phone").any()
