"""A receiver of webhooks: a real HTTP server on this machine that answers as a test tells it to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "whsec_" + base64.b64encode(b"canary-key-of-alerts-4321-with-32").decode()


@dataclass(frozen=True)
class Answer:
    """What a receiver answers; `half` breaks off in the middle, `endless` never ends, `silent` says nothing at all."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    half: bool = False
    endless: bool = False
    silent: float = 0.0


@dataclass
class Receiver:
    """What arrived: every request, and the bodies that were taken (answered by 2xx), by key."""

    url: str = ""
    answer: Callable[[int, Mapping[str, str]], Answer] = lambda number, headers: Answer()
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    def alerts(self) -> list[dict[str, Any]]:
        """Every alert that was taken, once, in the order of arrival."""
        bodies = {headers["webhook-id"]: json.loads(body) for headers, body in self.requests}
        return [bodies[key] for key in dict.fromkeys(self.taken)]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that runs inside the block."""
    receiver, stop = Receiver(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            receiver.requests.append((headers, body))
            answer = receiver.answer(len(receiver.requests), headers)
            if answer.silent:
                stop.wait(answer.silent)
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "100" if answer.half else "1000000000" if answer.endless else "0")
            self.end_headers()
            if answer.endless:
                self.close_connection = True
                with suppress(OSError):
                    while not stop.is_set():
                        self.wfile.write(b"on and on " * 1000)
            if answer.half:
                self.wfile.write(b"half an")
                self.close_connection = True
            elif 200 <= answer.status < 300:
                receiver.taken.append(headers["webhook-id"])

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        yield receiver
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
        thread.join()


def verified(headers: Mapping[str, str], body: bytes, now: int, secret: str = KEY) -> bool:
    """Whether a request is signed, and not older than five minutes: written apart from the package."""
    if abs(now - int(headers["webhook-timestamp"])) > 300:
        return False
    content = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    digest = hmac.new(base64.b64decode(secret[6:]), content, hashlib.sha256).digest()
    wanted = "v1," + base64.b64encode(digest).decode()
    return any(hmac.compare_digest(wanted, one) for one in headers["webhook-signature"].split())
