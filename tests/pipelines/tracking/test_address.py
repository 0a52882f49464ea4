"""Addresses: which is used, whether anybody answers there, and what of them may be told."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from threading import Thread

import pytest

from healthscore.pipelines.tracking import address
from healthscore.pipelines.tracking.address import knock, redacted


@pytest.fixture
def port() -> Iterator[int]:
    """A port where connections are taken and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "ANSWERS_WITHIN", 0.3)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("uri", "text", "told"),
    [
        ("postgresql://user:pa55word@host/db", "password pa55word refused", "password *** refused"),
        ("postgresql://user:p%40ss%2Fword@host/db", "p@ss/word or p%40ss%2Fword", "*** or ***"),
        ("https://s3cretT0ken@host", "401 for s3cretT0ken", "401 for ***"),
        ("https://host/?api_key=abc123&x=1", "GET /?api_key=abc123&x=1", "GET /?api_key=***&x=1"),
        ("sqlite:///x", "API request to https://token@host/x failed", "API request to https://***@host/x failed"),
        ("http://host", "nothing secret at http://host/a@b", "nothing secret at http://host/a@b"),
    ],
)
def test_secrets_of_an_address_are_not_told(uri: str, text: str, told: str) -> None:
    assert redacted(text, uri) == told


def test_secrets_of_the_environment_are_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "t0ken-of-the-env")
    assert redacted("Authorization: Bearer t0ken-of-the-env", "http://host") == "Authorization: Bearer ***"


@pytest.mark.parametrize("scheme", ["http", "postgresql", "mysql+pymysql"])
def test_nobody_at_home_is_told_at_once(scheme: str) -> None:
    start = time.monotonic()
    with pytest.raises(OSError, match=r"nobody answers at \w+://127.0.0.1:9 ") as told:
        knock(f"{scheme}://someone:hunter2secret@127.0.0.1:9/place")
    assert time.monotonic() - start < 5
    assert "hunter2secret" not in str(told.value)


def test_a_server_that_takes_connections_and_says_nothing_is_not_waited_for(port: int) -> None:
    start = time.monotonic()
    with pytest.raises(OSError, match="nobody answers"):
        knock(f"http://127.0.0.1:{port}")
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("scheme", ["http", "postgresql+psycopg2"])
def test_whoever_takes_connections_and_says_nothing_is_away(scheme: str, port: int) -> None:
    with pytest.raises(OSError, match="nobody answers"):
        knock(f"{scheme}://user:password@127.0.0.1:{port}/db")


@pytest.mark.parametrize("said", [b"", b"N", b"S"])
def test_a_database_says_a_letter(said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        Thread(target=_answer, args=(listening, said), daemon=True).start()
        uri = f"postgresql://127.0.0.1:{listening.getsockname()[1]}/db"
        if said:
            knock(uri)
        else:
            with pytest.raises(OSError, match="it hangs up"):
                knock(uri)


def test_a_server_that_is_broken_is_away() -> None:
    """Its front door is open, and what lies behind it is down: MLflow's client would try again and again."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        Thread(target=_answer, args=(listening, b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"), daemon=True).start()
        with pytest.raises(OSError, match=r"nobody answers at http://127.0.0.1:\d+ \(it answers 503 No\)"):
            knock(f"http://127.0.0.1:{listening.getsockname()[1]}")


def _answer(listening: socket.socket, said: bytes) -> None:
    taken, _ = listening.accept()
    with taken:
        taken.recv(4096)
        taken.sendall(said)


def test_any_answer_is_an_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        refusal = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"
        Thread(target=_answer, args=(listening, refusal), daemon=True).start()
        knock(f"http://user:password@127.0.0.1:{listening.getsockname()[1]}/prefix/")


@pytest.mark.parametrize("uri", ["sqlite:////somewhere/mlflow.db", "databricks", "databricks://profile", "file:///x"])
def test_addresses_without_a_host_pass(uri: str) -> None:
    knock(uri)
