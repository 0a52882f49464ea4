"""Growth beside health: the growth score of every scored account, what raises it, and who is ready for expansion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from healthscore.config import Run
from healthscore.models.bundle import Bundle, load
from healthscore.models.design import expit
from healthscore.pipelines.build import Book, period
from healthscore.pipelines.bundles import same_features, same_outcome
from healthscore.pipelines.growth.asked import Growing, growing_of, why_not
from healthscore.pipelines.growth.learning import GROWTH
from healthscore.pipelines.growth.segments import Past, growth_segments, read_past
from healthscore.pipelines.growth.skill import skill_warning
from healthscore.pipelines.longtable import ChunkedTable
from healthscore.pipelines.reasons import Explained, explain_rows, reason_texts
from healthscore.pipelines.scoretable import Rated, explained_drivers, rows_of
from healthscore.pipelines.uncertainty import score_interval
from healthscore.tables import Tables

DRIVERS, READY = "growth_drivers.parquet", "ready_for_expansion.csv"
NO_MODEL = "no model of growth"
NUMBERS = ("growth", "growth_low", "growth_high", "growth_probability")
READY_COLUMNS = (
    *("account_id", "name", "segment", "owner", "health", "growth", "growth_low", "growth_high"),
    *("growth_probability", "value", "growth_drivers"),
)


@dataclass(frozen=True)
class Asked:
    """What growth needs of the tables: who can expand, why the others cannot, and how revenue has changed."""

    growing: Growing
    reasons: list[str]
    past: Past


def ask_growth(book: Book, tables: Tables) -> Asked | None:
    """Read what growth needs for a book of one date; None where the run asks for no growth."""
    growing = growing_of(book, tables)
    if growing is None:
        return None
    return Asked(growing, why_not(book, growing, tables), read_past(book, growing, tables))


def find_growth(run: Run, bundle: Path, identity: str) -> Path | None:
    """Directory of the model of growth of the training that made the bundle: beside it, else where it was trained."""
    beside, trained = bundle.parent / GROWTH, run.out / "train" / identity / GROWTH
    return next((directory for directory in (beside, trained) if directory.is_dir()), None)


def with_growth(rated: Rated, asked: Asked | None, bundle: Path, as_of: date, told: Sequence[str] = ()) -> Rated:
    """The scored accounts with their growth beside their health; as they were where the run asks for none.

    Parameters
    ----------
    rated
        Scores of health, by the model in the directory `bundle`.
    told
        Accounts whose growth is taken apart by feature, however many are more promising.

    Raises
    ------
    BundleError
        The model of growth is damaged, or predicts something else than the run asks for.
    """
    if asked is None:
        return replace(rated, result={**rated.result, "growth": None, "growth_segments": None})
    directory = find_growth(rated.book.run, bundle, rated.by)
    if directory is None:
        return _without_model(rated, asked)
    run, book = asked.growing.book.run, asked.growing.book
    model = load(directory, threads=run.threads)
    same_outcome(model, run, directory)
    names = [feature.name for feature in book.panel.features]
    same_features(model, run, directory, names)
    explained = explain_rows(model, book.panel.X, names, run.score.reasons, rows_of(book, told))
    skill = model.metadata["skill"]
    scores = _ready(rated, _beside(rated, asked, model, explained), model, shown=skill["shown"])
    warning = skill_warning(skill)
    result = rated.result | {
        "growth": growth_result(scores, model, run, as_of),
        "growth_segments": growth_segments(asked.past, scores, run.need_outcome().change_percent),
        "warnings": [*rated.result["warnings"], *([] if warning is None else [warning])],
    }
    ready = scores[scores["ready_for_expansion"]].sort_values(["growth", "account_id"], ascending=[False, True])
    lists: dict[str, pd.DataFrame | ChunkedTable] = {
        DRIVERS: explained_drivers(book, model, explained, as_of),
        READY: ready[list(READY_COLUMNS)].reset_index(drop=True),
    }
    read = {**rated.read, GROWTH: directory}
    return replace(rated, scores=scores, result=result, beside={**rated.beside, **lists}, read=read)


def _beside(rated: Rated, asked: Asked, model: Bundle, explained: Explained) -> pd.DataFrame:
    """The columns of growth for every row of the scores."""
    book = asked.growing.book
    growth = explained.health
    low, high = score_interval(model, book.panel.X, explained.held)
    frame = pd.DataFrame(
        {
            "account_id": book.about(np.arange(len(book.label)))["account_id"],
            "growth": growth,
            "growth_low": low,
            "growth_high": high,
            "growth_band": model.bands.of(growth),
            "growth_probability": expit(explained.logit),
            "growth_drivers": reason_texts(model, explained, book.panel.X, book.panel.features)[1],
        }
    )
    return _joined(rated, asked, frame)


def _joined(rated: Rated, asked: Asked, growth: pd.DataFrame) -> pd.DataFrame:
    """The scores with the columns of growth; who has none is told why: by the rules of growth, or by its status."""
    book = rated.book
    why = pd.DataFrame(
        {"account_id": book.about(np.arange(len(book.label)))["account_id"], "growth_reason": asked.reasons}
    )
    scores = rated.scores.merge(growth, on="account_id", how="left", validate="one_to_one")
    scores = scores.merge(why, on="account_id", how="left", validate="one_to_one")
    scores["growth_reason"] = scores["growth_reason"].where(scores["status"] == "scored", scores["status"])
    texts = ("growth_band", "growth_drivers", "growth_reason")
    return scores.astype(dict.fromkeys(texts, "str") | dict.fromkeys(NUMBERS, "float64"))


def _ready(rated: Rated, scores: pd.DataFrame, model: Bundle, *, shown: bool) -> pd.DataFrame:
    """Ready for expansion: health in its top band, growth in its top band, and growth shown to be foretold at all."""
    healthiest = list(rated.result["bands"])[-1]
    both = (scores["band"] == healthiest) & (scores["growth_band"] == model.bands.names[-1])
    return scores.assign(ready_for_expansion=both.fillna(False).astype(bool) & shown)


def _without_model(rated: Rated, asked: Asked) -> Rated:
    """The scores where no model of growth was trained: empty columns that say so."""
    none = pd.DataFrame(columns=["account_id", *NUMBERS[:3], "growth_band", NUMBERS[3], "growth_drivers"])
    scores = _joined(rated, asked, none.astype({"account_id": rated.scores["account_id"].dtype}))
    silent = scores["growth_reason"] == ""
    scores = scores.assign(
        growth_reason=scores["growth_reason"].where(~silent, NO_MODEL), ready_for_expansion=np.zeros(len(scores), bool)
    )
    said = "no growth score: the model was trained without one; `healthscore train` says whether there is enough for it"
    segments = growth_segments(asked.past, scores, asked.growing.book.run.need_outcome().change_percent)
    result = rated.result | {
        "growth": None,
        "growth_segments": segments,
        "warnings": [*rated.result["warnings"], said],
    }
    ready = scores[scores["ready_for_expansion"]]
    return replace(rated, scores=scores, result=result, beside={**rated.beside, READY: ready[list(READY_COLUMNS)]})


def growth_result(scores: pd.DataFrame, model: Bundle, run: Run, as_of: date) -> dict[str, Any]:
    """What the growth in a table of scores comes to: the section `growth` of the result."""
    rated = scores[scores["growth"].notna()]
    without = scores.loc[scores["growth"].isna(), "growth_reason"]
    return {
        "outcome": model.metadata["outcome"],
        "period": period(run, as_of),
        "accounts": len(rated),
        "unscored": without.value_counts().to_dict(),
        "bands": {name: int((rated["growth_band"] == name).sum()) for name in model.bands.names},
        "band_probability": {
            name: {
                "low": low,
                "high": high,
                "probability": [float(model.scale.probability_of(end)) for end in (low, high)],
            }
            for name, low, high in model.bands.ranges()
        },
        "mean": float(rated["growth"].mean()) if len(rated) else None,
        "expected_expansions": float(rated["growth_probability"].sum()),
        "ready": int(scores["ready_for_expansion"].sum()),
        "skill": model.metadata["skill"],
        "chosen": model.model.name,
    }
