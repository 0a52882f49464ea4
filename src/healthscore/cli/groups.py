"""Groups of commands as their help lists them."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

ANYWHERE = ("--quiet", "-q", "--log-json")
"""Options of the program itself that may stand behind a command, too, where people write them."""


class WholeSentences(TyperGroup):
    """Lists each command with the whole first line of its docstring: plain help would cut it at the end of the line.

    Takes the options of `ANYWHERE` wherever they stand.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read options and the command's name; `ctx` is of a class that Typer keeps to itself."""
        end = args.index("--") if "--" in args else len(args)
        early = [word for word in args[:end] if word in ANYWHERE]
        return super().parse_args(ctx, early + [word for word in args[:end] if word not in ANYWHERE] + args[end:])

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list; both arguments are of classes that Typer keeps to itself."""
        for command in self.commands.values():
            command.short_help = command.short_help or (command.help or "").partition("\n")[0]
        super().format_commands(ctx, formatter)
