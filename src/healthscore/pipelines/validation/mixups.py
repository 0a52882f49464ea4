"""Files that were given in one another's place: told as such, before anybody looks for a missing column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from healthscore.errors import InputError
from healthscore.pipelines.validation.meanings import EXIT_COLUMNS, SCORE_COLUMNS, WEIGHT_COLUMNS
from healthscore.pipelines.validation.spreadsheets import MissingColumnsError, plain_name, quoted

if TYPE_CHECKING:
    import pandas as pd

ROLES = {"weights": WEIGHT_COLUMNS, "scores": SCORE_COLUMNS, "exits": EXIT_COLUMNS}
"""Most particular first: exits need the fewest columns."""
ORDER = "the order is: scores, exits, weights"


@contextmanager
def mixups_told() -> Iterator[None]:
    """Within, a file without its columns that looks like one of another role is refused as that.

    Raises
    ------
    InputError
        Instead of `MissingColumnsError`, where another role fits.
    """
    try:
        yield
    except MissingColumnsError as error:
        role = looks_like(error.names)
        if role is None or role == error.role:
            raise
        raise InputError(
            f"{error.label} was given as the {error.role} and looks like {role}: its columns are {quoted(error.names)}",
            ORDER,
        ) from None


def looks_like(names: Sequence[str]) -> str | None:
    """What a file with these columns could be; None where nothing fits."""
    there = {plain_name(name) for name in names}
    for role, meanings in ROLES.items():
        needed = [meaning for meaning in meanings if meaning.required]
        if all(any(there & set(tier) for tier in meaning.words) for meaning in needed):
            return role
    return None


def require_two_files(scores: str | Path | pd.DataFrame, exits: str | Path | pd.DataFrame) -> None:
    """Refuse one file as both.

    Raises
    ------
    InputError
        Scores and exits are the same file or frame.
    """
    paths = [Path(one).expanduser() for one in (scores, exits) if isinstance(one, (str, Path))]
    same = paths[0].resolve() == paths[1].resolve() if len(paths) == 2 else scores is exits
    if same:
        called = paths[0].name if paths else "one table"
        raise InputError(
            f"{called} was given as the scores and as the exits",
            "the second file says who left, and when: account_id, date",
        )
