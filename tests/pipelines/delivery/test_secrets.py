"""Secrets: said in no configuration, read at the last moment, told nowhere (faults page, S7)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from company import write_company
from healthscore.config.secrets import Secrets, place_of
from healthscore.errors import ConfigurationError, HealthScoreError
from healthscore.pipelines.delivery import DeliveryWarning, deliver
from healthscore.pipelines.delivery.jobs import Job
from healthscore.pipelines.delivery.kinds import KINDS
from healthscore.pipelines.delivery.publications import Publication
from published_book import book, publish, run_of
from receiver import receiving

CANARIES = {
    "WAREHOUSE_URI": "postgresql://canaryuser:canary-pa%24s-1@127.0.0.1:9/canarydb?sslpassword=canary-ssl-2",
    "ALERT_URL": "http://127.0.0.1:9/services/canary-path-3?token=canary-token-4",
    "ALERT_KEY": "canary-signing-key-5-that-is-long-enough",
    "HEALTHSCORE_UNUSED": "canary-of-the-environment-6",
}
PARTS = ("canary-pa", "canary-ssl", "canary-path", "canary-token", "canary-signing", "canary-of", "canary-file")
DELIVERIES = """
[deliveries.warehouse]
kind = "postgresql"
uri = "env:WAREHOUSE_URI"

[deliveries.alerts]
kind = "webhook"
url = "env:ALERT_URL"
signing_key = "env:ALERT_KEY"
attempts = 1

[deliveries.mail]
kind = "webhook"
url = "env:ALERT_URL"
signing_key = "file:secret/key"
attempts = 1

[deliveries.gone]
kind = "webhook"
url = "https://example.com/hook"
signing_key = "env:NOT_SET_ANYWHERE"
"""


def leaks(text: str) -> list[str]:
    return [part for part in PARTS if part in text]


def all_leaks(folder: Path) -> dict[str, list[str]]:
    """Canaries in every file below a folder, databases among them, but in those that hold the secrets."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and path.parent.name != "secret":
            content = path.read_bytes()
            hits = [part for part in PARTS if part.encode() in content]
            if hits:
                found[str(path)] = hits
    return found


@pytest.fixture
def canaries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/key").write_text("canary-file-7-that-is-long-enough\n")
    for name, value in CANARIES.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def test_no_secret_is_in_any_artifact_log_or_message(canaries: Path) -> None:
    """A whole job by the command line: scores, MLflow's database, outbox, standard output and error."""
    run = write_company(canaries / "saas", 60)
    text = run.read_text().replace("[tracking]\nenabled = false\n", "")
    deliveries = DELIVERIES.replace("secret/key", str(canaries / "secret/key"))
    run.write_text(text + deliveries.replace("kind =", 'scorecard = "seven_components"\nkind ='))
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "80"}
    for words in (
        ("score", "--scorecard", "seven_components", "--as-of", "2025-05-01"),
        ("--log-json", "deliver", str(run), "--json"),
    ):
        named = (str(run),) if words[0] == "score" else ()
        ended = subprocess.run(
            [sys.executable, "-m", "healthscore", *words, *named],
            capture_output=True,
            text=True,
            env=environment,
            cwd=canaries,
            check=False,
        )
        assert ended.returncode == (0 if words[0] == "score" else 2), ended.stderr
        assert leaks(ended.stdout + ended.stderr) == []
        if words[0] == "score":
            assert "warehouse: published-" in ended.stderr
    assert (canaries / "mlruns/mlflow.db").is_file()
    assert any((run.parent / "healthscore-out").rglob("outbox/*/*.json"))
    assert all_leaks(canaries) == {}


def test_an_exception_and_its_traceback_hold_no_secret(canaries: Path) -> None:
    run = run_of(canaries, DELIVERIES)
    with pytest.warns(DeliveryWarning) as told:
        found = deliver(run, publish(run.out, "aaaa", book()))
    assert [one.status for one in found] == ["waiting"] * 4
    assert leaks(" ".join(str(one.message) for one in told)) == []
    for name, delivery in run.deliveries.items():
        job = Job(run, name, name, delivery, Publication(run.out / "published/aaaa"), None)
        kind = KINDS[delivery.kind]
        with pytest.raises(HealthScoreError) as raised:
            kind.send(job, kind.prepare(job))
        shown = "".join(traceback.format_exception(raised.value))
        assert leaks(shown) == []
    assert all_leaks(canaries) == {}


def test_what_arrives_leaves_no_secret_behind_either(canaries: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as receiver:
        monkeypatch.setenv("ALERT_URL", f"{receiver.url}/canary-path-3?token=canary-token-4")
        run = run_of(canaries, DELIVERIES.replace("[deliveries.gone]", "[deliveries.zz]"))
        with pytest.warns(DeliveryWarning):
            found = deliver(run, publish(run.out, "aaaa", book()))
    assert [one.status for one in found] == ["waiting", "delivered", "delivered", "waiting"]
    assert found[1].to == receiver.url.removesuffix("/hook")
    assert all_leaks(canaries) == {}


LITERAL = {
    "uri": ('kind = "postgresql"\nuri = "postgresql://me:canary-pass@host/db"', "uri: the address holds a secret"),
    "query": (
        'kind = "postgresql"\nuri = "postgresql://host/db?password=canary-pass"',
        "uri: the address holds a secret",
    ),
    "conninfo": ('kind = "postgresql"\nuri = "host=h password=canary-pass"', "uri: write an address as scheme://"),
    "url": (
        'kind = "webhook"\nurl = "https://h/?api_key=canary-pass"\nsigning_key = "env:K"',
        "url: the address holds",
    ),
    "user": ('kind = "webhook"\nurl = "https://u:canary-pass@h/"\nsigning_key = "env:K"', "url: the address holds"),
    "key": (
        'kind = "webhook"\nurl = "https://h/"\nsigning_key = "canary-pass"',
        "signing_key: a secret does not stand",
    ),
    "empty": ('kind = "webhook"\nurl = "https://h/"\nsigning_key = "file:"', "signing_key: a secret does not stand"),
    "name": ('kind = "webhook"\nurl = "https://h/"\nsigning_key = "env:canary-pass"', "signing_key: a secret does not"),
}


@pytest.mark.parametrize(("section", "said"), LITERAL.values(), ids=LITERAL)
def test_a_secret_in_the_configuration_is_refused_and_not_repeated(tmp_path: Path, section: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as told:
        run_of(tmp_path, f"[deliveries.one]\n{section}\n")
    assert said in str(told.value)
    assert "env:NAME" in str(told.value)
    assert "canary-pass" not in str(told.value)


def test_an_address_without_secrets_may_stand(tmp_path: Path) -> None:
    run = run_of(
        tmp_path, '[deliveries.one]\nkind = "postgresql"\nuri = "postgresql://me@host:5433/db?sslmode=require"\n'
    )
    assert run.deliveries["one"].kind == "postgresql"


def test_files_of_secrets_lie_beside_the_run(canaries: Path) -> None:
    run = run_of(canaries, DELIVERIES)
    assert Secrets().read(run.deliveries["mail"].signing_key, "x") == "canary-file-7-that-is-long-enough"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "said",
    [
        "connection to {uri} failed",
        "FATAL: password authentication failed, password=canary-pa$s-1 host=x",
        "tried 'canary-pa%24s-1' and canary-pa$s-1",
        "GET /services/canary-path-3?token=canary-token-4 refused",
        "token=canary-token-4",
        "key: b'canary-signing-key-5-that-is-long-enough'",
    ],
)
def test_every_way_of_writing_a_secret_is_hidden(canaries: Path, said: str) -> None:
    secrets = Secrets()
    for name in ("WAREHOUSE_URI", "ALERT_URL", "ALERT_KEY"):
        secrets.read(f"env:{name}", name)
    hidden = secrets.hide(said.replace("{uri}", CANARIES["WAREHOUSE_URI"]))
    assert leaks(hidden) == []
    assert "***" in hidden


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("postgresql://u:p@host:5433/db", "postgresql://host:5433"),
        ("https://hooks.example.com/services/T0/B0/xyz?k=v", "https://hooks.example.com"),
        ("http://[::1]:80/x", "http://[::1]:80"),
        ("http://[broken", "***"),
    ],
)
def test_a_place_is_told_without_what_may_be_secret(address: str, place: str) -> None:
    assert place_of(address) == place


def test_missing_and_unreadable_secrets_are_named_by_where_they_should_be(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "large").write_bytes(b"a" * 70_000)
    for value, said in (
        ("env:NOT_SET_ANYWHERE", "env:NOT_SET_ANYWHERE holds nothing"),
        (f"file:{tmp_path}/none", "cannot be read: No such file"),
        (f"file:{tmp_path}/binary", "holds no text"),
        (f"file:{tmp_path}/large", "too large for a secret"),
    ):
        with pytest.raises(ConfigurationError, match=re.escape(said)):
            Secrets().read(value, "deliveries.one.uri")
