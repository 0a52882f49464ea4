"""Variants in a scorecard's text: other weights where they stand, new ones after the last; nothing else is touched."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from healthscore.config.scorecards import Variant
from healthscore.pipelines.recalibration.values import written, written_number

ADDED_BY = "# by healthscore recalibrate"
_HEADER = re.compile(r"^[ \t]*\[{1,2}[ \t]*(?P<name>[^\[\]\n]+?)[ \t]*\]{1,2}[ \t]*(#.*)?$", re.MULTILINE)


def with_variants(text: str, variants: Sequence[Variant]) -> str:
    """Give the text these variants: all of the scorecard in their order, of which those that it states come first.

    A text that states none gets all of them at its end: a list of another file that it includes is not added to.
    """
    stated = tomllib.loads(text).get("variant")
    if stated is None:
        return "\n".join([_ended(text), *map(_added, variants)])
    chunks = _chunks(text)
    if not chunks:
        return _in_list(text, variants)
    for (start, end), variant in reversed([*zip(chunks, variants, strict=False)]):
        text = text[:start] + _reweighted(text[start:end], variant) + text[end:]
    if new := variants[len(chunks) :]:
        start, end = _chunks(text)[-1]
        place = start + _without_tail(text[start:end])
        rest = text[place:]
        text = "\n".join([_ended(text[:place]), *map(_added, new)]) + rest
    return text


def _chunks(text: str) -> list[tuple[int, int]]:
    """Where each `[[variant]]` with its own tables begins and ends."""
    headers = [found for found in _HEADER.finditer(text) if _is_toml(text[: found.start()])]
    others = [found.start() for found in headers if not re.match(r"variant\b", found["name"])] + [len(text)]
    starts = [found.start() for found in headers if found["name"] == "variant"]
    return [(start, min(end for end in (*others, *starts) if end > start)) for start in starts]


def _is_toml(text: str) -> bool:
    """Whether a text is complete: what follows it begins a line of its own, and none of a list or a long string."""
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _without_tail(chunk: str) -> int:
    """How long it is without the comments and blank lines at its end, which belong to what follows."""
    lines = chunk.splitlines(keepends=True)
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    return len("".join(lines))


def _reweighted(chunk: str, variant: Variant) -> str:
    import tomlkit

    document = tomlkit.parse(chunk)
    tables: Any = document["variant"]
    return tomlkit.dumps(document) if _put(tables[0], variant.weights) else chunk


def _in_list(text: str, variants: Sequence[Variant]) -> str:
    """Likewise, where variants are a list of inline tables."""
    import tomlkit

    document = tomlkit.parse(text)
    tables: Any = document["variant"]
    known = len(tables)
    for table, variant in zip(tables, variants, strict=False):
        _put(table, variant.weights)
    for variant in variants[known:]:
        tables.append(tomlkit.parse(f"one = {written(_content(variant))}")["one"])
    return tomlkit.dumps(document)


def _put(table: Any, weights: Mapping[str, float]) -> bool:
    """Write those weights that are other than stated; what is not stated is 0. Whether there was any."""
    import tomlkit
    from tomlkit.items import InlineTable

    stated = table.get("weights", {})
    other = {name: weight for name, weight in weights.items() if float(stated.get(name, 0.0)) != weight}
    if isinstance(stated, InlineTable) and not set(other) <= set(stated):
        renewed: Any = tomlkit.parse(f"weights = {written(weights)}")["weights"]
        renewed.trivia.comment_ws, renewed.trivia.comment = stated.trivia.comment_ws, stated.trivia.comment
        table["weights"] = renewed
        return True
    for name, weight in other.items():
        stated[name] = tomlkit.parse(f"weight = {written_number(weight)}")["weight"]
    return bool(other)


def _added(variant: Variant) -> str:
    lines = [f"{name} = {written(value)}" for name, value in _content(variant).items()]
    return "\n".join([f"[[variant]]{' ' * 20}{ADDED_BY}", *lines]) + "\n"


def _content(variant: Variant) -> dict[str, Any]:
    return variant.model_dump(exclude_unset=True, exclude_none=True)


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"
