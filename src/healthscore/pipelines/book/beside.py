"""The handcrafted scorecard beside the model: figures of the backtest, and the weights now and by history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from healthscore.pipelines.book.opening import Told
from healthscore.pipelines.cards import SCORECARD
from healthscore.pipelines.views import better, metric_meaning, metric_title
from healthscore.pipelines.weighing.result import PER_CENT
from healthscore.pipelines.weighing.sentences import SAME

if TYPE_CHECKING:
    from healthscore.config import Scorecard
    from healthscore.pipelines.book.opening import Book

WEIGHED = {"recalibrate": "recalibration", "validate": "validation"}
"""Commands that hold weights against history, and what each of their results is called."""


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

    Of the newest recalibration or, where that is not of these weights, the newest validation.

    Returns
    -------
    `Told` of `decision`, `sentences`, and `rows` by component: name, label, `now`, `moves` (its share of the score's
    ups and downs), `learned` (what a model made of them; None without evidence), `validated` (estimate, low, high),
    `verdict`, `recommended`.
    """
    asked, validated = (_of_these_weights(book, verb) for verb in WEIGHED)
    result = asked.result or validated.result
    if result is None:
        return asked
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


def recommended(book: Book) -> dict[str, float] | None:
    """Weights that history recommends, in per cent by component; None where it asks for no change."""
    told = weights_beside(book).result
    if told is None or book.run.scorecard is None:
        return None
    weights = {row["name"]: row["recommended"] for row in told["rows"]}
    if None in weights.values() or all(abs(weights[row["name"]] - row["now"]) < SAME for row in told["rows"]):
        return None
    return weights


def _of_these_weights(book: Book, verb: str) -> Told:
    """The newest result of a command that weighs, if it is of the scorecard and the weights that are in force."""
    told, card = book.latest(verb), book.run.scorecard
    if told.result is None:
        return told
    said, components = told.result.get("scorecard") or {}, told.result.get("components") or {}
    in_force = {name: one["handcrafted"] for name, one in components.items()}
    if said.get("name") == (None if card is None else card.name) and (card is None or _same(card, in_force)):
        return told
    return Told(None, f"the newest {WEIGHED[verb]} is of another scorecard, or of other weights: healthscore {verb}")


def _same(card: Scorecard, weights: dict[str, float]) -> bool:
    """Whether weights in per cent are those of the scorecard, whose own sum to 100 but for rounding."""
    own = card.weights_of()
    total = sum(own.values()) / PER_CENT
    return own.keys() == weights.keys() and all(abs(own[name] / total - weights[name]) < SAME for name in own)
