"""What the terminal says of which version scored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from healthscore.cli.publishing import show_scores
from healthscore.pipelines.score import ScoreResult

NOBODY = "Nobody has promoted version 1 yet: healthscore models promote"


@pytest.mark.parametrize(
    ("standing", "title", "nobody"),
    [
        ({"version": 1, "alias": "challenger", "champion": None}, ", by version 1", True),
        ({"version": 1, "alias": "champion", "champion": 1}, ", by version 1 (champion)", False),
        ({"version": 2, "alias": "challenger", "champion": 1}, ", by version 2 (challenger)", False),
        ({"version": 1, "alias": None, "champion": 2}, ", by version 1", False),
        ({"version": None, "alias": None, "champion": None}, "", False),
    ],
)
def test_a_version_that_nobody_promoted_is_said_to_be_one(
    scored: ScoreResult, capsys: pytest.CaptureFixture[str], standing: dict[str, Any], title: str, nobody: bool
) -> None:
    show_scores(replace(scored, result=scored.result | standing))
    lines = capsys.readouterr().out.splitlines()
    assert f"Scores for {scored.result['period']}{title}" in lines
    assert (NOBODY in lines) == nobody
    assert len(NOBODY) <= 80
