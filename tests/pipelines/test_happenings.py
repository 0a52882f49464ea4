"""Every outcome has its words."""

from __future__ import annotations

from healthscore.outcomes import OUTCOMES
from healthscore.pipelines.happenings import HAPPENINGS


def test_every_outcome_is_called_something() -> None:
    assert set(HAPPENINGS) == set(OUTCOMES)
