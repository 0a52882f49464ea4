"""Which accounts alert, and what an alert says.

An account alerts for what is new: a rule that did not hold for it, or a band that it was not in, when alerts were last
delivered. What was delivered is compared, not dates, so a score that is published again alerts nobody twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from healthscore.config.deliveries import WebhookDelivery
from healthscore.pipelines.delivery.jobs import Job
from healthscore.pipelines.delivery.publications import ACCOUNT, AS_OF, Publication
from healthscore.pipelines.delivery.rows import ACTIONS, BAND, RULES, chosen_columns, known_bands, names_in
from healthscore.pipelines.publish import plain

STEADY = "steady_band"
TYPE, VERSION = "healthscore.alert", 1
USUAL = (
    *("name", "segment", "owner", "value", "health", BAND, STEADY, "probability", "previous_as_of", "previous_health"),
    *("change", "change_week", "change_month", "trend", "drivers_down", ACTIONS, "priority", "action_owner"),
)
"""Published columns that an alert tells where a run names none, as far as they are there."""
Reasons = Mapping[str, frozenset[tuple[str, str]]]
"""Account -> why it alerts: ("rule", name) and ("band", name)."""


@dataclass(frozen=True)
class Alert:
    """One alert.

    Attributes
    ----------
    key
        Follows from run, scores, account, date and reasons: the same alert has the same key, however often it is sent.
    body
        Its JSON, as it is signed and sent.
    """

    key: str
    body: bytes


def alerts_of(job: Job[WebhookDelivery]) -> list[Alert]:
    """The alerts of a publication, the account of the worst rank first."""
    now = standing_reasons(job.publication, job.delivery)
    before = {} if job.before is None else standing_reasons(job.before, job.delivery)
    news = {account: reasons - before.get(account, frozenset()) for account, reasons in now.items()}
    asked = job.delivery.columns or tuple(job.delivery.mapping) or _there(USUAL, job.publication)
    columns = chosen_columns(job.publication, asked, job.delivery.mapping)
    found = []
    for row in _rows(job.publication, [ACCOUNT, *columns]):
        if reasons := news.get(row[ACCOUNT]):
            data = {job.delivery.mapping.get(name, name): row[name] for name in columns if name != ACCOUNT}
            found.append(_alert(job, row[ACCOUNT], sorted(reasons), data))
    return found


def standing_reasons(publication: Publication, delivery: WebhookDelivery) -> Reasons:
    """What holds for each account at the date of a publication, of what alerts."""
    bands = list(publication.result.get("bands", {}))
    known_bands(publication, delivery.entering or (), "entering")
    entering = set(bands[:1] if delivery.entering is None else delivery.entering)
    band = STEADY if STEADY in publication.columns else BAND
    found = {}
    for row in _rows(publication, _there((ACCOUNT, band, RULES, ACTIONS), publication)):
        names = (names_in(row.get(RULES)) | names_in(row.get(ACTIONS))) & set(delivery.rules)
        reasons = {("rule", name) for name in names} | {("band", one) for one in {row[band]} & entering}
        if reasons:
            found[row[ACCOUNT]] = frozenset(reasons)
    return found


def _alert(job: Job[Any], account: str, reasons: Iterable[tuple[str, str]], data: Mapping[str, Any]) -> Alert:
    about = {
        "run": job.run.name,
        "scorecard": job.publication.scorecard,
        ACCOUNT: account,
        AS_OF: job.publication.as_of,
        "reasons": [{"kind": kind, "name": name} for kind, name in reasons],
    }
    body = {"type": TYPE, "version": VERSION, "publication": job.publication.identity, **about, "data": plain(data)}
    return Alert(f"msg_{hashlib.sha256(_json(about)).hexdigest()[:32]}", _json(body))


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")


def _there(columns: Sequence[str], publication: Publication) -> tuple[str, ...]:
    return tuple(column for column in columns if column in publication.columns)


def _rows(publication: Publication, columns: Sequence[str]) -> Iterable[dict[str, Any]]:
    for batch in publication.table(list(dict.fromkeys(columns))).to_batches(max_chunksize=50_000):
        yield from batch.to_pylist()
