"""What notebooks draw: figures of results, each the same as in the reports, for light or dark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from healthscore.config import Run, Scorecard, load_run, load_scorecard
from healthscore.errors import ConfigurationError, InsufficientDataError
from healthscore.pipelines import accountcharts, charts, views, weightcharts
from healthscore.pipelines.book.reading import OneAccount
from healthscore.pipelines.colours import Theme
from healthscore.pipelines.figures import figure_of
from healthscore.pipelines.happenings import words_in
from healthscore.pipelines.publication.history import SERIES, Scored, scored_dates, series_of
from healthscore.pipelines.wording import day_text

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from healthscore.pipelines.audit import AuditResult
    from healthscore.pipelines.backtest import BacktestResult
    from healthscore.pipelines.explain import Explanation
    from healthscore.pipelines.recalibrate import Recalibration
    from healthscore.pipelines.validate import Validation

    Judged: TypeAlias = BacktestResult | Validation | AuditResult
    Weighed: TypeAlias = Recalibration | Validation

OF_ACCOUNT = ("account_id", "health", "health_low", "health_high", "band")


def plot_bands(judged: Judged, theme: Theme = "light") -> Figure:
    """What the bands meant: the share of each to which it happened, with 95 % intervals, and the average.

    Raises
    ------
    InsufficientDataError
        The result has no bands.
    """
    result = judged.result
    did = words_in(result)["did"]
    return _drawn(charts.bands(result), f"What the bands meant: share that {did}", theme)


def plot_calibration(judged: BacktestResult | AuditResult, theme: Theme = "light") -> Figure:
    """Predicted against observed rates, with 95 % intervals.

    Raises
    ------
    InsufficientDataError
        The scores have no probabilities, or nothing was judged.
    """
    return _drawn(charts.calibration(judged.result), "Calibration: predicted and observed rates", theme)


def plot_capture(judged: Judged, theme: Theme = "light") -> Figure:
    """Those that it happened to, found against accounts looked at, worst-scored first; rivals beside the score.

    Raises
    ------
    InsufficientDataError
        Nothing was judged.
    """
    result = judged.result
    chosen, titles = views.named_models(result)
    those = str(words_in(result)["those"]).capitalize()
    return _drawn(charts.capture(result, chosen, titles), f"{those} found by looking at so many accounts", theme)


def plot_dates(judged: Judged, theme: Theme = "light") -> Figure:
    """AUC at every date, of the score and of the simple rules beside it.

    Raises
    ------
    InsufficientDataError
        Fewer than two dates were judged.
    """
    result = judged.result
    chosen, titles = views.named_models(result)
    rivals = [model for model in views.BASELINES if model in ((result.get("pooled") or {}).get("models") or {})]
    return _drawn(charts.origins(result, chosen, titles, rivals), "AUC, date by date; 0.5 is chance", theme)


def plot_weights(weighed: Weighed, theme: Theme = "light") -> Figure:
    """Weight of each component now, the 95 % range that history supports, and what is recommended.

    Raises
    ------
    InsufficientDataError
        No weights were judged, or there were too few exits to judge them.
    """
    spec = weightcharts.weights(weighed.result)
    if spec is not None:
        spec["layout"]["height"] = weightcharts.height(list(weighed.result["components"]))
    return _drawn(spec, "Weights against history", theme)


def plot_drivers(explained: Explanation, theme: Theme = "light") -> Figure:
    """The sum that makes the score of an account, as a waterfall that begins at its base and ends at its score.

    Raises
    ------
    InsufficientDataError
        The account has a status, not a score.
    """
    result = explained.result
    who = result["name"] or result["account_id"]
    return _drawn(accountcharts.drivers(result), f"{who}: what makes the score of {day_text(result['as_of'])}", theme)


def plot_history(
    account: str,
    run: Run | str | Path | None = None,
    *,
    scorecard: Scorecard | str | Path | None = None,
    data: str | Path | None = None,
    out: str | Path | None = None,
    theme: Theme = "light",
) -> Figure:
    """Scores of an account at every date that was scored, with 95 % intervals and the edges of its bands.

    Parameters
    ----------
    scorecard
        Scores by this scorecard; by the model, where none is named.

    Raises
    ------
    ConfigurationError
        Nothing was scored yet, or no such account was.
    """
    run = run if isinstance(run, Run) else load_run(run, data=data, out=out)
    card = scorecard if scorecard is None or isinstance(scorecard, Scorecard) else load_scorecard(scorecard)
    dates = scored_dates(run.out, SERIES if card is None else series_of(card.name))
    rows = [row for scored in dates for row in _rows(scored, account)]
    if not rows:
        remedy = "ids are compared as text, exactly" if dates else "score first; or name the scorecard that scored"
        raise ConfigurationError(f"no scores of account {account!r} lie under {run.out}", remedy)
    spec = accountcharts.history(rows, dates[-1].result()["band_probability"])
    return _drawn(spec, f"{account}: score over time", theme)


def _rows(scored: Scored, account: str) -> list[dict[str, Any]]:
    """The account's score at a date, None where it has a status instead; nothing where it is no customer."""
    found = OneAccount.of(scored, account).scores(OF_ACCOUNT)
    rows = found.astype(object).where(found.notna(), None).to_dict("records")
    return [
        {"as_of": scored.as_of.isoformat(), **{str(column): value for column, value in row.items()}} for row in rows
    ]


def _drawn(spec: charts.Spec | None, title: str, theme: Theme) -> Figure:
    if spec is None:
        raise InsufficientDataError(
            f"nothing to draw ({title}): the result does not have it",
            "display the result itself: its notes say what could not be judged, and why",
        )
    return figure_of(spec, title, theme)
