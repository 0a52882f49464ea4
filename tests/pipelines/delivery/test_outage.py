"""C11: receivers that are away change nothing of a scoring; later everything arrives, as it was published."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

import healthscore
from company import write_company
from healthscore.pipelines.delivery import DeliveryWarning, deliver, webhook
from healthscore.pipelines.publication.history import published
from published_book import book, publish, run_of, waiting
from receiver import KEY, Answer, receiving

CARD = "seven_components"
DELIVERIES = f"""
[deliveries.warehouse]
kind = "duckdb"
path = "warehouse.duckdb"
scorecard = "{CARD}"
[deliveries.crm]
kind = "salesforce"
path = "crm"
scorecard = "{CARD}"
[deliveries.alerts]
kind = "webhook"
url = "env:ALERT_URL"
signing_key = "env:ALERT_KEY"
scorecard = "{CARD}"
attempts = 1
entering = ["healthy"]
"""


def test_scores_are_the_same_and_everything_arrives_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two dates scored while a database is none, a file is in the way and a receiver answers 500."""
    monkeypatch.setenv("ALERT_KEY", KEY)
    monkeypatch.setattr(webhook, "FIRST_PAUSE", 0.001)
    path = write_company(tmp_path / "saas", 60)
    days = [date(2025, 4, 1), date(2025, 5, 1)]
    undisturbed = [healthscore.score(path, as_of=day, scorecard=CARD, out=tmp_path / "quiet").directory for day in days]
    path.write_text(path.read_text() + DELIVERIES)
    (path.parent / "crm").write_text("in the way")
    with receiving() as receiver:
        monkeypatch.setenv("ALERT_URL", receiver.url)
        receiver.answer = lambda number, headers: Answer(500)
        (path.parent / "warehouse.duckdb").write_text("no database")
        for day, quiet in zip(days, undisturbed, strict=True):
            with pytest.warns(DeliveryWarning):
                made = healthscore.score(path, as_of=day, scorecard=CARD)
            for name in ("scores.parquet", "scores.csv", "drivers.parquet", "result.json"):
                assert (made.directory / name).read_bytes() == (quiet / name).read_bytes(), name
        out = made.directory.parents[1]
        assert waiting(out) == [f"{name}-{CARD}/0000000{n}" for name in ("alerts", "crm", "warehouse") for n in (1, 2)]
        receiver.answer = lambda number, headers: Answer()
        (path.parent / "warehouse.duckdb").unlink()
        (path.parent / "crm").unlink()
        assert healthscore.deliver(path).failed == 0
        assert waiting(out) == []
        told = [one["as_of"] for one in receiver.alerts()]
    assert told == sorted(told)
    assert told[0] == "2025-04-01"
    with duckdb.connect(str(path.parent / "warehouse.duckdb")) as connection:
        stored = connection.execute("SELECT * FROM health_scores WHERE as_of = '2025-05-01' ORDER BY account_id").df()
    newest = published(out, f"score-{CARD}")
    assert newest is not None
    wanted = pd.read_parquet(newest / "scores.parquet").sort_values("account_id", ignore_index=True)
    assert stored["account_id"].to_list() == wanted["account_id"].to_list()
    assert stored["health"].fillna(-1).to_list() == wanted["health"].fillna(-1).to_list()
    assert stored["actions"].fillna("").to_list() == wanted["actions"].fillna("").to_list()
    assert len(list((path.parent / "crm").iterdir())) == 2


@pytest.mark.parametrize("delay", [0.05, 0.2] if os.environ.get("HEALTHSCORE_LONG_TESTS") else [0.1])
def test_killed_in_the_middle_a_duckdb_file_is_old_or_new(tmp_path: Path, delay: float) -> None:
    run = run_of(tmp_path, '[deliveries.warehouse]\nkind = "duckdb"\npath = "warehouse.duckdb"\n')
    old = pd.concat([book()] * 10_000).assign(account_id=[f"A-{n}" for n in range(40_000)])
    deliver(run, publish(run.out, "aaaa", old))
    path = publish(run.out, "bbbb", old.assign(health=1.0))
    code = (
        "import sys, healthscore, duckdb, pyarrow.parquet; from pathlib import Path\n"
        "from healthscore.pipelines.delivery import deliver\n"
        "run = healthscore.load_run(sys.argv[1]); print(1, flush=True); deliver(run, Path(sys.argv[2]))"
    )
    job = subprocess.Popen([sys.executable, "-c", code, str(run.path), str(path)], stdout=subprocess.PIPE)
    assert job.stdout is not None
    job.stdout.readline()
    time.sleep(delay)
    job.send_signal(signal.SIGKILL)
    job.communicate()
    sums = {round(old["health"].sum(), 1), 40_000.0}
    query = "SELECT count(*), sum(health) FROM health_scores"
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        ((count, total),) = connection.execute(query).fetchall()
    assert (count, round(total, 1) in sums) == (40_000, True)
    deliver(run, path)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        assert connection.execute(query).fetchall() == [(40_000, 40_000.0)]
    assert waiting(run.out) == []
