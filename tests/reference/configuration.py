"""Every table and key of a run's TOML and of a scorecard's, from the models that read them."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic.fields import FieldInfo

from healthscore.config import Run, Scorecard
from healthscore.config.addresses import Address, Secret
from healthscore.config.places import Paths, Table
from healthscore.config.section import ColumnName, Expression, Name, Section, Window
from reference.text import HEAD, paragraphs, parted, table

INTRODUCTION = (
    "A run is one TOML file, `healthscore.toml` beside the tables unless it is named otherwise; `healthscore init` "
    "writes a commented one. Paths are relative to the file that they stand in, a source's `path` to the run's `data`. "
    "Unknown keys are errors that name the nearest known one. A key that is *required* has to be there; one without a "
    "default says nothing when it is left out."
)
INCLUDE = (
    "`include`",
    "list of files",
    "",
    "Files whose keys are taken over; what stands in the file itself wins. `healthscore:features/saas.toml` is a file "
    "that comes with the package.",
)
ALIASES: list[tuple[object, str]] = [
    (Name, "name"),
    (ColumnName, "column"),
    (Expression, "expression"),
    (Window, "days, 1 to 3660, or `all`"),
    (Address, "address"),
    (Secret, "where it is kept"),
    (Paths, "file, or list of files"),
    (Table, "table of the database"),
]
"""Annotations that sections share, in words."""
WORDS: dict[object, str] = {bool: "true or false", int: "whole number", float: "number", str: "text", date: "date",
                            Path: "path"}  # fmt: skip
PAGES = {
    "sources": "signals.md#what-a-source-may-say", "panel": "signals.md#a-ready-made-panel", "features": "signals.md",
    "signals": "signals.md#what-a-signal-may-say", "combinations": "signals.md#combinations", "outcome": "outcomes.md",
    "outcomes": "weights.md", "model": "choice.md", "model.trees": "tuning.md", "score": "method.md#what-points-mean",
    "playbooks": "playbooks.md", "worklist": "playbooks.md", "path_to_green": "playbooks.md", "trend": "trend.md",
    "tracking": "mlflow.md", "deliveries": "delivery.md", "checks": "data-quality.md",
}  # fmt: skip
"""Where a table of the run is told at length."""
ELSEWHERE = {("Run", "path"), ("Scorecard", "path")}
"""Fields that are no keys: where the file was read from."""


def page() -> str:
    """The page of the configuration."""
    lines = [HEAD, "# Configuration", "", INTRODUCTION, "", "## A run", ""]
    lines += ["Names are made of small letters, digits and underscores, and begin with a letter.", ""]
    lines += table(("key", "holds", "default", "means"), [INCLUDE, *_rows(Run, "")])
    shown: dict[type[Section], str] = {}
    for path, section in dict.fromkeys(_sections(Run, "")):
        lines += _section(path, section, shown, PAGES.get(path.replace(".NAME", "")))
    lines += ["## A scorecard", "", "A file of its own, named by the run's `scorecard` or by `--scorecard`; how it is "
              "written is told on the page about [scorecards](../scorecards.md).", ""]  # fmt: skip
    lines += table(("key", "holds", "default", "means"), [INCLUDE, *_rows(Scorecard, "scorecard: ")])
    for path, section in dict.fromkeys(_sections(Scorecard, "scorecard: ")):
        lines += _section(path, section, shown, None)
    return "\n".join(lines)


def _section(path: str, section: type[Section], shown: dict[type[Section], str], told: str | None) -> list[str]:
    """A table of the TOML; where one with the same keys was `shown` before, only where."""
    heading = _heading(path)
    lines = [f"### {heading}", ""]
    if section in shown:
        return [*lines, f"The keys of [{shown[section]}](#{slug(shown[section])}).", ""]
    shown[section] = heading
    lines += [line for block in paragraphs(parted(inspect.getdoc(section) or "")[""]) for line in (block, "")]
    lines += table(("key", "holds", "default", "means"), _rows(section, path))
    return [*lines, f"More: [{Path(told.partition('#')[0]).stem}](../{told})", ""] if told else lines


def _heading(path: str) -> str:
    """A table of the TOML as it is written; of a scorecard, with the word before it."""
    where, _, inner = path.rpartition(": ")
    double = inner.startswith("[")
    shown = f"`[[{inner[1:]}]]`" if double else f"`[{inner}]`"
    kind = inner.rpartition("=")[2]
    if "=" in inner:
        shown = f'`[{inner.partition("=")[0]}]` with `kind = "{kind}"`'
    return f"{shown} of a {where}" if where else shown


def slug(heading: str) -> str:
    """The anchor of a heading, as forges and the site make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _sections(model: type[Section], prefix: str) -> Iterator[tuple[str, type[Section]]]:
    """Every table below one, with the words that head it: `score.anchor`, `[sources.NAME.lookup` for a list."""
    hints = get_type_hints(model, include_extras=True)
    where, _, parent = prefix.rpartition(": ")
    for name in model.model_fields:
        if (model.__name__, name) == ("Run", "scorecard"):
            continue
        inner = _within(hints[name])
        for section in inner:
            path = ".".join(part for part in (parent.removeprefix("[").partition("=")[0], name) if part)
            path += ".NAME" if _is_table_of(hints[name]) else ""
            path += f"={_kind(section)}" if len(inner) > 1 and _kind(section) else ""
            listed = "[" if _is_list(hints[name]) else ""
            whole = f"{where}: {listed}{path}" if where else f"{listed}{path}"
            yield whole, section
            yield from _sections(section, whole)


def _within(hint: object) -> list[type[Section]]:
    """Sections that an annotation holds, outermost only."""
    if isinstance(hint, type) and issubclass(hint, Section):
        return [hint]
    return [section for inner in get_args(hint) for section in _within(inner)]


def _is_table_of(hint: object) -> bool:
    return get_origin(hint) is dict


def _is_list(hint: object) -> bool:
    return get_origin(hint) is tuple


def _kind(section: type[Section]) -> str:
    kind = section.model_fields.get("kind")
    return str(get_args(kind.annotation)[0]) if kind is not None and get_origin(kind.annotation) is Literal else ""


def _rows(model: type[Section], path: str) -> Iterator[tuple[str, str, str, str]]:
    """A row per key: how it is called, what it holds, its default, what it means."""
    hints = get_type_hints(model, include_extras=True)
    said = meanings(model)
    for name, field in model.model_fields.items():
        if (model.__name__, name) in ELSEWHERE:
            continue
        holds = "scorecard's name, or file" if (model.__name__, name) == ("Run", "scorecard") else _holds(hints[name])
        limits = "" if get_origin(hints[name]) is Annotated else _limits(field)  # said by `_holds` already
        yield f"`{name}`", f"{holds}, {limits}" if limits else holds, _default(field, name, model), said[name]


def _holds(hint: Any) -> str:
    """An annotation in words."""
    for alias, words in ALIASES:
        if hint == alias:
            return words
    if isinstance(hint, type) and issubclass(hint, Section):
        return "table"
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        limits = _limits(FieldInfo.from_annotation(hint))
        words = "table" if _within(hint) else _holds(inner[0])
        return f"{words}, {limits}" if limits else words
    if origin is Literal:
        return _either([f"`{one}`" for one in inner])
    if origin in (Union, UnionType):
        return _either(list(dict.fromkeys(_holds(one) for one in inner if one is not NoneType)))
    if origin is dict:
        return "tables by name" if _within(inner[1]) else f"{_holds(inner[0])} = {_holds(inner[1])}"
    if origin is tuple:
        return f"{'list' if inner[-1] is Ellipsis else 'pair'} of {_several(inner[0])}"
    return WORDS[hint]


def _several(hint: Any) -> str:
    """An annotation in words, for more than one."""
    first, comma, rest = _holds(hint).partition(", ")
    head, of, tail = first.partition(" of ")
    plural = head if head.endswith("s") or "`" in head else f"{head}s"
    return f"{plural}{of}{tail}{comma}{rest}"


def _either(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


def _limits(field: FieldInfo) -> str:
    """From where to where a number may go, and how many things a list needs."""
    found = {key: getattr(one, key) for one in field.metadata for key in ("ge", "gt", "le", "lt") if hasattr(one, key)}
    if {"ge", "le"} <= found.keys():
        return f"{found['ge']:g} to {found['le']:g}" if found["le"] < 10_000 else f"{found['ge']:g} to {found['le']:,}"
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    return " and ".join(f"{words[key]} {limit:,}" for key, limit in found.items())


def _default(field: FieldInfo, name: str, model: type[Section]) -> str:
    """The default as TOML writes it; nothing where leaving the key out says nothing."""
    if field.is_required() and (model, name) not in {(Run, "name"), (Run, "data"), (Run, "out"), (Scorecard, "name")}:
        return "*required*"
    default = field.get_default(call_default_factory=True) if not field.is_required() else None
    if default in (None, (), {}, "") or isinstance(default, Section):
        return ""
    return f"`{json.dumps(default, ensure_ascii=False)}`"


@cache
def meanings(model: type[Section]) -> dict[str, str]:
    """What each key means: the string after its declaration, in the class or in one that it extends."""
    found: dict[str, str] = {}
    for owner in reversed(model.__mro__):
        if not (issubclass(owner, Section) and owner is not Section):
            continue
        (made,) = ast.parse(inspect.getsource(owner)).body
        assert isinstance(made, ast.ClassDef)
        for declared, after in zip(made.body, made.body[1:], strict=False):
            if isinstance(declared, ast.AnnAssign) and isinstance(declared.target, ast.Name):
                value = after.value if isinstance(after, ast.Expr) else None
                if isinstance(value, ast.Constant):
                    found[declared.target.id] = str(value.value)
    return found
