"""Beside a score: what the audit found, overrides, the track record, other weights. Nothing of it is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

import report_samples
from healthscore.dashboard.shelf import Shelf, show
from healthscore.pipelines import book as views
from healthscore.pipelines.book import Book, open_book, open_what_if
from healthscore.pipelines.bookwords import VIEWS
from healthscore.pipelines.cards import need_scorecard
from healthscore.pipelines.wording import count, number
from shown_views import LOW, calm, flat, opened, told
from two_publications import copied, write_result


def test_what_the_audit_found_stands_beside_what_was_promised(by_model: Book, tmp_path: Path) -> None:
    copy = copied(by_model, tmp_path)
    show(Shelf(lambda: copy))
    assert "silent sources: nothing is known of it yet: healthscore audit" in told(opened("book"))
    rate = {"estimate": 0.2, "low": 0.15, "high": 0.25}
    band: dict[str, Any] = {
        "name": copy.bands.names[0],
        "low": 0.0,
        "high": 40.0,
        "rate": rate,
        "n": 200,
        "events": 40,
        "accounts": 90,
    }
    result = {
        "run": copy.run.name,
        "series": copy.series,
        "as_of": "2025-05-01",
        "sources": [{"name": "usage", "stale": True}, {"name": "tickets", "stale": False}],
        "bands": [band | {"probability": 0.175}],
    }
    write_result(copy.run.out, "audit", result)
    app = opened("book")
    assert "sources gone silent, by the audit of 1 May 2025: usage" in told(app)
    assert f"{copy.bands.names[0]} 17.5 % 20.0 % (15.0–25.0) 200 40 90" in told(app)


def test_an_override_stands_beside_the_computed_score(by_model: Book, tmp_path: Path) -> None:
    copy = copied(by_model, tmp_path)
    table = copy.publication.scores()
    override: dict[str, Any] = {"health": 80.0, "band": "healthy", "author": "Ana <b>", "reason": "they *told* me"}
    for name, value in override.items():
        table[f"override_{name}"] = [value if account == LOW else None for account in table["account_id"]]
    table.to_parquet(copy.directory / "scores.parquet", index=False)
    show(Shelf(lambda: open_book(copy.run)))
    app, computed = opened("account", account=LOW), views.account(copy, LOW)
    assert "Override: 80.0 points and band “healthy” by Ana <b>: they *told* me" in told(app)
    assert flat(computed["displays"]["percent"]) in told(app)


def test_a_record_that_is_not_there_says_what_makes_it(shown: Book) -> None:
    app = opened("proof")
    assert "Nothing is known of it yet: healthscore backtest." in told(app)
    assert "Nothing is known of it yet: healthscore recalibrate." in told(app)


def test_the_record_stands_beside_the_scorecard(by_model: Book, tmp_path: Path) -> None:
    copy = copied(by_model, tmp_path)
    show(Shelf(lambda: copy))
    result = {
        "run": copy.run.name,
        "chosen": "blend",
        "pooled": {"n": 900, "events": 60, "models": {"blend": report_samples.metrics(0.84)}},
        "scorecard": {"title": "Seven <b>", "name": "seven", "figures": report_samples.metrics(0.79)},
        "differences": {"scorecard": {"auc": report_samples.figure(0.05, 0.04)}},
    }
    write_result(copy.run.out, "backtest", result)
    card = need_scorecard(copy.run)
    weight: dict[str, Any] = {"label": "log-ins", "effective": 31.5, "shap_share": 44.0}
    weight |= {"validated": {"estimate": 35.0, "low": 20.0, "high": 52.0}, "verdict": "supported", "recommended": 30.0}
    parts = {name: weight | {"handcrafted": part.weight} for name, part in card.components.items()}
    judged = {"decision": "change", "verdict_sentences": ["Change <i>."], "components": parts}
    judged |= {"scorecard": {"name": card.name}}
    write_result(copy.run.out, "recalibrate", {"run": copy.run.name, **judged})
    app = opened("proof")
    assert "Blend, beside the scorecard “Seven <b>”: 900 scores, 60 of them of accounts that" in told(app)
    assert "0.840 (0.820–0.860) 0.790 (0.770–0.810) 0.050 (0.010–0.090) ▲ better" in told(app)
    assert "Change <i>." in told(app)
    for part in card.components.values():
        assert f"log-ins {part.weight:g}" in told(app)


def test_other_weights_are_worth_what_the_library_says(shown: Book) -> None:
    app = opened("whatif")
    assert len(app.slider) == 0, "the past is read when somebody asks for it"
    app.button(key="read").click()
    calm(app.run())
    expected = open_what_if(shown)
    now = expected.figures()
    assert f"Judged on {count(now['n'])} scores" in told(app)
    weights = {name: part.weight for name, part in expected.card.components.items()}
    assert {slider.key: slider.value for slider in app.slider} == {f"weight {name}": of for name, of in weights.items()}
    first = next(iter(weights))
    app.slider(key=f"weight {first}").set_value(90.0)
    calm(app.run())
    new = expected.figures(weights | {first: 90.0})
    assert f"{number(now['figures']['auc'], 3)} {number(new['figures']['auc'], 3)}" in told(app)
    for before, after in zip(now["bands"], new["bands"], strict=True):
        assert f"{after['name']} {count(before['latest'])} {count(after['latest'])}" in told(app)
    assert f"[components.{first}]\nweight = {round(new['weights'][first], 2):g}" in app.code[0].value
    app.button(key="preset equal").click()
    calm(app.run())
    assert {slider.value for slider in app.slider} == {50.0}
    for slider in app.slider:
        slider.set_value(0.0)
    calm(app.run())
    assert "all weights are 0" in told(app)
    app.button(key="preset now").click()
    calm(app.run())
    assert {slider.key: slider.value for slider in app.slider} == {f"weight {name}": of for name, of in weights.items()}


def test_nothing_is_written(shown: Book) -> None:
    def files() -> pd.DataFrame:
        places = [shown.run.out, shown.run.path.parent] if shown.run.path is not None else [shown.run.out]
        there = [path for place in places for path in sorted(place.rglob("*"))]
        return pd.DataFrame([(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in there])

    before = files()
    for name in VIEWS:
        opened(name, **({"account": LOW} if name == "account" else {}))
    pd.testing.assert_frame_equal(before, files())
