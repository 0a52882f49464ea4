"""The base of every section of a run's TOML, and the kinds of words that sections share."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field

Window = Annotated[int, Field(ge=1, le=3660)] | Literal["all"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
ColumnName = Annotated[str, Field(pattern=r"^[^\W_][^\x00-\x1f\x7f]{0,119}$")]
"""A column as a company's table calls it: begins with a letter or a digit, and may hold blanks."""
Expression = Annotated[str, Field(min_length=1, max_length=2000)]


class Section(BaseModel):
    """A table of the TOML: immutable, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def known_zone(value: str) -> str:
    """Return `value` if it names a time zone of the IANA database; raise ValueError with the nearest name if not."""
    if value not in available_timezones():
        nearest = difflib.get_close_matches(value, sorted(available_timezones()), n=1)
        raise ValueError(f"{value!r} is no IANA time zone" + (f"; did you mean {nearest[0]!r}?" if nearest else ""))
    ZoneInfo(value)
    return value


def known_name(where: str, name: str, names: Mapping[str, object]) -> None:
    """Raise ValueError with the nearest name where `name`, which stands at the key `where`, is none of `names`."""
    if name not in names:
        nearest = difflib.get_close_matches(name, names, n=1)
        hint = f"; did you mean {nearest[0]!r}?" if nearest else f"; there are {', '.join(sorted(names))}"
        raise ValueError(f"{where}: there is no {name!r}{hint}")
