"""A signal that names measures takes these of its families, and nothing is counted for the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from healthscore.asof import day_of
from healthscore.config import Run
from healthscore.errors import ConfigurationError
from healthscore.features.cells import collect
from healthscore.features.planning import features_of, measures_of, plan_signals
from healthscore.tables import open_tables
from literal import dates_of, expect, panel_of, run_of

USAGE = """
account_id  time                  actor_id  name    quantity
A           2024-01-02T09:00:00Z  u9        login   9
A           2024-02-23T09:00:00Z  u1        export  4
A           2024-02-24T09:00:00Z  u1        import  2
A           2024-02-24T10:00:00Z  u2        import  -
B           2024-02-26T09:00:00Z  u1        share   7
"""
SEATS = """
account_id  start       end  seats
A           2024-01-01  -    8
"""
TICKETS = """
account_id  start
A           2024-02-01
"""


def run_with(folder: Path, tables: dict[str, str] | None = None, **signals: dict[str, Any]) -> Run:
    """A run with these signals over a window of 28 days, and no other feature."""
    named = {name: {"windows": [28]} | signal for name, signal in signals.items()}
    tables = tables or {"events": USAGE}
    return run_of(folder, tables, as_of=["2024-03-01"], signals=named, features={"tenure": False})


def names_of(run: Run) -> list[str]:
    """The features of the run's signals."""
    with open_tables(run) as tables:
        return [feature.name for plan in plan_signals(run, tables) for feature in features_of(plan)]


def test_two_signals_part_a_source_between_them(tmp_path: Path) -> None:
    run = run_with(
        tmp_path,
        {"events": USAGE, "subscriptions": SEATS},
        people={"families": ["breadth", "depth"], "measures": ["share_of_seats", "users", "quantity_per_actor"]},
        adoption={"families": ["breadth", "depth"], "measures": ["kinds", "key_share"], "key": ["import"]},
    )
    found = panel_of(run)
    expect(
        found,
        """
        account  as_of       people_users_28d  people_share_of_seats_28d  people_quantity_per_actor_28d
        A        2024-03-01  2                 2/8                        6/2
        B        2024-03-01  1                 -                          7
        """,
    )
    expect(
        found,
        """
        account  as_of       adoption_kinds_28d  adoption_key_share_28d
        A        2024-03-01  2                   2/3
        B        2024-03-01  1                   0
        """,
    )
    assert {len(cells) for cells in found.values()} == {5}


@pytest.mark.parametrize(
    ("measures", "things", "counted"),
    [
        (None, {"actor_id"}, {"count", "days", "quantity", "measured", "named", "key", "names_0"}),
        (["count"], set(), {"count"}),
        (["share_of_seats"], {"actor_id"}, {"count"}),
        (["kinds"], set(), {"count", "names_0"}),
        (["repeated"], set(), {"count", "named", "names_0"}),
        (["quantity_per_actor"], {"actor_id"}, {"count", "quantity", "measured"}),
        (["quantity_mean"], set(), {"count", "quantity", "measured"}),
        (["recency"], set(), {"count", "days"}),
        (["key_share"], set(), {"count", "key"}),
    ],
)
def test_what_no_measure_needs_is_not_counted(
    tmp_path: Path, measures: list[str] | None, things: set[str], counted: set[str]
) -> None:
    families = None if measures else ["frequency", "breadth", "depth", "recurrence"]
    families = {"repeated": ["recurrence"], "recency": ["recency"]}.get((measures or [""])[0], families)
    signal = {"measures": measures, "families": families, "key": ["import"]}
    run = run_with(tmp_path, {"events": USAGE, "subscriptions": SEATS}, use=signal)
    with open_tables(run) as tables:
        plans = plan_signals(run, tables)
        (found,) = collect(tables, plans, [day_of(t) for t in dates_of(run)], pa.array(["A", "B"]))
    assert set(found.sightings) == things
    assert set(found.cells.measures) == counted


def test_a_measure_is_every_one_of_its_name_now_and_per_window(tmp_path: Path) -> None:
    levels = "\naccount_id  time  value\nA  2024-02-01  1"
    run = run_with(tmp_path, {"levels": levels}, nps={"source": "levels", "measures": ["change", "last"]})
    assert names_of(run) == ["nps_last", "nps_change", "nps_change_28d"]


def test_a_measure_that_the_source_has_no_column_for_is_left_out(tmp_path: Path) -> None:
    tickets = {"source": "intervals", "measures": ["open", "quantity_open", "days_to_close", "overdue"]}
    run = run_with(tmp_path, {"intervals": TICKETS}, tickets=tickets)
    assert names_of(run) == ["tickets_open"]
    use = {"measures": ["users", "share_of_seats"]}  # no subscriptions say seats
    assert names_of(run_with(tmp_path / "use", use=use)) == ["use_users_28d"]


def test_measures_are_called_what_the_source_calls_them(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        {"events": USAGE},
        as_of=["2024-03-01"],
        signals={"use": {"measures": ["contacts"], "windows": [28]}},
        sources={"events": {"actors": "contacts"}},
    )
    assert names_of(run) == ["use_contacts_28d"]


@pytest.mark.parametrize(
    ("signal", "what", "remedy"),
    [
        (
            {"families": ["breadth", "depth"], "measures": ["users", "share_of_seat"]},
            r"signals\.it\.measures: there is no measure 'share_of_seat' of breadth, depth",
            "did you mean 'share_of_seats'?",
        ),
        (
            {"families": ["recency"], "measures": ["users"]},
            r"signals\.it\.measures: there is no measure 'users' of recency",
            "there are recency",
        ),
        (
            {"families": ["breadth", "depth"], "measures": ["users", "kinds"]},
            r"signals\.it\.measures: none is of the family 'depth', which the signal names",
            "leave the family out, or add one of quantity, quantity_mean, quantity_per_active_day, quantity_per_actor, "
            "key_count, key_share",
        ),
    ],
    ids=["a slip", "another family", "a family without any"],
)
def test_measures_that_cannot_be_meant_are_told_with_those_that_fit(
    tmp_path: Path, signal: dict[str, Any], what: str, remedy: str
) -> None:
    with pytest.raises(ConfigurationError, match=what) as error:
        measures_of(run_with(tmp_path, it=signal), "it")
    assert error.value.remedy == remedy


def test_without_families_measures_are_taken_of_the_usual_ones(tmp_path: Path) -> None:
    assert names_of(run_with(tmp_path, it={"measures": ["active_days", "recency"]})) == [
        "it_active_days_28d",
        "it_recency",
    ]
