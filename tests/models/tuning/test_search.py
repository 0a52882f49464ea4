"""The search: every trial once, the same whoever interrupts it, whatever runs beside it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import healthscore.models.tuning.search as searching
import search_samples
from healthscore.errors import InsufficientDataError
from healthscore.models.tuning.folds import SampleSize, of_dates, tuning_folds
from healthscore.models.tuning.objective import Objective, TuningRows, partner_logits
from healthscore.models.tuning.search import Search, WorkerError, run_search
from healthscore.models.tuning.space import SPACE, rounded, settings_with
from healthscore.models.tuning.study import Journal, Trial, best, worth_measuring
from search_samples import past, search

TRIALS = 9
LONG = bool(os.environ.get("HEALTHSCORE_LONG_TESTS"))
"""Whether to kill a search after every one of its trials, and not after two of them (half a minute)."""
SCRIPT = Path(search_samples.__file__)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[Trial]:
    """The search as nobody disturbed it."""
    return search(tmp_path_factory.mktemp("whole") / "study.log", TRIALS)


def test_there_are_as_many_trials_as_asked_for_and_none_twice(whole: list[Trial]) -> None:
    assert [trial.number for trial in whole] == list(range(TRIALS))
    assert len({json.dumps(rounded(trial.place)) for trial in whole}) == TRIALS
    for trial in whole:
        assert all(ends.low <= trial.place[name] <= ends.high for name, ends in SPACE.items())


def test_the_first_trial_is_the_untuned_default_and_a_candidate(whole: list[Trial]) -> None:
    rows = past()
    measured = list(Objective(rows, partner_logits(rows)).measure(rows.settings.booster))
    assert whole[0].losses == tuple(one.loss for one in measured)
    assert not whole[0].pruned
    worse = [replace(trial, losses=tuple(loss + 1 for loss in trial.losses)) for trial in whole[1:]]
    assert best([whole[0], *worse]).number == 0


def test_some_settings_are_given_up_early_and_cost_less(whole: list[Trial]) -> None:
    folds = len(past().folds())
    given_up = [trial for trial in whole if trial.pruned]
    assert given_up
    assert all(len(trial.losses) < folds for trial in given_up)
    assert all(len(trial.losses) == folds for trial in whole if not trial.pruned)


@pytest.fixture(scope="module")
def sampling() -> TuningRows:
    """A past that is large enough for a sample, as far as the search is told."""
    return replace(past(), least=SampleSize(50, 20))


@pytest.fixture(scope="module")
def sampled(sampling: TuningRows, tmp_path_factory: pytest.TempPathFactory) -> list[Trial]:
    return search(tmp_path_factory.mktemp("sampled") / "study.log", TRIALS, rows=sampling)


def test_what_does_badly_on_the_sample_never_sees_all_rows(sampled: list[Trial]) -> None:
    left = [trial for trial in sampled if not trial.losses]
    assert len(left) >= TRIALS // 2
    assert all(trial.pruned and trial.trees for trial in left)
    assert sampled[0].losses  # the default is always measured
    for trial in sampled[1:]:
        assert trial.sample is not None
        assert bool(trial.losses) == worth_measuring(trial.sample, sampled[: trial.number])


def test_what_was_given_up_would_not_have_been_the_best(sampled: list[Trial], sampling: TuningRows) -> None:
    objective = Objective(sampling, partner_logits(sampling))

    def whole_loss(trial: Trial) -> float:
        *_, last = objective.measure(settings_with(rounded(trial.place), sampling.settings.booster))
        return last.loss

    assert all(whole_loss(trial) > best(sampled).losses[-1] for trial in sampled if trial.pruned)


@pytest.mark.parametrize("kept", [1, 6])
def test_a_search_with_a_sample_goes_on_from_any_trial_as_if_left_alone(
    kept: int, sampled: list[Trial], sampling: TuningRows, tmp_path: Path
) -> None:
    journal = Journal(tmp_path / "study.log")
    for trial in sampled[:kept]:
        journal.add(trial)
    assert journal.trials() == sampled[:kept]
    assert search(tmp_path / "study.log", TRIALS, rows=sampling) == sampled


def test_workers_draw_the_same_sample(sampled: list[Trial], sampling: TuningRows, tmp_path: Path) -> None:
    default, first = search(tmp_path / "study.log", 2, workers=2, rows=sampling)
    assert default == sampled[0]
    assert (first.place, first.sample) == (sampled[1].place, sampled[1].sample)
    assert first.losses  # it knew of no other trial, and was the best so far


@pytest.mark.parametrize(
    ("before", "loss", "worth"),
    [
        ([], 0.5, True),
        ([0.5], 0.4, True),
        ([0.5], 0.6, False),
        ([0.5, 0.6, 0.7], 0.55, False),
        ([0.5, 0.6, 0.7, 0.8, 0.9, 0.9], 0.55, False),  # the seventh: the best only
        ([0.5, 0.6, 0.7, 0.8, 0.9, 0.9, 0.9], 0.55, True),  # of eight, two
        ([0.5, 0.6, 0.7, 0.8, 0.9, 0.9, 0.9], 0.65, False),
    ],
)
def test_one_in_four_is_worth_measuring_and_the_best_so_far(before: list[float], loss: float, worth: bool) -> None:
    known = [Trial(number, {}, (), 1, pruned=True, sample=one) for number, one in enumerate(before)]
    assert worth_measuring(loss, known) == worth


def test_the_loss_of_the_best_is_that_of_its_written_digits(whole: list[Trial]) -> None:
    rows, winner = past(), best(whole)
    settings = settings_with(rounded(winner.place), rows.settings.booster) if winner.number else rows.settings.booster
    *_, last = Objective(rows, partner_logits(rows)).measure(settings)
    assert (last.loss, last.trees) == (winner.losses[-1], winner.trees)


@pytest.mark.parametrize("after", range(TRIALS) if LONG else (1, 7))
def test_killed_at_any_point_and_resumed_it_ends_as_if_left_alone(
    after: int, whole: list[Trial], tmp_path: Path
) -> None:
    path = tmp_path / "study.log"
    killed_after(after, path)
    assert len(Journal(path).trials()) < TRIALS
    assert search(path, TRIALS) == whole


def killed_after(trials: int, path: Path) -> None:
    """Kill -9 a search as soon as its journal holds so many trials: in the middle of the next one."""
    command = [sys.executable, str(SCRIPT), str(path), str(TRIALS), "1"]
    running = subprocess.Popen(command, env=os.environ | {"OMP_NUM_THREADS": "1"})
    lines = 1 + trials  # the study's own line comes first
    while running.poll() is None and (not path.exists() or path.read_bytes().count(b"\n") < lines):
        time.sleep(0.002)
    running.send_signal(signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.77, 0.999])
def test_a_journal_cut_anywhere_is_resumed(kept: float, whole: list[Trial], tmp_path: Path) -> None:
    """As a power loss may leave it: the last line half written."""
    path = tmp_path / "study.log"
    journal = Journal(path)
    for trial in whole:
        journal.add(trial)
    written = path.read_bytes()
    path.write_bytes(written[: int(len(written) * kept)])
    assert search(path, TRIALS) == whole


def test_more_trials_go_on_from_the_ones_that_there_are(whole: list[Trial], tmp_path: Path) -> None:
    path = tmp_path / "study.log"
    assert search(path, 3) == whole[:3]
    assert search(path, TRIALS) == whole
    assert search(path, 2) == whole[:2]


def test_two_workers_finish_the_same_study_without_repeats_twice_alike(tmp_path: Path) -> None:
    found = search(tmp_path / "study.log", 5, workers=2)
    assert [trial.number for trial in found] == list(range(5))
    assert len({json.dumps(trial.place) for trial in found}) == 5
    assert Journal(tmp_path / "study.log").trials() == found
    assert list(tmp_path.glob("rows-*")) == []
    journal = Journal(tmp_path / "again.log")
    for trial in (found[0], found[1], found[2], found[4]):  # the fourth was still running when it was killed
        journal.add(trial)
    assert search(tmp_path / "again.log", 5, workers=2) == found


def test_a_dead_worker_is_told_and_costs_what_it_was_measuring_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_measured", _dies)
    with pytest.raises(WorkerError, match="a worker ended") as told:
        search(tmp_path / "study.log", 4, workers=2)
    assert "--workers" in told.value.remedy
    assert Journal(tmp_path / "study.log").trials() == []
    assert list(tmp_path.glob("rows-*")) == []


def _dies(number: int, known: object) -> None:
    os._exit(9)


def test_when_the_time_is_over_nothing_new_begins_but_the_default_is_measured(
    whole: list[Trial], tmp_path: Path
) -> None:
    told: list[float] = []
    found = run_search(past(), Journal(tmp_path / "study.log"), Search(4, enough=lambda: True), told.append)
    assert found == whole[:1]
    assert told == [0.0, 0.25]


def test_a_past_too_short_to_replay_leaves_accounts_out_in_turn() -> None:
    rows = past(days=2, wait=400)
    folds = rows.folds()
    assert not of_dates(folds)
    assert of_dates(past().folds())
    assert sorted(np.concatenate([fold.test for fold in folds]).tolist()) == list(range(len(rows.y)))
    for fold in folds:
        assert not set(rows.cluster[fold.train]) & set(rows.cluster[fold.test])


def test_no_fold_learns_what_was_not_known_at_its_date() -> None:
    rows = past()
    for fold in rows.folds():
        assert (rows.known[fold.train] <= fold.day).all()
        assert (rows.day[fold.test] == fold.day).all()


def test_too_little_to_compare_by_is_refused() -> None:
    rows = past(days=2, wait=400)
    quiet = np.where(np.arange(len(rows.y)) < 30, 1, 0).astype(np.int8)
    with pytest.raises(InsufficientDataError, match="tuning needs 40") as refused:
        tuning_folds(rows.day, rows.known, quiet, rows.cluster, rows.settings.inner, events=40, seed=1)
    assert "defaults" in refused.value.remedy


def test_threads_change_nothing(whole: list[Trial], tmp_path: Path) -> None:
    rows: TuningRows = past().on(2)
    assert search(tmp_path / "study.log", 3, rows=rows) == whole[:3]
