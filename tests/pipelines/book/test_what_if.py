"""Other weights on history: what the library computes for a scorecard that says them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from carded import CARD, drawn, write_carded
from healthscore.config import load_run
from healthscore.errors import ConfigurationError
from healthscore.pipelines.book import Book, WhatIf, open_what_if
from healthscore.pipelines.build import build_book
from healthscore.pipelines.validaterun import validate_run
from healthscore.tables import open_tables

VARIANT = """
[[variant]]
name = "rare"
when = [{ feature = "days", at_most = 5 }]
weights = { use = 20, tickets = 80 }
edges = [30.0, 60.0]
"""
QUARTILES = CARD.replace("[components.use]", "bands = { quartiles_of = 2024-02-01 }\n[components.use]", 1)
CARDS = {"plain": CARD, "variant": CARD + VARIANT, "quartiles": QUARTILES}


def rows() -> pd.DataFrame:
    """Drawn rows with values, and some of which a component, or all, is not known."""
    found = drawn(150)
    generator = np.random.default_rng(4)
    found["value"] = generator.integers(10, 500, len(found))
    found["days"] = found["days"].astype(float).mask(generator.random(len(found)) < 0.1)
    found["open"] = found["open"].astype(float).mask(generator.random(len(found)) < 0.1)
    found.loc[generator.random(len(found)) < 0.1, "days"] = 0.0  # the hard rule binds them
    return found


def opened(path: Path) -> WhatIf:
    run = load_run(path)
    with open_tables(run) as tables:
        return WhatIf.of(build_book(run, tables))


def said(result: dict[str, Any]) -> dict[str, Any]:
    """What a validation says of the same."""
    figures = result["pooled"]["models"]["score"]
    keys = ("name", "low", "high", "n", "events", "accounts", "share", "rate")
    return {
        "n": result["pooled"]["n"],
        "events": result["pooled"]["events"],
        "accounts": result["pooled"]["accounts"],
        "rate": result["pooled"]["rate"],
        "figures": {name: figures[name]["estimate"] for name in ("auc", "capture_10", "revenue_capture_10")},
        "churners": {
            "all": result["churners"]["churners"],
            "share": result["churners"]["share"],
            "held": result["churners"]["models"]["score"]["held"],
        },
        "bands": [{key: band[key] for key in keys} for band in result["bands"]],
    }


def told(found: dict[str, Any]) -> dict[str, Any]:
    bands = [{key: one for key, one in band.items() if key not in ("tone", "latest")} for band in found["bands"]]
    return {key: one for key, one in found.items() if key not in ("weights", "as_of")} | {"bands": bands}


@pytest.mark.parametrize("card", CARDS)
def test_any_weights_are_worth_what_validation_says(card: str, tmp_path: Path) -> None:
    ours = opened(write_carded(tmp_path / "ours", rows(), CARDS[card]))
    assert told(ours.figures()) == said(validate_run(ours.past.run).result)
    for use in (15, 100):
        text = CARDS[card].replace("weight = 60", f"weight = {use}").replace("weight = 40", f"weight = {100 - use}")
        theirs = validate_run(write_carded(tmp_path / f"at {use}", rows(), text)).result
        found = ours.figures({"use": use, "tickets": 100 - use})
        assert found["weights"] == {"use": use, "tickets": 100 - use}
        assert told(found) == said(theirs)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> WhatIf:
    return opened(write_carded(tmp_path_factory.mktemp("small") / "run", rows()))


def test_todays_weights_are_todays_score(small: WhatIf) -> None:
    assert small.figures({"use": 60, "tickets": 40}) == small.figures()
    assert small.figures({"use": 3, "tickets": 2}) == small.figures()
    assert small.figures({"tickets": 7})["weights"] == {"use": 0.0, "tickets": 100.0}


def test_the_newest_date_has_every_account_in_one_band(small: WhatIf) -> None:
    found = small.figures({"use": 1})
    newest = small.past.panel.day == small.past.panel.day[-1]
    days = small.past.panel.X[newest, 0]
    assert [feature.name for feature in small.past.panel.features] == ["days"], "what the hard rule reads, no more"
    assert sum(band["latest"] for band in found["bands"]) == int((~np.isnan(days)).sum())
    assert found["bands"][0]["latest"] == int((5.0 * days < 40.0).sum())


@pytest.mark.parametrize(
    ("weights", "what"),
    [
        ({"usage": 1.0}, "no component 'usage'"),
        ({"use": -1.0, "tickets": 2.0}, "the weight of 'use' is -1.0"),
        ({"use": float("nan")}, "the weight of 'use' is nan"),
        ({"use": float("inf")}, "the weight of 'use' is inf"),
        ({"use": 0.0}, "all weights are 0"),
        ({}, "all weights are 0"),
    ],
)
def test_weights_that_are_none(small: WhatIf, weights: dict[str, float], what: str) -> None:
    with pytest.raises(ConfigurationError, match=what):
        small.figures(weights)


def test_it_opens_from_a_book(by_model: Book, tmp_path: Path) -> None:
    ours = open_what_if(by_model).figures()
    elsewhere = by_model.run.model_copy(update={"out": tmp_path})  # other tests look at what lies beside the book
    assert told(ours) == said(validate_run(elsewhere).result)


def test_it_does_not_wait_for_who_reads_rows(by_model: Book) -> None:
    with ThreadPoolExecutor() as others, by_model.tables():
        assert others.submit(open_what_if, by_model).result(60.0).figures()["n"] > 0
