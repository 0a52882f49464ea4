"""A scorecard in a notebook: everything that it says, in words."""

from __future__ import annotations

from datetime import date

from healthscore.config.scorecarddisplay import scorecard_display
from literal_card import ACTIONS, CARD, card_of
from report_samples import PAYLOADS


def test_components_bands_rules_and_variants_are_told() -> None:
    shown = scorecard_display(card_of(title="Ours", purpose={"question": "Who may leave?", "owner": "CS"}))
    components, bands, rules = shown.tables
    assert (shown.kind, shown.title) == ("Scorecard", "Ours")
    assert list(shown.sentences) == [
        "Who may leave? CS answers for it.",
        "Where nothing is known of a component, the others count for it.",
    ]
    heads = ["component", "what it is", "points from", "weight in %", "beginner: weight", "large: weight"]
    assert list(components.columns) == heads
    assert components.rows[0] == (
        *("use", "", "visits_active_days_28d: 0 at 0, 100 at 10, straight between", "50", "80", "20"),
    )
    assert components.rows[1][2] == "cases_open: 100 at 0, 0 at 4, straight between, the first 1 free"
    assert [row[1:] for row in bands.rows] == [
        ("0 to 40", "0 to 20"),
        ("40 to 70", "20 to 50"),
        ("70 to 100", "50 to 100"),
    ]
    assert rules.rows == [("three cases", "cases_open at least 3", "“needs attention”")]


def test_actions_and_what_becomes_of_the_unknown_are_told_a_line_each() -> None:
    parts = CARD["components"] | {"use": ACTIONS | {"missing": 20.0}}
    told = scorecard_display(card_of(components=parts)).tables[0].rows[0][2]
    assert str(told).split("\n") == [
        "50 to start with",
        "+30 for came often (visits_active_days_28d at least 5)",
        "+40 for came very often (visits_active_days_28d at least 8)",
        "-20 for has open cases (cases_open at least 2)",
        "where nothing is known, it gets 20 points",
    ]


def test_bands_by_quartiles_have_no_edges() -> None:
    card = card_of(bands={"quartiles_of": date(2024, 1, 1)}, cap=[], variant=[])
    bands = scorecard_display(card).tables[1]
    assert bands.caption == "Bands, by the quartiles of the scores of 2024-01-01"
    assert [row[1] for row in bands.rows] == ["lowest quarter", "between", "highest quarter"]


def test_a_hostile_scorecard_stays_text() -> None:
    for payload in PAYLOADS:
        purpose = {"question": payload, "owner": payload}
        html = card_of(title=payload, purpose=purpose)._repr_html_()
        assert html.count("<script") == html.count("<img") == html.count("<svg") == 0
