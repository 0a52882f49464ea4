"""Attributes: what kind of account it is, such as its region, plan or number of employees."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from healthscore.errors import ConfigurationError
from healthscore.features.attributerows import AttributeState
from healthscore.features.dictionary import Feature, of_signal
from healthscore.features.signals import SignalPlan


def attributes(signal: SignalPlan) -> Iterator[Feature]:
    """A number as it is; a text as one 0/1 feature per name in `key`, all 0 for any other name, new ones included."""
    entry = partial(of_signal, signal, "attributes", window=None, missing=f"{signal.label} not known")
    if not signal.key:
        yield entry(
            "",
            compute=AttributeState.value,
            unit=signal.unit or "units",
            zero=f"{signal.label} is 0",
            sentence=f"{{value}}{signal.unit and ' ' + signal.unit} ({signal.label})",
        )
        return
    named: dict[str, str] = {}
    for text in signal.key:
        measure = "_".join("".join(letter if letter.isalnum() else " " for letter in text.lower()).split())
        if not measure or measure in named:
            other = f"{text!r} and {named[measure]!r} make" if measure else f"{text!r} makes"
            raise ConfigurationError(
                f"signals.{signal.name}.key: {other} no name of a column of its own",
                "write the names in the source's `attributes` by a CASE WHEN",
            )
        named[measure] = text
        yield entry(
            measure,
            compute=partial(AttributeState.equals, text=text),
            unit="0 or 1",
            zero=f"another {signal.label}",
            sentence=f"{signal.label} is {text}: {{truth}}",
        )
