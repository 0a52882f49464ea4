"""A first run for a company's own tables: looked at, mapped, and written as one commented file to start from."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from healthscore.config import load_run
from healthscore.errors import ConfigurationError, InputError
from healthscore.pipelines.proposals.exports import look_for_copies
from healthscore.pipelines.proposals.inventory import Inventory, find_files, take_inventory
from healthscore.pipelines.proposals.keys import find_key
from healthscore.pipelines.proposals.mapping import map_tables
from healthscore.pipelines.proposals.offsets import anchor_offsets
from healthscore.pipelines.proposals.outcomes import propose_calendar, propose_outcome
from healthscore.pipelines.proposals.signals import propose_signals
from healthscore.pipelines.proposals.text import Proposal, render
from healthscore.pipelines.proposals.vocabulary import words
from healthscore.pipelines.publish import plain


@dataclass(frozen=True)
class Initialised:
    """The file written, and what it proposes.

    Attributes
    ----------
    path
        The run's TOML.
    result
        The JSON object of the command: path, name, data, timezone, data_end, outcome, windows, as_of, sources, signals,
        questions, left_out.
    """

    path: Path
    result: dict[str, Any]


def initialise(
    tables: str | Path | Sequence[str | Path], out: str | Path = "healthscore.toml", force: bool = False
) -> Initialised:
    """Look at Parquet and CSV files, and write a commented run for them.

    Names propose and values decide: the account's id is the column whose values the tables share, times are what reads
    as time, the horizon follows from the gaps between events. What the tables cannot say (a time zone, the order of day
    and month, what a day offset counts from) is written with `CONFIRM` beside it and listed under `questions`.

    Parameters
    ----------
    tables
        Files, or directories of files.
    out
        The file to write.
    force
        Replace `out` if it exists.

    Raises
    ------
    ConfigurationError
        `out` exists, or cannot be written.
    InputError
        A file is missing or of another kind, or no table has both an account's id and a time.
    """
    target = Path(out).expanduser().resolve()
    if target.is_dir():
        target = target / "healthscore.toml"
    if target.exists() and not force:
        raise ConfigurationError(f"{target} is there already", "use --force to replace it, or --out for another place")
    files = find_files([tables] if isinstance(tables, (str, Path)) else tables)
    inventory = take_inventory(files)
    try:
        proposal = _propose(inventory, target, files)
    finally:
        inventory.engine.close()
    _write(target, render(proposal))
    return Initialised(target, _result(target, proposal))


def _propose(inventory: Inventory, target: Path, files: Sequence[Path]) -> Proposal:
    key = find_key(inventory)
    questions = anchor_offsets(inventory, key.columns)
    mapping = map_tables(inventory, key)
    if not mapping.sources:
        reasons = [f"{out.table.name}: {out.reason}" for out in mapping.left_out]
        reasons += [f"{name}: {reason}" for name, reason in inventory.unreadable.items()]
        raise InputError(
            "no table can be used:\n  " + "\n  ".join(reasons),
            "a score needs a history: tables in which an account's id and a time stand in every row",
        )
    for source in mapping.of("events"):
        look_for_copies(inventory, source)
    outcome = propose_outcome(inventory, mapping)
    calendar = propose_calendar(mapping, outcome)
    signals, further = propose_signals(inventory, mapping)
    data, foreign = _data(files)
    asked = [
        *questions,
        *mapping.questions,
        *(q for s in mapping.sources for q in s.questions),
        *calendar.questions,
        *foreign,
    ]
    return Proposal(
        name=_name(target, data),
        data=data,
        root=_root(data, target.parent),
        mapping=mapping,
        outcome=outcome,
        calendar=calendar,
        signals=signals,
        further=further,
        questions=list(dict.fromkeys(asked)),
        unreadable=inventory.unreadable,
    )


def _data(files: Sequence[Path]) -> tuple[Path, list[str]]:
    """Root of the sources: HEALTHSCORE_DATA where the files lie under it, since it wins over the run's own root."""
    common = Path(os.path.commonpath([str(path.parent) for path in files]))
    declared = os.environ.get("HEALTHSCORE_DATA")
    if not declared:
        return common, []
    root = Path(declared).expanduser().resolve()
    if common.is_relative_to(root):
        return root, []
    return common, [
        "HEALTHSCORE_DATA is set and wins over `data`, but these tables lie elsewhere: unset it for this run."
    ]


def _root(data: Path, beside: Path) -> str:
    """The data's directory as the file names it: relative where both lie under one directory."""
    relative = os.path.relpath(data, beside)
    far = len(Path(os.path.commonpath([data, beside])).parts) <= 1
    return data.as_posix() if far else Path(relative).as_posix()


def _name(target: Path, data: Path) -> str:
    """A run's name: the file's own, else that of its directory, else that of the data."""
    stems = (target.stem if target.stem != "healthscore" else "", target.parent.name, data.name)
    for stem in stems:
        name = "_".join(word for word in words(stem) if word.isascii())[:40]
        if name and name not in ("data", "tables"):
            return name if name[0].isalpha() else f"run_{name}"
    return "first"


def _write(target: Path, text: str) -> None:
    """Write the file whole or not at all, after making sure that it loads."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".healthscore-", suffix=".toml", dir=target.parent)
    except OSError as error:
        raise ConfigurationError(f"{target} cannot be written: {error.strerror}", "choose another --out") from None
    partial = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        load_run(partial)
        partial.chmod(0o644)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _result(target: Path, proposal: Proposal) -> dict[str, Any]:
    calendar, outcome = proposal.calendar, proposal.outcome
    result = {
        "path": str(target),
        "name": proposal.name,
        "data": str(proposal.data),
        "timezone": "UTC",
        "data_end": calendar.data_end,
        "outcome": None if outcome is None else {**outcome.keys, "why": outcome.sentence},
        "windows": list(calendar.windows),
        "as_of": {"first": calendar.first, "last": calendar.last, "every": calendar.every},
        "sources": {
            source.name: {
                "contract": source.contract,
                "files": [str(path) for path in source.table.paths],
                "rows": source.table.rows,
                "columns": source.columns,
                "attributes": source.attributes,
                "where": " and ".join(text for text, _ in source.where) or None,
                "settings": {key: value for key, value in source.settings.items() if key != "lookup"},
                "left_out": source.left_out,
            }
            for source in proposal.mapping.sources
        },
        "signals": {
            s.name: {
                "source": s.source,
                "component": s.component,
                "families": list(s.families),
                "where": s.where or None,
                "favourable_from": s.sides and s.sides[0],
                "unfavourable_to": s.sides and s.sides[1],
            }
            for s in proposal.signals
        },
        "questions": proposal.questions,
        "left_out": {out.table.name: out.reason for out in proposal.mapping.left_out} | dict(proposal.unreadable),
    }
    checked: dict[str, Any] = plain(result)
    return checked
