"""Training: the model of everything that is known today, saved as a bundle that scores without anything else."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from healthscore.config import Run, load_run
from healthscore.display import Display, Displayed
from healthscore.errors import InsufficientDataError
from healthscore.features.dictionary import markdown
from healthscore.models.bundle import Bundle, save
from healthscore.models.choice import Choice, choose
from healthscore.models.distributed import regrown
from healthscore.models.seen import Seen
from healthscore.models.workers import Workers, workers_at
from healthscore.pipelines.build import Book, build_book, more_history
from healthscore.pipelines.confidence import categories
from healthscore.pipelines.fitting import fit, freeze, provenance, reference_rows, settings_of
from healthscore.pipelines.growth.asked import growing_of
from healthscore.pipelines.growth.learning import learn_growth
from healthscore.pipelines.growth.recorded import figures_of_training
from healthscore.pipelines.happenings import HAPPENINGS, words_of
from healthscore.pipelines.progress import Progress, silent
from healthscore.pipelines.publish import attempt_of, plain, run_directory, run_identity, write_json
from healthscore.pipelines.registry.versions import BUNDLE, named, register
from healthscore.pipelines.runs.record import run_record
from healthscore.pipelines.sampling import told
from healthscore.pipelines.spreading import spread
from healthscore.pipelines.tracking import record
from healthscore.pipelines.uncertainty import refits_of, uncertainty
from healthscore.pipelines.walk import exiting_accounts
from healthscore.pipelines.working import working
from healthscore.tables import open_tables

Rows = NDArray[np.int64]


@dataclass(frozen=True, repr=False)
class TrainResult(Displayed):
    """Where the bundle lies; `result` is the JSON object of the command."""

    directory: Path
    result: dict[str, Any]

    @property
    def bundle(self) -> Path:
        """Directory of the model bundle."""
        return self.directory / BUNDLE

    def display(self) -> Display:
        """What a notebook shows."""
        from healthscore.pipelines.displays.learning import train_display

        return train_display(self.result)


def train(
    run: Run | str | Path | None = None,
    *,
    data: str | Path | None = None,
    out: str | Path | None = None,
    workers: str | None = None,
    progress: Progress = silent,
) -> TrainResult:
    """Fit the candidates on every snapshot whose outcome is known, choose, calibrate, and save the chosen one.

    Parameters
    ----------
    workers
        Address of a Dask scheduler, or `local:2` for two processes on this machine: they grow the trees of the chosen
        model on all snapshots, and here everything else is fitted on the sample of `[model] maximum_rows`.

    Raises
    ------
    InsufficientDataError
        It happened to fewer different accounts than `[model] minimum_exits`.
    WorkersError
        The workers cannot be reached, or one failed.
    """
    run = run if isinstance(run, Run) else load_run(run, data=data, out=out)
    with working(run.out, "training"), ExitStack() as stack:
        helping = None if workers is None else stack.enter_context(workers_at(workers, run.threads))
        return _trained(run, workers, helping, progress)


def _trained(run: Run, address: str | None, workers: Workers | None, progress: Progress) -> TrainResult:
    with progress("checking sources"):
        tables = open_tables(run)
    with tables:
        book = build_book(run, tables, progress=progress, most=run.model.maximum_rows)
        growing = growing_of(book, tables)
        inputs = {name: report.fingerprint for name, report in tables.reports.items()}
        # Bins, and so trees, follow from how many workers there are; not from where they are.
        several: dict[str, Any] = {} if workers is None else {"workers": len(workers.addresses)}
        identity = run_identity(run, "train", inputs, **several)
        if workers is not None:
            spread(run, tables, workers, progress)
    rows = np.flatnonzero(book.label >= 0)
    left = exiting_accounts(book, rows)
    words = HAPPENINGS[run.need_outcome().kind]
    if left < run.model.minimum_exits:
        raise InsufficientDataError(
            f"{run.name}: {left} different accounts {words.did} in the labelled history, and a model needs "
            f"{run.model.minimum_exits}; this cannot support a model, a scorecard can still be validated",
            more_history(book, "`healthscore validate` on the score that you have"),
        )
    if not (book.label[rows] == 0).any():
        raise InsufficientDataError(
            f"{run.name}: each of the {len(rows):,} labelled snapshots is of an account that {words.did}, and a "
            f"model learns from the difference to those that {words.kept}",
            "a shorter horizon, or earlier as-of dates; look at who counts as active in `healthscore check`",
        )
    with progress("fitting the candidates") as advance:
        candidates = fit(book, rows, lambda done, of: advance(done / of))
    choice = choose(candidates, book.cluster[rows], run.model.choose)
    model = candidates.models[choice.name]
    if workers is not None:
        with progress("growing trees on the workers"):
            sample = (book.panel.X[rows], book.label[rows], book.panel.day[rows].astype(np.int64))
            model = regrown(model, candidates, *sample, workers, settings_of(run))
    bundle = freeze(book, model, rows)
    bundle = replace(bundle, metadata=provenance(book, rows, choice, inputs, identity), seen=_seen(book, bundle, rows))
    bundle = replace(bundle, refits=refits_of(book, bundle, rows, candidates, progress))
    growth = learn_growth(growing, inputs, identity, progress)
    result: dict[str, Any] = plain(growth.beside(_result(book, bundle, rows, choice, left)) | {"identity": identity})
    result["uncertainty"] = uncertainty(book, bundle, rows, candidates)
    result["training"] |= _elsewhere(book, workers)
    made_of = run_record(run, "train", identity, inputs, arguments={} if address is None else {"workers": address})
    with run_directory(run.out, "train", identity, record=made_of) as directory:
        save(bundle, directory / BUNDLE)
        growth.save(directory)
        (directory / "dictionary.md").write_text(markdown(book.panel.features, run.title or run.name), encoding="utf-8")
        write_json(directory / "result.json", result)
    target = attempt_of(run.out, "train", identity)
    version = register(run, target).version
    with progress("recording the run"):
        _record(run, identity, inputs, result | {"version": version}, target)
    found = {"directory": str(target), "bundle": str(target / BUNDLE), "version": version}
    return TrainResult(target, result | found)


def _elsewhere(book: Book, workers: Workers | None) -> dict[str, Any]:
    """What the figures of training are a sample of, and what the workers' trees learned from; None each if not."""
    sample = None if book.sample is None else book.sample.as_dict()
    if workers is None:
        return {"sample": sample, "workers": None}
    labels = [chunk.sum() for chunk in workers.labels]
    return {"sample": sample, "workers": {"n": sum(workers.rows), "events": int(sum(labels)), "rows": workers.rows}}


def _seen(book: Book, bundle: Bundle, rows: Rows) -> Seen:
    """What the model learned from."""
    X, reference = book.panel.X, reference_rows(book, rows)
    scores = bundle.model.logit(X[reference], bundle.model.design.names)
    return Seen.of(X[rows], X[reference], scores, categories(book.panel.features))


def _result(book: Book, bundle: Bundle, rows: Rows, choice: Choice, left: int) -> dict[str, Any]:
    model, calibration = bundle.model, bundle.model.calibration
    z = model.held_logit(book.panel.X[reference_rows(book, rows)], model.design.names)
    proposed = bundle.scale.proposed_points_to_halve_odds(z)
    warnings = told(book.sample)
    if proposed is not None:
        clipped = bundle.scale.clipped_share(z)
        warnings.append(
            f"{clipped:.0%} of the scores lie at 0 or 100: set `[score] points_to_halve_odds = {proposed:g}`"
        )
    if left < 200:
        did = HAPPENINGS[book.run.need_outcome().kind].did
        warnings.append(f"{left} accounts {did} in the training history: below 200, expect wide intervals")
    return {
        "run": book.run.name,
        "outcome": {"kind": book.run.need_outcome().kind, "words": words_of(book.run.need_outcome().kind)},
        "chosen": choice.name,
        "choice": choice.as_dict(),
        "training": bundle.metadata["trained"]
        | {"n": len(rows), "events": int(book.label[rows].sum()), "exiting_accounts": left},
        "calibration": {"alpha": calibration.alpha, "kappas": dict(zip(model.parts, calibration.kappas, strict=True))},
        "reference": {
            "rate": model.reference.rate if model.reference else None,
            "accounts": model.reference.rows if model.reference else 0,
        },
        "scale": bundle.scale.to_json(),
        "features": len(model.design.names),
        "constant_features": _constant(bundle),
        "components": list(model.design.groups),
        "warnings": warnings,
    }


def _constant(bundle: Bundle) -> list[str]:
    """Features that were the same for everybody at all dates, or always missing: the model cannot use them."""
    names = bundle.model.design.names
    return [] if bundle.seen is None else [names[column] for column in np.flatnonzero(bundle.seen.constant)]


def _record(run: Run, identity: str, inputs: Mapping[str, str], result: Mapping[str, Any], directory: Path) -> None:
    parameters = {key: result[key] for key in ("version", "chosen", "features")} | {"seed": run.seed}
    parameters |= {f"training.{key}": value for key, value in result["training"].items() if value is not None}
    parameters |= {f"kappa.{part}": value for part, value in result["calibration"]["kappas"].items()}
    stability = ("median_half_width", "band_stability", "driver_stability")
    told = result["uncertainty"] or {}
    figures = {"reference.rate": result["reference"]["rate"]} | {name: told.get(name) for name in stability}
    figures |= figures_of_training(result["growth"])
    record(
        run,
        "train",
        identity,
        parameters=parameters,
        metrics={name: value for name, value in figures.items() if value is not None},
        per_origin={},
        inputs=inputs,
        artifacts=directory,
        bundle=named(run, str(result["version"])),  # as it scores: on the champion's scale
    )
