"""Every query by which the events of a small source become cells, and its text for each warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from healthscore.features.cells import collect
from healthscore.features.planning import plan_signals
from healthscore.pipelines.build import account_ids, as_ofs_of
from healthscore.tables import Tables
from healthscore.tables.engine import Engine
from table_workspace import Workspace

EVENTS = (
    "account_id,time,actor_id,name,quantity,known_at,event_id",
    "a,2024-05-01,u1,login,1,2024-05-01,1", "a,2024-05-02,u1,export,2.5,2024-05-03,2", "a,2024-05-30,u2,login,,,3",
    "a,2024-04-01,u2,login,7,2024-05-20,4", "b,2024-03-01,u3,export,1,2024-03-01,5", "b,2024-05-31,,login,2,,6",
    "b,2024-05-31,u3,,2,2024-05-31,7", "b,2024-04-02,u4,export,4,2024-04-02,8",
    "b,2024-04-02,u4,export,3,2024-05-15,8", "c,2024-05-05,u1,login,5,2024-05-05,9",
)  # fmt: skip
"""Late rows, a correction, rows without actor, name or quantity."""
SOURCE = {"contract": "events", "path": "usage.csv", "timezone": "UTC", "corrections": True}
SIGNALS = {
    "usage": {"source": "usage", "component": "c", "families": ["frequency", "breadth", "depth"], "key": ["export"]},
    "spent": {"source": "usage", "component": "c", "families": ["frequency"], "where": "quantity > 1.5"},
    "logins": {"source": "usage", "component": "c", "families": ["frequency", "breadth"], "where": "name = 'login'"},
}


EXAMPLE = (
    "SELECT e.account_id, d._segment AS segment, count(*) AS total, "
    "bit_or(CAST(1 AS BIGINT) << d._position) AS days_0, "
    "CAST(sum(e.quantity) FILTER (WHERE e.name = 'export') AS BIGINT) AS quantity_1 "
    "FROM usage AS e JOIN calendar_usage AS d ON e.day = d._day WHERE d._segment IS NOT NULL GROUP BY 1, 2"
)
"""What the page shows: cells of two signals, with two days of a calendar."""
EXAMPLE_CALENDAR = pa.table(
    {"_day": [19873, 19874], "_segment": pa.array([9, None], pa.int64()), "_position": pa.array([5, None], pa.int64())}
)


@dataclass
class Recorded:
    """An engine that remembers the queries over a calendar and the small tables that they join."""

    engine: Engine
    queries: list[str] = field(default_factory=list)
    small: dict[str, pa.Table] = field(default_factory=dict)

    def query(self, sql: str) -> Any:
        if "calendar_" in sql:
            self.queries.append(sql)
        return self.engine.query(sql)

    def register(self, name: str, table: pa.Table) -> None:
        self.small[name] = table
        self.engine.register(name, table)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    def joined(self, sql: str) -> dict[str, pa.Table]:
        """The small tables of one query."""
        return {name: table for name, table in self.small.items() if name in sql}


def opened(workspace: Workspace, signals: Sequence[str] = tuple(SIGNALS)) -> Tables:
    """The source, on an engine that remembers."""
    workspace.csv("usage.csv", *EVENTS)
    chosen = {name: SIGNALS[name] for name in signals}
    settings = {"signals": chosen, "as_of": {"dates": ["2024-05-10", "2024-06-01"]}, "features": {"windows": [7, 28]}}
    run = workspace.run({"usage": SOURCE}, **settings, data_end="2024-07-01", checks={"quarantine_limit": 1.0})
    tables = workspace.open({"usage": SOURCE}, **settings, data_end="2024-07-01", checks={"quarantine_limit": 1.0})
    recorded: Any = Recorded(tables.engine)
    kept = replace(tables, engine=recorded)
    collect(kept, plan_signals(run, kept), as_ofs_of(run, kept), account_ids(run, kept))
    return kept
