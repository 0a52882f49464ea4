"""A proposal as one commented TOML file."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Mapped
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from healthscore.pipelines.proposals.inventory import TableFacts
from healthscore.pipelines.proposals.mapping import Mapping
from healthscore.pipelines.proposals.outcomes import Calendar, OutcomeProposal
from healthscore.pipelines.proposals.signals import SPARSE, SignalProposal
from healthscore.pipelines.proposals.sources import SourceProposal

WIDTH = 110


@dataclass(frozen=True)
class Proposal:
    """Everything that `init` proposes.

    Attributes
    ----------
    data
        Root of the sources; `root` as the file writes it.
    further
        Signals that are written commented out.
    unreadable
        File -> why it could not be opened.
    """

    name: str
    data: Path
    root: str
    mapping: Mapping
    outcome: OutcomeProposal | None
    calendar: Calendar
    signals: list[SignalProposal]
    further: list[SignalProposal]
    questions: list[str]
    unreadable: Mapped[str, str]


def render(proposal: Proposal) -> str:
    """The run's TOML."""
    parts = [
        _head(proposal),
        _as_of(proposal.calendar),
        _outcome(proposal.outcome),
        _features(proposal),
        *(_source(source, proposal.data) for source in proposal.mapping.sources),
        *(_signal(signal, proposal.calendar.windows) for signal in proposal.signals),
        *(_commented(_signal(signal, proposal.calendar.windows)) for signal in proposal.further),
        _left_out(proposal),
    ]
    return "\n".join("\n".join(part) + "\n" for part in parts if part)


def value_of(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapped):
        return "{ " + ", ".join(f"{key} = {value_of(item)}" for key, item in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(value_of(item) for item in value) + "]"
    text = str(value)
    printable = all(letter.isprintable() for letter in text)
    if '"' in text and "'" not in text and printable:
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=not printable)


def _line(key: str, value: object, comment: str = "") -> str:
    line = f"{key} = {value_of(value)}"
    return f"{line:<30} # {_one_line(comment)}" if comment else line


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _wrapped(text: str, first: str = "# ", later: str = "# ") -> list[str]:
    return (
        textwrap.wrap(_one_line(text), WIDTH, initial_indent=first, subsequent_indent=later, break_long_words=False)
        or []
    )


def _commented(lines: Iterable[str]) -> list[str]:
    return [f"# {line}" if line else "#" for line in lines]


def _head(proposal: Proposal) -> list[str]:
    tables = len(proposal.mapping.sources) + len(proposal.mapping.left_out)
    lines = [
        f"# A run proposed by `healthscore init` after a look at {tables} table{'s' if tables != 1 else ''}. "
        "Every line is a proposal: change what"
    ]
    lines.append("# is not so, then `healthscore check`. Lines that begin with # are off.")
    if proposal.questions:
        lines += ["#", "# What the tables cannot say, and you can:"]
        for number, question in enumerate(proposal.questions, start=1):
            lines += _wrapped(question, f"#  {number}. ", "#     ")
    lines += ["", _line("name", proposal.name), _line("data", proposal.root, "where the tables lie, from this file")]
    lines.append(_line("timezone", "UTC", "CONFIRM: a day begins at midnight of this zone"))
    lines.append(_line("data_end", proposal.calendar.data_end, proposal.calendar.why.get("data_end", "")))
    return lines


def _as_of(calendar: Calendar) -> list[str]:
    return [
        "# Dates at which accounts are scored and the score is later held against what happened.",
        "[as_of]",
        _line("first", calendar.first, calendar.why.get("first", "")),
        _line("last", calendar.last, calendar.why.get("last", "")),
        _line("every", calendar.every),
    ]


def _outcome(outcome: OutcomeProposal | None) -> list[str]:
    if outcome is None:
        return [
            "# No table says who left: neither contracts nor a history of events. Without an outcome nothing "
            "can be trained.",
            "# [outcome]",
            '# kind = "churn"',
            '# source = "subscriptions"',
            "# horizon_days = 60",
        ]
    lines = [*_wrapped(f"What is predicted. {outcome.sentence[:1].upper()}{outcome.sentence[1:]}."), "[outcome]"]
    return lines + [_line(key, value, outcome.why.get(key, "")) for key, value in outcome.keys.items()]


def _features(proposal: Proposal) -> list[str]:
    return ["[features]", _line("windows", proposal.calendar.windows, "days looked back from each date")]


def _source(source: SourceProposal, data: Path) -> list[str]:
    table = source.table
    paths = [_from(path, data) for path in table.paths]
    lines = [f"# {table.rows:,} rows.", f"[sources.{source.name}]", _line("contract", source.contract)]
    lines.append(_line("path", paths[0] if len(paths) == 1 else paths))
    for key, value in source.settings.items():
        if key == "lookup" and isinstance(value, Mapped):
            value = [{**value, "path": _from(Path(str(value["path"])), data)}]
        lines.append(_line(key, value, source.why.get(key, "")))
    if source.where:
        lines.append(
            _line("where", " and ".join(text for text, _ in source.where), "; ".join(why for _, why in source.where))
        )
    lines += [f"# {_line(*suggestion)}" for suggestion in source.suggestions]
    lines += ["", f"[sources.{source.name}.columns]"]
    lines += [_line(key, value, source.why.get(key, "")) for key, value in source.columns.items()]
    if source.attributes:
        lines += ["", f"[sources.{source.name}.attributes]"]
        lines += [_line(key, value) for key, value in source.attributes.items()]
    if source.left_out:
        lines.append("# Left out:")
        lines += [f"#   {_one_line(column)}: {reason}" for column, reason in source.left_out.items()]
    return lines


def _from(path: Path, data: Path) -> str:
    return path.relative_to(data).as_posix() if path.is_relative_to(data) else path.as_posix()


def _signal(signal: SignalProposal, windows: Sequence[int]) -> list[str]:
    lines = [
        f"[signals.{signal.name}]",
        _line("source", signal.source),
        _line("component", signal.component),
        _line("label", signal.label),
    ]
    if signal.where:
        lines.append(_line("where", signal.where))
    lines.append(_line("families", list(signal.families)))
    if signal.sides is not None:
        lines.append(_line("favourable_from", signal.sides[0], "nine and ten recommend, six and less do not"))
        lines.append(_line("unfavourable_to", signal.sides[1]))
    longer = [window for window in windows if window >= SPARSE]
    if signal.sparse and longer and len(longer) < len(windows):
        lines.append(_line("windows", longer))
    return lines + [f"# {_line(*suggestion)}" for suggestion in signal.suggestions]


def _left_out(proposal: Proposal) -> list[str]:
    tables: list[tuple[str, str, TableFacts | None]] = [
        (out.table.name, out.reason, out.table) for out in proposal.mapping.left_out
    ]
    tables += [(file, f"could not be opened: {reason}", None) for file, reason in proposal.unreadable.items()]
    if not tables:
        return []
    lines = ["# Tables that are not used."]
    for name, reason, table in tables:
        lines += _wrapped(f"{name}: {reason}.", "#  - ", "#    ")
        if table is not None:
            lines += _wrapped(f"columns: {', '.join(column.name for column in table.columns)}", "#    ", "#    ")
    return lines
