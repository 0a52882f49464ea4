"""The smaller sections of a run's TOML, as immutable models: outcome, model, score, report, checks, tracking."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from healthscore.config.section import Expression, Name, Section


class Outcome(Section):
    """What is predicted: an event in [t + gap, t + gap + horizon) among those still active at t + gap."""

    kind: Name
    """Which of the eight kinds of outcome, such as `churn`, `non_renewal`, `inactivity` or `complaint`."""
    source: Name
    """The source in which it is seen."""
    where: Expression | None = None
    """Rows of events that count, such as purchases or complaints; all when left out."""
    active_source: Name | None = None
    """Who is a customer, where `source` does not say; the run's own subscriptions when left out."""
    gap_days: int = Field(default=0, ge=0, le=3660)
    """Days after the date that are too late to act on: what happens in them is counted and not learned from."""
    horizon_days: int = Field(ge=1, le=3660)
    """Length of the window in which it may happen, after the gap."""
    maturity_days: int | None = Field(default=None, ge=0, le=3660)
    """Days after the window for which outcomes are still being recorded; `grace_days` when left out."""
    grace_days: int = Field(default=0, ge=0, le=3660)
    """Longest interruption that is no exit."""
    types: tuple[str, ...] = ("voluntary", "involuntary")
    """Types of exit that count, where the subscriptions have types."""
    date: Literal["decision", "effective"] = "decision"
    """`decision`: the earlier of notice and end; `effective`: the end."""
    eligible_within_days: int | None = Field(default=None, ge=1)
    """Of events: how recently an account was active to be at risk; ever when left out."""
    change_percent: float = Field(default=10.0, gt=0, le=100)
    """By how much revenue falls (contraction), or grows beyond prices (expansion), at least."""
    price_uplift_percent: float = Field(default=0.0, ge=0, le=100)
    """What prices add to revenue; taken off before growth is judged."""
    first_days: int = Field(default=90, ge=0, le=3660)
    """Days at the beginning of an account in which every account grows; expansion leaves them out."""
    minimum_purchases: int = Field(default=3, ge=1)
    """Declining purchases: so many before the date to be at risk."""
    decline_percent: float = Field(default=50.0, gt=0, le=100)
    """Declining purchases: below this share of what the book's own change lets expect."""

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

    `healthscore tune` writes this section.
    """

    learning_rate: float | None = Field(default=None, gt=0, le=1)
    """How much each tree moves the prediction."""
    leaves: int | None = Field(default=None, ge=2, le=256)
    """Leaves of a tree, at most."""
    minimum_rows_in_leaf: int | None = Field(default=None, ge=1)
    """Snapshots in a leaf, at least."""
    minimum_information_in_leaf: float | None = Field(default=None, ge=0)
    """Sum of p(1-p) over a leaf, about its expected exits, at least."""
    l2: float | None = Field(default=None, ge=0)
    """How strongly the values of leaves are drawn to 0."""
    count: int | None = Field(default=None, ge=1, le=5000)
    """Number of trees; chosen inside the training past when left out."""


class Model(Section):
    """Which model is fitted, and what may interact."""

    choose: Literal["auto", "blend", "additive", "logistic", "unconstrained"] = "auto"
    """Which candidate scores; `auto` takes the blend unless another beat it by more than a standard error."""
    joint: tuple[tuple[Name, ...], ...] = ()
    """Groups of components that may interact; the points of a group are told as one."""
    minimum_exits: int = Field(default=50, ge=1)
    """Accounts that have to have left before a model is fitted."""
    minimum_train_dates: int = Field(default=1, ge=1)
    """As-of dates with a known outcome before the first date that a backtest judges."""
    levels_by_date: bool = True
    """Whether each training date has a rate of its own, so that seasons are not learned as behaviour."""
    trees: Trees = Trees()
    """How the trees grow."""
    refits: int = Field(default=20, ge=0, le=500)
    """Models on resampled accounts that tell the interval of each score; 0 for no intervals."""
    maximum_rows: int | None = Field(default=None, ge=1000)
    """Snapshots beyond which models are fitted and judged on whole accounts drawn at random."""


class Anchor(Section):
    """A probability that always scores the same, for an absolute scale."""

    score: float = Field(gt=0, lt=100)
    """The score that it always has."""
    probability: float = Field(gt=0, lt=1)
    """Of the outcome."""


class Score(Section):
    """How a probability becomes a score of 0 to 100."""

    points_to_halve_odds: float = Field(default=15.0, gt=0)
    """Points by which a score rises when the odds of the outcome halve."""
    reference_score: float = Field(default=55.0, gt=0, lt=100)
    """The score of an account with the average probability of the accounts learned from."""
    anchor: Anchor | None = None
    """An absolute scale in place of the average."""
    reasons: int = Field(default=20_000, ge=1)
    """Accounts, the most at risk first, that are told the features behind their score; others are told components."""


class Report(Section):
    """What the report shows beside the figures that it always shows."""

    capacity: int | None = Field(default=None, ge=1)
    """Accounts that the team can look after at a time; tells what it would have found among so many."""
    worst: int = Field(default=25, ge=1, le=1000)
    """Accounts in the table of the lowest scores."""
    resamples: int = Field(default=1000, ge=100, le=100_000)
    """Resamples of accounts behind each interval."""


class Checks(Section):
    """Shares of bad rows that a run tolerates in quarantine before it refuses, and how large a file may be unpacked."""

    quarantine_limit: float = Field(default=0.005, ge=0, le=1)
    """Share of a source's rows that may break its contract before the run refuses."""
    orphan_limit: float = Field(default=0.05, ge=0, le=1)
    """Share of a source's rows that may name accounts which are not there before the run refuses."""
    file_limit_gigabytes: float = Field(default=100.0, gt=0)
    """How large one file may be when it is unpacked."""


class Tracking(Section):
    """Where runs are recorded in MLflow. The environment's MLFLOW_TRACKING_URI wins over `uri`."""

    enabled: bool = True
    """Whether runs are recorded in MLflow."""
    uri: str | None = None
    """Address of the tracking server or store; `mlruns` in the working directory when left out."""
    experiment: str | None = None
    """Name of the experiment; the run's name when left out."""
