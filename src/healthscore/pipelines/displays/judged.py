"""What was held against what happened: displays of `backtest`, `audit` and `tune`."""

from __future__ import annotations

from healthscore.display import Display, Mark, Table
from healthscore.pipelines import views
from healthscore.pipelines.auditing.page import audit_view
from healthscore.pipelines.displays.shared import Result, answer, meanings
from healthscore.pipelines.report import backtest_view
from healthscore.pipelines.tuning.page import tuning_view
from healthscore.pipelines.wording import figure

SHOWN = ("auc", "log_loss", "lift_10", "capture_10")
OF_AUDIT = ("previous", "promised")
"""Tables of an audit's report that stand beside its bands."""


def backtest_display(result: Result) -> Display:
    """The answer, every model beside the score, and what the bands meant."""
    view = backtest_view(result)
    rows = [
        (
            Mark(f"{one['title']}, the score", "good") if one["chosen"] else one["title"],
            *(figure(one["figures"].get(name), *views.metric_kind(name)) for name in SHOWN),
        )
        for one in view["comparison"]
    ]
    models = Table("Models, with 95 % intervals", ("model", *map(views.metric_title, SHOWN)), rows)
    return answer(view, (models, meanings(result, result.get("bands") or [])), result.get("warnings") or [])


def audit_display(result: Result) -> Display:
    """The verdict with its reasons, and the figures that it rests on."""
    view = audit_view(result)
    tables = [
        Table(table["title"], table["columns"], table["rows"])
        for table in view["tables"]
        if table["anchor"] in OF_AUDIT
    ]
    return answer(view, (meanings(result, result["bands"] or []), *tables), result["verdict"]["notes"])


def tune_display(result: Result) -> Display:
    """Whether tuned trees pay, their settings, and the gain on dates that the search never saw."""
    view = tuning_view(result)
    settings = Table("Settings", ("setting", "default", "best found"), view["settings"])
    gain = Table("On the judged dates", ("metric", "untuned", "tuned", "difference"), view["gain"])
    return answer(view, (settings, gain), result["warnings"])
