"""The colours of everything that is drawn: the style sheet of the reports has them, by name, for light and for dark.

They can be told apart by people who are colour-blind (orange, gold and teal rather than red and green), and nothing
is told by colour alone.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Literal

Theme = Literal["light", "dark"]
STYLE = Path(__file__).parent / "templates" / "report.css"
_NAMED = re.compile(r"(--[a-z0-9-]+):\s*(#[0-9a-f]{6}|rgba\([^)]*\))")


@cache
def colours(theme: Theme = "light") -> dict[str, str]:
    """Name of each colour, such as `--risk`, -> the colour as CSS has it."""
    light, dark = (dict(_NAMED.findall(block)) for block in _blocks())
    return light if theme == "light" else light | dark


def _blocks() -> tuple[str, str]:
    """The style sheet up to the dark scheme, and the dark scheme."""
    before, _, after = STYLE.read_text(encoding="utf-8").partition("@media (prefers-color-scheme: dark)")
    return before, after.partition("@media")[0]
