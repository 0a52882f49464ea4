"""The study: finished trials in Optuna's journal, and what they say about the next setting to try.

Only finished trials are written, each by one line of the journal, so that a process killed at any point leaves nothing
half done behind. What to try as trial `k`, and when to give it up, follows from the seed, `k` and the finished trials
it may know of, by a study in memory made for that question alone. So a search that was killed and resumed asks the same
questions, and gets the same answers, as one that was left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from healthscore.models.tuning.space import SPACE, suggested

if TYPE_CHECKING:
    import optuna

NAME = "trees"
TRIALS_BEFORE_PRUNING = 4
"""Trials that went through all folds before any is given up."""
SAMPLED_PER_MEASURED = 4
"""Of so many trials that were measured on a sample, one goes on to all rows; the best so far always does."""
RANDOM_TRIALS = 8
"""Trials at random, the default among them, before the sampler learns from them."""
LOCK_SECONDS = 3
"""After so long a process that died while it wrote no longer keeps others from writing."""


@dataclass(frozen=True)
class Trial:
    """One setting, measured.

    Parameters
    ----------
    number
        0 is the untuned default.
    place
        The setting as it was suggested; `space.rounded` is what was measured.
    losses
        Mean log-loss after the first fold measured, the first two, and so on: all of them, unless it was given up.
        Empty where it was given up on the sample.
    trees
        Number of trees of the last of these, or on the sample.
    sample
        Mean log-loss on the sample; None where the past is too small for one.
    """

    number: int
    place: dict[str, float]
    losses: tuple[float, ...]
    trees: int
    pruned: bool
    sample: float | None = None


def best(trials: Sequence[Trial]) -> Trial:
    """The trial with the lowest loss among those that went through all folds; the earliest of equal ones."""
    return min((trial for trial in trials if not trial.pruned), key=lambda trial: (trial.losses[-1], trial.number))


class Journal:
    """The finished trials of one study, in a file that several processes may add to.

    Parameters
    ----------
    path
        The file; made where there is none. A last line that a dying process left unfinished is taken away.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        optuna = _optuna()
        from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

        lock = JournalFileOpenLock(str(path), grace_period=LOCK_SECONDS)
        backend = JournalFileBackend(str(path), lock_obj=lock)
        _mend(path, lock)
        storage = optuna.storages.JournalStorage(backend)
        self._study = optuna.create_study(storage=storage, study_name=NAME, load_if_exists=True)

    def trials(self) -> list[Trial]:
        """Finished trials by number, none twice."""
        found = [_trial(frozen) for frozen in self._study.get_trials(deepcopy=False)]
        return [each for _, each in sorted({trial.number: trial for trial in reversed(found)}.items())]

    def add(self, trial: Trial) -> None:
        """Write a finished trial: whole, or not at all."""
        self._study.add_trial(_frozen(trial))


def propose(number: int, known: Sequence[Trial], seed: int) -> dict[str, float]:
    """Say which setting to try as this trial, given the finished trials: the same question gets the same answer."""
    optuna = _optuna()
    own = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
    sampler = optuna.samplers.TPESampler(n_startup_trials=RANDOM_TRIALS, seed=own)
    return suggested(_memory(known, sampler=sampler).ask())


def worth_measuring(sample: float, known: Sequence[Trial]) -> bool:
    """Whether a loss on the sample is among the best quarter so far, or the best (Optuna's successive halving)."""
    optuna = _optuna()
    pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=SAMPLED_PER_MEASURED)
    study, behind = optuna.create_study(pruner=pruner), False
    for loss in (*(trial.sample for trial in known if trial.sample is not None), sample):
        trial = study.ask()
        trial.report(loss, step=1)
        behind = trial.should_prune()
    return not behind


class Pruning:
    """Whether a trial is worse after a fold than half of those that went through all of them (Optuna's median rule).

    Losses are compared as differences from the default's on the same folds: folds are not equally hard.
    """

    def __init__(self, known: Sequence[Trial]) -> None:
        pruner = _optuna().pruners.MedianPruner(n_startup_trials=TRIALS_BEFORE_PRUNING)
        self._default = next((_steps(trial) for trial in known if trial.number == 0), None)
        self._trial = None if self._default is None else _memory(known, pruner=pruner).ask()

    def gives_up(self, losses: Sequence[float]) -> bool:
        """Whether to stop after these losses, one per fold so far."""
        if self._trial is None or self._default is None:
            return False
        step = len(losses)
        self._trial.report(losses[-1] - self._default[step], step)
        return bool(self._trial.should_prune())


def study_of(trials: Sequence[Trial], called: Mapping[str, str]) -> optuna.Study:
    """Trials as a study in memory, as they were measured, with the settings called as given."""
    study: optuna.Study = _optuna().create_study(study_name=NAME)
    study.add_trials([_frozen(trial, called=called) for trial in trials])
    return study


def _memory(known: Sequence[Trial], **how: Any) -> optuna.Study:
    """Trials as a study in memory, with their losses as differences from the default's."""
    study: optuna.Study = _optuna().create_study(**how)
    default = next((_steps(trial) for trial in known if trial.number == 0), {})
    for trial in known:
        relative = {step: loss - default.get(step, 0.0) for step, loss in _steps(trial).items()}
        study.add_trial(_frozen(trial, relative))
    return study


def _steps(trial: Trial) -> dict[int, float]:
    """Losses by how far the trial had come: 0 the sample, 1 the first fold, and so on."""
    sample = {} if trial.sample is None else {0: trial.sample}
    return sample | dict(enumerate(trial.losses, start=1))


def _frozen(
    trial: Trial, steps: Mapping[int, float] | None = None, called: Mapping[str, str] | None = None
) -> optuna.trial.FrozenTrial:
    """A trial as Optuna keeps it: its losses by fold, or by the steps given."""
    import optuna

    steps = dict(enumerate(trial.losses)) if steps is None else steps

    called = called or {name: name for name in SPACE}
    distributions: dict[str, Any] = {
        called[name]: optuna.distributions.IntDistribution(int(ends.low), int(ends.high), log=True)
        if ends.whole
        else optuna.distributions.FloatDistribution(ends.low, ends.high, log=True)
        for name, ends in SPACE.items()
    }
    frozen: optuna.trial.FrozenTrial = optuna.trial.create_trial(
        state=optuna.trial.TrialState.PRUNED if trial.pruned else optuna.trial.TrialState.COMPLETE,
        value=None if trial.pruned else steps[max(steps)],
        params={called[name]: value for name, value in trial.place.items()},
        distributions=distributions,
        intermediate_values=dict(steps),
        user_attrs={"number": trial.number, "trees": trial.trees, "sample": trial.sample},
    )
    return frozen


def _trial(frozen: optuna.trial.FrozenTrial) -> Trial:
    steps: Mapping[int, float] = frozen.intermediate_values
    return Trial(
        number=int(frozen.user_attrs["number"]),
        place=dict(frozen.params),
        losses=tuple(steps[step] for step in sorted(steps)),
        trees=int(frozen.user_attrs["trees"]),
        pruned=frozen.value is None,
        sample=frozen.user_attrs["sample"],
    )


def _mend(path: Path, lock: Any) -> None:
    """Take away a last line without its end, which would spoil the next one."""
    lock.acquire()
    try:
        with path.open("r+b") as file:
            written = file.read()
            whole = written.rfind(b"\n") + 1
            if whole < len(written):
                file.truncate(whole)
    finally:
        lock.release()


def _optuna() -> Any:
    """Optuna, which says what it does on standard error unless it is told not to."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna
