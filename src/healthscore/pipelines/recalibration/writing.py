"""Putting a recommended scorecard in its place: nothing else is ever overwritten, and never half of it."""

from __future__ import annotations

from pathlib import Path

from healthscore.config import Scorecard, load_scorecard
from healthscore.errors import ConfigurationError
from healthscore.pipelines import durable

READABLE = 0o644
"""A scorecard is a text that people share."""


def target_of(path: str | Path, card: Scorecard) -> Path:
    """Where a scorecard that replaces `card` may be written: a path, or a folder for a file of the same name.

    What lies there already must be a version of the scorecard: one with the same components.

    Raises
    ------
    ConfigurationError
        The folder does not exist, or the file is something else, which is not overwritten.
    """
    given = Path(path).expanduser()
    origin = origin_of(card)
    target = (given / origin.name if given.is_dir() else given).resolve()
    if not target.parent.is_dir():
        raise ConfigurationError(f"--write {given}: there is no folder {target.parent}", "make it, or write elsewhere")
    if target == origin:
        return target
    if target.exists() and not _is_version(target, card):
        raise ConfigurationError(
            f"--write {given}: {target.name} is there already and is no version of the scorecard {card.name!r}",
            "name another file",
        )
    return target


def origin_of(card: Scorecard) -> Path:
    """The file that the scorecard was read from."""
    if card.path is None:
        raise ConfigurationError(f"scorecard {card.name!r} was not read from a file", "load it by `load_scorecard`")
    return card.path.resolve()


def replace_file(path: Path, text: str) -> None:
    """Write the text, byte for byte, in one step: whoever reads the file finds the old one or the new one."""
    mode = path.stat().st_mode & 0o777 if path.exists() else READABLE
    durable.put(path, text.encode("utf-8"), mode=mode)


def _is_version(path: Path, card: Scorecard) -> bool:
    try:
        return path.is_file() and list(load_scorecard(path).components) == list(card.components)
    except ConfigurationError:
        return False
