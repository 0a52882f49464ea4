"""What a run may say of deliveries, and how a slip is answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from healthscore.config import load_run
from healthscore.errors import ConfigurationError
from published_book import PLAYBOOK, run_of

SLIPS = {
    'kind = "salesforce"\npath = "x"\nexternl_id = "Id"': "externl_id: unknown key; did you mean `external_id`?",
    'kind = "duckdb"\npath = "x"\ntabel = "t"': "tabel: unknown key; did you mean `table`?",
    'kind = "webhook"\nurl = "env:U"\nsigning_key = "env:K"\nonly = {}': "only: unknown key",
    'kind = "files"\npath = "x.xlsx"': "a file's name ends in .csv or .parquet",
    'kind = "files"\npath = "x.parquet"\nraw = true': "a Parquet file always holds texts as they are",
    'kind = "files"\npath = "x.csv"\nmapping = {health = "a", band = "a"}': "mapping: two columns become 'a'",
    'kind = "files"\npath = "x.csv"\ncolumns = ["band", "band"]': "columns: one is named twice",
    'kind = "files"\npath = "x.csv"\ncolumns = ["band"]\nmapping = {health = "a"}': "'health' is none of `columns`",
    'kind = "files"\npath = "x.csv"\nonly = {rules = ["declin"]}': (
        "deliveries.one.only.rules: there is no 'declin'; did you mean 'decline'?"
    ),
    'kind = "webhook"\nurl = "env:U"\nsigning_key = "env:K"\nrules = ["cal"]': (
        "deliveries.one.rules: there is no 'cal'; did you mean 'call'?"
    ),
    'kind = "sftp"\npath = "x"': "'sftp'",
}


@pytest.mark.parametrize(("section", "said"), SLIPS.items())
def test_a_slip_is_answered(tmp_path: Path, section: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as told:
        run_of(tmp_path, f"{PLAYBOOK}[deliveries.one]\n{section}\n")
    assert said in str(told.value)


def test_paths_lie_beside_the_file_that_says_them(tmp_path: Path) -> None:
    """Also where a run includes it."""
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/places.toml").write_text(
        '[deliveries.one]\nkind = "files"\npath = "out.csv"\n'
        '[deliveries.two]\nkind = "webhook"\nurl = "https://example.com/"\nsigning_key = "file:key"\n'
    )
    run = run_of(tmp_path, "").path
    run.write_text('include = ["shared/places.toml"]\n' + run.read_text())
    deliveries = load_run(run).deliveries
    assert deliveries["one"].model_dump()["path"] == tmp_path / "shared/out.csv"
    assert deliveries["two"].model_dump()["signing_key"] == f"file:{tmp_path}/shared/key"
