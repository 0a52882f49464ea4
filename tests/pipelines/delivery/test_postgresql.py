"""PostgreSQL: away, wrong, killed in the middle, and two hundred thousand rows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from healthscore.pipelines.delivery import DeliveryWarning, deliver
from postgres_server import PASSWORD, Server, query
from published_book import HEALTH, MAY, book, publish, receipts, run_of, waiting

LONG = bool(os.environ.get("HEALTHSCORE_LONG_TESTS"))
ROWS, DELAYS = (60_000, [0.1, 0.2, 0.4, 0.6, 0.8, 1.0]) if LONG else (20_000, [0.2])
"""Of the tables that are written while the writer is killed, and when it is, in seconds."""


@pytest.fixture
def postgres(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setenv("WAREHOUSE", server.uri)
    query(server, "DROP TABLE IF EXISTS health_scores")
    return server


POSTGRES = '[deliveries.warehouse]\nkind = "postgresql"\nuri = "env:WAREHOUSE"\n'


def test_a_schema_can_be_named(postgres: Server, tmp_path: Path) -> None:
    query(postgres, 'CREATE SCHEMA "cs team"')
    run = run_of(tmp_path, POSTGRES + 'schema_name = "cs team"\n')
    (one,) = deliver(run, publish(run.out, "aaaa", book()))
    assert one.status == "delivered"
    assert query(postgres, 'SELECT count(*) FROM "cs team".health_scores') == [(4,)]


def test_a_name_that_postgresql_would_cut_off_is_refused(postgres: Server, tmp_path: Path) -> None:
    run = run_of(tmp_path, POSTGRES)
    with pytest.warns(DeliveryWarning, match="longer than the 63 bytes"):
        deliver(run, publish(run.out, "aaaa", book().assign(**{"é" * 32: 1.0})))


def test_a_server_that_is_away_lets_the_delivery_wait(postgres: Server, tmp_path: Path) -> None:
    run = run_of(tmp_path, POSTGRES)
    published = publish(run.out, "aaaa", book())
    postgres.stop()
    try:
        with pytest.warns(DeliveryWarning) as told:
            deliver(run, published)
    finally:
        postgres.start()
    assert PASSWORD not in str(told[0].message)
    (one,) = deliver(run, published)
    assert one.status == "delivered"


def test_a_wrong_password_is_not_repeated(postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE", postgres.uri.replace(PASSWORD, "wrong-canary-9134"))
    run = run_of(tmp_path, POSTGRES)
    with pytest.warns(DeliveryWarning, match="password authentication failed") as told:
        deliver(run, publish(run.out, "aaaa", book()))
    assert "9134" not in str(told[0].message)


def big(rows: int, as_of: date, add: float) -> pd.DataFrame:
    """A publication of many accounts."""
    chance = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "account_id": [f"A-{n:07d}" for n in range(rows)],
            "as_of": as_of,
            "health": chance.uniform(0, 90, rows).round(1) + add,
            "band": chance.choice(["at risk", "healthy"], rows),
            "drivers_down": "fewer logins (-8.1); invoices overdue (-3.0)",
        }
    )


def test_two_hundred_thousand_rows_take_seconds(postgres: Server, tmp_path: Path) -> None:
    """First inserted, then all replaced; each well under a minute (about 3 s where nothing else runs)."""
    run = run_of(tmp_path, POSTGRES)
    for identity, add in (("aaaa", 0.0), ("bbbb", 5.0)):
        frame = big(200_000, date(2025, 5, 1), add)
        published = publish(run.out, identity, frame)
        begin = time.perf_counter()
        (one,) = deliver(run, published)
        took = time.perf_counter() - begin
        assert (one.status, one.rows) == ("delivered", 200_000)
        assert took < 60
    ((count, total),) = query(postgres, "SELECT count(*), sum(health) FROM health_scores")
    assert (count, round(total, 1)) == (200_000, round(frame["health"].sum(), 1))


@pytest.mark.parametrize("delay", DELAYS)
def test_killed_in_the_middle_it_is_old_or_new(postgres: Server, tmp_path: Path, delay: float) -> None:
    """kill -9 at some moment of the upsert: the table holds the old date alone or both; the next job ends the work."""
    run = run_of(tmp_path, POSTGRES)
    old, new = big(ROWS, date(2025, 5, 1), 0.0), big(ROWS, date(2025, 5, 1), 5.0)
    deliver(run, publish(run.out, "aaaa", old))
    published = publish(run.out, "bbbb", new)
    code = (
        "import sys, healthscore; from pathlib import Path; from healthscore.pipelines.delivery import deliver\n"
        "from healthscore.pipelines.delivery import postgresql; import adbc_driver_postgresql.dbapi, pyarrow.parquet\n"
        "run = healthscore.load_run(sys.argv[1]); print(1, flush=True); deliver(run, Path(sys.argv[2]))"
    )
    job = subprocess.Popen(
        [sys.executable, "-c", code, str(run.path), str(published)], stdout=subprocess.PIPE, env=os.environ.copy()
    )
    assert job.stdout is not None
    job.stdout.readline()
    time.sleep(delay)
    job.send_signal(signal.SIGKILL)
    job.communicate()
    sums = {round(frame["health"].sum(), 1) for frame in (old, new)}
    ((count, total),) = query(postgres, "SELECT count(*), sum(health) FROM health_scores")
    assert count == ROWS
    assert round(total, 1) in sums
    deliver(run, published)
    ((total,),) = query(postgres, "SELECT sum(health) FROM health_scores")
    assert round(total, 1) == round(new["health"].sum(), 1)
    assert [one["publication"][-4:] for one in receipts(run.out, "warehouse")] == ["aaaa", "bbbb"]
    assert waiting(run.out) == []


def test_a_server_that_falls_in_the_middle_is_old_or_new(postgres: Server, tmp_path: Path) -> None:
    run = run_of(tmp_path, POSTGRES)
    deliver(run, publish(run.out, "aaaa", book()))
    postgres.restart()
    assert query(postgres, HEALTH) == MAY
    (one,) = deliver(run, publish(run.out, "bbbb", book(date(2025, 6, 1))))
    assert one.status == "delivered"
