"""A recorded outcome: what a column says, once it can be final."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from healthscore.asof import date_of, day_of
from healthscore.config import Run
from healthscore.errors import ConfigurationError
from healthscore.pipelines.build import data_end_of
from healthscore.tables import open_tables
from literal import fates_of, snapshots_of

MARCH, APRIL, MAY = date(2024, 3, 1), date(2024, 4, 1), date(2024, 5, 1)
ROWS = [
    ("A", MARCH, 1, 10.5),
    ("B", MARCH, 0, 20.25),
    ("C", MARCH, None, None),
    ("A", APRIL, None, 11.0),
    ("B", APRIL, 0, 20.25),
    ("B", MAY, 0, 20.25),
]
OUTCOME: dict[str, Any] = {"kind": "recorded", "source": "panel", "gap_days": 7, "horizon_days": 23, "maturity_days": 1}


def run_on(
    folder: Path, outcome: dict[str, Any] | None = None, panel: dict[str, Any] | None = None, **more: Any
) -> Run:
    columns = dict(zip(["account_id", "as_of", "gone", "mrr"], map(list, zip(*ROWS, strict=True)), strict=True))
    pq.write_table(pa.table(columns | {"logins": [1] * len(ROWS)}), folder / "panel.parquet")
    declared = {"path": "panel.parquet", "components": {"activity": ["logins"]}, "outcome": "gone", "value": "mrr"}
    fixed: dict[str, Any] = {"name": "recorded", "path": folder / "run.toml", "data": folder, "out": folder / "out"}
    return Run.model_validate(fixed | {"panel": declared | (panel or {}), "outcome": OUTCOME | (outcome or {})} | more)


def test_one_left_zero_stayed_and_nothing_is_not_recorded(tmp_path: Path) -> None:
    assert fates_of(snapshots_of(run_on(tmp_path), "2025-01-01", [MARCH, APRIL])) == {
        ("A", MARCH): ("at_risk", "exited", date(2024, 3, 8)),
        ("B", MARCH): ("at_risk", "stayed", None),
        ("C", MARCH): ("at_risk", "not_recorded", None),
        ("A", APRIL): ("at_risk", "not_recorded", None),
        ("B", APRIL): ("at_risk", "stayed", None),
        ("C", APRIL): ("ineligible", "not_recorded", None),
    }


@pytest.mark.parametrize(("data_end", "label"), [("2024-04-01", "stayed"), ("2024-03-31", "immature")])
def test_a_row_whose_window_is_open_is_immature_whatever_it_says(tmp_path: Path, data_end: str, label: str) -> None:
    """1 March + 7 + 23 + 1 is 1 April."""
    fates = fates_of(snapshots_of(run_on(tmp_path), data_end, [MARCH]))
    assert fates["B", MARCH][1] == label
    assert fates["A", MARCH][1] == {"stayed": "exited", "immature": "immature"}[label]


def test_what_an_account_is_worth_stands_beside_it(tmp_path: Path) -> None:
    value = snapshots_of(run_on(tmp_path), "2025-01-01", [MARCH]).value
    assert value.tolist()[0][:2] == [10.5, 20.25]
    assert value[0, 2] != value[0, 2]


def test_the_data_end_on_the_last_as_of_date_unless_it_is_declared(tmp_path: Path) -> None:
    august = date(2024, 8, 1)
    for run, expected in ((run_on(tmp_path), MAY), (run_on(tmp_path, data_end=august), august)):
        with open_tables(run) as tables:
            assert date_of(data_end_of(run, tables)) == expected


def test_a_panel_without_an_outcome_has_none_recorded(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="a recorded outcome is a column"):
        snapshots_of(run_on(tmp_path, {}, {"outcome": None}), "2025-01-01", [MARCH])


def test_the_days_are_those_of_the_panel(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no row as of 2024-03-02"):
        snapshots_of(run_on(tmp_path), "2025-01-01", [date_of(day_of(MARCH) + 1)])
