"""A ready-made panel behind the seam of the panel: its rows and no others, its values and no others."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from healthscore.asof import day_of
from healthscore.config import Run
from healthscore.errors import ConfigurationError
from healthscore.features import ready
from healthscore.features.ready import ReadyPanel, plan_panel
from healthscore.tables import open_tables
from literal import accounts_of, entry_of, expect, panel_of

MARCH, APRIL, MAY = date(2024, 3, 1), date(2024, 4, 1), date(2024, 5, 1)
ROWS = [
    ("A", MARCH, 3.0, 0.1),
    ("B", MARCH, None, 0.2),
    ("A", APRIL, 5.0, 0.30000000000000004),
    ("C", APRIL, 0.0, None),
]


def run_on(folder: Path, rows: list[Any] = ROWS, as_of: list[date] | None = None, **sections: Any) -> Run:
    folder.mkdir(parents=True, exist_ok=True)
    columns = list(zip(*rows, strict=True))
    types = [pa.string(), pa.date32(), pa.float64(), pa.float64()]
    arrays = [pa.array(values, kind) for values, kind in zip(columns, types, strict=True)]
    pq.write_table(
        pa.table(dict(zip(["account_id", "as_of", "logins", "share"], arrays, strict=True))), folder / "p.parquet"
    )
    components = {"adoption": ["share"], "activity": ["logins"]}
    panel = {"path": "p.parquet", "components": components, "healthy": ["logins"], "risky": ["share"]}
    fixed: dict[str, Any] = {"name": "ready", "path": folder / "run.toml", "data": folder, "out": folder / "out"}
    dates = {} if as_of is None else {"as_of": {"dates": as_of}}
    return Run.model_validate(fixed | dates | {"panel": panel} | sections)


def test_its_rows_are_its_values_at_the_dates_asked_for(tmp_path: Path) -> None:
    found = panel_of(run_on(tmp_path), [MARCH, APRIL])
    expect(
        found,
        """
        account  as_of       share  logins
        A        2024-03-01  0.1    3
        B        2024-03-01  0.2    -
        C        2024-03-01  -      -
        A        2024-04-01  0.3    5
        B        2024-04-01  -      -
        C        2024-04-01  -      0
        """,
    )
    assert found["A", APRIL]["share"] == 0.30000000000000004, "bit by bit"
    assert list(found["A", MARCH]) == ["share", "logins"], "in the order of the run"


def test_seen_are_the_accounts_that_have_a_row(tmp_path: Path) -> None:
    run = run_on(tmp_path)
    with open_tables(run) as tables:
        plan = plan_panel(run, tables, pa.array(["C", "A", "stranger", "B"]), [day_of(MARCH), day_of(APRIL)])
        assert isinstance(plan, ReadyPanel)
        assert plan.seen().tolist() == [[False, True, False, True], [True, True, False, False]]
        panel = plan.build(plan.seen())
    assert panel.account.tolist() == [1, 3, 0, 1]
    assert panel.day.tolist() == [day_of(MARCH)] * 2 + [day_of(APRIL)] * 2
    np.testing.assert_array_equal(panel.X[:, 1], [3.0, np.nan, 0.0, 5.0])


def test_neither_the_order_of_rows_nor_the_chunks_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(4)
    rows = [(f"a{n:03}", t, chance.random(), chance.random()) for n in range(300) for t in (MARCH, APRIL, MAY)]
    rows = chance.sample(rows, 700)
    whole = panel_of(run_on(tmp_path / "a", rows), [MARCH, MAY])
    monkeypatch.setattr(ready, "READ_VALUES", 1)
    monkeypatch.setattr(ready, "SMALLEST_CHUNK", 7)
    again = panel_of(run_on(tmp_path / "b", chance.sample(rows, len(rows))), [MARCH, MAY])
    assert again == whole
    for account, t, logins, share in rows:
        if t != APRIL:
            assert whole[account, t] == {"logins": logins, "share": share}


def test_the_dictionary_knows_what_the_run_says_of_a_column(tmp_path: Path) -> None:
    run = run_on(tmp_path, as_of=[MARCH])
    logins, share = entry_of(run, "logins"), entry_of(run, "share")
    assert (logins.component, logins.family, logins.healthy) == ("activity", "panel", 1)
    assert (share.component, share.healthy) == ("adoption", -1)
    assert logins.say(3) == "logins is 3"
    assert logins.say(float("nan")) == "not given (logins)"


def test_combinations_are_made_of_its_columns(tmp_path: Path) -> None:
    conditions = [{"feature": "logins", "at_most": 3}, {"feature": "share", "at_least": 0.1}]
    run = run_on(tmp_path, combinations={"quiet": {"component": "activity", "conditions": conditions}})
    expect(
        panel_of(run, [MARCH, APRIL]),
        """
        account  as_of       quiet  quiet_met
        A        2024-03-01  1      2
        B        2024-03-01  -      -
        A        2024-04-01  0      1
        C        2024-04-01  -      -
        """,
    )


def test_a_date_that_it_does_not_hold_is_an_error(tmp_path: Path) -> None:
    run = run_on(tmp_path)
    with open_tables(run) as tables:
        accounts = accounts_of(run, tables)
        with pytest.raises(ConfigurationError, match="no row as of 2024-05-01; it holds 2 dates") as caught:
            plan_panel(run, tables, accounts, [day_of(APRIL), day_of(MAY)])
    assert "2024-03-01, 2024-04-01" in caught.value.remedy
