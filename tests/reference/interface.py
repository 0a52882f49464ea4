"""The public names of the package: signatures, and docstrings as Markdown."""

from __future__ import annotations

import inspect
import re
from functools import cached_property
from typing import Any

import healthscore
from reference.text import HEAD, coded, entries, paragraphs, parted, plain, table

GROUPS = {
    "A run": ("load_run", "load_scorecard", "simulate", "initialise", "check", "panel"),
    "Weights and scores that are there already": ("validate", "validate_run", "recalibrate"),
    "Models": ("backtest", "train", "tune", "promote", "rollback", "versions"),
    "Scores": ("score", "score_dates", "explain", "open_book", "deliver", "audit"),
    "Figures": ("plot_history", "plot_drivers", "plot_bands", "plot_capture", "plot_calibration", "plot_dates",
                "plot_weights"),
    "What lies in the results": ("list_runs", "verify_runs", "clean_runs", "compare_runs", "reproduce", "share",
                                 "forget", "synchronise"),
}  # fmt: skip
"""Where a function is told; what is named nowhere is told at the end."""
SHARED = {
    "run": "a run, its TOML file, or the name of a shipped one; `./healthscore.toml` when None",
    "data": "root of the sources, in place of the run's own",
    "out": "where results go, in place of the run's own",
    "progress": "a function from the name of each step to a context manager around it; silent unless given",
}
"""Parameters that mean the same wherever a docstring is silent about them."""
INTRODUCTION = (
    "Every command of the command line is a function here. Names are loaded when they are first used, so that "
    "`import healthscore` costs nothing. What a function gives back shows itself in a notebook; its `result` is the "
    "JSON object of the command ([results](../results.md))."
)


def page() -> str:
    """The page of the Python API."""
    lines = [HEAD, "# Python API", "", INTRODUCTION, "", "Many functions share these parameters:", ""]
    lines += table(("parameter", "means"), [(f"`{name}`", meaning) for name, meaning in SHARED.items()])
    named = [name for names in GROUPS.values() for name in names]
    functions = [name for name in healthscore.__all__ if inspect.isfunction(getattr(healthscore, name))]
    groups = GROUPS | {"Further functions": tuple(name for name in functions if name not in named)}
    for title, names in groups.items():
        if names:
            lines += [f"## {title}", ""]
        for name in names:
            lines += _function(name, getattr(healthscore, name))
    return "\n".join([*lines, *_results(functions), *_classes(functions)])


def _function(name: str, function: Any) -> list[str]:
    parts = parted(inspect.getdoc(function) or "")
    lines = [f"### {name}", "", "```python", *_signature(name, function), "```", ""]
    lines += _spaced(paragraphs(parts[""]))
    if given := entries(parts.get("Parameters", "")):
        lines += [*(f"- {coded(names)}: {_lower(meaning)}" for names, meaning in given), ""]
    if raised := entries(parts.get("Raises", "")):
        told = "; ".join(f"{coded(names)}: {_lower(meaning).rstrip('.')}" for names, meaning in raised)
        lines += [f"Raises {told}.", ""]
    return lines


def _signature(name: str, function: Any) -> list[str]:
    """The definition as Python has it: on one line where it fits, else a parameter on each."""
    signature = inspect.signature(function)
    shown = [_parameter(one) for one in signature.parameters.values()]
    star = next((at for at, one in enumerate(signature.parameters.values()) if one.kind is one.KEYWORD_ONLY), None)
    if star is not None:
        shown.insert(star, "*")
    end = f") -> {signature.return_annotation}: ..."
    whole = f"def {name}({', '.join(shown)}{end}"
    return [whole] if len(whole) <= 88 else [f"def {name}(", *(f"    {one}," for one in shown), end]


def _parameter(parameter: inspect.Parameter) -> str:
    default = parameter.default
    text = f"{parameter.name}: {parameter.annotation}"
    if default is parameter.empty:
        return text
    return f"{text} = {default.__name__ if inspect.isfunction(default) else repr(default)}"


def _results(functions: list[str]) -> list[str]:
    """What functions give back: the classes of their results, with what these hold."""
    found: dict[str, Any] = {}
    for name in functions:
        function = inspect.unwrap(getattr(healthscore, name))
        for word in re.findall(r"\w+", str(inspect.signature(function).return_annotation)):
            given = function.__globals__.get(word)
            if (
                inspect.isclass(given)
                and given.__module__.startswith("healthscore.")
                and word not in healthscore.__all__
            ):
                found[word] = given
    lines = ["## What functions give back", ""]
    for name in sorted(found):
        lines += [f"### {name}", "", *_held(found[name])]
    return lines


def _held(given: Any) -> list[str]:
    """The docstring of a class, its attributes, and what is read when it is asked for."""
    parts = parted(inspect.getdoc(given) or "")
    lines = _spaced(paragraphs(parts[""]))
    told = [f"- {coded(names)}: {_lower(meaning)}" for names, meaning in entries(parts.get("Attributes", ""))]
    for name, member in vars(given).items():
        asked = (
            member.func
            if isinstance(member, cached_property)
            else member.fget
            if isinstance(member, property)
            else None
        )
        if asked is not None and not name.startswith("_"):
            told.append(f"- `{name}`: {_lower(_summary(asked))}")
    return [*lines, *told, *([""] if told else [])]


def _classes(functions: list[str]) -> list[str]:
    """The public classes: the run, and what is raised."""
    errors = [name for name in healthscore.__all__ if name not in functions and name != "Run"]
    rows = [(f"`{name}`", str(getattr(healthscore, name).exit_code), _first(name)) for name in errors]
    lines = ["## What is raised", "", "Every error says what was found, where, and what to do (`what`, `remedy`).", ""]
    lines += table(("class", "exit code of the command", "means"), rows)
    lines += ["## Run", "", _first("Run"), ""]
    return [*lines, "Its attributes are the [keys of a run](configuration.md#a-run).", ""]


def _first(name: str) -> str:
    return paragraphs(inspect.getdoc(getattr(healthscore, name)) or "")[0]


def _summary(function: Any) -> str:
    """What a docstring says before its sections."""
    return " ".join(paragraphs(parted(inspect.getdoc(function) or "")[""]))


def _lower(text: str) -> str:
    """For the middle of a sentence, where it does not begin with a name or an abbreviation."""
    return (
        text[0].lower() + text[1:] if text[:1].isupper() and (text[1:2].islower() or text[1:2] == " ") else plain(text)
    )


def _spaced(blocks: list[str]) -> list[str]:
    return [line for block in blocks for line in (block, "")]
