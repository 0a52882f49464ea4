"""Variants in a result: each judged in the shape of the scorecard's own weights, and what the answer says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from healthscore.pipelines.weighing.result import weighing_result
from healthscore.pipelines.weighing.sentences import NAMED, answer, changed, weighing_warnings, weight_text
from healthscore.pipelines.wording import listed

if TYPE_CHECKING:
    from healthscore.models.weights.judgement import Judgement

KEYS = ("decision", "why", "components", "joint", "gain", "skill", "split", "exiting_accounts")
"""What a result says of a variant, as it does of the scorecard."""
SPELLED = 2
"""Variants whose weights the answer names; of more it gives the names."""
REFUSED = {
    "nothing to change": "its own earlier dates ask for no other weights than the scorecard's",
    "not shown to be worse": "weights of its own are not confirmed by its own later dates",
    "no skill": "on its own later dates no weights are shown to tell",
}
"""By the reason of its judgement, why a segment that differs gets no weights of its own."""

Result = Mapping[str, Any]


def variant_result(
    judgement: Judgement,
    segments: Sequence[str],
    *,
    labels: Mapping[str, str],
    words: Mapping[str, Any],
) -> dict[str, Any]:
    """Say of a variant what a result says of the scorecard; `segments` are those that a new one is proposed for.

    Of a new one, `handcrafted` is what the scorecard would give its accounts otherwise.
    """
    said = weighing_result(judgement, labels=labels, words=words)
    return {"proposed": bool(segments), "segments": list(segments), **{key: said[key] for key in KEYS}}


def with_variants(
    result: Result,
    variants: Mapping[str, Result],
    refused: Mapping[str, Judgement],
    words: Mapping[str, Any],
) -> dict[str, Any]:
    """The result with its `variants`, the answer with what is to change in them, and segments with what became of it.

    `refused` are segments that differ and get no variant.
    """
    proposed = {segment: one for one in variants.values() for segment in one["segments"]}
    tried = {segment: {"decision": one["decision"], "why": one["why"]} for segment, one in proposed.items()}
    tried |= {segment: {"decision": one.decision, "why": one.why} for segment, one in refused.items()}
    first, *others = result["verdict_sentences"]
    return {
        **result,
        "variants": {name: {**one, "sentence": variant_sentence(one, words)} for name, one in variants.items()},
        "weight_segments": [{**one, "variant": tried.get(one["segment"])} for one in result["weight_segments"]],
        "verdict_sentences": [_extended(first, variants), *others],
    }


def changing_variants(result: Result) -> list[str]:
    """Names of the variants that get other weights, or are new."""
    return [name for name, one in (result.get("variants") or {}).items() if one["decision"] == "change"]


def proposes(result: Result) -> bool:
    """Whether any weights are to change, the scorecard's own or those of variants."""
    return result["decision"] == "change" or bool(changing_variants(result))


def variant_sentence(one: Result, words: Mapping[str, Any]) -> str:
    """The answer for a variant."""
    if one["proposed"]:
        segments = listed(one["segments"])
        return f"New, for {segments}: {listed(_moves(one))}, which its own later dates confirm."
    return answer(one, words).replace(" your weights", " its weights")


def variant_warnings(result: Result, words: Mapping[str, Any]) -> list[str]:
    """What a reader should know before believing the weights of variants."""
    return [
        f"Variant {name}: {text[:1].lower()}{text[1:]}"
        for name, one in (result.get("variants") or {}).items()
        for text in weighing_warnings(one, words)
    ]


def refused_sentences(result: Result) -> list[str]:
    """Why segments that differ get no weights of their own."""
    return [
        f"{one['segment']}: {REFUSED.get(said['why'], 'there is too little to test weights of its own by')}, so none "
        "are proposed."
        for one in result["weight_segments"]
        if (said := one.get("variant")) and said["decision"] != "change"
    ]


def _extended(first: str, variants: Mapping[str, Result]) -> str:
    """The answer, and in the same sentence what variants change."""
    said = [name for name, one in variants.items() if one["decision"] == "change"]
    if not said:
        return first
    if len(said) > SPELLED:
        return f"{first.removesuffix('.')}; weights of their own change for {listed(said)}."
    told = []
    for name in said:
        one = variants[name]
        if one["proposed"]:
            told.append(f"for {listed(one['segments'])}, a variant: {listed(_new(one))}")
        else:
            told.append(f"in the variant {name}, {listed(_moves(one))}")
    return f"{first.removesuffix('.')}; {'; '.join(told)}."


def _moves(one: Result) -> list[str]:
    return _largest(one, "{label} {old} to {new}")


def _new(one: Result) -> list[str]:
    return _largest(one, "{label} {new}")


def _largest(one: Result, form: str) -> list[str]:
    """The largest changes, and how many there are beside."""
    moved = sorted(changed(one).items(), key=lambda item: -abs(item[1][0] - item[1][1]))
    named = moved if len(moved) <= NAMED else moved[: NAMED - 1]
    told = [form.format(label=label, old=weight_text(old), new=weight_text(new)) for label, (old, new) in named]
    return told if len(named) == len(moved) else [*told, f"{len(moved) - len(named)} others by less"]
