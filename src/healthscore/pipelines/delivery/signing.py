"""Signatures of alerts, as Standard Webhooks has them: any of its libraries verifies them.

The key signs ``<id>.<seconds since 1970>.<body>`` by HMAC-SHA256. The time is part of it, so that a receiver can refuse
what is older than a few minutes; the id tells it what it has had already.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from healthscore.errors import ConfigurationError

PREFIX = "whsec_"
SHORTEST = 24
"""Bytes of a key."""


def signing_key(secret: str, where: str) -> bytes:
    """The key that a secret stands for: `whsec_` and base64, or any other text of at least 24 bytes as it is.

    Raises
    ------
    ConfigurationError
        It is too short to be a secret, or is no base64.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True) if secret.startswith(PREFIX) else None
    except binascii.Error:
        raise ConfigurationError(f"{where}: what follows {PREFIX} is no base64", "make a new key") from None
    key = secret.encode("utf-8") if key is None else key
    if len(key) < SHORTEST:
        raise ConfigurationError(
            f"{where}: a key of {len(key)} bytes can be guessed; it has at least {SHORTEST}",
            "make one: openssl rand -base64 32",
        )
    return key


def signed_headers(key: bytes, identifier: str, seconds: int, body: bytes) -> dict[str, str]:
    """The three headers of an alert that is sent at a time."""
    content = f"{identifier}.{seconds}.".encode() + body
    signature = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode("ascii")
    return {
        "webhook-id": identifier,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{signature}",
    }
