"""Addresses and keys that a run names: said outright where they are no secrets, else by where they are kept."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator

ENVIRONMENT, FILE = "env:", "file:"
_VARIABLE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*")
_TELLING = re.compile(r"pass|pwd|token|secret|key|sig|auth", re.IGNORECASE)
"""Parameters of an address that are secrets, by their names."""


def is_reference(value: str) -> bool:
    """Whether a value says where a secret is, and is none itself."""
    return _VARIABLE.fullmatch(value) is not None or (value.startswith(FILE) and len(value) > len(FILE))


def _reference(value: str) -> str:
    """A secret by reference; ValueError, which does not repeat the value, where it is anything else."""
    if not is_reference(value):
        raise ValueError(
            'a secret does not stand in a configuration: put it into the environment and write "env:NAME", '
            'or into a file that only you can read and write "file:PATH"'
        )
    return value


def _address(value: str) -> str:
    """An address by reference, or one that holds no secret."""
    if is_reference(value):
        return value
    if "://" not in value:
        raise ValueError('write an address as scheme://host/..., or where it is kept: "env:NAME" or "file:PATH"')
    parts = urlsplit(value)
    names = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
    if parts.password is not None or any(_TELLING.search(name) for name in names):
        raise ValueError(
            'the address holds a secret: put the whole address into the environment and write "env:NAME", '
            'or into a file that only you can read and write "file:PATH"'
        )
    return value


Secret = Annotated[str, AfterValidator(_reference)]
Address = Annotated[str, AfterValidator(_address)]


def beside(value: Any, folder: Path) -> Any:
    """A value that may be a `file:` reference, with its path made one beside the file that says it."""
    if isinstance(value, str) and value.startswith(FILE) and value != FILE:
        return f"{FILE}{folder / Path(value.removeprefix(FILE)).expanduser()}"
    return value
