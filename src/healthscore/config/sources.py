"""Sources of a run: where a table of the company lies, and how it fills a contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Literal

from pydantic import Field, field_validator, model_validator

from healthscore.config.places import Placed
from healthscore.config.section import ColumnName, Expression, Name, Section, known_name, known_zone

CONTRACTS = Literal[
    "accounts", "events", "subscriptions", "intervals", "levels", "interventions", "successions", "overrides", "panel"
]


class Lookup(Placed):
    """Columns fetched from a small second file by equality on `on`.

    It adds no rows, unless `many` says that each row stands for every match: what is due from everybody on a plan, say,
    when the file lists the plan's steps.
    """

    on: tuple[str, ...] = Field(min_length=1)
    """Columns that are equal in both files."""
    columns: tuple[str, ...] = Field(min_length=1)
    """Columns that are fetched; from then on like the file's own."""
    many: bool = False
    """A row for every match; rows without one fall out. Without it a key that repeats is an error."""
    optional: bool = False
    """Rows without a match are as it should be; without it they are a warning."""


class Sentiment(Section):
    """A level from -1 (negative) to 1 (positive) of what people wrote, by a lexicon of the declared language.

    `text` is a column of the source's file; the level fills the contract's `value`.
    """

    text: str
    """The column of the file that holds the text."""
    language: Literal["en"]
    """Of the text."""


class Source(Placed):
    """A table of the company: where it lies, and which of its columns (or expressions) fill the contract's columns."""

    contract: CONTRACTS
    """What kind of rows these are."""
    columns: dict[str, Expression] = Field(default_factory=dict)
    """The contract's column = the file's column, or an expression over the file's columns."""
    attributes: dict[ColumnName, Expression] = Field(default_factory=dict)
    """Further columns, for the `where` of signals and for signals that are attributes."""
    unused: tuple[str, ...] = ()
    """Columns of the file that have a contract column's name and another meaning: they are not bound."""
    pii: tuple[str, ...] = ()
    """Columns of the file that tell of persons: dropped when it is read, and of no use to anything."""
    where: Expression | None = None
    """Rows that are used; the others are counted as dropped."""
    exclude: Expression | None = None
    """Rows that are left out: tests, bots, the company itself. Of accounts: their rows in all other sources, too."""
    timezone: str | None = None
    """Of the clock that wrote times without an offset."""
    time_format: str | None = None
    """Of times that are not ISO 8601, such as `%d/%m/%Y`."""
    time_unit: Literal["s", "ms", "us", "ns"] | None = None
    """Of times that are numbers, since 1970."""
    decimal: Literal[".", ","] = "."
    """The decimal mark of texts."""
    actors: Name = "users"
    """What actors are called in the features."""
    names: Name = "kinds"
    """What names are called in the features."""
    availability_delay_days: int = Field(default=0, ge=0, le=3660)
    """Days after which rows, ends and notices of the source are known."""
    deduplicate_by: tuple[str, ...] = ()
    """Columns that identify a row, where the contract has no identity."""
    corrections: bool = False
    """Rows of one identity are versions of one row: each holds from its known-at until the next one's."""
    ranges: dict[Name, tuple[float, float]] = Field(default_factory=dict)
    """The values that a number may have: `{ value = [0, 10] }`."""
    static: tuple[ColumnName, ...] = ()
    """Attributes of accounts that never change, so that today's value may stand for the past."""
    sentiment: Sentiment | None = None
    """The column whose text becomes the level."""
    outages: tuple[tuple[date, date], ...] = ()
    """First and last days of times in which nothing was recorded."""
    closures: tuple[tuple[date, date], ...] = ()
    """First and last days of times that were recorded, and in which nothing could happen."""
    lookup: tuple[Lookup, ...] = ()
    """Columns from further files."""

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        return None if value is None else known_zone(value)

    @model_validator(mode="after")
    def _says_what_can_be_meant(self) -> Source:
        if self.sentiment is not None and self.contract != "levels":
            raise ValueError('`sentiment` fills the value of levels: contract = "levels"')
        if self.corrections and self.contract not in ("events", "levels", "intervals"):
            raise ValueError(f"`corrections` are of events, levels and intervals, not of {self.contract}")
        if self.corrections and any(lookup.many for lookup in self.lookup):
            raise ValueError("`corrections` need one row per version; a lookup with `many` makes several of it")
        if self.sentiment is not None and "value" in self.columns:
            raise ValueError("`sentiment` fills the value of levels; leave out `columns.value`")
        if both := [name for name in self.unused if name in self.columns]:
            raise ValueError(f"`unused` and `columns` both name {both[0]!r}")
        if named := [f"`{key}`" for key, names in self._plain_columns() if set(names) & set(self.pii)]:
            raise ValueError(f"`pii` drops a column that {named[0]} needs; leave out one of them")
        if unknown := [name for name in self.static if name not in self.attributes]:
            raise ValueError(f"`static` names attributes of the source; {unknown[0]!r} is none")
        if self.deduplicate_by and any(lookup.many for lookup in self.lookup):
            raise ValueError("`deduplicate_by` tells rows of the file apart, and a lookup of `many` repeats them")
        if wrong := [name for name, (low, high) in self.ranges.items() if low > high]:
            raise ValueError(f"`ranges.{wrong[0]}` is [lowest, highest]")
        return self

    def _plain_columns(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Keys that name columns of the file as they are; those in expressions are found when these are compiled."""
        yield "sentiment", () if self.sentiment is None else (self.sentiment.text,)
        yield "deduplicate_by", self.deduplicate_by
        for lookup in self.lookup:
            yield "lookup", (*lookup.on, *lookup.columns)


class PanelTable(Placed):
    """A ready-made panel instead of signals: a row per account and as-of date, a column per feature."""

    account_id: Expression = "account_id"
    """Column, or expression, of the account."""
    as_of: Expression = "as_of"
    """Column, or expression, of the date."""
    time_format: str | None = None
    """Of dates that are not ISO 8601."""
    components: dict[Name, tuple[ColumnName, ...]] = Field(min_length=1)
    """The component = the columns that are its features, in the order of the panel."""
    healthy: tuple[ColumnName, ...] = ()
    """Features of which more may only be good."""
    risky: tuple[ColumnName, ...] = ()
    """Features of which more may only be bad."""
    context: tuple[ColumnName, ...] = ()
    """Features that are a circumstance and no merit of the account: probabilities follow them, scores do not."""
    outcome: Expression | None = None
    """1 where it happened, 0 where it did not, empty where it is not known; for `kind = "recorded"`."""
    value: Expression | None = None
    """Revenue per month."""
    pii: tuple[str, ...] = ()
    """Columns that are dropped when the file is read."""
    lookup: tuple[Lookup, ...] = ()
    """Columns from further files, such as outcomes kept apart from features."""

    @property
    def component_of(self) -> dict[str, str]:
        """Feature -> component, in the order in which they are named."""
        return {name: component for component, names in self.components.items() for name in names}

    @model_validator(mode="after")
    def _says_what_can_be_meant(self) -> PanelTable:
        components = self.component_of
        if len(components) != sum(len(names) for names in self.components.values()):
            named = [name for names in self.components.values() for name in names]
            raise ValueError(f"components: {max(named, key=named.count)!r} is named twice")
        for key in ("healthy", "risky", "context"):
            for name in getattr(self, key):
                known_name(key, name, components)
        if both := sorted(set(self.healthy) & set(self.risky)):
            raise ValueError(f"`healthy` and `risky` both name {both[0]!r}")
        return self

    def direction_of(self, feature: str) -> int:
        """+1 where more of a feature is healthier, -1 where it is riskier, 0 where the model is to find out."""
        return int(feature in self.healthy) - int(feature in self.risky)

    def source(self) -> Source:
        """The panel as a source, its features as attributes."""
        columns = {"account_id": self.account_id, "as_of": self.as_of}
        columns |= {name: given for name in ("outcome", "value") if (given := getattr(self, name)) is not None}
        return Source(
            path=self.path,
            table=self.table,
            contract="panel",
            columns=columns,
            attributes={name: name for name in self.component_of},
            time_format=self.time_format,
            pii=self.pii,
            lookup=self.lookup,
        )


def refuse_mixed_places(engine: str, database: str | None, sources: Mapping[str, Source]) -> None:
    """Raise ValueError unless all tables lie where the engine reads: in its database, or in files.

    A run reads one or the other. Rows of a database and rows of files would have to be carried to each other.
    """
    of_database = engine == "postgresql"
    if of_database != (database is not None):
        said = "`database` is missing" if of_database else f'engine = "{engine}" reads none'
        raise ValueError(
            f'database: {said}; engine = "postgresql" and `database = "env:NAME"`, which says where the address '
            "postgresql://user:password@host/database is kept, come together"
        )
    found, wanted = ("path", "table") if of_database else ("table", "path")
    for name, source in sources.items():
        for key, placed in ((name, source), *((f"{name}.lookup", lookup) for lookup in source.lookup)):
            if getattr(placed, found) is not None:
                raise ValueError(
                    f'sources.{key}.{found}: engine = "{engine}" reads a `{wanted}` for every source and lookup of the '
                    "run: files and tables of a database do not mix; load the files into it, or export the tables"
                )
        if of_database and source.time_format is not None:
            raise ValueError(
                f"sources.{name}.time_format: it reads texts of files; in the database, make a timestamp of the column "
                "by a view with to_timestamp(...), and name the view"
            )
