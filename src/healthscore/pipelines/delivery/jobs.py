"""What one delivery works on, and what it says of itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from healthscore.config import Run
from healthscore.config.secrets import Secrets
from healthscore.errors import HealthScoreError, WriteError
from healthscore.pipelines.delivery.publications import Publication

State = Literal["delivered", "nothing to do", "waiting", "gone", "to send"]
Configured = TypeVar("Configured")


class DeliveryError(HealthScoreError):
    """What was published has not arrived; it waits in the outbox."""


class DeliveryWarning(UserWarning):
    """What was published has not arrived everywhere; the scores are complete."""


@dataclass(frozen=True)
class Job(Generic[Configured]):
    """One publication on its way to one place.

    Attributes
    ----------
    name
        Of the delivery.
    stream
        Its folder in the outbox.
    delivery
        Its section of the run.
    before
        What arrived there last; None where nothing has, or it is gone.
    """

    run: Run
    name: str
    stream: str
    delivery: Configured
    publication: Publication
    before: Publication | None
    secrets: Secrets = field(default_factory=Secrets, repr=False)


@dataclass(frozen=True)
class Kind:
    """A kind of delivery, in two steps.

    Attributes
    ----------
    prepare
        What is to be sent, each a row or an alert: a function of publications and configuration alone.
    send
        Send it: where to, in words without secrets. What is sent again changes nothing.
    """

    prepare: Callable[[Job[Any]], Any]
    send: Callable[[Job[Any], Any], str]


@dataclass(frozen=True)
class Delivered:
    """What became of one delivery.

    Attributes
    ----------
    publication
        Directory of what was to be delivered, relative to the run's results.
    status
        `waiting` where it has not arrived, `gone` where it was removed before it could; `to send` where nothing was
        tried.
    rows
        How many rows, or alerts, it has; None where that is not known.
    to
        Where it went; None where it did not.
    error
        Why it has not arrived.
    sample
        The first rows, or alerts, where they are to be looked at.
    """

    delivery: str
    kind: str
    publication: str
    status: State
    as_of: str | None = None
    rows: int | None = None
    to: str | None = None
    error: str | None = None
    sample: Sequence[Any] = ()

    @property
    def failed(self) -> bool:
        """Whether it has not arrived where it should have."""
        return self.status in ("waiting", "gone")


def said(error: Exception) -> str:
    """What went wrong, in one line."""
    if isinstance(error, WriteError):
        return error.what  # its remedy, another --out, is that of results
    if isinstance(error, HealthScoreError):
        return f"{error.what}; {error.remedy}" if error.remedy else error.what
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'a file'} cannot be written: {error.strerror}"
    return f"{type(error).__name__}: {error}"
