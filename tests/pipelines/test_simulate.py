from __future__ import annotations

from pathlib import Path

from healthscore.config import load_run
from healthscore.pipelines.simulate import simulate
from healthscore.tables import open_tables


def test_a_world_of_interventions_names_its_table_so_that_treated_and_untreated_are_told_apart(tmp_path: Path) -> None:
    made = simulate("interventions", 200, 4, tmp_path / "company")
    run = load_run(made.directory)
    assert run.source_of("interventions") == "interventions"
    with open_tables(run, sources=["interventions"]) as tables:
        assert tables.reports["interventions"].used == made.result["rows"]["interventions"] > 0


def test_a_world_whose_team_changes_nothing_is_the_shipped_run(tmp_path: Path) -> None:
    assert load_run(simulate("saas", 60, 4, tmp_path / "company").directory).source_of("interventions") is None
