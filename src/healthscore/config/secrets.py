"""Secrets: read at the last moment from where the run says, and struck out of everything that is told."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from healthscore.config.addresses import ENVIRONMENT, FILE, is_reference
from healthscore.errors import ConfigurationError

HIDDEN = "***"
MAXIMUM_BYTES = 65_536
SECRETS = ("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""Variables whose values are never told."""
_PASSWORD = re.compile(r"(password\s*=\s*)('[^']*'|\S+)", re.IGNORECASE)
SHORTEST = 3
"""Letters of a text below which it stands in every sentence, and is no secret."""


class Secrets:
    """What one delivery has read so far, so that nothing of it is told."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def read(self, value: str, what: str) -> str:
        """The value itself, or what a reference in its place says now.

        Raises
        ------
        ConfigurationError
            The variable is not set, or the file cannot be read, or is empty.
        """
        if not is_reference(value):
            return value
        if value.startswith(ENVIRONMENT):
            found = os.environ.get(value.removeprefix(ENVIRONMENT), "")
        else:
            found = _of_file(Path(value.removeprefix(FILE)), what)
        if not found:
            raise ConfigurationError(f"{what}: {value} holds nothing", "set it where the job runs")
        self._known.add(found)
        return found

    def hide(self, text: str) -> str:
        """A text with *** for every secret that was read, however it is written, and for passwords in addresses."""
        for secret in sorted(self._forms(), key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        for secret in self._known:
            text = redacted(text, secret)
        return _PASSWORD.sub(rf"\1{HIDDEN}", redacted(text, ""))

    def _forms(self) -> set[str]:
        """Every secret as it is, and as addresses and messages write it; of an address all parts that may tell."""
        found: set[str] = set()
        for secret in self._known:
            found |= {secret, *secret.split("?")[1:]}
            if "://" in secret:
                found |= _parts_of_address(secret)
        found |= {form for secret in tuple(found) for form in (quote(secret), quote(secret, safe=""), unquote(secret))}
        found |= {repr(secret)[1:-1] for secret in tuple(found)}
        return {form for form in found if len(form) >= SHORTEST}


def _parts_of_address(address: str) -> set[str]:
    """Password, path and query: an address that was kept secret may be one by any of them. Its host is told."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return {address}
    path = parts.path if parts.scheme.startswith("http") else ""
    return {part for part in (parts.password or "", parts.query, path.strip("/")) if part}


def _of_file(path: Path, what: str) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAXIMUM_BYTES + 1)
        if len(content) > MAXIMUM_BYTES:
            raise ConfigurationError(f"{what}: {path} is too large for a secret", "name the file that holds it")
        return content.decode("utf-8").strip("\r\n")
    except OSError as error:
        raise ConfigurationError(f"{what}: {path} cannot be read: {error.strerror}", "mend the path") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{what}: {path} holds no text", "name the file that holds the secret") from None


def place_of(address: str) -> str:
    """Where an address leads, without anything that may be a secret: scheme, host, port."""
    try:
        parts = urlsplit(address)
        port = f":{parts.port}" if parts.port else ""
        host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname or ""
        return f"{parts.scheme}://{host}{port}"
    except ValueError:
        return HIDDEN


def redacted(text: str, uri: str) -> str:
    """The text without user, password and token of a tracking URI, nor those that the environment holds."""
    for secret in sorted(_secrets(uri), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return re.sub(r"(?<=://)[^/@\s]+@", f"{HIDDEN}@", text)


def _secrets(uri: str) -> set[str]:
    found = {os.environ.get(name, "") for name in SECRETS}
    before_host = re.search(r"://([^/?#\s]*)@", uri)
    if before_host is not None:
        user, colon, password = before_host[1].partition(":")
        found |= {before_host[1], password if colon else user}
    found |= {value for _, value in re.findall(r"[?&]([^=&\s]*(?:password|token|secret|key))=([^&#\s]+)", uri, re.I)}
    # Too short to be a secret, and its letters are in every sentence.
    return {form for secret in found for form in (secret, unquote(secret)) if len(form) >= SHORTEST}
