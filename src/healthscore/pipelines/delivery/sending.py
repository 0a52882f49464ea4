"""Sending what is to be delivered, delivery by delivery, in the order of publication."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from healthscore.config import Run
from healthscore.pipelines.delivery import outbox
from healthscore.pipelines.delivery.alerts import Alert
from healthscore.pipelines.delivery.jobs import Delivered, Job, State, said
from healthscore.pipelines.delivery.kinds import KINDS
from healthscore.pipelines.delivery.publications import Publication

SHOWN = 3
"""Rows, or alerts, of a delivery that are shown where they are only to be looked at."""


@dataclass(frozen=True)
class _Stream:
    """What one delivery gets of one series of scores, and in which order.

    Attributes
    ----------
    newest
        The publication that readers follow now.
    """

    run: Run
    name: str
    newest: Publication

    @property
    def key(self) -> str:
        """Its folder in the outbox: the delivery, and the scorecard whose scores it takes, if one made them."""
        card = self.newest.scorecard
        return self.name if card is None else f"{self.name}-{card}"

    @property
    def kind(self) -> str:
        """Kind of the delivery."""
        return self.run.deliveries[self.name].kind

    @cached_property
    def configured(self) -> str:
        """What the run says of the delivery, in twelve digits: said otherwise, all of the newest goes again."""
        return hashlib.sha256(self.run.deliveries[self.name].model_dump_json().encode()).hexdigest()[:12]

    def before(self) -> Publication | None:
        """What arrived last, if it can still be read."""
        receipt = outbox.last_receipt(self.run.out, self.key)
        if receipt is None or receipt.get("gone"):
            return None
        found = Publication(self.run.out / str(receipt["publication"]))
        return found if found.is_there else None

    def waiting(self) -> list[outbox.Entry]:
        """What is to be sent, oldest first: what waits, and the newest unless it waits or has arrived last."""
        entries = outbox.entries(self.run.out, self.key)
        receipt = outbox.last_receipt(self.run.out, self.key) or {}
        last = entries[-1].publication if entries else receipt.get("publication")
        if last == self.newest.name and (entries or receipt.get("configured") == self.configured):
            return entries
        return [*entries, outbox.Entry(None, self.newest.name)]

    def told(self, publication: str, status: State, **more: Any) -> Delivered:
        """What is said of a publication of this stream."""
        told = Publication(self.run.out / publication)
        as_of = told.as_of if told.is_there else None
        return Delivered(self.name, self.kind, publication, status, as_of, **more)


def deliver_all(run: Run, published: Sequence[Path], *, dry: bool = False) -> list[Delivered]:
    """Deliver publications, and all that waits, by every delivery of the run that they are meant for.

    Parameters
    ----------
    published
        Directories of the publications that readers follow now. What a delivery had last is not sent again.
    dry
        Say what would be sent, and send nothing.
    """
    newest = [Publication(directory) for directory in published]
    streams = [_Stream(run, name, one) for name in run.deliveries for one in newest if _meant(run, name, one)]
    found: list[Delivered] = []
    if dry:
        for stream in streams:
            found += [_looked_at(stream, entry) for entry in stream.waiting()] or [_nothing(stream)]
        return found
    for stream in streams:
        for entry in stream.waiting():
            if entry.number is None:
                outbox.enter(run.out, stream.key, entry.publication)
    with outbox.alone(run.out) as nobody_else:
        for stream in streams:
            found += _drained(stream) if nobody_else else _held_up(stream)
    return found


def _meant(run: Run, name: str, publication: Publication) -> bool:
    """Whether a delivery takes the scores of this scorecard, or of the model."""
    wanted = run.deliveries[name].scorecard
    return publication.scorecard == wanted or (wanted is None and run.outcome is None)


def _drained(stream: _Stream) -> list[Delivered]:
    """Send what waits in its order; the first that cannot arrive holds up those behind it."""
    found: list[Delivered] = []
    # Again and again: another job may enter something meanwhile, and leaves it to this one.
    while entries := outbox.entries(stream.run.out, stream.key):
        for place, entry in enumerate(entries):
            one = _sent(stream, entry)
            found.append(one)
            if one.status == "waiting":
                behind = f"it goes after {one.publication}"
                found += [stream.told(later.publication, "waiting", error=behind) for later in entries[place + 1 :]]
                return found
    return found or [_nothing(stream)]


def _sent(stream: _Stream, entry: outbox.Entry) -> Delivered:
    publication = Publication(stream.run.out / entry.publication)
    if not publication.is_there:
        # It will never come back: it must not hold up what can arrive.
        outbox.receive(stream.run.out, stream.key, entry, {"gone": True, "at": _now()})
        return stream.told(entry.publication, "gone", error="it was removed before it was delivered")
    job = _job(stream, publication)
    kind = KINDS[stream.kind]
    try:
        payload = kind.prepare(job)
        to = kind.send(job, payload)
    except Exception as error:  # of whatever receiver, disk or table: the scores are there, and it waits
        return stream.told(entry.publication, "waiting", error=job.secrets.hide(said(error)))
    receipt = {
        "as_of": publication.as_of,
        "kind": stream.kind,
        "configured": stream.configured,
        "rows": len(payload),
        "to": to,
    }
    outbox.receive(stream.run.out, stream.key, entry, {**receipt, "at": _now()})
    return stream.told(entry.publication, "delivered", rows=len(payload), to=to)


def _looked_at(stream: _Stream, entry: outbox.Entry) -> Delivered:
    publication = Publication(stream.run.out / entry.publication)
    job = _job(stream, publication)
    try:
        payload = KINDS[stream.kind].prepare(job)
        sample = _sample(payload)
    except Exception as error:  # would keep it from being sent, and is what one looks for
        return stream.told(entry.publication, "waiting", error=job.secrets.hide(said(error)))
    return stream.told(entry.publication, "to send", rows=len(payload), sample=sample)


def _job(stream: _Stream, publication: Publication) -> Job[Any]:
    return Job(stream.run, stream.name, stream.key, stream.run.deliveries[stream.name], publication, stream.before())


def _held_up(stream: _Stream) -> list[Delivered]:
    told = "another job is delivering"
    return [stream.told(entry.publication, "waiting", error=told) for entry in stream.waiting()] or [_nothing(stream)]


def _nothing(stream: _Stream) -> Delivered:
    return stream.told(stream.newest.name, "nothing to do")


def _sample(payload: Any) -> list[Any]:
    if isinstance(payload, list):
        return [json.loads(alert.body) for alert in payload[:SHOWN] if isinstance(alert, Alert)]
    rows: list[Any] = payload.slice(0, SHOWN).to_pylist()
    return rows


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
