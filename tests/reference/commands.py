"""Every command and option, from the command line itself."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from healthscore.cli.application import application
from reference.text import HEAD, paragraphs, table

BRACKETS = re.compile(r"\s+\[((?:default|required|x[<>])[^\]]*)\]$")
"""What help says after an option: its default, its range, whether it has to be there."""


def page() -> str:
    """The page of the commands."""
    root: Any = get_command(application)
    lines = [HEAD, "# Commands", "", *_blank(paragraphs(root.help)), _shared(), ""]
    commands = list(leaves(root, "healthscore"))
    lines += table(("command", "does"), [(_link(name), _first(command)) for name, command in commands])
    lines += ["## Options of the program", ""]
    lines += table(("option", "means"), [_option(param, root)[::2] for param in root.params])
    for name, command in commands:
        lines += _command(name, command)
    codes = [one.strip(" .").split(" ", 1) for one in root.epilog.removeprefix("Exit codes:").split(";")]
    lines += ["## Exit codes", "", *table(("code", "means"), codes)]
    lines += [
        "What a scheduler does with each is told on the page about [scheduling](../scheduling.md#exit-codes).",
        "",
    ]
    return "\n".join(lines)


def _shared() -> str:
    return (
        "`RUN` is a TOML file, a folder that holds a `healthscore.toml`, or the name of a shipped run; "
        "`./healthscore.toml` when none is named. `healthscore COMMAND --help` tells what stands here."
    )


def leaves(group: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Every command that does something, with the words that call it."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from leaves(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


def _command(name: str, command: Any) -> list[str]:
    said = paragraphs(inspect.cleandoc(command.help or ""))
    arguments = [param for param in command.params if param.opts[0] == param.name]
    options = [param for param in command.params if param not in arguments]
    words = " ".join([name, *(_argument(param) for param in arguments), *(["[OPTIONS]"] if options else [])])
    lines = [f"## {name}", "", f"`{words}`", "", *_blank(said)]
    if arguments:
        lines += table(("argument", "means"), [(f"`{_argument(one)}`", _words(one.help)) for one in arguments])
    if options:
        lines += table(("option", "default", "means"), [_option(param, command) for param in options])
    return lines


def _argument(param: Any) -> str:
    shown = (param.metavar or param.name.upper()) + ("..." if param.nargs == -1 and not param.metavar else "")
    return shown if param.required or shown.startswith("[") else f"[{shown}]"


def _option(param: Any, command: Any) -> tuple[str, str, str]:
    """How it is written, its default or range, and what it means, as the help has them."""
    written, said = param.get_help_record(command.context_class(command, info_name="healthscore"))
    brackets = BRACKETS.search(said)
    default = re.sub(r"(\d+)<=x<=(\d+)", r"\1 to \2", brackets[1]).replace("x>=", "at least ") if brackets else ""
    meaning = said[: brackets.start()] if brackets else said
    return f"`{written.replace(' range>', '>')}`", default.replace("default: ", "").replace("; ", ", "), _words(meaning)


def _words(text: str | None) -> str:
    return " ".join((text or "").split())


def _first(command: Any) -> str:
    return paragraphs(command.help or "")[0]


def _link(name: str) -> str:
    return f"[`{name}`](#{name.replace(' ', '-')})"


def _blank(blocks: list[str]) -> list[str]:
    """Each followed by a blank line."""
    return [line for block in blocks for line in (block, "")]
