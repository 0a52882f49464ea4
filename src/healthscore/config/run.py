"""A whole run as an immutable model: every section of its TOML, and what has to fit together across sections."""

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
from healthscore.config.section import Name, Section, Window, known_name, known_zone
from healthscore.config.sections import Checks, Model, Outcome, Report, Score, Tracking
from healthscore.config.signals import Combination, Features, Signal
from healthscore.config.sources import PanelTable, Source, refuse_mixed_places
from healthscore.config.trend import Trend
from healthscore.errors import ConfigurationError

MEASURED = ("events", "intervals", "levels", "accounts")
"""Contracts whose rows signals measure."""
PANEL = "panel"
"""Name of the source that a ready-made panel is opened as."""


class Run(Section):
    """A whole run, validated; its `data` and `out` are resolved directories.

    Without `as_of` and `split` a scorecard can still score, at the date that it is asked for.
    """

    name: Name
    """What the run is called; the file's name when left out, or that of its folder for `healthscore.toml`."""
    title: str = ""
    """A line for reports."""
    path: Path
    """The file that the run was read from."""
    data: Path
    """Root of the sources; HEALTHSCORE_DATA and `--data` win over it. The file's folder when left out."""
    out: Path
    """Where results go; `healthscore-out/<name>` beside the file when left out."""
    timezone: str = "UTC"
    """The zone whose midnights begin days."""
    seed: int = Field(default=1, ge=0, lt=2**31)
    """Of everything that draws at random: the same seed gives the same results."""
    threads: int = Field(default=2, ge=1, le=256)
    """Processor threads, at most."""
    engine: Literal["duckdb", "spark", "postgresql"] = "duckdb"
    """Where tables are reduced to what features are made of. No number depends on it."""
    database: Address | None = None
    """Of `postgresql`: its address without a password, or `env:NAME` or `file:PATH` where the address is kept."""
    scan: Literal["auto", "compiled", "sql"] = "auto"
    """How DuckDB's rows are grouped: `auto` by the compiled scan where there is one. The numbers are the same."""
    data_end: date | None = None
    """First day that the data do not show; the day after the last dated row when left out."""
    as_of: AsOf | None = None
    """Dates at which snapshots are taken."""
    sources: dict[Name, Source] = Field(min_length=1)
    """Tables of the company, by name."""
    panel: PanelTable | None = None
    """A ready-made panel in place of signals."""
    features: Features = Features()
    """What signals share."""
    signals: dict[Name, Signal] = Field(default_factory=dict)
    """What is measured, by name."""
    combinations: dict[Name, Combination] = Field(default_factory=dict)
    """Features that mean something together, by name."""
    outcome: Outcome | None = None
    """What is predicted."""
    outcomes: dict[Name, Outcome] = Field(default_factory=dict)
    """Further outcomes that weights are held against, by name."""
    growth: Name | None = None
    """Which of `outcomes`, a gain, a growth score beside health foretells."""
    split: Split | None = None
    """Fixed dates of training and test."""
    model: Model = Model()
    """Which model is fitted."""
    score: Score = Score()
    """How a probability becomes a score."""
    bands: Bands = Bands()
    """Ranges of the score."""
    scorecard: Scorecard | None = None
    """Handcrafted weights in force: the name of a shipped scorecard, or a file."""
    report: Report = Report()
    """What the report shows."""
    playbooks: dict[Name, Playbook] = Field(default_factory=dict)
    """What to do about whom, by name."""
    worklist: Worklist = Worklist()
    """How much each owner can do."""
    path_to_green: PathToGreen = PathToGreen()
    """What may be changed on the way to the next band."""
    checks: Checks = Checks()
    """What faults are tolerated."""
    trend: Trend = Trend()
    """Rules for the course of scores."""
    tracking: Tracking = Tracking()
    """Where runs are recorded."""
    deliveries: dict[Name, Delivery] = Field(default_factory=dict)
    """Where publications go, by name."""

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
