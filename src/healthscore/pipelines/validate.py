"""Is the score that we already have any good, and its weights? A history held against the accounts that left."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from healthscore.asof import day_of
from healthscore.config import Bands
from healthscore.display import Display, Displayed
from healthscore.errors import ConfigurationError
from healthscore.pipelines.progress import Progress, silent
from healthscore.pipelines.publish import attempt_of, plain, run_directory, write_json
from healthscore.pipelines.runs.record import digest_of, run_record
from healthscore.pipelines.validation.banding import stated_bands
from healthscore.pipelines.validation.coverage import quiet_stretches, require_meeting, sources_of
from healthscore.pipelines.validation.frames import frames_of
from healthscore.pipelines.validation.histories import Exits, History, read_exits, read_scores
from healthscore.pipelines.validation.judged import Scored, lead_time_figures, scored
from healthscore.pipelines.validation.mixups import mixups_told, require_two_files
from healthscore.pipelines.validation.observed import Observed, Window, default_data_end, observe
from healthscore.pipelines.validation.verdict import headline, require_exits, warnings_of
from healthscore.pipelines.validation.weighed import check_components, say_which_way, weigh, weighing_notes
from healthscore.pipelines.validation.weighting import read_weighting
from healthscore.pipelines.validation.whole import judged_whole

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class Validation(Displayed):
    """What a score history was worth.

    Attributes
    ----------
    result
        The JSON object of the command and of `result.json`.
    directory
        Where `result.json` and `report.html` lie; None where nothing was to be written.
    snapshots
        One row per score whose outcome is known: account_id, date, score, band, left.
    bands, deciles, segments, weights
        The tables of the result as frames; `segments` is empty without a segment, `weights` without weights.
    """

    result: dict[str, Any]
    directory: Path | None
    snapshots: pd.DataFrame
    bands: pd.DataFrame
    deciles: pd.DataFrame
    segments: pd.DataFrame
    weights: pd.DataFrame

    def display(self) -> Display:
        """What a notebook shows."""
        from healthscore.pipelines.displays.weights import validation_display

        return validation_display(self.result)


def validate(
    scores: str | Path | pd.DataFrame,
    exits: str | Path | pd.DataFrame,
    weights: str | Path | pd.DataFrame | None = None,
    *,
    horizon: int = 90,
    gap: int = 0,
    maturity: int = 0,
    edges: Sequence[float] | None = None,
    data_end: date | None = None,
    capacity: int | None = None,
    types: Sequence[str] | None = None,
    returns: bool = False,
    higher_is_riskier: bool = False,
    scale: float | None = None,
    date_format: str | None = None,
    duplicates: Literal["error", "last"] = "error",
    score_columns: Mapping[str, str] | None = None,
    exit_columns: Mapping[str, str] | None = None,
    out: str | Path | None = None,
    title: str | None = None,
    resamples: int = 1000,
    seed: int = 1,
    progress: Progress = silent,
) -> Validation:
    """Hold a score history, and the weights that it was made with, against the accounts that left.

    A score of day t is given at midnight at the start of t; the account *left* when its first exit falls in
    [t + gap, t + gap + horizon). Scores whose window is not over by `data_end` are set aside, never counted as stayed.

    Parameters
    ----------
    scores, exits
        CSV or Parquet files or DataFrames: (account_id, date, score) and (account_id, date, optional type).
    weights
        Components of the score, which are columns of `scores`, and their weights: a CSV or Parquet file or a DataFrame
        (component, weight, optional scale and label), or a scorecard. Without a column `score` in `scores`, the score
        is the weighted sum. None: the score is judged as a whole.
    horizon, gap, maturity
        Days: length of the window, days before it, days after it in which an exit may still be recorded.
    edges
        Where bands meet, rising between 0 and 100; None: as the scorecard says, else at 40 and 70.
    data_end
        First day that the data do not show; None: the day after the last dated row of either file.
    capacity
        Accounts that the team can look after at a time.
    types
        Types of exit that count; None: all but merged, closed and completed.
    returns
        Accounts may leave, come back and leave again; otherwise the first exit is the last word.
    higher_is_riskier
        The score counts risk rather than health, and is turned round (100 less the score).
    scale, date_format, duplicates, score_columns, exit_columns
        How the files are written, where it is not recognised; columns as {"account_id" | "date" | ...: its name}.
    out
        Directory under which `validate/<identity>` is written; None writes nothing.
    title, resamples, seed, progress
        Heading of the report; resamples of accounts behind each interval, and their seed; told about each step.

    Raises
    ------
    InputError
        A file cannot be read as what it should be.
    InsufficientDataError
        Too few exits followed a score to say anything.
    """
    if capacity is not None and capacity < 1:
        raise ConfigurationError(f"a capacity of {capacity} accounts", "give 1 or more")
    require_two_files(scores, exits)
    with progress("reading the score history"), mixups_told():
        weighting = None if weights is None else read_weighting(weights)
        history = read_scores(
            scores, score_columns, scale=scale, date_format=date_format, duplicates=duplicates, weighting=weighting
        )
        check_components(history)
        left = read_exits(exits, exit_columns, date_format=date_format)
    bands = stated_bands(edges, history)
    end = default_data_end(history, left) if data_end is None else day_of(data_end)
    window = Window(gap, horizon, maturity, end, types, returns)
    observed = observe(history, left, window)
    require_meeting(history, left, observed, window)
    rows = scored(history, observed, bands, riskier=higher_is_riskier, resamples=resamples, seed=seed)
    require_exits(rows.exits, int((rows.label == 0).sum()), window.words)
    settings = {"window": repr(window), "edges": list(bands.edges), "capacity": capacity, "riskier": higher_is_riskier}
    identity = _identity(history, left, {**settings, "resamples": resamples, "seed": seed, "title": title})
    with progress("computing intervals"):
        result: dict[str, Any] = {"run": "validate", "identity": identity, "title": title or _title(scores)}
        result |= _result(history, left, observed, rows, window, bands, capacity, higher_is_riskier)
    with progress("weighing components"):
        result |= weigh(history, observed, rows, window, riskier=higher_is_riskier, capacity=result.get("capacity"))
        say_which_way(result)
        result["warnings"] += weighing_notes(history, result)
    clean: dict[str, Any] = plain(result)
    said = {
        **{"horizon": horizon, "gap": gap, "maturity": maturity, "edges": edges, "data_end": data_end},
        **{"capacity": capacity, "types": types, "returns": returns, "higher_is_riskier": higher_is_riskier},
        **{"scale": scale, "date_format": date_format, "duplicates": duplicates, "score_columns": score_columns},
        **{"exit_columns": exit_columns, "title": title, "resamples": resamples, "seed": seed},
    }
    made_of = _made_of(identity, {"scores": scores, "exits": exits, "weights": weights}, said)
    directory = None if out is None else publish(Path(out), made_of, clean, progress)
    return Validation(clean, directory, *frames_of(history, rows, bands, clean))


def _result(
    history: History,
    exits: Exits,
    observed: Observed,
    rows: Scored,
    window: Window,
    bands: Bands,
    capacity: int | None,
    riskier: bool,
) -> dict[str, Any]:
    how = {"resamples": rows.resamples, "seed": rows.seed}
    result = {
        "outcome": {
            "kind": "exit",
            "gap_days": window.gap,
            "horizon_days": window.horizon,
            "maturity_days": window.maturity,
            "sentence": f"The account leaves {window.words}".replace(" after it", " after the score"),
        },
        "data": sources_of(history, exits, observed, window),
        **judged_whole(history, observed, rows, bands, capacity),
        "lead_time": lead_time_figures(history, observed, window, bands, riskier=riskier, **how),
    }
    findings = {
        **observed.findings,
        "constant": bool(np.ptp(rows.score) == 0),
        "no_value": 0 if history.value is None else int(np.isnan(history.value).sum()),
        "quiet": quiet_stretches(history, observed, window),
    }
    return {**result, "headline": headline(result), "warnings": warnings_of(result, findings)}


def _identity(history: History, exits: Exits, settings: Mapping[str, Any]) -> str:
    """Twelve digits that follow from the rows, the settings and the version: never from a path or the clock."""
    from importlib.metadata import version

    digest = hashlib.sha256(
        json.dumps(settings, sort_keys=True, default=str).encode() + version("healthscore").encode()
    )
    for column in (history.account, history.segment, exits.account, exits.type):
        digest.update(b"-" if column is None else "\0".join(map(str, column)).encode())
    parts = history.components
    weighed = () if parts is None else (parts.points, parts.filled)
    if parts is not None:
        stated = (*parts.weighting.names, *parts.weighting.labels, parts.weighting.card.model_dump_json())
        digest.update("\0".join(stated).encode())
    for numbers in (history.day, history.score, history.value, exits.day, *weighed):
        digest.update(b"-" if numbers is None else numbers.tobytes())
    return digest.hexdigest()[:12]


def _made_of(
    identity: str, given: Mapping[str, str | Path | pd.DataFrame | None], said: Mapping[str, Any]
) -> dict[str, Any]:
    """What the validation is made of: files by their digests; what was given as a table in memory is only named."""
    files = {name: Path(one).resolve() for name, one in given.items() if isinstance(one, (str, Path))}
    files = {name: path for name, path in files.items() if path.is_file()}
    words = {name: one for name, one in given.items() if name not in files and isinstance(one, (str, Path))}
    held = [name for name, one in given.items() if one is not None and name not in files and name not in words]
    arguments = {**said, **words, "in_memory": held}
    inputs = {name: digest_of(path) for name, path in files.items()}
    return run_record(None, "validate", identity, inputs, arguments=arguments, places=files)


def _title(scores: str | Path | pd.DataFrame) -> str:
    return Path(scores).stem if isinstance(scores, (str, Path)) else "score history"


def publish(out: Path, made_of: Mapping[str, Any], result: Mapping[str, Any], progress: Progress) -> Path:
    """Write `validate/<identity>` under `out`: `result.json`, `report.html` and `run.json`; returns the directory."""
    from healthscore.pipelines.report import render_validation, write_report

    with run_directory(out, "validate", made_of["identity"], record=made_of) as directory:
        write_json(directory / "result.json", result)
        with progress("writing the report"):
            write_report(render_validation(result), directory / "report.html")
    return attempt_of(out, "validate", str(made_of["identity"]))
