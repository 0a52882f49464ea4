"""The leak check on public data, whose features were honest when they were written down: silence, and a whole replay.

Skipped, visibly, where the data are not there.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from healthscore.config import load_run
from healthscore.pipelines.leakcheck import find_leaks
from healthscore.tables import open_tables


@pytest.mark.parametrize("name", ["cdnow", "online_retail_ii", "oulad"])
def test_honest_data_are_silent(name: str, real_data: Path, tmp_path: Path) -> None:
    run = load_run(name, data=real_data, out=tmp_path)
    with open_tables(run) as tables:
        found = find_leaks(run, tables)
    assert (found["leaks"], found["questions"]) == ([], [])
    assert found["replay"]["differing"] == 0
    assert found["replay"]["cells"] > 400_000
