"""Kinds of companies by name: what the systems of each export, from the same accounts, states and lives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from healthscore.tables.simulator.company import Company
from healthscore.tables.simulator.industries import b2b_services, ecommerce, finance, insurance, retail, saas


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
    facts: Mapping[str, Any] = field(default_factory=dict)


INDUSTRIES: dict[str, Industry] = {
    "saas": Industry(saas.tables, saas.CSV, saas.FACTS),
    "b2b_services": Industry(b2b_services.tables, b2b_services.CSV),
    "ecommerce": Industry(ecommerce.tables, ecommerce.CSV),
    "finance": Industry(finance.tables, finance.CSV),
    "insurance": Industry(insurance.tables, insurance.CSV),
    "retail": Industry(retail.tables, retail.CSV),
}
"""The run that is shipped for a kind of company has its name."""
