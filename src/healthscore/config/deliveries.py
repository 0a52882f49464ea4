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
    """Which rows go: those to which all that is given applies.

    `bands` by the account's band; `rules` by any of these rules of trend or actions; `changed` where anything that is
    sent differs from what was sent last, the date aside.
    """

    bands: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    changed: bool = False


class _Delivery(Section):
    """What all deliveries say.

    Attributes
    ----------
    scorecard
        Deliver the scores by this scorecard. When None: those by the model, and in a run without an outcome those by
        whichever scorecard.
    columns
        Published columns that go, in this order; when None those that are mapped, or all.
    mapping
        Published column -> what it is called where it goes.
    """

    scorecard: Name | None = None
    columns: tuple[ColumnName, ...] | None = None
    mapping: dict[ColumnName, Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00]+$")]] = Field(
        default_factory=dict
    )

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


class FileDelivery(_Rows):
    """A Parquet or CSV file, by the ending of `path`; `{as_of}` in it is the date. `raw` leaves texts as they are."""

    kind: Literal["files"]
    path: Path
    raw: bool = False

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
    path: Path
    table: TableName = "health_scores"


class PostgreSQLDelivery(_Rows):
    """A table in PostgreSQL: one row per account and date. `uri` is `postgresql://user@host/database`."""

    kind: Literal["postgresql"]
    uri: Address
    table: TableName = "health_scores"
    schema_name: TableName | None = None


class _Import(_Rows):
    """Files for a tool's bulk import, in the folder `path`. `raw` leaves texts as they are."""

    path: Path
    raw: bool = False


class SalesforceDelivery(_Import):
    """Files for an upsert by Salesforce's Bulk API 2.0, by an external id."""

    kind: Literal["salesforce"]
    object: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,79}$")] = "Account"
    external_id: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.]{0,79}$")] = "Account_Id__c"


class HubSpotDelivery(_Import):
    """Files for HubSpot's import of companies. `unique` is the column by which it knows a company again."""

    kind: Literal["hubspot"]
    unique: Annotated[str, Field(min_length=1, max_length=255)] = "Account ID"


class EngagementDelivery(_Import):
    """Files for tools of sales engagement, such as Salesloft and Outreach, which take plain CSV."""

    kind: Literal["engagement"]


class WebhookDelivery(_Delivery):
    """Alerts, each a signed POST.

    `rules`: of trend, or actions, that alert; good news and weak signs do not unless they are named. `entering`: bands
    that alert when an account comes into them (when None the least healthy one). `attempts` and `timeout_seconds` are
    those of one alert.
    """

    kind: Literal["webhook"]
    url: Address
    signing_key: Secret
    rules: tuple[str, ...] = ("drop", "sudden_drop", "decline")
    entering: tuple[str, ...] | None = None
    attempts: int = Field(default=4, ge=1, le=10)
    timeout_seconds: float = Field(default=10.0, gt=0, le=120)

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
