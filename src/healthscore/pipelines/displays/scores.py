"""Scores and the points behind them: displays of `score` and `explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from healthscore.display import Bar, Display, Mark, Table
from healthscore.pipelines.accountcharts import steps_of
from healthscore.pipelines.displays.shared import Result, signed
from healthscore.pipelines.trend.changes import IN_WORDS
from healthscore.pipelines.views import tone
from healthscore.pipelines.wording import count, day_text, number, percent, plural

if TYPE_CHECKING:
    import pandas as pd

WORST, FEATURES, MOVERS = 10, 10, 5
"""Accounts, features of one account, and accounts that fell most, which are shown."""


def score_display(result: Result, scores: pd.DataFrame) -> Display:
    """Accounts per band, those most at risk with what lowers their scores, and those that fell most."""
    bands, publication = result["bands"], result["publication"]
    scale = result["band_probability"]
    top = max(bands.values(), default=0) or 1
    rows: list[tuple[object, ...]] = [
        (Mark(name, tone(place, len(bands))), _range(scale.get(name)), Bar(0.0, 100 * n / top, "plain"), count(n))
        for place, (name, n) in enumerate(bands.items())
    ]
    rows += [(f"not scored: {why}", "", "", count(n)) for why, n in result["unscored"].items()]
    tones = {name: tone(place, len(bands)) for place, name in enumerate(bands)}
    worst = [_worst(one, tones) for one in scores.head(WORST).to_dict("records") if one["status"] == "scored"]
    followed = publication["as_of"] == result["as_of"]
    tables = (
        Table("Bands", ("band", "score", "", "accounts"), rows, left=3),
        Table("Most at risk", ("account", "name", "band", "what lowers the score most", "score"), worst, left=4),
        *([_movers(publication["trend"])] if followed else []),
    )
    unsure = result["low_confidence"]
    notes = (
        [f"{plural(unsure, 'account')} with low confidence: the column low_confidence says in what"] if unsure else []
    )
    kind = f"Scores of {day_text(result['as_of'])}"
    return Display(kind, result["run"], tiles=_tiles(result), tables=tables, notes=[*notes, *result["warnings"]])


def _tiles(result: Result) -> list[tuple[str, str, str]]:
    tiles = [(count(result["accounts"]), "", f"accounts scored, by {_by(result)}")]
    if result.get("mean_health") is not None:
        tiles.append((number(result["mean_health"]), "", "points on average"))
    if result.get("expected_exits") is not None:
        tiles.append((number(result["expected_exits"]), "", f"exits expected in {result['period']}"))
    return tiles


def _by(result: Result) -> str:
    alias = f" ({result['alias']})" if result.get("alias") else ""
    return f"version {result['version']}{alias}" if result.get("version") else str(result["model"])


def _range(band: Result | None) -> str:
    return "" if band is None else f"{number(band['low'], 0)} to {number(band['high'], 0)}"


def _worst(one: dict[Any, Any], tones: dict[str, str]) -> tuple[object, ...]:
    name = one["name"] if isinstance(one["name"], str) else ""
    reason = str(one["drivers_down"]).split("; ")[0]
    return one["account_id"], name, Mark(one["band"], tones.get(one["band"], "plain")), reason, number(one["health"])


def _movers(trend: Result) -> Table:
    rows = [
        (one["account_id"], one["reason"], number(one["previous_health"]), number(one["health"]), signed(one["change"]))
        for one in trend["movers"][:MOVERS]
    ]
    columns = ("account", "most of all by", "then", "now", "points")
    return Table(f"Fell most since {trend['previous']}", columns, rows, left=2)


def explanation_display(result: Result) -> Display:
    """Where an account stands, the sum that makes its score, what was seen, and why it changed."""
    title = " ".join(filter(None, (result["account_id"], result["name"])))
    kind = f"Score of {day_text(result['as_of'])}"
    if result["health"] is None:
        return Display(kind, title, Mark(f"{result['status']}: it has a status, not a score"))
    features = [
        (one["component"].replace("_", " "), one["sentence"], signed(one["points"]))
        for one in result["features"]
        if one["points"]
    ]
    tables = (
        _waterfall(result),
        Table("Strongest features", ("component", "what was seen", "points"), features[:FEATURES], left=2),
        *_change(result["change"]),
    )
    return Display(kind, title, Mark(_standing(result)), _said(result), tables=tables, notes=result["warnings"])


def _standing(result: Result) -> str:
    likely = result["probability"]
    risk = "" if likely is None else f", {percent(likely)} likely in {result['period']}"
    return f"{number(result['health'])} points: {result['band']}, grade {result['grade']}{risk}"


def _said(result: Result) -> list[str]:
    said = [", ".join(filter(None, (result["segment"], result["owner"] and f"looked after by {result['owner']}")))]
    if result["health_low"] is not None:
        between = f"{number(result['health_low'])} to {number(result['health_high'])}"
        said.append(f"With other accounts to learn from, the score could be {between} (95 % interval).")
    if result["low_confidence"]:
        said.append(f"Low confidence: {result['low_confidence']}.")
    if result.get("because"):
        said.append(f"{result['cap']}: {result['because']}.")
    if result["path"] is not None:
        said.append(f"Path to the next band, as accounts like it are: {result['path']['said']}.")
    return [sentence for sentence in said if sentence]


def _waterfall(result: Result) -> Table:
    """The sum that makes the score, a step a row, each beginning where the one above it ends."""
    steps = steps_of(result)
    ends = [end for step in steps for end in (step.begins, step.ends)]
    low, high = min(0.0, *ends), max(100.0, *ends)
    card = result.get("scorecard") or {}
    rows = []
    for step in steps:
        left, right = sorted((step.begins, step.ends))
        bar = Bar(round(100 * (left - low) / (high - low), 2), round(100 * (right - left) / (high - low), 2), step.tone)
        known = card.get(step.component) or {}
        points = number(step.points) if step.total else signed(step.points)
        own = (number(known.get("subscore")), number(known.get("weight"), 0)) if known else ("", "")
        rows.append((step.name, bar, *(own if card else ()), points))
    columns = ("component", "", *(("sub-score", "weight in %") if card else ()), "points")
    return Table("What makes the score", columns, rows, left=2, total=True)


def _change(change: Result | None) -> tuple[Table, ...]:
    if change is None or change["unexplained"]:
        return ()
    rows = [(row["component"] or IN_WORDS[row["kind"]], signed(row["points"])) for row in change["rows"]]
    moved = signed(change["points"]) if change["points"] else "0.0"
    caption = f"Why it changed: {moved} points since {change['since']} ({number(change['health'])})"
    return (Table(caption, ("what", "points"), rows),)
