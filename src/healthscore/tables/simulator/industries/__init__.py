"""Kinds of companies by name: what the systems of each export, from the same accounts, states and lives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from healthscore.tables.simulator.company import Company
from healthscore.tables.simulator.industries import saas


@dataclass(frozen=True)
class Industry:
    """The raw tables of a kind of company.

    Parameters
    ----------
    tables
        Company -> Arrow tables by name, as its systems would export them.
    csv
        Tables that are exported as CSV, as service desks and survey tools do; the others are Parquet.
    facts
        What `truth.json` says about these tables beside what it says of every world.
    """

    tables: Callable[[Company], dict[str, Any]]
    csv: tuple[str, ...]
    facts: Mapping[str, Any]


INDUSTRIES: dict[str, Industry] = {
    "saas": Industry(saas.tables, saas.CSV, saas.FACTS),
}
"""The run that is shipped for a kind of company has its name."""
