"""`tune`: how the trees grow, searched inside the training past, and judged on dates that the search never saw."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from healthscore.config import Run, load_run
from healthscore.display import Display, Displayed
from healthscore.errors import ConfigurationError
from healthscore.models.tuning.folds import of_dates
from healthscore.models.tuning.objective import TuningRows
from healthscore.models.tuning.search import RULES, Search, run_search
from healthscore.models.tuning.space import rounded
from healthscore.models.tuning.study import Journal, Trial, best
from healthscore.pipelines.backtest import data_section
from healthscore.pipelines.build import Book, build_book, iso
from healthscore.pipelines.happenings import outcome_section, words_of
from healthscore.pipelines.progress import Progress, silent
from healthscore.pipelines.publish import attempt_of, plain, run_directory, run_identity, write_json
from healthscore.pipelines.recalibration.writing import replace_file
from healthscore.pipelines.runs.record import run_record
from healthscore.pipelines.tracking import record
from healthscore.pipelines.tuning.judged import judge_tuned
from healthscore.pipelines.tuning.split import TuningSplit, rows_of, split_for_tuning
from healthscore.pipelines.tuning.told import FILE, decided, target_of, tuned_text
from healthscore.tables import Tables, open_tables

STUDIES = "studies"
JOURNAL = "study.log"


@dataclass(frozen=True, repr=False)
class TuneResult(Displayed):
    """What tuning found.

    Attributes
    ----------
    directory
        Where `result.json`, `study.html` and, where tuning pays, `tuned.toml` lie.
    result
        The JSON object of the command.
    written
        The file that `write` asked for; None where nothing was written.
    found
        Finished trials of an earlier call that this one went on from. `result` is the same either way.
    """

    directory: Path
    result: dict[str, Any]
    written: Path | None
    found: int = 0

    def display(self) -> Display:
        """What a notebook shows."""
        from healthscore.pipelines.displays.judged import tune_display

        return tune_display(self.result)


def tune(
    run: Run | str | Path | None = None,
    *,
    trials: int = 40,
    timeout: float | None = None,
    workers: int = 1,
    write: str | Path | None = None,
    data: str | Path | None = None,
    out: str | Path | None = None,
    progress: Progress = silent,
) -> TuneResult:
    """Search how the trees grow, on what was known before the judged dates, and say whether it pays on those.

    Parameters
    ----------
    trials
        Settings to measure in all, the default among them. Those that an earlier call measured count: a call that was
        killed goes on where it stopped, and one with more trials goes further.
    timeout
        Seconds after which no new setting is begun; those measured by then are judged.
    workers
        Processes that measure a setting each.
    write
        File, or folder for `tuned.toml`, that the settings are written to if they pay; nothing is if they do not.

    Raises
    ------
    ConfigurationError
        The run's model has no trees, or a number is below 1.
    InputError
        A source breaks its contract.
    InsufficientDataError
        Too little happened to compare settings by, or to judge them.
    """
    run = run if isinstance(run, Run) else load_run(run, data=data, out=out)
    _check(trials, timeout, workers)
    return tune_until(run, trials, Search(trials, workers, _clock(timeout)), write, progress)


def tune_until(run: Run, asked: int, search: Search, write: str | Path | None, progress: Progress) -> TuneResult:
    """`tune` of `asked` trials that ends where `search` does: the way to end again where the time was once over."""
    target = None if write is None else target_of(write)
    with progress("checking sources"):
        tables = open_tables(run)
    with tables:
        book = build_book(run, tables, progress=progress, most=run.model.maximum_rows)
        inputs = {name: report.fingerprint for name, report in tables.reports.items()}
        split = split_for_tuning(book)
        rows = rows_of(book, split.past)
        journal = Journal(_journal_of(run, inputs))
        before = sum(trial.number < search.trials for trial in journal.trials())
        with progress(f"trying settings ({before} done before)" if before else "trying settings") as advance:
            found = run_search(rows, journal, search, advance)
        judged = judge_tuned(book, split.judged, best(found).place, progress) if best(found).number else None
        places = [{"number": trial.number, **rounded(trial.place)} for trial in found]
        identity = run_identity(run, "tune", inputs, trials=places)
        result: dict[str, Any] = plain(_result(tables, book, split, rows, found, judged) | {"identity": identity})
    result["trials"] |= {"asked": asked, "stopped": len(found) < asked}
    text = None
    if result["decision"] == "use":
        text = tuned_text(run.name, identity, result["best"]["settings"], result)
    written = target if text is not None else None
    result |= {"tuned": text, "writing": _writing(write, written)}
    made_of = run_record(
        run,
        "tune",
        identity,
        inputs,
        arguments={
            "trials": asked,
            "finished": len(found),
            "workers": search.workers,
            "write": target is not None,
        },
        places={} if target is None else {"write": target},
    )
    _publish(run, made_of, result, found, written, progress)
    directory = attempt_of(run.out, "tune", identity)
    with progress("recording the run"):
        _record(run, identity, inputs, result, directory)
    return TuneResult(directory, result | {"directory": str(directory)}, written, before)


def _check(trials: int, timeout: float | None, workers: int) -> None:
    numbers = {"--trials": trials, "--workers": workers, "--timeout": timeout}
    for name, value in numbers.items():
        if value is not None and not value >= 1:
            raise ConfigurationError(f"{name} {value}: at least 1 is needed", f"give {name} a larger number")


def _journal_of(run: Run, inputs: Mapping[str, str]) -> Path:
    """The study's file: by everything that a trial's loss follows from, so that other data begin another study."""
    from importlib.metadata import version

    packages = {name: version(name) for name in ("optuna", "lightgbm", "scikit-learn")}
    directory = run.out / "tune" / STUDIES / run_identity(run, "study", inputs, packages=packages, rules=RULES)
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"{directory} cannot be written: {error.strerror}", "choose another --out") from None
    return directory / JOURNAL


def _clock(timeout: float | None) -> Any:
    """Whether the time is over; it never is without a timeout."""
    end = None if timeout is None else time.monotonic() + timeout
    return lambda: end is not None and time.monotonic() >= end


def _result(
    tables: Tables,
    book: Book,
    split: TuningSplit,
    rows: TuningRows,
    trials: Sequence[Trial],
    judged: Mapping[str, Any] | None,
) -> dict[str, Any]:
    run = book.run
    judged = None if judged is None else plain(judged)
    return {
        "run": run.name,
        "title": run.title or run.name,
        "outcome": outcome_section(run, words_of(run.need_outcome().kind)),
        **decided(judged, len(trials)),
        "judged": judged,
        "judged_dates": [iso(day) for day in split.judged],
        "past": _past(rows),
        "trials": {
            "finished": len(trials),
            "given_up": sum(trial.pruned for trial in trials),
        },
        "default": _trial(trials[0]),
        "best": _trial(best(trials)),
        "study": [_trial(trial) for trial in trials],
        "data": data_section(tables, book),
        "warnings": [str(finding) for report in tables.reports.values() for finding in report.warnings],
    }


def _past(rows: TuningRows) -> dict[str, Any]:
    """What the search saw, and how it was folded."""
    folds, sample = rows.folds(), rows.sample()
    dates = of_dates(folds)
    return {
        "first": iso(int(rows.day.min())),
        "last": iso(int(rows.day.max())),
        "known_until": iso(int(rows.known.max())),
        "n": len(rows.y),
        "events": int(rows.y.sum()),
        "accounts": len(np.unique(rows.cluster)),
        "folds": len(folds),
        "folds_of": "dates" if dates else "accounts",
        "fold_dates": [iso(fold.day) for fold in folds] if dates else [],
        "fold_events": sum(int(rows.y[fold.test].sum()) for fold in folds),
        "sample": None if sample is None else {"n": len(sample.train), "events": int(rows.y[sample.train].sum())},
    }


def _trial(trial: Trial) -> dict[str, Any]:
    return {
        "number": trial.number,
        "settings": rounded(trial.place),
        "log_loss": None if trial.pruned else trial.losses[-1],
        "trees": trial.trees,
        "folds": len(trial.losses),
        "given_up": trial.pruned,
    }


def _writing(asked: str | Path | None, written: Path | None) -> dict[str, Any]:
    """What `--write` did, or why it did nothing."""
    why = "tuning does not pay, so the run stays as it is" if asked is not None and written is None else None
    return {"asked": asked is not None, "file": None if written is None else str(written), "why_not": why}


def _publish(
    run: Run,
    made_of: Mapping[str, Any],
    result: Mapping[str, Any],
    trials: Sequence[Trial],
    target: Path | None,
    progress: Progress,
) -> None:
    from healthscore.pipelines.report import write_report
    from healthscore.pipelines.tuning.page import render_tuning

    with run_directory(run.out, "tune", made_of["identity"], record=made_of) as directory:
        write_json(directory / "result.json", result)
        with progress("drawing the study"):
            write_report(render_tuning(result, trials, run.seed), directory / "study.html")
        if result["tuned"] is not None:
            (directory / FILE).write_bytes(result["tuned"].encode("utf-8"))
            if target is not None:
                replace_file(target, result["tuned"])


def _record(run: Run, identity: str, inputs: Mapping[str, str], result: Mapping[str, Any], directory: Path) -> None:
    parameters = {"seed": run.seed, "decision": result["decision"], "why": result["why"], **result["trials"]}
    parameters |= {f"best.{name}": value for name, value in result["best"]["settings"].items()}
    judged = result["judged"] or {}
    figures = {
        "inner.log_loss.default": result["default"]["log_loss"],
        "inner.log_loss.best": result["best"]["log_loss"],
        **{f"gain.{metric}": judged[metric]["difference"]["estimate"] for metric in ("log_loss", "auc") if judged},
    }
    metrics = {name: float(value) for name, value in figures.items() if value is not None}
    record(
        run, "tune", identity, parameters=parameters, metrics=metrics, per_origin={}, inputs=inputs, artifacts=directory
    )
