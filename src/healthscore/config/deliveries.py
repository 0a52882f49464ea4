"""Deliveries: where a publication goes, in whose words, and which of its rows.

Secrets never stand here: an address that holds one, and every key, is named as `env:NAME` or `file:PATH` and read at
the last moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from healthscore.config.addresses import Address, Secret, beside, is_reference
from healthscore.config.section import ColumnName, Name, Section, known_name
from healthscore.config.trend import RULES

LOOPBACK = ("localhost", "127.0.0.1", "::1")
TableName = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00]+$")]


class Only(Section):
    """Which rows go: those to which all that is given applies."""

    bands: tuple[str, ...] = ()
    """Of accounts in these bands."""
    rules: tuple[str, ...] = ()
    """Of accounts to which any of these rules of trend, or playbooks, applies."""
    changed: bool = False
    """Where anything that is sent differs from what was sent last, the date aside."""


class _Delivery(Section):
    """What all deliveries say."""

    scorecard: Name | None = None
    """Deliver the scores by this scorecard; those by the model, else by any, when left out."""
    columns: tuple[ColumnName, ...] | None = None
    """Published columns that go, in this order; those that are mapped, or all, when left out."""
    mapping: dict[ColumnName, Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00]+$")]] = Field(
        default_factory=dict
    )
    """Published column = what it is called where it goes."""

    @model_validator(mode="after")
    def _no_two_columns_of_one_name(self) -> _Delivery:
        names = list(self.mapping.values())
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"mapping: two columns become {twice[0]!r}")
        if self.columns is not None and len(set(self.columns)) < len(self.columns):
            raise ValueError("columns: one is named twice")
        if self.columns and (left := sorted(set(self.mapping) - set(self.columns))):
            raise ValueError(f"mapping: {left[0]!r} is none of `columns`")
        return self


class _Rows(_Delivery):
    """A delivery of rows."""

    only: Only = Only()
    """Which rows go."""


class FileDelivery(_Rows):
    """A Parquet or CSV file, by the ending of its name."""

    kind: Literal["files"]
    """A file."""
    path: Path
    """Where it is written; `{as_of}` in it is the date. It ends in `.csv` or `.parquet`."""
    raw: bool = False
    """Leave texts as they are, also those that a spreadsheet would take for formulas."""

    @model_validator(mode="after")
    def _known_ending(self) -> FileDelivery:
        if self.path.suffix not in (".csv", ".parquet"):
            raise ValueError("path: a file's name ends in .csv or .parquet")
        if self.raw and self.path.suffix != ".csv":
            raise ValueError("raw: a Parquet file always holds texts as they are")
        return self


class DuckDBDelivery(_Rows):
    """A table in a DuckDB file: one row per account and date."""

    kind: Literal["duckdb"]
    """A DuckDB file."""
    path: Path
    """Where it lies."""
    table: TableName = "health_scores"
    """The table, made where it is missing."""


class PostgreSQLDelivery(_Rows):
    """A table in PostgreSQL: one row per account and date."""

    kind: Literal["postgresql"]
    """A PostgreSQL database."""
    uri: Address
    """`postgresql://user@host/database`, or where the address is kept."""
    table: TableName = "health_scores"
    """The table, made where it is missing."""
    schema_name: TableName | None = None
    """Its schema; the role's own when left out."""


class _Import(_Rows):
    """Files for a tool's bulk import, in a folder."""

    path: Path
    """The folder that files are written into."""
    raw: bool = False
    """Leave texts as they are, also those that a spreadsheet would take for formulas."""


class SalesforceDelivery(_Import):
    """Files for an upsert by Salesforce's Bulk API 2.0, by an external id."""

    kind: Literal["salesforce"]
    """Salesforce's Bulk API 2.0."""
    object: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,79}$")] = "Account"
    """The object that is updated."""
    external_id: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.]{0,79}$")] = "Account_Id__c"
    """The field by which it knows an account again."""


class HubSpotDelivery(_Import):
    """Files for HubSpot's import of companies."""

    kind: Literal["hubspot"]
    """HubSpot's import of companies."""
    unique: Annotated[str, Field(min_length=1, max_length=255)] = "Account ID"
    """The column by which it knows a company again."""


class EngagementDelivery(_Import):
    """Files for tools of sales engagement, such as Salesloft and Outreach, which take plain CSV."""

    kind: Literal["engagement"]
    """Tools of sales engagement."""


class WebhookDelivery(_Delivery):
    """Alerts, each a signed POST. Good news and weak signs alert nobody unless they are named."""

    kind: Literal["webhook"]
    """Signed alerts."""
    url: Address
    """Where alerts are sent: https, or this machine."""
    signing_key: Secret
    """Where the key is kept: `env:NAME` or `file:PATH`."""
    rules: tuple[str, ...] = ("drop", "sudden_drop", "decline")
    """Rules of trend, or playbooks, that alert."""
    entering: tuple[str, ...] | None = None
    """Bands that alert when an account comes into them; the least healthy one when left out."""
    attempts: int = Field(default=4, ge=1, le=10)
    """Of one alert, at most."""
    timeout_seconds: float = Field(default=10.0, gt=0, le=120)
    """Of one attempt."""

    @model_validator(mode="after")
    def _encrypted(self) -> WebhookDelivery:
        if not is_reference(self.url):
            encrypted(self.url)
        return self


Delivery = Annotated[
    FileDelivery
    | DuckDBDelivery
    | PostgreSQLDelivery
    | SalesforceDelivery
    | HubSpotDelivery
    | EngagementDelivery
    | WebhookDelivery,
    Field(discriminator="kind"),
]


def refuse_unknown_rules(deliveries: Mapping[str, Delivery], playbooks: Iterable[str]) -> None:
    """Raise ValueError where a delivery names a rule that is neither one of the trend nor a playbook of the run.

    A name with a typing mistake would choose no rows, and nobody would be told.
    """
    names = dict.fromkeys([*RULES, *playbooks])
    for name, delivery in deliveries.items():
        if isinstance(delivery, WebhookDelivery):
            key, rules = "rules", delivery.rules
        else:
            key, rules = "only.rules", delivery.only.rules
        for rule in rules:
            known_name(f"deliveries.{name}.{key}", rule, names)


def encrypted(url: str) -> None:
    """Raise ValueError unless alerts to this address can be read by nobody on the way: https, or this machine."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ValueError("url: alerts go by https; http only to this machine")


def located(deliveries: Any, folder: Path) -> Any:
    """Deliveries with their relative paths, and those of `file:` secrets, made those beside the file that says them."""
    if not isinstance(deliveries, Mapping):
        return deliveries
    return {name: _located(delivery, folder) for name, delivery in deliveries.items()}


def _located(delivery: Any, folder: Path) -> Any:
    if not isinstance(delivery, Mapping):
        return delivery
    found = dict(delivery)
    if isinstance(found.get("path"), str):
        found["path"] = folder / Path(found["path"]).expanduser()
    return found | {key: beside(found[key], folder) for key in ("uri", "url", "signing_key") if key in found}
