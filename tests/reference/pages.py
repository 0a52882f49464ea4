"""The reference pages by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from reference import commands, configuration, interface, measures, shipped

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
PAGES: dict[str, Callable[[], str]] = {
    "commands": commands.page,
    "configuration": configuration.page,
    "features": measures.page,
    "python": interface.page,
    "shipped": shipped.page,
}
"""Name of the file -> what it says, from the code as it is."""
