"""The short part of `make crash`: other commands killed, power lost, disks full, two jobs, a dead holder of a lock."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from pathlib import Path

import pytest

from crash import full, losses, races
from crash.kills import Outcome, killed_at_every
from crash.page import EXPLAINED, page
from crash.running import measure, missing, result
from crash.suites import SUITES, Suite
from crash.workspace import ACTIONS, Place


def wrong(outcomes: Iterable[Outcome], least: int = 1) -> dict[str, list[str]]:
    """What must not be, by where it struck; there must be at least so many outcomes."""
    found = list(outcomes)
    assert len(found) >= least
    return {outcome.met: outcome.problems for outcome in found if outcome.problems}


@pytest.mark.parametrize("name", ["train", "publish", "backtest"])
def test_a_command_that_is_killed_anywhere_is_not_seen_and_done_again(crashed: Place, name: str) -> None:
    assert wrong(killed_at_every(crashed, ACTIONS[name], "kill", every=10), least=5) == {}


def test_half_a_write_is_not_seen(crashed: Place) -> None:
    assert wrong(killed_at_every(crashed, ACTIONS["train"], "tear", every=10), least=2) == {}


@pytest.mark.parametrize("name", ["train", "score"])
def test_what_nobody_waited_for_is_not_needed(crashed: Place, name: str) -> None:
    assert wrong(losses.lost_anywhere(crashed, ACTIONS[name], every=8, whole_every=100), least=40) == {}


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
def test_a_full_or_broken_disk_is_told_and_leaves_the_old_state(crashed: Place, error: int) -> None:
    assert wrong(full.refused(crashed, ACTIONS["score"], error, points=4), least=4) == {}


def test_a_disk_that_is_really_full(crashed: Place) -> None:
    if not full.can_mount(crashed.root / "mounted"):
        pytest.skip("no file system may be mounted here")
    assert wrong(full.really_full(crashed, ACTIONS["score"], points=3), least=3) == {}


@pytest.mark.parametrize("mode", ["fail", "short"])
def test_calls_that_come_back_early_lose_nothing(crashed: Place, mode: str) -> None:
    assert wrong(full.hindered(crashed, ACTIONS["train"], mode, points=3), least=3) == {}


def test_of_two_jobs_for_one_date_one_computes(crashed: Place) -> None:
    assert wrong(races.same_date(crashed, 2, seed=1), least=2) == {}


def test_two_jobs_for_two_dates_both_land(crashed: Place) -> None:
    assert wrong(races.other_dates(crashed, 2, seed=1), least=2) == {}


def test_a_dead_holder_of_a_lock_stops_nobody(crashed: Place) -> None:
    assert wrong(races.after_a_death(crashed, 2, seed=1), least=2) == {}


def test_outcomes_are_kept_and_told_and_not_made_again(tmp_path: Path) -> None:
    tried = [Outcome(1, "open x", []), Outcome(2, "write x", ["torn", "left over"]), Outcome(3, "rename x", [])]
    suite = Suite("C1", "x killed", "nothing", lambda every: iter(tried[::every]))
    path = tmp_path / f"{suite.key}.jsonl"
    assert result(path) is None
    assert missing([suite], tmp_path, 1) == [suite]
    measure(suite, 2, path)
    assert missing([suite], tmp_path, 1) == [suite]
    measure(suite, 1, path)
    assert missing([suite], tmp_path, 1) == []
    found = result(path)
    assert found is not None
    assert (found.every, found.tried, found.wrong) == (1, 3, ["write x: torn; left over"])
    assert "| C1 | x killed | nothing | 3 | **1** |" in page([suite], {suite.key: found})


def test_every_crash_of_the_design_is_in_the_suites() -> None:
    assert {suite.test for suite in SUITES.values()} == set(EXPLAINED)
    assert list(EXPLAINED) == [f"C{number}" for number in range(1, 12)]
