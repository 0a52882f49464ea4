"""What was measured, and what was learned from it: displays of `panel` and `train`."""

from __future__ import annotations

from healthscore.display import Display, Mark, Table
from healthscore.pipelines.displays.shared import Result, facts
from healthscore.pipelines.wording import count, figure, number, percent, plural


def panel_display(result: Result) -> Display:
    """How much was measured, and every feature."""
    dates = result["as_ofs"]
    tiles = (
        (count(len(result["features"])), "", "features"),
        (count(result["rows"]), "", f"rows, of {plural(result['accounts'], 'account')}"),
        (count(len(dates)), "", f"dates from {dates[0]} to {dates[-1]}"),
    )
    columns = ("name", "component", "signal", "window", "unit")
    rows = [tuple(feature[column] for column in columns) for feature in result["features"]]
    tables = (Table("Features", ("feature", *columns[1:]), rows, left=len(columns)),)
    return Display("Features", result["run"], tiles=tiles, tables=tables)


def train_display(result: Result) -> Display:
    """Which model was chosen and why, what it learned from, and how sure its scores are."""
    choice, training, words = result["choice"], result["training"], result["outcome"]["words"]
    sure, scale = result["uncertainty"], result["scale"]
    told = {
        "snapshots": f"{count(training['n'])} of {training['first']} to {training['last']}",
        str(words["events"]): f"{count(training['events'])}, of {plural(training['exiting_accounts'], 'account')}",
        "known until": training["known_until"],
        "features": f"{count(result['features'])} in {plural(len(result['components']), 'component')}",
        "scale": f"score {number(scale['anchor_score'], 0)} at {percent(scale['anchor_probability'])}; half the odds "
        f"for every {number(scale['points_to_halve_odds'], 0)} points",
        "95 % interval": sure and f"half of the scores to within {number(sure['median_half_width'])} points",
        "keep their band when refitted": sure and percent(sure["band_stability"], 0),
    }
    candidates = [
        (Mark(one["title"], "good" if one["better"] else "plain"), figure(one["gain"], digits=4), _better(one))
        for one in choice["candidates"]
    ]
    beside = Table("Candidates beside the blend", ("candidate", "log-loss saved", ""), candidates)
    version = "" if result.get("version") is None else f", version {result['version']}"
    return Display(
        f"Trained model{version}",
        result["run"],
        Mark(choice["title"]),
        (f"{choice['why'][:1].upper()}{choice['why'][1:]}.",),
        tables=(facts("What it learned from", told), beside),
        notes=result["warnings"],
    )


def _better(candidate: Result) -> str:
    return "better" if candidate["better"] else "not better by more than chance"
