"""The dictionaries of the shipped runs are those that the runs have now."""

from __future__ import annotations

from pathlib import Path

import pytest

from healthscore.config import library, shipped_runs
from healthscore.pipelines.dictionaries import shipped_dictionary, shipped_path, write_shipped
from healthscore.tables.simulator import WORLDS

SIMULATED = sorted(name for name in shipped_runs() if name in WORLDS)
PUBLIC = sorted(set(shipped_runs()) - set(SIMULATED))
STALE = "run `make dictionaries` (with HEALTHSCORE_DATA for the runs over public data)"


def test_every_shipped_run_has_a_dictionary_and_every_dictionary_a_run() -> None:
    there = {path.stem for path in (library() / "features" / "dictionary").glob("*.md")}
    assert there == set(shipped_runs())


@pytest.mark.parametrize("name", SIMULATED)
def test_the_dictionary_of_a_simulated_company_is_up_to_date(name: str) -> None:
    assert shipped_path(name).read_text(encoding="utf-8") == shipped_dictionary(name), STALE


@pytest.mark.parametrize("name", PUBLIC)
def test_the_dictionary_of_a_public_data_set_is_up_to_date(name: str, real_data: Path) -> None:
    assert shipped_path(name).read_text(encoding="utf-8") == shipped_dictionary(name, real_data), STALE


def test_without_public_data_the_other_dictionaries_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("healthscore.pipelines.dictionaries.shipped_path", lambda name: tmp_path / "new" / f"{name}.md")
    monkeypatch.setattr("healthscore.pipelines.dictionaries.shipped_dictionary", lambda name, data: f"{name}, {data}")
    assert write_shipped(None) == SIMULATED
    assert {path.stem: path.read_text() for path in (tmp_path / "new").iterdir()} == {
        name: f"{name}, None" for name in SIMULATED
    }
