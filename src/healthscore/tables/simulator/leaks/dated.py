"""Rows whose date is earlier than the day on which anybody knew them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from healthscore.tables.simulator.leaks.scene import Leak, Scene, working_hours
from healthscore.tables.simulator.lives import ACTIVE
from healthscore.tables.simulator.timeline import DAY, EPOCH_DAY, dates, instants, labels

CLOCK = "America/Los_Angeles"
TOPICS = ("pricing", "roadmap", "training", "competitor", "integration")


def _future_rows(scene: Scene) -> None:
    """Quarterly totals: dated with the quarter's first day, or, honestly, with its last."""
    starts = [*scene.company.timeline.month_starts[::3], scene.days]
    if starts[-2] == starts[-1]:
        starts.pop()
    events = scene.tables["events"]
    account = pc.index_in(events["account_id"], pa.array(scene.company.population.ids)).to_numpy()
    day = events["time"].cast(pa.int64()).to_numpy() // DAY - EPOCH_DAY
    quarter = np.searchsorted(starts, day, side="right") - 1
    quarters = len(starts) - 1
    total = np.bincount(account * quarters + quarter, minlength=scene.company.population.size * quarters)
    total = total.reshape(-1, quarters)
    paid = np.stack(
        [(scene.company.lives.status[:, low:high] == ACTIVE).any(axis=1) for low, high in pairwise(starts)],
        axis=1,
    )
    who, which = np.nonzero(paid)
    edges = np.array(starts)
    scene.tables["usage_quarterly"] = pa.table(
        {
            "account_id": scene.ids(who),
            "quarter": dates(edges[which + 1] - 1 if scene.honest else edges[which]),
            "actions": pa.array(total[who, which]),
        }
    )


def _backfilled_rows(scene: Scene) -> None:
    """Notes on conversations: those about leavers were written after they had left, for the months before."""
    random = scene.stream("backfilled_rows")
    size = 2 * scene.company.population.size
    account, day = scene.paying_moments(random, size)
    written = np.zeros(size, np.int64)
    leaver, decided = (np.repeat(column, 3) for column in scene.exits())
    before = random.integers(5, 91, len(leaver))
    late = before + random.integers(1, 21, len(leaver))
    kept = (decided - before >= 0) & (decided - before + late < scene.days)
    if scene.honest:
        late_account, late_day = scene.paying_moments(random, int(kept.sum()))
        late = np.zeros(int(kept.sum()), np.int64)
    else:
        late_account, late_day, late = leaver[kept], (decided - before)[kept], late[kept]
    account, day = np.concatenate([account, late_account]), np.concatenate([day, late_day])
    noted = working_hours(random, day)
    created = noted + np.concatenate([written, late]) * DAY + random.integers(60, 3600, len(day)) * 1_000_000
    order = np.argsort(created, kind="stable")
    scene.tables["notes"] = pa.table(
        {
            "account_id": scene.ids(account[order]),
            "noted_at": instants(noted[order]),
            "topic": labels(TOPICS, random.integers(0, len(TOPICS), len(order))),
            "created_at": instants(created[order]),
        }
    )


def _same_day(scene: Scene) -> None:
    """Sessions in the clock of an office eight hours behind UTC, which the run takes for UTC."""
    random = scene.stream("same_day")
    events = scene.tables["events"].filter(pc.equal(scene.tables["events"]["name"], "login"))
    started = events["time"]
    zone = "UTC" if scene.honest else CLOCK
    received = started.cast(pa.int64()).to_numpy() + random.integers(1, 300, len(started)) * 1_000_000
    scene.tables["sessions"] = pa.table(
        {
            "account_id": events["account_id"],
            "started": pc.local_timestamp(started.cast(pa.timestamp("us", tz=zone))),
            "received_at": pa.array(received).cast(pa.timestamp("us", tz="UTC")),
        }
    )


FUTURE_ROWS = Leak(
    "future_rows",
    "totals of a quarter, dated with the quarter's first day",
    "the same totals, dated with the quarter's last day",
    "quarters",
    _future_rows,
    """
[sources.quarters]
contract = "events"
path = "usage_quarterly.parquet"
columns = { time = "quarter", quantity = "actions" }

[signals.quarters]
source = "quarters"
component = "volume"
label = "quarterly totals"
unit = "actions"
families = ["depth"]
windows = [84, 182]
""",
)
BACKFILLED_ROWS = Leak(
    "backfilled_rows",
    "notes about leavers, written after they had left and dated months before",
    "as many notes, written on the day they are about",
    "notes.created_at",
    _backfilled_rows,
    """
[sources.notes]
contract = "events"
path = "notes.parquet"
columns = { time = "noted_at", name = "topic" }

[signals.notes]
source = "notes"
component = "relationship"
label = "notes"
families = ["frequency", "breadth"]
windows = [28, 84]
""",
)
SAME_DAY = Leak(
    "same_day",
    "sessions in the clock of an office eight hours behind UTC, declared to be UTC: the next hours seem past",
    "the same sessions in UTC",
    "sessions.received_at",
    _same_day,
    """
[sources.sessions]
contract = "events"
path = "sessions.parquet"
timezone = "UTC"
columns = { time = "started" }

[signals.sessions]
source = "sessions"
component = "activity"
label = "sessions"
families = ["frequency", "recency"]
windows = [7, 28]
""",
)
