"""What a judgement of weights says to a manager: the answer first, then what it rests on. Never what causes what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from healthscore.pipelines.wording import change, count, day_text, figure, listed, number, percent, plural

LEAST_EXITING = 50
"""Accounts that must have left before anything is said about weights."""
FEW_EXITING = 200
"""Below this, weights are read with their widths in mind."""
SEVERAL = 3
"""With more weights changed than this, the answer is no exception to a rule any more."""
NAMED = 5
"""Changes named in the answer; the table has all of them."""
IDLE = 10.0
"""Points (per cent) by which a weight on paper must exceed what it moves, to be worth a sentence."""
SAME = 0.05
"""Weights closer than this, in per cent, are the same weight."""
OUTWEIGH = "Keep your weights: they are not shown to be worse."
NO_CHANGE = "Keep your weights: history asks for no change."

Result = Mapping[str, Any]


def verdict_sentences(result: Result, words: Mapping[str, Any]) -> list[str]:
    """The answer, and what it rests on, from the keys that `weighing_result` gives.

    `words` are those of the outcome (`happenings.words_of`).
    """
    sentences = [answer(result, words), *_tested(result, words)]
    if result["decision"] == "no evidence":
        return sentences
    return [*sentences, *_found(result, words), *_elsewhere(result), *_verdicts(result, words), *_idle(result)]


def answer(result: Result, words: Mapping[str, Any]) -> str:
    """The one sentence that a manager reads."""
    if result["decision"] == "change":
        return _changes(result)
    if result["decision"] == "keep":
        return NO_CHANGE if result["why"] == "nothing to change" else OUTWEIGH
    return f"No evidence: {_missing(result, words)}."


def _missing(result: Result, words: Mapping[str, Any]) -> str:
    """What there would have to be for an answer."""
    seen = _accounts(result["exiting_accounts"], words)
    if result["why"] == "too few exits":
        return f"{seen}, and weights are judged from {LEAST_EXITING} such accounts on"
    if result["why"] == "no later dates":
        return f"{seen}, but no date has some of them known before it and others after it"
    if result["why"] == "no component shown":
        return f"no component by itself is shown to tell who {words['did']}"
    whose = "neither your weights nor others are" if _handcrafted(result) else "no weights are"
    return f"on later dates {whose} shown to tell who {words['did']}"


def weighing_warnings(result: Result, words: Mapping[str, Any]) -> list[str]:
    """What a reader should know before believing the weights."""
    exiting, components = result["exiting_accounts"], result["components"].values()
    said = []
    if LEAST_EXITING <= exiting < FEW_EXITING:
        widths = [one["validated"]["high"] - one["validated"]["low"] for one in components if _bounded(one)]
        told = "" if result["decision"] == "no evidence" else f" {_widths(widths)}"
        said.append(f"Few exits for weights: {_accounts(exiting, words)}, fewer than {FEW_EXITING}.{told}")
    if len(result["components"]) * 10 > exiting >= LEAST_EXITING:
        said.append(
            f"{plural(len(result['components']), 'component')} are judged by {plural(exiting, 'account')} that "
            f"{words['did']}, fewer than 10 for each: put components together that mean the same, or wait."
        )
    return said


def changed(result: Result) -> dict[str, tuple[float, float]]:
    """Components whose weight changes: label -> (old, new) in per cent."""
    return {
        one["label"]: (one["handcrafted"], one["recommended"])
        for one in result["components"].values()
        if one["handcrafted"] is not None
        and one["recommended"] is not None
        and abs(one["handcrafted"] - one["recommended"]) >= SAME
    }


def weight_text(weight: float | None) -> str:
    """A weight in per cent as people write it: ``30``, ``33.3``."""
    return number(weight, 0 if weight is None or abs(weight - round(weight)) < SAME else 1)


def _changes(result: Result) -> str:
    moved = changed(result)
    if not _handcrafted(result):
        kept = {one["label"]: one["recommended"] for one in result["components"].values() if one["recommended"]}
        ordered = sorted(kept.items(), key=lambda item: -item[1])
        return f"Weights that history supports: {listed([f'{name} {weight_text(w)}' for name, w in ordered])}."
    largest = sorted(moved, key=lambda name: -abs(moved[name][0] - moved[name][1]))
    named = largest if len(largest) <= NAMED else largest[: NAMED - 1]
    parts = [f"{name} {weight_text(moved[name][0])} to {weight_text(moved[name][1])}" for name in named]
    if len(largest) > len(named):
        parts.append(f"{len(largest) - len(named)} others by less")
    if len(moved) > SEVERAL or len(moved) == len(result["components"]) > 2:
        return f"Change your weights: {listed(parts)}."
    return f"Keep your weights, except {listed(parts)}."


def _tested(result: Result, words: Mapping[str, Any]) -> Iterator[str]:
    split = result["split"]
    if result["why"] == "too few exits" or split["day"] is None:
        return
    learning, later = split["learning"], split["later"]
    yield (
        f"Learned from {plural(learning['dates'], 'date')} before {day_text(split['day'])} "
        f"({_accounts(learning['exiting'], words)}), tested on {plural(later['dates'], 'date')} from then on "
        f"({_accounts(later['exiting'], words)})."
    )


def _found(result: Result, words: Mapping[str, Any]) -> Iterator[str]:
    churners = result["gain"].get("churners")
    if result["decision"] != "change" or not churners or churners["difference"]["estimate"] is None:
        return
    of_all = plural(churners["exits"], words["event"], words["events"])
    more = churners["difference"]
    shown = more["low"] is not None and more["low"] > 0
    yield (
        f"Of {of_all} on the later dates, the {listed_first(churners, words)} held "
        f"{count(churners['old']['estimate'])} by the old weights; by the new, {change(more)}"
        f"{'.' if shown else ', which in this figure alone could be chance.'}"
    )
    if revenue := result["gain"].get("revenue"):
        yield (
            f"Of their revenue they held {percent(revenue['old']['estimate'], 0)} by the old weights; by the new, "
            f"{change(revenue['difference'], 'points')}."
        )


def _elsewhere(result: Result) -> Iterator[str]:
    """Where the weights are kept although history, all dates together, puts some of them elsewhere."""
    if result["why"] != "not shown to be worse":
        return
    apart = [
        one
        for one in result["components"].values()
        if _bounded(one) and not one["validated"]["low"] <= one["handcrafted"] <= one["validated"]["high"]
    ]
    if apart:
        told = [
            f"{one['label']} at {figure(one['validated'], 'number', 0)}{UNIT} instead of "
            f"{weight_text(one['handcrafted'])}"
            for one in sorted(apart, key=lambda one: -abs(one["validated"]["estimate"] - one["handcrafted"]))
        ]
        yield (
            f"All dates together put {listed(told)}, but other weights are not shown to have told more on the later "
            "ones: look again when more is known."
        )


def _verdicts(result: Result, words: Mapping[str, Any]) -> Iterator[str]:
    did, (telling, other) = words["did"], points_of(words)
    named: dict[str, list[str]] = {"supported": [], "not shown": [], "wrong direction": [], "beside": []}
    for one in result["components"].values():
        leads = one["verdict"] == "wrong direction" and one["alone"]["leads"] == "yes"
        named["beside" if leads else one["verdict"]].append(one["label"])
    if confirmed := named["supported"]:
        yield (
            f"Confirmed by history: {listed(confirmed)}. Accounts with {telling} points there {did} more often, "
            "compared with accounts alike in the other components."
        )
    if unshown := named["not shown"]:
        yield f"Not shown, which is not the same as useless: {listed(unshown)}."
    if wrong := named["wrong direction"]:
        yield (
            f"Points the wrong way: {listed(wrong)}. Accounts with {other} points there {did} more often; look "
            "at how its points are given before anything else."
        )
    if beside := named["beside"]:
        yield (
            f"Points the right way alone and the wrong way beside the others: {listed(beside)}. It may repeat what "
            "another component tells better, and count the size of an account besides."
        )
    labels = {name: one["label"] for name, one in result["components"].items()}
    yield from (joint_sentence(group, labels) for group in result["joint"])


def joint_sentence(group: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """What components that move together are worth together."""
    names = listed([labels.get(name, name) for name in group["components"]])
    together = {
        "supported": "history confirms them together and cannot tell their shares apart",
        "not shown": "history confirms them neither together nor apart",
        "wrong direction": "together they point the wrong way",
    }[group["verdict"]]
    joint = group["validated"]
    everything = len(group["components"]) == len(labels)  # whose share is 100 by definition
    worth = f": {figure(joint, 'number', 0)}{UNIT} in all" if _has_interval(joint) and not everything else ""
    return _capital(f"{names} move together; {together}{worth}.")


UNIT = "\u202f%"


def _idle(result: Result) -> Iterator[str]:
    """The component that weighs most on paper for what it moves."""
    idle = [
        (one["handcrafted"] - one["effective"], one)
        for one in result["components"].values()
        if one["handcrafted"] is not None and one["effective"] is not None
    ]
    for excess, one in sorted(idle, key=lambda pair: -pair[0])[:1]:
        if excess >= IDLE:
            yield _capital(
                f"{one['label']} has {weight_text(one['handcrafted'])}{UNIT} of the weight and makes "
                f"{number(one['effective'], 0)}{UNIT} of the score's movement: its points differ little."
            )


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def points_of(words: Mapping[str, Any]) -> tuple[str, str]:
    """Which points a component that points the right way gives to those that it happened to, and the other word."""
    return ("more", "fewer") if words["gain"] else ("fewer", "more")


def listed_first(churners: Mapping[str, Any], words: Mapping[str, Any]) -> str:
    """What the accounts on the team's list are called: ``40 worst-scored accounts``, as many as it can work."""
    first, capacity = "likeliest" if words["by_probability"] else "worst-scored", churners.get("capacity")
    if capacity is not None:
        return plural(capacity, f"{first} account")
    return f"{first} {percent(churners['share'], 0)} of accounts"


def _accounts(exiting: int, words: Mapping[str, Any]) -> str:
    return f"{plural(exiting, 'account')} {words['did']}"


def _widths(widths: Sequence[float]) -> str:
    if not widths:
        return "No weight can be bounded."
    narrow, wide = min(widths), max(widths)
    span = f"{number(narrow, 0)} to {number(wide, 0)}" if round(wide) > round(narrow) else number(wide, 0)
    return f"The ranges of the weights are {span} points wide."


def _handcrafted(result: Result) -> bool:
    return any(one["handcrafted"] is not None for one in result["components"].values())


def _has_interval(figure: Mapping[str, Any]) -> bool:
    return figure["low"] is not None and figure["high"] is not None


def _bounded(one: Mapping[str, Any]) -> bool:
    return _has_interval(one["validated"])
