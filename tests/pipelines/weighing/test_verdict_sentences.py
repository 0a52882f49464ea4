"""Sentences about weights: one for every decision and reason, and never more than the intervals allow."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest

from healthscore.models.weights import judgement
from healthscore.pipelines.happenings import words_of
from healthscore.pipelines.weighing import sentences
from healthscore.pipelines.weighing.sentences import answer, verdict_sentences, weighing_warnings
from weight_samples import CHURN, NOTHING, component, interval, weighed_result

CAUSAL = re.compile(
    r"\b(caus\w*|because|leads? to|lower(s|ed) churn|prevents?|drives?|reduc\w+|improv\w+)\b", re.IGNORECASE
)


@pytest.mark.parametrize(
    ("decision", "why", "said"),
    [
        ("change", "later dates agree", "Keep your weights, except Usage 40 to 50 and Tickets 30 to 20."),
        ("keep", "not shown to be worse", "Keep your weights: they are not shown to be worse."),
        ("keep", "nothing to change", "Keep your weights: history asks for no change."),
        (
            "no evidence",
            "too few exits",
            "No evidence: 240 accounts left, and weights are judged from 50 such accounts on.",
        ),
        (
            "no evidence",
            "no later dates",
            "No evidence: 240 accounts left, but no date has some of them known before it and others after it.",
        ),
        (
            "no evidence",
            "no skill",
            "No evidence: on later dates neither your weights nor others are shown to tell who left.",
        ),
        (
            "no evidence",
            "no component shown",
            "No evidence: no component by itself is shown to tell who left.",
        ),
    ],
)
def test_the_answer_comes_first(decision: str, why: str, said: str) -> None:
    assert weighed_result(decision, why)["verdict_sentences"][0] == said


def test_kept_weights_that_history_puts_elsewhere_are_named() -> None:
    parts = {
        "usage": component("Usage", 20.0, 20.0, validated=interval(52, 40, 68)),
        "tickets": component("Tickets", 80.0, 80.0, validated=interval(60, 30, 90), verdict="not shown"),
    }
    said = weighed_result("keep", "not shown to be worse", components=parts)["verdict_sentences"]
    (told,) = [one for one in said if one.startswith("All dates together put")]
    assert "52 (40–68)" in told
    assert "instead of 20" in told
    assert "60" not in told
    agreed = weighed_result("change", "later dates agree", components=parts)["verdict_sentences"]
    assert not [one for one in agreed if one.startswith("All dates together put")]


def test_a_component_that_leads_alone_is_not_called_upside_down() -> None:
    alone = {"auc": interval(0.64, 0.6, 0.68), "leads": "yes"}
    turned = {"verdict": "wrong direction", "validated": interval(-12, -20, -4)}
    parts = {
        "usage": component("Usage", 50.0, 50.0, alone=alone, **turned),
        "survey": component("Survey", 50.0, 50.0, alone={**alone, "leads": "opposite"}, **turned),
    }
    said = " ".join(weighed_result("keep", "nothing to change", components=parts)["verdict_sentences"])
    assert "the wrong way beside the others: Usage." in said
    assert "Points the wrong way: Survey." in said


def test_every_reason_of_a_judgement_has_an_answer() -> None:
    reasons = set(get_args(judgement.Why))
    tested = {"too few exits", "no later dates", "no skill", "no component shown", "nothing to change"}
    assert reasons == tested | {"not shown to be worse", "later dates agree", "no weights in force"}


def test_weights_where_there_were_none() -> None:
    parts = {
        "a": component("Usage", None, 60.0),
        "b": component("Survey", None, 0.0),
        "c": component("Tickets", None, 40.0),
    }
    said = weighed_result("change", "no weights in force", components=parts, joint=[], gain={})["verdict_sentences"]
    assert said[0] == "Weights that history supports: Usage 60 and Tickets 40."


def test_no_skill_without_weights_in_force() -> None:
    parts = {"a": component("Usage", None, None), "b": component("Survey", None, None)}
    said = answer(weighed_result("no evidence", "no skill", components=parts, joint=[]), CHURN)
    assert said == "No evidence: on later dates no weights are shown to tell who left."


def test_many_changes_are_no_exception() -> None:
    def book(*weights: tuple[float, float]) -> dict[str, Any]:
        return weighed_result(components={f"c{i}": component(f"C{i}", *w) for i, w in enumerate(weights)}, joint=[])

    assert answer(book((40, 35), (30, 20), (20, 30), (10, 15)), CHURN) == (
        "Change your weights: C1 30 to 20, C2 20 to 30, C0 40 to 35 and C3 10 to 15."
    )
    assert answer(book((50, 70), (50, 30)), CHURN) == "Keep your weights, except C0 50 to 70 and C1 50 to 30."
    assert answer(book((33.33, 38.33), (33.33, 28.33), (33.34, 33.34)), CHURN) == (
        "Keep your weights, except C0 33.3 to 38.3 and C1 33.3 to 28.3."
    )
    seven = book(*[(10.0, 5.0)] * 5, (20.0, 35.0), (30.0, 40.0))
    assert answer(seven, CHURN) == (
        "Change your weights: C5 20 to 35, C6 30 to 40, C0 10 to 5, C1 10 to 5 and 3 others by less."
    )


def test_what_the_answer_rests_on() -> None:
    said = [text.replace("\u202f", " ") for text in weighed_result()["verdict_sentences"]]
    assert said[1:] == [
        "Learned from 6 dates before 1 July 2024 (130 accounts left), tested on 5 dates from then on (122 accounts "
        "left).",
        "Of 122 exits on the later dates, the worst-scored 10 % of accounts held 41 by the old weights; by the new, "
        "8 more (2–13).",
        "Confirmed by history: Usage. Accounts with fewer points there left more often, compared with accounts alike "
        "in the other components.",
        "Not shown, which is not the same as useless: Tickets and Sponsor.",
        "Points the wrong way: Survey. Accounts with more points there left more often; look at how its points are "
        "given before anything else.",
        "Usage and Tickets move together; history confirms them together and cannot tell their shares apart: "
        "60 (48–71) % in all.",
        "Survey has 20 % of the weight and makes 4 % of the score's movement: its points differ little.",
    ]


def test_a_gain_that_could_be_chance_is_called_that() -> None:
    result = weighed_result()
    result["gain"]["churners"]["difference"] = interval(2.0, -1.0, 5.0)
    said = " ".join(verdict_sentences(result, CHURN))
    assert "by the new, 2 more (1 fewer to 5 more), which in this figure alone could be chance." in said


def test_fewer_are_called_fewer_and_points_less() -> None:
    result = weighed_result()
    result["gain"]["churners"] |= {"difference": interval(-1.0, -6.0, 4.0), "capacity": 40}
    share = {
        "old": interval(0.31, 0.2, 0.4),
        "new": interval(0.27, 0.2, 0.4),
        "difference": interval(-0.04, -0.1, 0.02),
    }
    result["gain"]["revenue"] = {"share": 0.08, "capacity": 40, **share}
    said = [text.replace("\u202f", " ") for text in verdict_sentences(result, CHURN)]
    assert said[2:4] == [
        "Of 122 exits on the later dates, the 40 worst-scored accounts held 41 by the old weights; by the new, 1 fewer "
        "(6 fewer to 4 more), which in this figure alone could be chance.",
        "Of their revenue they held 31 % by the old weights; by the new, 4 points less (10 less to 2 more).",
    ]


def test_revenue_where_accounts_have_a_value() -> None:
    result = weighed_result()
    result["gain"]["revenue"] = {
        "share": 0.1,
        "old": interval(0.31, 0.2, 0.4),
        "new": interval(0.43, 0.3, 0.5),
        "difference": interval(0.12, 0.02, 0.21),
    }
    said = [text.replace("\u202f", " ") for text in verdict_sentences(result, CHURN)]
    assert said[3] == ("Of their revenue they held 31 % by the old weights; by the new, 12 points more (2–21).")


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("not shown", "history confirms them neither together nor apart."),
        ("wrong direction", "together they point the wrong way."),
    ],
)
def test_joint_groups_without_an_interval(verdict: str, words: str) -> None:
    group = {"components": ["usage", "tickets"], "validated": NOTHING, "verdict": verdict, "correlation": NOTHING}
    said = verdict_sentences(weighed_result(joint=[group]), CHURN)
    assert f"Usage and Tickets move together; {words}" in said


def test_no_evidence_claims_nothing_about_components() -> None:
    for why in ("too few exits", "no skill", "no later dates", "no component shown"):
        result = weighed_result("no evidence", why, exiting_accounts=31)
        assert not re.search("Confirmed|Not shown,|wrong way|held", " ".join(result["verdict_sentences"]))
    assert len(weighed_result("no evidence", "too few exits")["verdict_sentences"]) == 1


def test_few_exits_are_told_with_the_widths() -> None:
    assert weighing_warnings(weighed_result(), CHURN) == []
    (said,) = weighing_warnings(weighed_result(exiting_accounts=140), CHURN)
    assert said == (
        "Few exits for weights: 140 accounts left, fewer than 200. The ranges of the weights are 14 to 19 points wide."
    )
    open_ended = {"a": component("A", 50, 50, validated=interval(50, None, None)), "b": component("B", 50, 50)}
    open_ended["b"]["validated"] = NOTHING
    (said,) = weighing_warnings(weighed_result("keep", components=open_ended, exiting_accounts=60), CHURN)
    assert said.endswith("No weight can be bounded.")
    assert weighing_warnings(weighed_result("no evidence", "too few exits", exiting_accounts=31), CHURN) == []


def test_more_components_than_evidence() -> None:
    parts = {f"c{i}": component(f"C{i}", 10, 10) for i in range(10)}
    said = weighing_warnings(weighed_result("keep", components=parts, exiting_accounts=90), CHURN)
    assert said[1].startswith("10 components are judged by 90 accounts that left, fewer than 10 for each: put")


def test_other_outcomes_have_their_words() -> None:
    said = " ".join(verdict_sentences(weighed_result(), words_of("expansion")))
    assert "(130 accounts expanded)" in said
    assert "Of 122 expansions on the later dates, the likeliest 10" in said
    assert "Confirmed by history: Usage. Accounts with more points there expanded more often" in said
    assert "Points the wrong way: Survey. Accounts with fewer points there expanded more often" in said
    assert "left" not in said


def test_no_sentence_claims_a_cause() -> None:
    written = [value for name, value in vars(sentences).items() if isinstance(value, str) and not name.startswith("__")]
    for decision, why in (("change", "later dates agree"), ("keep", "nothing to change"), ("no evidence", "no skill")):
        written += weighed_result(decision, why)["verdict_sentences"]
    assert not [text for text in written if CAUSAL.search(text)]
