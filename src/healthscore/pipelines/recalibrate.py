"""Recalibration: the weights that history supports, and a scorecard that a person can approve, or keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from healthscore.asof import day_of
from healthscore.config import Run, Scorecard, load_run, load_scorecard
from healthscore.display import Display, Displayed
from healthscore.errors import ConfigurationError
from healthscore.pipelines.backtest import data_section
from healthscore.pipelines.build import iso
from healthscore.pipelines.cardchecks import need_features
from healthscore.pipelines.happenings import outcome_section, words_of
from healthscore.pipelines.progress import Progress, silent
from healthscore.pipelines.publish import attempt_of, plain, run_directory, run_identity, write_json
from healthscore.pipelines.recalibration.asitis import about_card, card_as_it_is
from healthscore.pipelines.recalibration.books import Books, read_books
from healthscore.pipelines.recalibration.outcomes import outcome_sentences, outcome_table
from healthscore.pipelines.recalibration.recommending import (
    Recommendation,
    provenance_of,
    recommendation,
    weighing_of,
)
from healthscore.pipelines.recalibration.rewriting import difference, rewritten
from healthscore.pipelines.recalibration.weighed import Weighed, weigh_learned, weigh_variants
from healthscore.pipelines.recalibration.writing import origin_of, replace_file, target_of
from healthscore.pipelines.runs.record import run_record
from healthscore.pipelines.tracking import record
from healthscore.pipelines.weighing.alone import alone_figures
from healthscore.pipelines.weighing.sentences import weighing_warnings
from healthscore.pipelines.weighing.variants import variant_warnings
from healthscore.tables import Tables, open_tables

CARD, DIFF = "recalibrated.toml", "diff.txt"


@dataclass(frozen=True, repr=False)
class Recalibration(Displayed):
    """What history says of the weights.

    Attributes
    ----------
    directory
        Where `result.json` and `report.html` lie and, where weights are to change, `recalibrated.toml` and `diff.txt`.
    result
        The JSON object of the command; its keys are documented in `docs/weights.md`.
    written
        The scorecard's file that was written; None where nothing was.
    """

    directory: Path
    result: dict[str, Any]
    written: Path | None

    def display(self) -> Display:
        """What a notebook shows."""
        from healthscore.pipelines.displays.weights import recalibration_display

        return recalibration_display(self.result)


@dataclass(frozen=True)
class Proposal:
    """A scorecard with other weights: its text, the one that it `replaces`, and how they differ."""

    recommended: Recommendation
    text: str
    replaces: str
    diff: str
    provenance: dict[str, Any]


def recalibrate(
    run: Run | str | Path | None = None,
    *,
    scorecard: str | Path | None = None,
    data: str | Path | None = None,
    out: str | Path | None = None,
    write: str | Path | None = None,
    progress: Progress = silent,
) -> Recalibration:
    """Hold the weights of the run's scorecard against history, and change as little as the evidence asks.

    Parameters
    ----------
    scorecard
        Instead of the run's own: the name of a shipped one, or a file. With neither, the components of the run's
        features are judged.
    write
        File that the recommended scorecard is written to, or a folder for it; nothing is where the answer is keep.
        None changes nothing outside the results.

    Raises
    ------
    ConfigurationError
        The run has no outcome, the scorecard reads what the run does not compute, or `write` would overwrite something
        that is no version of the scorecard.
    InputError
        A source breaks its contract.
    """
    run = run if isinstance(run, Run) else load_run(run, data=data, out=out)
    if scorecard is not None:
        run = run.model_copy(update={"scorecard": load_scorecard(scorecard)})
    card = run.scorecard
    text = None if card is None else _text(card)
    target = None if write is None or card is None else target_of(write, card)
    with progress("checking sources"):
        tables = open_tables(run)
    with tables:
        need_features(run, tables)
        books = read_books(run, tables, progress)
        inputs = {name: report.fingerprint for name, report in tables.reports.items()}
        identity = run_identity(run, "recalibrate", inputs)
        with progress("judging the weights"):
            weighed = _weighed(books, card)
            proposal = _proposal(weighed, card, text, identity)
            result = _result(books, weighed, proposal)
        outcomes = outcome_table(books, weighed, progress)
        result |= {"outcomes": outcomes, "outcome_sentences": outcome_sentences(outcomes)}
        result |= {"data": data_section(tables, weighed.book), "warnings": _warnings(tables, result)}
    written = target if proposal is not None else None
    result |= {"identity": identity, "writing": _writing(result, write, written)}
    clean: dict[str, Any] = plain(result)
    made_of = run_record(
        run,
        "recalibrate",
        identity,
        inputs,
        arguments={"write": target is not None},
        texts={} if text is None else {"scorecard": text},
        places={} if card is None else {"scorecard": origin_of(card)} | ({} if target is None else {"write": target}),
    )
    _publish(run, made_of, clean, proposal, written, progress)
    directory = attempt_of(run.out, "recalibrate", identity)
    with progress("recording the run"):
        _record(run, identity, inputs, clean, directory)
    return Recalibration(directory, clean | {"directory": str(directory)}, written)


def _text(card: Scorecard) -> str:
    try:
        return origin_of(card).read_bytes().decode("utf-8")
    except OSError as error:
        raise ConfigurationError(f"{card.path} cannot be read: {error.strerror}", "mend the path") from None


def _weighed(books: Books, card: Scorecard | None) -> Weighed:
    book = books.book(books.names[0])
    if card is None:
        return weigh_learned(book)
    since = None if card.provenance is None else day_of(card.provenance.data_end)
    return weigh_variants(book, later_than=since)


def _proposal(weighed: Weighed, card: Scorecard | None, text: str | None, identity: str) -> Proposal | None:
    """The recommended scorecard, where weights are to change."""
    recommended = None if card is None else recommendation(card, weighed)
    if card is None or text is None or recommended is None:
        return None
    provenance = provenance_of(card, weighed, identity, recommended.touched)
    new = rewritten(text, recommended.weights, provenance, recommended.variants)
    diff = difference(text, new, origin_of(card).name)
    return Proposal(recommended, new, text, diff, provenance.model_dump(mode="json"))


def _result(books: Books, weighed: Weighed, proposal: Proposal | None) -> dict[str, Any]:
    run, card = books.run, books.run.scorecard
    words = words_of(run.need_outcome().kind)
    as_it_is = None if card is None else card_as_it_is(card, weighed)
    alone = _alone(weighed) if as_it_is is None else {k: v["alone"] for k, v in as_it_is["components"].items()}
    weighing = weighing_of(weighed, None if proposal is None else proposal.recommended, alone, words)
    return {
        "run": run.name,
        "title": run.title or run.name,
        "outcome": outcome_section(run, words),
        "scorecard": None if card is None else about_card(card) | {"as_it_is": as_it_is},
        **weighing,
        "gate": _gate(card, weighed),
        "list_capacity": run.report.capacity,
        "recommended": None
        if proposal is None
        else {**proposal.recommended.as_dict(), "diff": proposal.diff, "provenance": proposal.provenance},
    }


def _alone(weighed: Weighed) -> dict[str, dict[str, Any]]:
    """What every learned component is worth alone; nothing where none was learned."""
    if not weighed.rows.s.any():
        return {}
    run, rows = weighed.book.run, weighed.rows
    everywhere = np.ones(rows.s.shape, np.bool_)  # a learned component makes points of what is missing, too
    return alone_figures(rows, everywhere, resamples=run.report.resamples, seed=run.seed)


def _gate(card: Scorecard | None, weighed: Weighed) -> dict[str, Any]:
    """From when on dates may test weights: what shaped them, or the points that they are of, may not."""
    if weighed.learned is not None:
        day = iso(weighed.learned)
        said = f"The points of each component were learned on what was known by {day}, and are judged on later dates."
        return {"not_before": day, "sentence": said}
    if card is None or card.provenance is None:
        return {"not_before": None, "sentence": None}
    since = card.provenance.data_end
    return {
        "not_before": since.isoformat(),
        "sentence": f"The weights in force come from a recalibration on history before {since}: only as-of dates from "
        f"then on test new ones, and the data end before {iso(weighed.book.data_end)}.",
    }


def _warnings(tables: Tables, result: Mapping[str, Any]) -> list[str]:
    said = [str(finding) for report in tables.reports.values() for finding in report.warnings]
    words = result["outcome"]["words"]
    return [*said, *weighing_warnings(result, words), *variant_warnings(result, words)]


def _writing(result: Mapping[str, Any], asked: str | Path | None, written: Path | None) -> dict[str, Any]:
    """What `--write` did, or why it did nothing."""
    if asked is None:
        return {"asked": False, "file": None, "why_not": None}
    if written is not None:
        return {"asked": True, "file": str(written), "why_not": None}
    if result["scorecard"] is None:
        why = "the run names no scorecard, so there is none to write other weights into"
    else:
        why = "the scorecard in force stays as it is" if result["decision"] == "keep" else "there is no evidence"
    return {"asked": True, "file": None, "why_not": why}


def _publish(
    run: Run,
    made_of: Mapping[str, Any],
    result: Mapping[str, Any],
    proposal: Proposal | None,
    target: Path | None,
    progress: Progress,
) -> None:
    """Write the results and, last of all, the scorecard where it was asked for: both, or neither."""
    from healthscore.pipelines.recalibration.page import render_recalibration
    from healthscore.pipelines.report import write_report

    with run_directory(run.out, "recalibrate", made_of["identity"], record=made_of) as directory:
        write_json(directory / "result.json", result)
        if proposal is not None:
            (directory / CARD).write_bytes(proposal.text.encode("utf-8"))
            (directory / DIFF).write_text(proposal.diff, encoding="utf-8", newline="")
        with progress("writing the report"):
            write_report(render_recalibration(result), directory / "report.html")
        if target is not None and proposal is not None:
            _put(target, proposal, run.scorecard)


def _put(target: Path, proposal: Proposal, card: Scorecard | None) -> None:
    if card is not None and target == origin_of(card) and _text(card) != proposal.replaces:
        raise ConfigurationError(f"{target} was edited while its weights were judged", "run it again")
    replace_file(target, proposal.text)


def _record(run: Run, identity: str, inputs: Mapping[str, str], result: Mapping[str, Any], directory: Path) -> None:
    parts, card = result["components"], result["scorecard"]
    parameters = {"seed": run.seed, "decision": result["decision"], "why": result["why"]}
    parameters["scorecard"] = None if card is None else card["name"]
    parameters |= {f"handcrafted.{name}": one["handcrafted"] for name, one in parts.items()}
    parameters |= {f"recommended.{name}": one["recommended"] for name, one in parts.items()}
    parameters |= {f"variant.{name}": one["decision"] for name, one in result["variants"].items()}
    gain = result["gain"]
    figures = {
        "exiting_accounts": result["exiting_accounts"],
        "gain.log_loss": gain["log_loss"]["estimate"],
        "gain.log_loss_bound": gain["log_loss"]["bound"],
        **{f"skill.{name}": one["estimate"] for name, one in result["skill"].items()},
        **{f"validated.{name}": one["validated"]["estimate"] for name, one in parts.items()},
        **{f"gain.{name}": gain[name]["difference"]["estimate"] for name in ("churners", "revenue") if gain.get(name)},
    }
    metrics = {name: float(value) for name, value in figures.items() if value is not None}
    record(
        run,
        "recalibrate",
        identity,
        parameters=parameters,
        metrics=metrics,
        per_origin={},
        inputs=inputs,
        artifacts=directory,
    )
