"""The handcrafted scorecard beside the model: figures of the backtest, and the weights now and by history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from healthscore.pipelines.book.opening import Told
from healthscore.pipelines.cards import SCORECARD
from healthscore.pipelines.views import better, metric_meaning, metric_title

if TYPE_CHECKING:
    from healthscore.pipelines.book.opening import Book


def figures_beside(book: Book) -> Told:
    """Figures of the newest backtest, of the model and of the scorecard at the same rows.

    Returns
    -------
    `Told` of `model` and `scorecard` (their names), `n`, `events`, and `rows`: name, title and meaning of a metric,
    `model` and `scorecard` (estimate, low, high; None without a scorecard), `difference` of the model from it, and
    `better`: the word that the interval of the difference allows, of the model.
    """
    tested = book.latest("backtest")
    if tested.result is None:
        return tested
    result, chosen = tested.result, str(tested.result["chosen"])
    card = result.get("scorecard")
    own, theirs = result["pooled"]["models"][chosen], (card or {}).get("figures") or {}
    apart = (result.get("differences") or {}).get(SCORECARD) or {}
    rows = [
        {
            "name": name,
            "title": metric_title(name),
            "meaning": metric_meaning(name),
            "model": figure,
            "scorecard": theirs.get(name),
            "difference": apart.get(name),
            "better": better(name, apart.get(name)),
        }
        for name, figure in own.items()
    ]
    about = {"model": chosen, "scorecard": None if card is None else card["title"]}
    return Told(about | {key: result["pooled"][key] for key in ("n", "events")} | {"rows": rows})


def weights_beside(book: Book) -> Told:
    """The weights of the scorecard, in per cent, beside those that history has to say.

    Of the newest recalibration or, where there is none, the newest validation.

    Returns
    -------
    `Told` of `decision`, `sentences`, and `rows` by component: name, label, `now`, `moves` (its share of the score's
    ups and downs), `learned` (what a model made of them; None without evidence), `validated` (estimate, low, high),
    `verdict`, `recommended`.
    """
    asked = book.latest("recalibrate")
    weighed = asked if asked.result is not None else book.latest("validate")
    if weighed.result is None or not weighed.result.get("components"):
        return Told(None, asked.why)
    result: dict[str, Any] = weighed.result
    rows = [
        {
            "name": name,
            "label": one["label"],
            "now": one["handcrafted"],
            "moves": one["effective"],
            "learned": None if result["decision"] == "no evidence" else one["shap_share"],
            "validated": one["validated"],
            "verdict": one["verdict"],
            "recommended": one["recommended"],
        }
        for name, one in result["components"].items()
    ]
    return Told({"decision": result["decision"], "sentences": result["verdict_sentences"], "rows": rows})
