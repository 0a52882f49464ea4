"""A scorecard's text with other weights: everything but the weights and their provenance stays byte for byte."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from healthscore.config import Scorecard
from healthscore.config.scorecards import Provenance, Variant
from healthscore.pipelines.recalibration.values import written, written_number
from healthscore.pipelines.recalibration.varianttexts import with_variants

WRITTEN_BY = "# of the weights; by healthscore recalibrate"
CONFIRMED = "# confirmed by history, per cent, 95 %"


def with_weights(
    card: Scorecard,
    weights: Mapping[str, float],
    provenance: Provenance | None,
    variants: Sequence[Variant] | None = None,
) -> Scorecard:
    """The scorecard with other weights in per cent by component; its variants as they are, unless others are given.

    Raises
    ------
    pydantic.ValidationError
        The weights do not sum to 100, or one lies outside 0 to 100.
    """
    content = card.model_dump(exclude_unset=True)
    for name, weight in weights.items():
        content["components"][name]["weight"] = weight
    content["provenance"] = provenance
    if variants is not None:
        content["variant"] = tuple(variants)
    return Scorecard.model_validate({**content, "path": card.path})


def rewritten(
    text: str, weights: Mapping[str, float], provenance: Provenance, variants: Sequence[Variant] | None = None
) -> str:
    """A scorecard's TOML with other weights in per cent, and a new table of provenance at its end.

    Comments, order, layout and line ends stay. A component whose weight this text does not state (another file does,
    by `include`) gets a table that does: the including file wins. `variants` are all of the scorecard, in order, where
    any of them is other or new.
    """
    import tomlkit

    carriage = text.count("\r\n")
    if carriage and carriage == text.count("\n"):
        return rewritten(text.replace("\r\n", "\n"), weights, provenance, variants).replace("\n", "\r\n")
    if variants is not None:
        text = with_variants(text, variants)
    document = tomlkit.parse(text)
    components: Any = document.get("components", {})
    added = []
    for name, weight in weights.items():
        stated = components.get(name, {})
        if "weight" not in stated:
            added.append(f"[components.{name}]\nweight = {written_number(weight)}\n")
        elif float(stated["weight"]) != weight:
            stated["weight"] = tomlkit.parse(f"weight = {written_number(weight)}")["weight"]
    given = _provenance_text(provenance)
    if "provenance" in document:
        _replace(document["provenance"], tomlkit.parse(given)["provenance"])
    else:
        added.append(given)
    kept = tomlkit.dumps(document)
    if not added:
        return kept
    return kept + ("\n" if kept.endswith("\n") else "\n\n") + "\n".join(added)


def _replace(old: Any, new: Any) -> None:
    """Give a table the values of another, where and how it stands."""
    for name in [name for name in old if name not in new]:
        del old[name]
    for name, value in new.items():
        if name in old and hasattr(value, "items"):
            _replace(old[name], value)
        else:
            old[name] = value


def difference(old: str, new: str, name: str) -> str:
    """What changes, line by line, as `diff -u` shows it and `patch` reads it; line ends are left out of it."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), name, name, n=2, lineterm="")
    return "".join(f"{line}\n" for line in lines)


def _provenance_text(provenance: Provenance) -> str:
    stated: dict[str, Any] = {
        name: value
        for name in Provenance.model_fields
        if name != "intervals" and (value := getattr(provenance, name)) not in (None, ())
    }
    if provenance.gain is not None and None in provenance.gain:
        del stated["gain"]
    lines = [f"[provenance]{' ' * 19}{WRITTEN_BY}"]
    lines += [f"{name} = {written(value)}" for name, value in stated.items()]
    bounded = {name: ends for name, ends in provenance.intervals.items() if None not in ends}
    if bounded:
        lines += ["", f"[provenance.intervals]{' ' * 9}{CONFIRMED}"]
        lines += [f"{name} = {written(ends)}" for name, ends in bounded.items()]
    return "\n".join(lines) + "\n"
