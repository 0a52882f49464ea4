"""The diagnostics of a backtest as its report shows them: the choice, the price, other calibrations, date by date."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from healthscore.pipelines.diagnosis import TITLES
from healthscore.pipelines.wording import capital

Result = Mapping[str, Any]
View = dict[str, Any]
DATES_OPEN = 8
"""Dates shown at once; more of them unfold."""


def diagnostic_view(result: Result) -> View | None:
    """What the section on diagnostics shows; None where the result has none of it."""
    choice, price = result.get("choice") or {}, result.get("price_of_additivity") or {}
    calibration, prevalence = result.get("calibration") or {}, result.get("prevalence") or {}
    view = {
        "rows": choice.get("rows"),
        "candidates": [{**one, "verdict": _gain_word(one["gain"])} for one in choice.get("candidates") or []],
        "price": price.get("sentence"),
        "calibrations": [
            {"title": capital(TITLES[name]), "log_loss": one, "verdict": _loss_word(one)}
            for name, one in (calibration.get("others") or {}).items()
        ],
        "compared": calibration.get("n"),
        "dates": _dates(calibration.get("origins") or [], prevalence.get("origins") or []),
        "open": DATES_OPEN,
    }
    return view if view["candidates"] or view["price"] or view["dates"] else None


def _dates(calibrated: list[Mapping[str, Any]], rates: list[Mapping[str, Any]]) -> list[View]:
    """Calibration and rate of every date, in one row."""
    moved = {row["as_of"]: row for row in rates}
    return [{**row, **moved[row["as_of"]], "mark": _mark(moved[row["as_of"]])} for row in calibrated]


def _mark(row: Mapping[str, Any]) -> str:
    if row["jumped"]:
        return "more than threefold"
    return "moved" if row["shifted"] else ""


def _gain_word(gain: Mapping[str, Any]) -> str:
    if gain["low"] is None or gain["low"] <= 0 <= gain["high"]:
        return ""
    return "better" if gain["low"] > 0 else "worse"


def _loss_word(loss: Mapping[str, Any]) -> str:
    if loss["low"] is None or loss["low"] <= 0 <= loss["high"]:
        return ""
    return "worse" if loss["low"] > 0 else "better"
