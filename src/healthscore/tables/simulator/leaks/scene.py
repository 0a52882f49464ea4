"""What a planted leak works on: the finished tables, and who left when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from healthscore.tables.simulator.company import Company
from healthscore.tables.simulator.lives import ACTIVE, VOLUNTARY
from healthscore.tables.simulator.recipe import Flags, Integers
from healthscore.tables.simulator.timeline import DAY, labels


@dataclass
class Scene:
    """A simulated company whose tables are altered in place.

    Attributes
    ----------
    tables
        Arrow tables by name; a leak replaces or adds some.
    honest
        Record the same material as an honest company would: dated when it was known, or not depending on who left.
    """

    company: Company
    tables: dict[str, Any]
    honest: bool

    def stream(self, leak: str) -> np.random.Generator:
        """Open the random numbers of one leak."""
        return self.company.stream("leak", leak)

    @property
    def days(self) -> int:
        """Number of days with data."""
        return self.company.timeline.days

    def exits(self) -> tuple[Integers, Integers]:
        """Give the accounts that left of their own will, and the days on which they decided to, before the data end."""
        lives = self.company.lives
        chosen = (lives.cause == VOLUNTARY) & (lives.decided < self.days)
        return lives.account[chosen], lives.decided[chosen]

    def gone(self) -> Flags:
        """Tell which accounts pay no longer on the last day, although they once did: (accounts,)."""
        status = self.company.lives.status
        gone: Flags = (status == ACTIVE).any(axis=1) & (status[:, -1] == 0)
        return gone

    def marked(self, random: np.random.Generator) -> Flags:
        """Mark the accounts that are gone; in an honest company as many others, whoever they are."""
        gone = self.gone()
        return random.permutation(gone) if self.honest else gone

    def paying_moments(self, random: np.random.Generator, size: int) -> tuple[Integers, Integers]:
        """Draw (account, day) pairs, each on a day on which the account pays."""
        account, day = np.nonzero(self.company.lives.status == ACTIVE)
        drawn = random.integers(0, len(account), size)
        return account[drawn].astype(np.int64), day[drawn].astype(np.int64)

    def caused(
        self, random: np.random.Generator, share: float, earliest: int, latest: int
    ) -> tuple[Integers, Integers]:
        """Draw rows that exits cause: (account, day), `earliest` to `latest` days before the decision, for a share.

        In an honest company there are as many such rows, on any day of any account.
        """
        account, decided = self.exits()
        chosen = random.random(len(account)) < share
        account, day = account[chosen], decided[chosen] - random.integers(earliest, latest + 1, int(chosen.sum()))
        if self.honest:
            return self.paying_moments(random, len(account))
        inside = day >= 0
        return account[inside], day[inside]

    def ids(self, account: Integers, missing: Flags | None = None) -> Any:
        """Names of accounts."""
        return labels(self.company.population.ids, account, missing)

    def append(self, table_name: str, columns: dict[str, Any]) -> None:
        """Add rows to a table; columns that are not given are empty in them."""
        table = self.tables[table_name]
        size = len(next(iter(columns.values())))
        added = [pa.nulls(size, field.type) if field.name not in columns else columns[field.name].cast(field.type)
                 for field in table.schema]  # fmt: skip
        self.tables[table_name] = pa.concat_tables([table, pa.table(added, schema=table.schema)]).combine_chunks()


def working_hours(random: np.random.Generator, day: Integers) -> Integers:
    """Place days at moments of the working day, in microseconds."""
    moments: Integers = day * DAY + random.integers(8 * 3600, 17 * 3600, len(day)) * 1_000_000
    return moments


@dataclass(frozen=True)
class Leak:
    """A way in which a company's tables tell the past what happened later.

    Attributes
    ----------
    name, title
        Its name, and what is wrong, in words.
    twin
        What the honest twin records instead.
    where
        Source, source.column or signal that the leak check is to name.
    plant
        Alters the tables of a scene.
    lines
        What a run adds to the shipped one so that it matters, as TOML.
    """

    name: str
    title: str
    twin: str
    where: str
    plant: Callable[[Scene], None]
    lines: str = ""
