"""The same company twice, and on disk."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow.parquet
import pytest

from healthscore.errors import ConfigurationError
from healthscore.tables.simulator import WORLDS, World, simulate, write


def test_the_same_seed_gives_the_same_company_and_another_seed_another() -> None:
    first, again, other = (simulate("saas", accounts=60, seed=seed, months=6) for seed in (1, 1, 2))
    for name, table in first.tables.items():
        assert table.equals(again.tables[name])
        assert not table.equals(other.tables[name])
    assert first.truth == again.truth
    for name, table in first.truth_tables.items():
        assert table.equals(again.truth_tables[name])


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("first", "again"):
        write(simulate("saas", accounts=40, seed=1, months=6), tmp_path / folder, "version = 1\n")
    files = sorted(path.relative_to(tmp_path / "first") for path in (tmp_path / "first").rglob("*") if path.is_file())
    assert len(files) == 13
    for file in files:
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "again" / file).read_bytes()


@pytest.mark.parametrize("name", sorted(WORLDS))
def test_every_world_can_be_simulated_and_tells_its_truth(name: str) -> None:
    world = simulate(name, accounts=120, seed=2, months=8)
    assert world.truth["world"] == world.name == name
    assert sum(world.truth["weights"].values()) == pytest.approx(0.0 if name == "null" else 1.0)
    assert sum(world.truth["exits"].values()) > 0
    json.dumps(world.truth, allow_nan=False)


def test_files_hold_the_tables_and_keep_the_truth_apart(saas: World, tmp_path: Path) -> None:
    paths = write(saas, tmp_path / "demo", 'run = "demo"\n')
    root = tmp_path / "demo"
    assert sorted(path.name for path in root.iterdir()) == ["data", "healthscore.toml", "truth", "truth.json"]
    assert (root / "healthscore.toml").read_text() == 'run = "demo"\n'
    assert json.loads((root / "truth.json").read_text()) == saas.truth
    assert {path.name for path in (root / "truth").iterdir()} == {"truth_subscores.parquet", "exits.parquet"}
    assert {path.stem for path in (root / "data").iterdir()} == set(saas.tables)
    for name, table in saas.tables.items():
        if paths[name].suffix == ".parquet":
            assert pyarrow.parquet.read_table(paths[name]).equals(table)


def test_csv_files_read_as_text_give_the_ids_and_instants_that_were_written(saas: World, tmp_path: Path) -> None:
    paths = write(saas, tmp_path, "")
    for name, instant in (("surveys", "answered_at"), ("tickets", "closed_at")):
        assert paths[name].suffix == ".csv"
        rows = pd.read_csv(paths[name], dtype=str, keep_default_na=False)
        table = saas.tables[name].to_pandas()
        assert rows["account_id"].tolist() == table["account_id"].tolist()
        filled = rows[instant] != ""
        assert (filled.to_numpy() == table[instant].notna().to_numpy()).all()
        assert rows[instant][filled].str.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").all()
        read = pd.to_datetime(rows[instant][filled])
        assert (read.to_numpy() == table[instant][filled.to_numpy()].to_numpy()).all()


def test_an_unknown_world_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(ConfigurationError, match='did you mean "interactions"') as caught:
        simulate("interaction", accounts=50, seed=1)
    assert 'no world "interaction"' in caught.value.what


@pytest.mark.parametrize(("accounts", "months", "seed"), [(9, 18, 0), (50, 3, 0), (50, 61, 0), (50, 18, -1)])
def test_sizes_that_make_no_company_are_refused(accounts: int, months: int, seed: int) -> None:
    with pytest.raises(ConfigurationError, match="cannot simulate"):
        simulate("saas", accounts=accounts, seed=seed, months=months)
