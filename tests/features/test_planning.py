"""Which families a signal takes, and what is said of those that it cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from healthscore.config import Features, Run
from healthscore.errors import ConfigurationError
from healthscore.features import FAMILIES
from healthscore.features.planning import families_of
from literal import run_of

TABLES = {
    "events": "\naccount_id  time\nA  2024-02-01",
    "intervals": "\naccount_id  start\nA  2024-02-01",
    "levels": "\naccount_id  time  value\nA  2024-02-01  1",
}


def run_with(folder: Path, signal: dict[str, Any], of_run: list[str] | None = None) -> Run:
    """A run with a signal `it`, and families of its own for every signal where they are given."""
    sections: dict[str, Any] = {} if of_run is None else {"features": {"families": of_run}}
    return run_of(folder, TABLES, as_of=["2024-03-01"], signals={"it": signal}, **sections)


@pytest.mark.parametrize(
    ("source", "of_run", "taken"),
    [
        ("events", None, ("frequency", "breadth", "depth", "trend", "recency", "rhythm")),
        ("intervals", None, ("intervals", "deadlines")),
        ("levels", None, ("levels",)),
        ("events", ["recency", "levels", "frequency"], ("frequency", "recency")),
        ("levels", ["recency", "levels", "response"], ("levels", "response")),
        ("intervals", ["recency"], ("intervals", "deadlines")),
        ("levels", ["recency"], ("levels",)),
    ],
)
def test_a_signal_takes_the_runs_families_of_its_kind_else_the_usual_ones(
    tmp_path: Path, source: str, of_run: list[str] | None, taken: tuple[str, ...]
) -> None:
    assert families_of(run_with(tmp_path, {"source": source}, of_run), "it") == taken


def test_a_signals_own_families_come_first_in_the_order_of_the_registry(tmp_path: Path) -> None:
    run = run_with(tmp_path, {"families": ["recurrence", "recency", "frequency"]}, ["depth"])
    assert families_of(run, "it") == ("frequency", "recency", "recurrence")


@pytest.mark.parametrize(
    ("of_run", "signal", "what", "remedy"),
    [
        (
            None,
            {"source": "levels", "families": ["recency"]},
            r"signals\.it\.families: there is no family 'recency' of levels",
            "there are levels, response",
        ),
        (
            None,
            {"source": "intervals", "families": ["deadline"]},
            r"signals\.it\.families: there is no family 'deadline' of intervals",
            "did you mean 'deadlines'",
        ),
        (
            ["frequenzy"],
            {"source": "intervals"},
            r"features\.families: there is no family 'frequenzy'",
            "did you mean 'frequency'",
        ),
    ],
    ids=["another kind", "a slip", "the run's"],
)
def test_families_that_cannot_be_meant_are_told_with_those_that_fit(
    tmp_path: Path, of_run: list[str] | None, signal: dict[str, Any], what: str, remedy: str
) -> None:
    with pytest.raises(ConfigurationError, match=what) as error:
        families_of(run_with(tmp_path, signal, of_run), "it")
    assert remedy in error.value.remedy


def test_every_usual_family_exists_and_a_name_belongs_to_one_kind() -> None:
    names = [family for families in FAMILIES.values() for family in families]
    assert len(names) == len(set(names))
    assert set(Features().families) <= set(names)
