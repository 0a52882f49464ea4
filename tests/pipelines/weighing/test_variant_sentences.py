"""What people read of variants: the answer in one sentence, each variant's own, and why a segment gets none."""

from __future__ import annotations

from typing import Any

import pytest

from healthscore.pipelines.weighing.sentences import NO_CHANGE, OUTWEIGH
from healthscore.pipelines.weighing.variants import (
    KEYS,
    changing_variants,
    proposes,
    refused_sentences,
    variant_sentence,
    variant_warnings,
    with_variants,
)
from healthscore.pipelines.weighing.view import weight_tiles, weight_view
from weight_samples import CHURN, component, weighed_result


def variant(decision: str = "change", why: str = "later dates agree", *, segments: tuple[str, ...] = ()) -> Any:
    """Usage 40 to 50 and tickets 30 to 20, where they change."""
    said = weighed_result(decision, why)
    return {"proposed": bool(segments), "segments": list(segments), **{key: said[key] for key in KEYS}}


def extended(variants: dict[str, Any], decision: str = "keep", why: str = "not shown to be worse") -> dict[str, Any]:
    return with_variants(weighed_result(decision, why), variants, {}, CHURN)


KEPT = OUTWEIGH.removesuffix(".")


@pytest.mark.parametrize(
    ("variants", "first"),
    [
        ({}, OUTWEIGH),
        ({"large": variant("keep", "nothing to change")}, OUTWEIGH),
        ({"large": variant()}, f"{KEPT}; in the variant large, Usage 40 to 50 and Tickets 30 to 20."),
        (
            {"large": variant(segments=("Large",))},
            f"{KEPT}; for Large, a variant: Usage 50 and Tickets 20.",
        ),
        (
            {"new": variant(), "large": variant(segments=("Large",))},
            f"{KEPT}; in the variant new, Usage 40 to 50 and Tickets 30 to 20; for Large, a variant: Usage 50 and "
            "Tickets 20.",
        ),
        (
            {name: variant(segments=(name,)) for name in ("eu", "us", "apac")},
            f"{KEPT}; weights of their own change for eu, us and apac.",
        ),
    ],
)
def test_the_answer_is_about_the_scorecard_and_then_names_what_variants_change(
    variants: dict[str, Any], first: str
) -> None:
    said = extended(variants)
    assert said["verdict_sentences"][0] == first
    assert said["verdict_sentences"][1:] == weighed_result("keep", "not shown to be worse")["verdict_sentences"][1:]
    assert said["decision"] == "keep"


def test_many_changes_of_a_variant_are_counted() -> None:
    one = variant(segments=("Large",))
    one["components"] = {f"c{place}": component(f"c{place}", 10.0, 10.0 + place) for place in range(1, 8)}
    first = extended({"large": one})["verdict_sentences"][0]
    assert first.endswith("a variant: c7 17, c6 16, c5 15, c4 14 and 3 others by less.")


def test_a_change_of_both_and_no_evidence_of_the_scorecard() -> None:
    both = extended({"large": variant(segments=("Large",))}, "change", "later dates agree")
    assert both["verdict_sentences"][0] == (
        "Keep your weights, except Usage 40 to 50 and Tickets 30 to 20; for Large, a variant: Usage 50 and Tickets 20."
    )
    none = extended({"large": variant()}, "no evidence", "no skill")
    assert none["verdict_sentences"][0].startswith("No evidence: ")
    assert none["verdict_sentences"][0].endswith("; in the variant large, Usage 40 to 50 and Tickets 30 to 20.")


@pytest.mark.parametrize(
    ("one", "sentence"),
    [
        (variant("keep", "nothing to change"), NO_CHANGE.replace("your", "its")),
        (variant("keep", "not shown to be worse"), OUTWEIGH.replace("your", "its")),
        (variant(), "Keep its weights, except Usage 40 to 50 and Tickets 30 to 20."),
        (
            variant("no evidence", "no skill"),
            "No evidence: on later dates neither its weights nor others are shown to tell who left.",
        ),
        (
            variant(segments=("Large",)),
            "New, for Large: Usage 40 to 50 and Tickets 30 to 20, which its own later dates confirm.",
        ),
    ],
)
def test_every_variant_has_its_answer(one: dict[str, Any], sentence: str) -> None:
    assert variant_sentence(one, CHURN) == sentence


def test_segments_that_differ_and_get_no_variant_say_why() -> None:
    segment = {"differs": "differs", "pooled": {}, "exiting": 60}
    said = weighed_result(
        "keep",
        weight_segments=[
            {**segment, "segment": "a", "variant": {"decision": "keep", "why": "not shown to be worse"}},
            {**segment, "segment": "b", "variant": {"decision": "keep", "why": "nothing to change"}},
            {**segment, "segment": "c", "variant": {"decision": "no evidence", "why": "no later dates"}},
            {**segment, "segment": "d", "variant": {"decision": "change", "why": "later dates agree"}},
            {**segment, "segment": "e", "variant": None},
            {**segment, "segment": "f"},
        ],
    )
    assert refused_sentences(said) == [
        "a: weights of its own are not confirmed by its own later dates, so none are proposed.",
        "b: its own earlier dates ask for no other weights than the scorecard's, so none are proposed.",
        "c: there is too little to test weights of its own by, so none are proposed.",
    ]


def test_few_exits_of_a_variant_are_a_warning() -> None:
    few = {**variant("keep"), "exiting_accounts": 80}
    (said,) = variant_warnings(extended({"large": few, "small": variant("keep")}), CHURN)
    assert said.startswith("Variant large: few exits for weights: 80 accounts left, fewer than 200. ")


def test_a_change_of_a_variant_is_a_proposal_on_the_page() -> None:
    kept, changed = extended({"large": variant("keep")}), extended({"large": variant(segments=("Large",))})
    assert (changing_variants(kept), changing_variants(changed)) == ([], ["large"])
    assert (proposes(kept), proposes(changed), proposes(weighed_result())) == (False, True, True)
    views = [weight_view(one) for one in (kept, changed)]
    assert [view and view["mark"] for view in views] == ["No change proposed", "Change proposed"]
    assert views[1] is not None
    (shown,) = views[1]["variants"]
    assert (shown["name"], shown["exiting"], len(shown["rows"])) == ("large", "240", 4)
    assert len(weight_tiles(changed)) == len(weight_tiles(kept))  # no list without figures of it
