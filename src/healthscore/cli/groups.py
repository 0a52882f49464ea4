"""Groups of commands as their help lists them."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


class WholeSentences(TyperGroup):
    """Lists each command with the whole first line of its docstring: plain help would cut it at the end of the line."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list; both arguments are of classes that Typer keeps to itself."""
        for command in self.commands.values():
            command.short_help = command.short_help or (command.help or "").partition("\n")[0]
        super().format_commands(ctx, formatter)
