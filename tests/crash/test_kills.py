"""The nightly job is killed before every tenth operation on a file; `make crash` takes all of them."""

from __future__ import annotations

from crash.kills import killed_at_every
from crash.workspace import ACTIONS, Place

FEWEST = 300
"""Operations that a score has at least: files written, waited for and renamed, and pointers."""


def test_a_score_that_is_killed_anywhere_is_not_seen_and_done_again_byte_for_byte(crashed: Place) -> None:
    outcomes = list(killed_at_every(crashed, ACTIONS["score"], "kill", every=10))
    assert outcomes[-1].number > FEWEST
    assert {outcome.met: outcome.problems for outcome in outcomes if outcome.problems} == {}
    assert {outcome.met.split()[0] for outcome in outcomes} >= {"write", "fsync", "open"}
