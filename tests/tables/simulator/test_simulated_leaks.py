"""Planted leaks and their twins: the same tables, columns and run, and nothing else touched."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import Any

import pyarrow.compute as pc
import pytest

from healthscore.errors import ConfigurationError
from healthscore.tables.simulator import WORLDS, World, simulate
from healthscore.tables.simulator.company import Company, simulate_company
from healthscore.tables.simulator.leaks import LEAKS, plant, planted, run_lines
from healthscore.tables.simulator.timeline import Timeline
from healthscore.tables.simulator.worlds import leak_traps

ACCOUNTS, SEED, MONTHS = 120, 5, 12
PLAIN = replace(leak_traps.RECIPE, leaks=())


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(PLAIN, ACCOUNTS, SEED, MONTHS)


@pytest.fixture(scope="module")
def company() -> Company:
    return simulate_company(PLAIN, ACCOUNTS, Timeline(MONTHS), SEED)


def test_the_worlds_plant_every_leak() -> None:
    assert set(leak_traps.NAMES) == set(LEAKS)
    assert len(LEAKS) == 12
    assert (WORLDS["leak-traps"].honest, WORLDS["leak-twins"].honest) == (False, True)


@pytest.mark.parametrize("leak", LEAKS)
def test_a_twin_has_the_same_tables_and_columns(leak: str, world: World, company: Company) -> None:
    bad = plant(company, world.tables, [leak])
    good = plant(company, world.tables, [leak], honest=True)
    assert {name: table.schema for name, table in bad.items()} == {name: table.schema for name, table in good.items()}
    changed = [name for name, table in bad.items() if table is not world.tables.get(name)]
    assert changed
    assert leak == "identifier" or len(changed) <= 2
    assert any(not bad[name].equals(good[name]) for name in changed)


@pytest.mark.parametrize("leak", LEAKS)
def test_planting_is_reproducible_and_leaves_what_was_given(leak: str, world: World, company: Company) -> None:
    before = {name: table.num_rows for name, table in world.tables.items()}
    first, second = (plant(company, world.tables, [leak]) for _ in range(2))
    assert all(first[name].equals(second[name]) for name in first)
    assert {name: table.num_rows for name, table in world.tables.items()} == before


@pytest.mark.parametrize("leak", LEAKS)
def test_what_a_run_adds_is_toml(leak: str) -> None:
    added = tomllib.loads(run_lines([leak]))
    assert set(added) <= {"sources", "signals"}
    assert all(signal["source"] in {*added.get("sources", ()), "usage"} for signal in added.get("signals", {}).values())


def rows(table: Any, column: str, value: str) -> int:
    return int(table.filter(pc.equal(table[column], value)).num_rows)


def test_a_twin_has_about_as_many_rows_of_the_kind(world: World, company: Company) -> None:
    for leak, name, column, value in (
        ("cancel_notice", "events", "name", "plan_change_requested"),
        ("final_invoice", "invoices", "kind", "settlement"),
        ("current_status", "tickets", "status", "abandoned"),
    ):
        bad, good = (plant(company, world.tables, [leak], honest=honest) for honest in (False, True))
        assert rows(bad[name], column, value) > 5
        assert abs(rows(bad[name], column, value) - rows(good[name], column, value)) <= 2, leak


def test_renamed_accounts_are_renamed_everywhere(world: World, company: Company) -> None:
    renamed = plant(company, {**world.tables, **world.truth_tables}, ["identifier"])
    ids = set(renamed["accounts"]["account_id"].to_pylist())
    assert any(name.startswith("Z") for name in ids)
    for table in renamed.values():
        if "account_id" in table.column_names:
            assert set(table["account_id"].to_pylist()) <= ids


def test_the_truth_names_the_leaks() -> None:
    said = simulate(replace(leak_traps.RECIPE, leaks=("exit_survey",)), 30, 1, 6).truth["leaks"]
    assert said == planted(["exit_survey"])
    assert said["exit_survey"]["where"] == "surveys"


def test_an_unknown_leak_is_refused(world: World, company: Company) -> None:
    with pytest.raises(ConfigurationError, match='no leak "exit_surveys"'):
        plant(company, world.tables, ["exit_surveys"])
