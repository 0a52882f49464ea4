"""Twelve leaks that a simulated company can have, each with an honest twin that differs in nothing else.

Worked example: an account decides to leave on 12 May, and the contract's tool books it. The survey behind the button
"cancel" was answered on 9 May. A snapshot of 10 May that counts this answer among the periodic ones predicts what has
already happened, and will be blind on the day it is used. In the twin somebody else gave that answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from healthscore.errors import ConfigurationError
from healthscore.tables.simulator.company import Company
from healthscore.tables.simulator.leaks.book import DELETED_HISTORY, IDENTIFIER
from healthscore.tables.simulator.leaks.caused import CANCEL_NOTICE, EXIT_SURVEY, FINAL_INVOICE
from healthscore.tables.simulator.leaks.dated import BACKFILLED_ROWS, FUTURE_ROWS, SAME_DAY
from healthscore.tables.simulator.leaks.present import (
    CURRENT_STATUS,
    LABEL_IN_FEATURE,
    LOOKUP_CURRENT,
    OVERWRITTEN_VALUE,
)
from healthscore.tables.simulator.leaks.scene import Leak, Scene

LEAKS: dict[str, Leak] = {
    leak.name: leak
    for leak in (
        FUTURE_ROWS,
        EXIT_SURVEY,
        CURRENT_STATUS,
        CANCEL_NOTICE,
        BACKFILLED_ROWS,
        SAME_DAY,
        LABEL_IN_FEATURE,
        DELETED_HISTORY,
        FINAL_INVOICE,
        OVERWRITTEN_VALUE,
        LOOKUP_CURRENT,
        IDENTIFIER,
    )
}
"""By name, in the order in which they are planted: the one that renames accounts comes last."""


def plant(company: Company, tables: dict[str, Any], names: Sequence[str], *, honest: bool = False) -> dict[str, Any]:
    """Give a company's tables some leaks, or their honest twins. The tables that were given stay as they are.

    Raises
    ------
    ConfigurationError
        There is no leak of a name.
    """
    unknown = [name for name in names if name not in LEAKS]
    if unknown:
        raise ConfigurationError(f'there is no leak "{unknown[0]}"', f"leaks: {', '.join(LEAKS)}")
    scene = Scene(company, dict(tables), honest)
    for name, leak in LEAKS.items():
        if name in names:
            leak.plant(scene)
    return scene.tables


def run_lines(names: Sequence[str]) -> str:
    """What a run adds to the shipped one for these leaks, as TOML: the same for the leaks and for their twins."""
    return "".join(leak.lines for name, leak in LEAKS.items() if name in names)


def planted(names: Sequence[str], *, honest: bool = False) -> dict[str, dict[str, str]]:
    """Name -> what was recorded, and where the leak check is to find it: for `truth.json`."""
    chosen = [leak for name, leak in LEAKS.items() if name in names]
    return {leak.name: {"recorded": leak.twin if honest else leak.title, "where": leak.where} for leak in chosen}
