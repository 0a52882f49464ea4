"""Alerts by webhook, to a real receiver: signed, in order, each at least once, none lost."""

from __future__ import annotations

import json
import random
import socket
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import healthscore
from healthscore.config import Run
from healthscore.errors import ConfigurationError
from healthscore.pipelines.delivery import DeliveryWarning, deliver, webhook
from healthscore.pipelines.delivery.signing import signed_headers, signing_key
from published_book import PLAYBOOK, book, publish, run_of, waiting
from receiver import KEY, Answer, Receiver, receiving, verified

TIMEOUT = 0.3


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("ALERT_KEY", KEY)
    monkeypatch.setattr(webhook, "FIRST_PAUSE", 0.001)
    with receiving() as found:
        yield found


def hook(folder: Path, receiver: Receiver, more: str = "") -> Run:
    return run_of(
        folder,
        f'{PLAYBOOK}[deliveries.hook]\nkind = "webhook"\nurl = "{receiver.url}"\nsigning_key = "env:ALERT_KEY"\n'
        f"timeout_seconds = {TIMEOUT}\n{more}",
    )


def ailing(accounts: int, as_of: date = date(2025, 5, 1)) -> pd.DataFrame:
    """A publication in which every account alerts."""
    return pd.DataFrame(
        {
            "account_id": [f"A-{n:04d}" for n in range(accounts)],
            "as_of": as_of,
            "health": 10.0,
            "band": "at risk",
            "trend_rules": "drop",
        }
    )


def test_an_alert_says_who_and_why(receiver: Receiver, tmp_path: Path) -> None:
    run = hook(tmp_path, receiver)
    (one,) = deliver(run, publish(run.out, "aaaa", book()))
    assert (one.status, one.rows) == ("delivered", 1)
    ((headers, body),) = receiver.requests
    assert json.loads(body) == {
        "type": "healthscore.alert",
        "version": 1,
        "publication": "aaaa",
        "run": run.name,
        "scorecard": None,
        "account_id": "A-1",
        "as_of": "2025-05-01",
        "reasons": [
            {"kind": "band", "name": "at risk"},
            {"kind": "rule", "name": "decline"},
            {"kind": "rule", "name": "drop"},
        ],
        "data": {
            "name": "=cmd()",
            "health": 12.5,
            "band": "at risk",
            "steady_band": "at risk",
            "change": -3.2,
            "trend": "fell by 20.0 points in a month",
        },
    }
    assert headers["content-type"] == "application/json"
    assert verified(headers, body, int(time.time()))
    assert not verified(headers, body.replace(b"A-1", b"A-2"), int(time.time()))
    assert not verified(headers, body, int(time.time()) + 301)


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The example of the specification's own libraries."""
    key = signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "signing_key")
    headers = signed_headers(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def reasons(receiver: Receiver) -> list[tuple[str, list[str]]]:
    return [(one["account_id"], [reason["name"] for reason in one["reasons"]]) for one in receiver.alerts()]


def test_only_what_is_new_alerts(receiver: Receiver, tmp_path: Path) -> None:
    """Who stays at risk is no news; a rule that begins to hold, and who comes into the band, are."""
    run = hook(tmp_path, receiver)
    deliver(run, publish(run.out, "aaaa", book()))
    worse = {"band": "at risk", "steady_band": "at risk"}
    later = book(date(2025, 5, 8), A_1={"trend_rules": "drop;sudden_drop"}, A_2=worse, A_3={"band": "at risk"})
    deliver(run, publish(run.out, "bbbb", later))
    deliver(run, publish(run.out, "cccc", later))
    assert reasons(receiver) == [
        ("A-1", ["at risk", "decline", "drop"]),
        ("A-1", ["sudden_drop"]),
        ("A-2", ["at risk"]),
    ]


def test_a_score_that_is_published_again_alerts_nobody_twice(receiver: Receiver, tmp_path: Path) -> None:
    """Another publication of the same date, after the receipt of the first was lost: same keys."""
    run = hook(tmp_path, receiver)
    deliver(run, publish(run.out, "aaaa", book()))
    for path in (run.out / "deliveries/receipts/hook").glob("*.json"):
        path.unlink()
    (one,) = deliver(run, publish(run.out, "bbbb", book(A_2={"health": 54.0})))
    assert (one.status, len(receiver.requests)) == ("delivered", 1)


CHOICES = {
    'rules = ["decline"]': [("A-1", ["at risk", "decline"])],
    "rules = []": [("A-1", ["at risk"])],
    "entering = []": [("A-1", ["decline", "drop"])],
    'entering = ["needs attention", "healthy"]\nrules = []': [("A-2", ["needs attention"]), ("A-3", ["healthy"])],
    'rules = ["call"]\nentering = []': [("A-3", ["call"])],
}


@pytest.mark.parametrize(("more", "wanted"), CHOICES.items())
def test_a_run_chooses_what_alerts(receiver: Receiver, tmp_path: Path, more: str, wanted: object) -> None:
    run = hook(tmp_path, receiver, more)
    deliver(
        run,
        publish(
            run.out, "aaaa", book().assign(actions=["", "", "call: Ask (CSM-05); write: Thank them (support)", ""])
        ),
    )
    assert reasons(receiver) == wanted


def test_what_an_alert_tells_can_be_chosen(receiver: Receiver, tmp_path: Path) -> None:
    run = hook(tmp_path, receiver, 'columns = ["health", "name"]\nmapping = {health = "Score"}\n')
    deliver(run, publish(run.out, "aaaa", book()))
    assert receiver.alerts()[0]["data"] == {"Score": 12.5, "name": "=cmd()"}


# --- receivers that fail ---------------------------------------------------------------------------------------------


def test_two_hundred_alerts_through_a_receiver_that_fails_at_random(receiver: Receiver, tmp_path: Path) -> None:
    """Errors, silence and halves: every key arrives, in order, and what is sent again has its key again."""
    chance = random.Random(5)
    faults = [Answer(500), Answer(503), Answer(429, {"retry-after": "0"}), Answer(half=True), Answer(408)]

    def answer(number: int, headers: Any) -> Answer:
        if chance.random() < 0.01:
            return Answer(silent=2 * TIMEOUT)
        return chance.choice(faults) if chance.random() < 0.5 else Answer()

    receiver.answer = answer
    run = hook(tmp_path, receiver)
    with pytest.warns(DeliveryWarning, match="alerts wait"):
        deliver(run, publish(run.out, "aaaa", ailing(200)))
    rounds = 0
    while healthscore.deliver(run).failed:
        rounds += 1
        assert rounds < 100
    assert [one["account_id"] for one in receiver.alerts()] == [f"A-{n:04d}" for n in range(200)]
    assert len(receiver.taken) == len(set(receiver.taken)) == 200
    assert len(receiver.requests) > 300
    bodies: dict[str, set[bytes]] = {}
    for headers, body in receiver.requests:
        bodies.setdefault(headers["webhook-id"], set()).add(body)
        assert verified(headers, body, int(time.time()))
    assert {len(one) for one in bodies.values()} == {1}
    assert waiting(run.out) == []


def test_while_it_is_down_alerts_of_several_dates_wait_in_order(receiver: Receiver, tmp_path: Path) -> None:
    receiver.answer = lambda number, headers: Answer(503)
    run = hook(tmp_path, receiver, "attempts = 2")
    for identity, day, rule in (("aaaa", 1, "drop"), ("bbbb", 8, "decline")):
        frame = ailing(3, date(2025, 5, day)).assign(trend_rules=rule)
        with pytest.warns(DeliveryWarning, match="the receiver answered 503, 2 times; 3 of 3 alerts wait"):
            deliver(run, publish(run.out, identity, frame))
    assert len(receiver.requests) == 4  # two attempts at the first alert in each job: none overtakes it
    receiver.answer = lambda number, headers: Answer()
    assert healthscore.deliver(run).failed == 0
    told = [(one["as_of"], one["account_id"]) for one in receiver.alerts()]
    assert told == [(day, f"A-{n:04d}") for day in ("2025-05-01", "2025-05-08") for n in range(3)]


def test_good_news_and_weak_signs_alert_only_where_they_are_named(receiver: Receiver, tmp_path: Path) -> None:
    frame = ailing(3).assign(band="healthy", steady_band="healthy", trend_rules=["recovery", "activity_drop", "drop"])
    run = hook(tmp_path, receiver)
    deliver(run, publish(run.out, "aaaa", frame))
    assert [one["account_id"] for one in receiver.alerts()] == ["A-0002"]


def test_nobody_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERT_KEY", KEY)
    monkeypatch.setattr(webhook, "FIRST_PAUSE", 0.001)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    run = hook(tmp_path, Receiver(url=f"http://127.0.0.1:{port}/hook"))
    with pytest.warns(DeliveryWarning, match="nobody answers .NewConnectionError., 4 times; 1 of 1 alerts wait"):
        deliver(run, publish(run.out, "aaaa", book()))


def test_a_receiver_may_say_when(receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("healthscore.pipelines.delivery.webhook.time.sleep", slept.append)
    told = iter(["7", "3600", "no number", None])
    receiver.answer = lambda number, headers: (
        Answer(429, {"retry-after": said}) if (said := next(told)) is not None else Answer()
    )
    run = hook(tmp_path, receiver, "attempts = 5")
    deliver(run, publish(run.out, "aaaa", book()))
    assert slept[:2] == [7.0, webhook.LONGEST_PAUSE]
    assert slept[2] < 1


def test_pauses_grow_and_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "FIRST_PAUSE", 0.5)
    for attempt, longest in ((1, 0.5), (2, 1.0), (3, 2.0), (9, webhook.LONGEST_PAUSE)):
        drawn = {webhook._pause(attempt, None) for _ in range(50)}
        assert longest / 2 <= min(drawn) < max(drawn) <= longest


def test_an_alert_that_is_refused_is_not_tried_again_at_once_and_stays(receiver: Receiver, tmp_path: Path) -> None:
    """Those behind it go; it is sent again by the next job."""
    refused: set[str] = set()

    def answer(number: int, headers: Any) -> Answer:
        refused.add(headers["webhook-id"]) if number == 2 else None
        return Answer(422 if headers["webhook-id"] in refused else 200)

    receiver.answer = answer
    run = hook(tmp_path, receiver)
    with pytest.warns(DeliveryWarning, match="the receiver answered 422; 1 of 3 alerts wait"):
        deliver(run, publish(run.out, "aaaa", ailing(3)))
    assert len(receiver.requests) == 3
    receiver.answer = lambda number, headers: Answer()
    assert healthscore.deliver(run).failed == 0
    assert (len(receiver.requests), set(receiver.taken) >= refused) == (4, True)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_where_every_alert_would_be_refused_one_is_enough(receiver: Receiver, tmp_path: Path, status: int) -> None:
    receiver.answer = lambda number, headers: Answer(status)
    run = hook(tmp_path, receiver)
    with pytest.warns(DeliveryWarning, match=f"answered {status}; 3 of 3 alerts wait; mend url or key"):
        deliver(run, publish(run.out, "aaaa", ailing(3)))
    assert len(receiver.requests) == 1


def test_redirects_are_not_followed(receiver: Receiver, tmp_path: Path) -> None:
    with receiving() as other:
        receiver.answer = lambda number, headers: Answer(302, {"location": other.url})
        run = hook(tmp_path, receiver)
        with pytest.warns(DeliveryWarning, match="redirects are not followed"):
            deliver(run, publish(run.out, "aaaa", book()))
        assert (len(receiver.requests), other.requests) == (1, [])


def test_an_answer_that_never_ends_holds_nobody_up(receiver: Receiver, tmp_path: Path) -> None:
    receiver.answer = lambda number, headers: Answer(endless=True)
    run = hook(tmp_path, receiver)
    (one,) = deliver(run, publish(run.out, "aaaa", ailing(2)))
    assert (one.status, len(receiver.requests)) == ("delivered", 2)


# --- what is refused before anything is sent -------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["http://example.com/hook", "ftp://127.0.0.1/hook", "http://127.0.0.1.example.com/"])
def test_alerts_go_encrypted_or_nowhere(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the run says the address or the environment does."""
    with pytest.raises(ConfigurationError, match="alerts go by https; http only to this machine"):
        hook(tmp_path, Receiver(url=url))
    monkeypatch.setenv("ALERT_KEY", KEY)
    monkeypatch.setenv("ALERT_URL", url)
    run = hook(tmp_path, Receiver(url="env:ALERT_URL"))
    with pytest.warns(DeliveryWarning, match="alerts go by https; http only to this machine"):
        deliver(run, publish(run.out, "aaaa", book()))


@pytest.mark.parametrize(("key", "said"), [("short", "a key of 5 bytes"), ("whsec_#", "no base64"), ("", "nothing")])
def test_a_key_that_can_be_guessed_is_refused(
    receiver: Receiver, tmp_path: Path, key: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERT_KEY", key)
    run = hook(tmp_path, receiver)
    with pytest.warns(DeliveryWarning, match=said):
        deliver(run, publish(run.out, "aaaa", book()))
    assert receiver.requests == []


def test_a_dry_run_shows_alerts_and_needs_no_secret(tmp_path: Path) -> None:
    run = hook(tmp_path, Receiver(url="https://example.com/hook"))
    publish(run.out, "aaaa", book())
    (one,) = healthscore.deliver(run, dry_run=True).delivered
    assert (one.status, one.rows) == ("to send", 1)
    assert one.sample[0]["account_id"] == "A-1"
