"""A scorecard as a notebook shows it: components with weights and measures, bands, hard rules, variants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from healthscore.display import Display, Mark, Table

if TYPE_CHECKING:
    from healthscore.config.scorecards import Action, Component, Measure, Scorecard
    from healthscore.config.signals import Condition


def scorecard_display(card: Scorecard) -> Display:
    """The scorecard in words and tables."""
    said = []
    if card.purpose is not None:
        review = f", looked at again on {card.purpose.review}" if card.purpose.review else ""
        said.append(f"{card.purpose.question} {card.purpose.owner} answers for it{review}.")
    if card.provenance is not None:
        by = card.provenance
        said.append(f"Its weights were proposed by run {by.run} ({by.identity}), from {by.first} to {by.last}.")
    said.append(f"Where nothing is known of a component, {_missing(card.missing)}.")
    tables = (_components(card), _bands(card), _rules(card))
    return Display("Scorecard", card.called, sentences=said, tables=tables)


def _components(card: Scorecard) -> Table:
    variants = [variant for variant in card.variant if variant.weights]
    weights = [card.weights_of(variant) for variant in variants]
    rows = [
        (
            name.replace("_", " "),
            part.label,
            "\n".join(_made_of(part)) or f"the column {name} of a score history",
            f"{part.weight:g}",
            *(f"{own[name]:g}" for own in weights),
        )
        for name, part in card.components.items()
    ]
    columns = ("component", "what it is", "points from", "weight in %")
    return Table("Components", (*columns, *(f"{variant.name}: weight" for variant in variants)), rows, left=3)


def _made_of(part: Component) -> list[str]:
    start = [f"{part.start:g} to start with"] if part.actions else []
    missing = [] if part.missing is None else [f"where nothing is known, {_missing(part.missing)}"]
    return [*start, *map(_action, part.actions), *map(_measure, part.measures), *missing]


def _measure(measure: Measure) -> str:
    pairs = measure.linear or measure.steps
    between = ", straight between" if measure.linear else ", in steps"
    free = f", the first {measure.tolerance:g} free" if measure.tolerance else ""
    share = f", share {measure.share:g}" if measure.share != 1 else ""
    told = ", ".join(f"{points:g} at {value:g}" for value, points in pairs)
    return f"{measure.feature}: {told}{between}{free}{share}"


def _action(action: Action) -> str:
    return f"{action.points:+g} for {action.name} ({_condition(action.when)})"


def _condition(one: Condition) -> str:
    edge = f"at least {one.at_least:g}" if one.at_least is not None else f"at most {one.at_most:g}"
    return f"{one.feature} {edge}"


def _missing(said: str | float) -> str:
    known = {"reweight": "the others count for it", "neutral": "it gets 50 points"}
    return known[said] if isinstance(said, str) else f"it gets {said:g} points"


def _bands(card: Scorecard) -> Table:
    bands = card.bands
    last = len(bands.names) - 1
    tones = ["risk" if place == 0 else "good" if place == last else "caution" for place in range(last + 1)]
    marks = [Mark(name, tone) for name, tone in zip(bands.names, tones, strict=True)]
    if bands.quartiles_of is not None:
        quarters = ["lowest quarter", *["between"] * (last - 1), "highest quarter"]
        caption = f"Bands, by the quartiles of the scores of {bands.quartiles_of}"
        return Table(caption, ("band", "score"), list(zip(marks, quarters, strict=True)))
    ends = [0.0, *bands.edges, 100.0]
    named = [variant for variant in card.variant if variant.edges is not None]
    rows = [
        (mark, f"{low:g} to {high:g}", *(_between((0.0, *(one.edges or ()), 100.0), place) for one in named))
        for place, (mark, low, high) in enumerate(zip(marks, ends, ends[1:], strict=False))
    ]
    return Table("Bands", ("band", "score", *(f"{one.name}: score" for one in named)), rows)


def _between(ends: tuple[float, ...], place: int) -> str:
    return f"{ends[place]:g} to {ends[place + 1]:g}"


def _rules(card: Scorecard) -> Table:
    rows = [
        (cap.name, " and ".join(map(_condition, cap.when)), f"{cap.score:g}" if cap.band is None else f"“{cap.band}”")
        for cap in card.cap
    ]
    return Table("Hard rules", ("rule", "holds where", "score at most"), rows, left=2)
