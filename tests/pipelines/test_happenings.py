"""Every outcome has its words, and no page or line about one uses those of another."""

from __future__ import annotations

import html
import re
from types import SimpleNamespace
from typing import Any

import pytest

from healthscore.cli.modelling import show_backtest
from healthscore.outcomes import OUTCOMES
from healthscore.pipelines.fitting import design_of
from healthscore.pipelines.happenings import HAPPENINGS, words_in, words_of
from healthscore.pipelines.report import render_backtest
from report_samples import backtest_result

OTHERS = [kind for kind in HAPPENINGS if kind != "churn"]


def result_of(kind: str) -> dict[str, Any]:
    """A backtest's result of that kind, as the pipeline would give it: no bands, scores or warnings of a gain."""
    result = backtest_result()
    words = HAPPENINGS[kind]
    outcome = {"kind": kind, "sentence": f"{words.happens} in the 60 days after the score"}
    result["outcome"] |= outcome | {"words": words_of(kind, context=kind == "non_renewal")}
    result["headline"]["sentences"] = [f"Of 184 {words.found}, 10 % held 77.", "It predicts better."]
    result |= {"warnings": [], "lead_time": None}
    result["worst"] = [{**one, "outcome": words.did} for one in result["worst"]]
    if words.gain:
        result |= {"bands": [], "worst": [], "components": [], "stability": None}
    return result


def visible(page: str) -> str:
    """What a reader of the page sees, with what the figures say."""
    page = re.sub(r"<style>.*?</style>|<script>.*?</script>|<footer>.*?</footer>", " ", page, flags=re.DOTALL)
    figures = " ".join(re.findall(r'"(?:text|name|title)": ?"([^"]*)"', page)) + " ".join(
        re.findall(r'aria-label="([^"]*)"', page)
    )
    text = re.sub(r"<script.*?</script>|<[^>]*>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(f"{text} {figures}"))


def test_every_outcome_is_called_something() -> None:
    assert set(HAPPENINGS) == set(OUTCOMES)


@pytest.mark.parametrize("kind", OTHERS)
def test_the_report_of_an_outcome_says_nothing_of_accounts_that_left(kind: str) -> None:
    text = visible(render_backtest(result_of(kind)))
    # What is set aside may well have left: that is why the outcome cannot be used.
    early = f"{HAPPENINGS[kind].early} before the window"
    for fine in (early, HAPPENINGS[kind].unknown, HAPPENINGS[kind].kept, "interval leaves out 0"):
        text = text.replace(fine, "")
    found = re.findall(r"[^.]{0,40}\b(?:left|leaves?|leavers?|churn\w*|stayed|exits?)\b[^.]{0,20}", text, re.IGNORECASE)
    assert found == []
    assert f"Share that {HAPPENINGS[kind].did}" in text
    assert f"{HAPPENINGS[kind].those.capitalize()} found" in text


def test_a_gain_has_no_band_at_risk_and_no_score() -> None:
    text = visible(render_backtest(result_of("expansion")))
    assert not re.findall(r"at risk|worst-scored|lowest", text, re.IGNORECASE)
    assert "The forecast beats the best simple rule." in text
    assert "Backtest of a forecast" in text


def test_where_the_score_leaves_context_out_accounts_are_ranked_by_probability() -> None:
    text = visible(render_backtest(result_of("non_renewal")))
    assert "from the highest probability down" in text
    assert "likeliest 10" in text


def test_the_report_of_churn_keeps_its_words() -> None:
    assert words_in(backtest_result()) == words_of("churn")
    text = visible(render_backtest(backtest_result()))
    for said in ("Share that left", "Leavers found", "from the lowest score up", "Where the leavers were"):
        assert said in text


@pytest.mark.parametrize(
    ("kind", "title", "bands"),
    [
        ("churn", "4,600 snapshots, 184 with an exit, 3 dates", True),
        ("non_renewal", "4,600 snapshots, 184 with a lost renewal, 3 dates", True),
        ("expansion", "4,600 snapshots, 184 with an expansion, 3 dates", False),
    ],
)
def test_the_lines_of_a_backtest_use_the_words_of_the_outcome(
    kind: str, title: str, bands: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    show_backtest(result_of(kind))
    printed = capsys.readouterr().out
    assert title in " ".join(printed.split())
    assert ("What the bands meant" in printed) is bands
    assert kind == "churn" or not re.search(r"\bleft\b", printed)


@pytest.mark.parametrize("kind", sorted(HAPPENINGS))
def test_what_is_healthy_makes_a_loss_less_likely_and_a_gain_more(kind: str) -> None:
    healthy, risky, open_ = (
        SimpleNamespace(name=name, component="c", healthy=sign, context=False)
        for name, sign in (("use", 1), ("overdue", -1), ("tickets", 0))
    )
    outcome = SimpleNamespace(kind=kind)
    run = SimpleNamespace(need_outcome=lambda: outcome, model=SimpleNamespace(joint=()))
    book: Any = SimpleNamespace(run=run, panel=SimpleNamespace(features=(healthy, risky, open_)))
    assert design_of(book).monotone == ((1, -1, 0) if kind == "expansion" else (-1, 1, 0))
