"""Delivery of alerts by webhook: one signed POST each, in order, until the receiver has taken it."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from healthscore.config.deliveries import WebhookDelivery, encrypted
from healthscore.config.secrets import place_of
from healthscore.errors import ConfigurationError
from healthscore.pipelines.delivery.alerts import Alert, alerts_of
from healthscore.pipelines.delivery.jobs import DeliveryError, Job, Kind
from healthscore.pipelines.delivery.outbox import Arrived
from healthscore.pipelines.delivery.signing import signed_headers, signing_key

if TYPE_CHECKING:
    import urllib3

LATER = frozenset({408, 425, 429})
"""Answers below 500 that say "again, later"; 5xx and no answer mean the same."""
ABOUT_THE_ALERT = frozenset({400, 409, 413, 422})
"""Answers that refuse one alert; other refusals (401, 404, a redirect) would meet every alert."""
LONGEST_ANSWER = 65_536
"""Bytes of an answer that are read; nothing in it is needed."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before the second attempt, doubled before each further one; a receiver may ask for up to the longest."""


class _RefusedError(Exception):
    """The receiver does not take this alert, and would not if it were sent again."""


def _send(job: Job[WebhookDelivery], alerts: Sequence[Alert]) -> str:
    """Send what the receiver has not taken yet, the oldest first.

    An alert that the receiver refuses stays behind while those after it go; where nobody answers, none overtakes.

    Raises
    ------
    DeliveryError
        Alerts wait; it says how many and why.
    """
    what = f"deliveries.{job.name}"
    url = job.secrets.read(job.delivery.url, f"{what}.url")
    key = signing_key(job.secrets.read(job.delivery.signing_key, f"{what}.signing_key"), f"{what}.signing_key")
    try:
        encrypted(url)
    except ValueError as error:
        raise ConfigurationError(f"{what}.{error}", "have the receiver answer by https") from None
    where = place_of(url)
    arrived = Arrived(job.run.out, job.stream)
    waiting = [alert for alert in alerts if alert.key not in arrived]
    refused: list[str] = []
    with _client(job.delivery.timeout_seconds) as client:
        for done, alert in enumerate(waiting):
            try:
                _post(client, url, key, alert, job.delivery.attempts)
            except _RefusedError as error:
                refused.append(str(error))
                continue
            except DeliveryError as error:
                left = len(waiting) - done + len(refused)
                raise DeliveryError(
                    f"{where}: {error.what}; {left:,} of {len(alerts):,} alerts wait", error.remedy
                ) from None
            arrived.add(alert.key)
    if refused:
        raise DeliveryError(
            f"{where}: {refused[0]}; {len(refused):,} of {len(alerts):,} alerts wait",
            "have the receiver take them; healthscore deliver sends them again",
        )
    return where


def _client(seconds: float) -> urllib3.PoolManager:
    """Verifies certificates, follows no redirects, and leaves it to us to try again."""
    import urllib3

    timeout = urllib3.Timeout(connect=seconds, read=seconds)
    return urllib3.PoolManager(cert_reqs="CERT_REQUIRED", timeout=timeout, retries=False)


def _post(client: urllib3.PoolManager, url: str, key: bytes, alert: Alert, attempts: int) -> None:
    """Send an alert until it is taken, each time signed anew: a receiver refuses old signatures."""
    import urllib3

    told, asked = "", None
    for attempt in range(attempts):
        if attempt:
            time.sleep(_pause(attempt, asked))
        headers = signed_headers(key, alert.key, int(time.time()), alert.body)
        try:
            answer = client.request(
                "POST",
                url,
                body=alert.body,
                headers={**headers, "content-type": "application/json"},
                redirect=False,
                preload_content=False,
            )
            _put_down(answer)
        except urllib3.exceptions.HTTPError as error:  # its text may hold the address
            told, asked = f"nobody answers ({type(error).__name__})", None
            continue
        if 200 <= answer.status < 300:
            return
        told, asked = f"the receiver answered {answer.status}", answer.headers.get("retry-after")
        if answer.status in ABOUT_THE_ALERT:
            raise _RefusedError(told)
        if answer.status < 500 and answer.status not in LATER:
            hint = "redirects are not followed: name the final address" if answer.status < 400 else "mend url or key"
            raise DeliveryError(told, hint)
    raise DeliveryError(f"{told}, {attempts} times", "healthscore deliver sends the rest when it is back")


def _put_down(answer: urllib3.BaseHTTPResponse) -> None:
    """Read the rest of an answer, so that its connection serves the next alert; one that goes on and on is cut off."""
    answer.read(LONGEST_ANSWER)
    if answer.read(1):
        answer.close()
    answer.release_conn()


def _pause(attempt: int, asked: str | None) -> float:
    """Seconds to wait: what the receiver asked for, else twice as long each time, half of it by chance."""
    from urllib3.exceptions import InvalidHeader
    from urllib3.util import Retry

    if asked is not None:
        try:
            return min(float(Retry().parse_retry_after(asked)), LONGEST_PAUSE)
        except InvalidHeader:
            pass
    doubled = min(FIRST_PAUSE * 2.0 ** (attempt - 1), LONGEST_PAUSE)
    return doubled * random.uniform(0.5, 1.0)  # noqa: S311  # so that jobs do not knock together; nothing secret


WEBHOOK = Kind(alerts_of, _send)
