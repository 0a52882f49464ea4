"""The sections of a run's TOML, as immutable models: what each key means, and what it may say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from healthscore.config.addresses import Address
from healthscore.config.bands import Bands
from healthscore.config.dates import AsOf, Split
from healthscore.config.deliveries import Delivery, refuse_unknown_rules
from healthscore.config.playbooks import PathToGreen, Playbook, Worklist, refuse_unknown_names
from healthscore.config.scorecards import Scorecard
from healthscore.config.section import Expression, Name, Section, Window, known_name, known_zone
from healthscore.config.signals import Combination, Features, Signal
from healthscore.config.sources import PanelTable, Source, refuse_mixed_places
from healthscore.config.trend import Trend
from healthscore.errors import ConfigurationError

MEASURED = ("events", "intervals", "levels", "accounts")
"""Contracts whose rows signals measure."""
PANEL = "panel"
"""Name of the source that a ready-made panel is opened as."""


class Outcome(Section):
    """What is predicted: an event in [t + gap, t + gap + horizon) among those still active at t + gap.

    `active_source` tells who is active where `source` does not: the subscriptions of a run whose outcome is a
    complaint, say; the run's own subscriptions when None. `change_percent` is by how much revenue must fall
    (contraction) or grow beyond `price_uplift_percent` (expansion); `first_days` of an account's life are left out of
    it. `minimum_purchases` and `decline_percent` are those of declining purchases.
    """

    kind: Name
    source: Name
    where: Expression | None = None
    active_source: Name | None = None
    gap_days: int = Field(default=0, ge=0, le=3660)
    horizon_days: int = Field(ge=1, le=3660)
    maturity_days: int | None = Field(default=None, ge=0, le=3660)
    grace_days: int = Field(default=0, ge=0, le=3660)
    types: tuple[str, ...] = ("voluntary", "involuntary")
    date: Literal["decision", "effective"] = "decision"
    eligible_within_days: int | None = Field(default=None, ge=1)
    change_percent: float = Field(default=10.0, gt=0, le=100)
    price_uplift_percent: float = Field(default=0.0, ge=0, le=100)
    first_days: int = Field(default=90, ge=0, le=3660)
    minimum_purchases: int = Field(default=3, ge=1)
    decline_percent: float = Field(default=50.0, gt=0, le=100)

    @model_validator(mode="after")
    def _maturity_covers_grace(self) -> Outcome:
        if self.maturity_days is not None and self.maturity_days < self.grace_days:
            raise ValueError("`maturity_days` is at least `grace_days`: a return within the grace rewrites the label")
        return self

    @property
    def maturity(self) -> int:
        """Days after its window for which an outcome is still being recorded."""
        return self.grace_days if self.maturity_days is None else self.maturity_days


class Trees(Section):
    """How the trees grow, where a run says otherwise than the defaults, which follow the number of exits.

    `healthscore tune` writes this section. `minimum_information_in_leaf` is the sum of p(1-p) in a leaf, about its
    expected exits; `count` the number of trees, chosen inside the training past when None.
    """

    learning_rate: float | None = Field(default=None, gt=0, le=1)
    leaves: int | None = Field(default=None, ge=2, le=256)
    minimum_rows_in_leaf: int | None = Field(default=None, ge=1)
    minimum_information_in_leaf: float | None = Field(default=None, ge=0)
    l2: float | None = Field(default=None, ge=0)
    count: int | None = Field(default=None, ge=1, le=5000)


class Model(Section):
    """Which model is fitted, and what may interact.

    `refits` is how many models on resampled accounts tell the interval of each score; 0 for none. Of a book with more
    than `maximum_rows` snapshots whose outcome is known, models are fitted and judged on accounts drawn at random.
    """

    choose: Literal["auto", "blend", "additive", "logistic", "unconstrained"] = "auto"
    joint: tuple[tuple[Name, ...], ...] = ()
    minimum_exits: int = Field(default=50, ge=1)
    minimum_train_dates: int = Field(default=1, ge=1)
    levels_by_date: bool = True
    trees: Trees = Trees()
    refits: int = Field(default=20, ge=0, le=500)
    maximum_rows: int | None = Field(default=None, ge=1000)


class Anchor(Section):
    """A probability that always scores the same, for an absolute scale."""

    score: float = Field(gt=0, lt=100)
    probability: float = Field(gt=0, lt=1)


class Score(Section):
    """How a probability becomes a score of 0 to 100 (method, section 6).

    `reasons` is how many accounts are told the features behind their score, the most at risk first; the others are told
    its components. What features count is a row for each of them in the table of drivers, and a sentence.
    """

    points_to_halve_odds: float = Field(default=15.0, gt=0)
    reference_score: float = Field(default=55.0, gt=0, lt=100)
    anchor: Anchor | None = None
    reasons: int = Field(default=20_000, ge=1)


class Report(Section):
    """What the report shows beside the figures that it always shows."""

    capacity: int | None = Field(default=None, ge=1)
    worst: int = Field(default=25, ge=1, le=1000)
    resamples: int = Field(default=1000, ge=100, le=100_000)


class Checks(Section):
    """Shares of bad rows that a run tolerates in quarantine before it refuses, and how large a file may be unpacked."""

    quarantine_limit: float = Field(default=0.005, ge=0, le=1)
    orphan_limit: float = Field(default=0.05, ge=0, le=1)
    file_limit_gigabytes: float = Field(default=100.0, gt=0)


class Tracking(Section):
    """Where runs are recorded. The environment's MLFLOW_TRACKING_URI wins over `uri`."""

    enabled: bool = True
    uri: str | None = None
    experiment: str | None = None


class Run(Section):
    """A whole run, validated. `path` is the file that it came from; `data` and `out` are resolved directories.

    `outcomes` are further ones, by name, that weights are held against beside the run's own `outcome`; `growth` names
    the one among them, a gain, that a growth score beside health foretells. Without `as_of` and `split` a scorecard can
    still score, at the date that it is asked for. `engine` is where the tables are reduced; no number depends on it.
    `database` says where that is for `engine = "postgresql"`: an address without a password, or "env:NAME" or
    "file:PATH" where the whole address is kept. `scan` is how DuckDB's rows are grouped: by the compiled scan where it
    is installed, or by `compiled` or `sql` alone; both give the same numbers.
    """

    name: Name
    title: str = ""
    path: Path
    data: Path
    out: Path
    timezone: str = "UTC"
    seed: int = Field(default=1, ge=0, lt=2**31)
    threads: int = Field(default=2, ge=1, le=256)
    engine: Literal["duckdb", "spark", "postgresql"] = "duckdb"
    database: Address | None = None
    scan: Literal["auto", "compiled", "sql"] = "auto"
    data_end: date | None = None
    as_of: AsOf | None = None
    sources: dict[Name, Source] = Field(min_length=1)
    panel: PanelTable | None = None
    features: Features = Features()
    signals: dict[Name, Signal] = Field(default_factory=dict)
    combinations: dict[Name, Combination] = Field(default_factory=dict)
    outcome: Outcome | None = None
    outcomes: dict[Name, Outcome] = Field(default_factory=dict)
    growth: Name | None = None
    split: Split | None = None
    model: Model = Model()
    score: Score = Score()
    bands: Bands = Bands()
    scorecard: Scorecard | None = None
    report: Report = Report()
    playbooks: dict[Name, Playbook] = Field(default_factory=dict)
    worklist: Worklist = Worklist()
    path_to_green: PathToGreen = PathToGreen()
    checks: Checks = Checks()
    trend: Trend = Trend()
    tracking: Tracking = Tracking()
    deliveries: dict[Name, Delivery] = Field(default_factory=dict)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return known_zone(value)

    @model_validator(mode="before")
    @classmethod
    def _panel_is_a_source(cls, content: Any) -> Any:
        """A ready-made panel is opened and checked like every other table, as the source `panel`."""
        if not isinstance(content, Mapping) or content.get("panel") is None:
            return content
        panel = PanelTable.model_validate(content["panel"])
        if PANEL in content.get("sources", {}):
            raise ValueError(f"sources.{PANEL}: the ready-made panel of [panel] is the source of that name; rename it")
        return {**content, "sources": {**content.get("sources", {}), PANEL: panel.source()}}

    @model_validator(mode="after")
    def _references_exist(self) -> Run:
        refuse_mixed_places(self.engine, self.database, self.sources)
        if self.scan == "compiled" and self.engine != "duckdb":
            raise ValueError(f'scan: rows of {self.engine} are grouped where they are; leave `scan = "compiled"` out')
        for name, signal in self.signals.items():
            known_name(f"signals.{name}.source", signal.source, self.sources)
            if self.sources[signal.source].contract not in MEASURED:
                raise ValueError(
                    f"signals.{name}.source: {signal.source!r} holds {self.sources[signal.source].contract}, "
                    f"and a signal needs a source of {', '.join(MEASURED)}"
                )
        for name in self.trend.activity_drop.signals:
            known_name("trend.activity_drop.signals", name, self.signals)
        for where, outcome in self._outcomes():
            known_name(f"{where}.source", outcome.source, self.sources)
            if outcome.active_source is not None:
                known_name(f"{where}.active_source", outcome.active_source, self.sources)
        if self.outcome is not None and self.outcome.kind in self.outcomes:
            raise ValueError(
                f"outcomes.{self.outcome.kind}: the run's own [outcome] is called by its kind, {self.outcome.kind!r}; "
                "give the further one a name of its own"
            )
        if self.outcomes and self.outcome is None:
            raise ValueError("outcomes: they stand beside the run's own [outcome], and there is none")
        if self.growth is not None:
            known_name("growth", self.growth, self.outcomes)
        if self.panel is not None and self.signals:
            raise ValueError("panel: a run measures signals, or takes a ready-made panel, not both")
        if self.panel is None and any(source.contract == PANEL for source in self.sources.values()):
            raise ValueError("sources: a ready-made panel is declared by [panel], not as a source")
        return self

    @model_validator(mode="after")
    def _playbooks_name_what_is_there(self) -> Run:
        card = self.scorecard
        bands = (*self.bands.names, *(() if card is None else card.bands.names))
        refuse_unknown_names(self.playbooks, bands, self.components)
        refuse_unknown_rules(self.deliveries, self.playbooks)
        return self

    @property
    def components(self) -> tuple[str, ...]:
        """Components of the run's features, those of the account itself among them, and of its scorecard."""
        named = [signal.component for signal in self.signals.values()]
        named += [combination.component for combination in self.combinations.values()]
        named += [] if self.panel is None else self.panel.components
        named += [] if self.scorecard is None else self.scorecard.components
        return tuple(dict.fromkeys([*named, self.features.tenure_component]))

    def _outcomes(self) -> Iterator[tuple[str, Outcome]]:
        """Every outcome, with the section that it is written in."""
        if self.outcome is not None:
            yield "outcome", self.outcome
        yield from ((f"outcomes.{name}", outcome) for name, outcome in self.outcomes.items())

    @property
    def dated(self) -> bool:
        """Whether the run, or its ready-made panel, says at which dates snapshots are taken; a scorecard needs none."""
        return self.as_of is not None or self.split is not None or self.panel is not None

    def source_of(self, contract: str) -> str | None:
        """Name of the first source that fills `contract`, or None."""
        return next((name for name, source in self.sources.items() if source.contract == contract), None)

    def windows_of(self, signal: Signal) -> tuple[Window, ...]:
        """Windows of a signal: its own, else the run's."""
        return self.features.windows if signal.windows is None else signal.windows

    def need_outcome(self) -> Outcome:
        """The outcome, for the commands that cannot work without one."""
        if self.outcome is None:
            raise ConfigurationError(
                f"{self.path}: the run has no [outcome]", "add [outcome] with kind, source and horizon_days"
            )
        return self.outcome
