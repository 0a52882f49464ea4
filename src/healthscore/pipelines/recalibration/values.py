"""Values as a person writes them in TOML, on one line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date


def written(value: object) -> str:
    """A string, number, date, list or (inline) table."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{name} = {written(one)}' for name, one in value.items())} }}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, float):
        return written_number(value)
    if isinstance(value, (int, date)):
        return str(value)
    import tomlkit

    return tomlkit.string(str(value)).as_string()


def written_number(value: float) -> str:
    """Whole where it is whole."""
    return str(int(value)) if value == int(value) else f"{value:.6g}"
