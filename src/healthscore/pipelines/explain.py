"""One account: its score, the points behind it, and the rows behind the points."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from healthscore.config import Run, Scorecard, load_run
from healthscore.display import Display, Displayed
from healthscore.errors import ConfigurationError
from healthscore.pipelines.accountrows import latest_rows
from healthscore.pipelines.actions.paths import path_of_one
from healthscore.pipelines.cardparts import CardParts
from healthscore.pipelines.growth.explained import growth_of
from healthscore.pipelines.progress import Progress, silent
from healthscore.pipelines.publish import attempt_of, plain, run_directory, run_identity, write_json
from healthscore.pipelines.rating import Scorer, scorer_of
from healthscore.pipelines.runs.record import run_record
from healthscore.pipelines.scoretable import Rated
from healthscore.pipelines.trend.explained import change_since, earlier_score
from healthscore.pipelines.working import working
from healthscore.tables import Tables, open_tables

ABOUT = (
    "account_id",
    "name",
    "segment",
    "owner",
    "status",
    "health",
    "health_low",
    "health_high",
    "band",
    "grade",
    "rank",
    "percentile",
    "probability",
)


@dataclass(frozen=True, repr=False)
class Explanation(Displayed):
    """An account at a date: `result` is the JSON object of the command, `features` its long table of drivers."""

    directory: Path
    result: dict[str, Any]
    features: pd.DataFrame

    def display(self) -> Display:
        """What a notebook shows."""
        from healthscore.pipelines.displays.scores import explanation_display

        return explanation_display(self.result)


def explain(
    account: str,
    run: Run | str | Path | None = None,
    *,
    as_of: date,
    model: str | Path | None = None,
    scorecard: Scorecard | str | Path | None = None,
    since: Path | None = None,
    data: str | Path | None = None,
    out: str | Path | None = None,
    progress: Progress = silent,
) -> Explanation:
    """Take the score of one account apart: points per component and feature, values in words, the latest raw rows.

    With a scorecard: sub-score and weight of each component, the hard rule that bound, and the variant that counted.

    Parameters
    ----------
    since
        Directory of earlier scores: `change` of the result says what moved the score since then. By default those of
        the newest date before `as_of` at which the account was scored.

    Raises
    ------
    ConfigurationError
        No such account is in the book at that date; the account that it is a part of, or the nearest ids, are named.
    """
    run = run if isinstance(run, Run) else load_run(run, data=data, out=out)
    scorer = scorer_of(run, model, scorecard)
    run = scorer.run  # as it is scored: with the scorecard, if one was named
    with working(run.out, "explaining a score"):
        return _explained(account, run, scorer, as_of, since, progress)


def _explained(
    account: str, run: Run, scorer: Scorer, as_of: date, since: Path | None, progress: Progress
) -> Explanation:
    with progress("checking sources"):
        tables = open_tables(run)
    with tables:
        rated = scorer.rate(tables, as_of, progress, (account,))
        scores = rated.scores
        mine = scores[scores["account_id"] == account]
        if mine.empty:
            raise _nobody(run, tables, account, as_of, list(scores["account_id"]))
        drivers = rated.drivers.of(account)
        features = _told(rated, account, drivers[drivers["kind"] == "feature"])
        with progress("reading the latest rows"):
            latest = latest_rows(run, tables, account, as_of)
        before = earlier_score(run, scorer, account, as_of, since) if mine["status"].iloc[0] == "scored" else None
        changed = None if before is None else change_since(tables, rated, scorer, account, before)
        path = path_of_one(rated, scorer.bundle, account)
    then = {} if before is None else {"since": before.directory}
    named: dict[str, Any] = {"account": account, "since": None if before is None else before.directory.name}
    identity = run_identity(run, "explain", rated.inputs, as_of=as_of.isoformat(), **named, **scorer.described)
    components = drivers[drivers["kind"] == "component"]
    result: dict[str, Any] = plain(
        _result(rated, mine.iloc[0], components, features, latest) | {"change": changed, "path": path}
    )
    said = {"account": account, "as_of": as_of, "by": rated.by}
    made_of = run_record(run, "explain", identity, rated.inputs, arguments=said, read={**rated.read, **then})
    with run_directory(run.out, "explain", identity, record=made_of) as directory:
        write_json(directory / "result.json", result | {"identity": identity})
    target = attempt_of(run.out, "explain", identity)
    return Explanation(target, result | {"identity": identity, "directory": str(target)}, features)


def _told(rated: Rated, account: str, features: pd.DataFrame) -> pd.DataFrame:
    """The account's features with their sentences, strongest first."""
    said = {feature.name: feature for feature in rated.book.panel.features}
    if rated.parts is None:
        sentences = [said[name].say(value) for name, value in zip(features["feature"], features["value"], strict=True)]
    else:
        named = zip(features["component"], features["feature"], strict=True)
        sentences = [rated.parts.told(_row(rated, account), component, feature) for component, feature in named]
    told = features.assign(sentence=sentences)
    return told.iloc[np.argsort(-told["points"].abs().to_numpy(), kind="stable")].reset_index(drop=True)


def _result(
    rated: Rated, row: pd.Series[Any], components: pd.DataFrame, features: pd.DataFrame, latest: dict[str, Any]
) -> dict[str, Any]:
    return {
        **{key: rated.result[key] for key in ("run", "as_of", "gap_days", "horizon_days", "period")},
        **{key: row[key] for key in ABOUT},
        "base": row["points_base"],
        "capped": row["points_capped"],
        "components": dict(zip(components["component"], components["points"], strict=True)),
        "low_confidence": row["low_confidence"] or None,
        **({} if rated.parts is None else _by_card(rated, rated.parts, row, components)),
        "features": features[["component", "feature", "value", "points", "sentence"]].to_dict("records"),
        "latest": latest,
        "growth": growth_of(rated, row),
        "model": row["model"],
        "warnings": rated.hindsight,
    }


def _row(rated: Rated, account: str) -> int:
    """Row of a scored account in the book."""
    ids = rated.book.accounts["account_id"].to_numpy()[rated.book.panel.account]
    return int(np.flatnonzero(ids == account)[0])


def _by_card(rated: Rated, parts: CardParts, row: pd.Series[Any], components: pd.DataFrame) -> dict[str, Any]:
    """What a scorecard says of an account beside its points: sub-scores and weights, 0 to 100, and the rule."""
    binding = [cap for cap in parts.card.cap if cap.name == row["cap"]]
    return {
        "scorecard": {
            name: {"subscore": row[f"subscore_{name}"], "weight": row[f"weight_{name}"]}
            for name in components["component"]
        },
        "because": parts.rule(_row(rated, row["account_id"]), binding[0]) if binding else None,
        **{key: row[key] or None for key in ("cap", "variant", "missing")},
    }


def _nobody(run: Run, tables: Tables, account: str, as_of: date, ids: list[str]) -> ConfigurationError:
    """Why an account has no score of its own, with whom to ask about instead."""
    top = tables.top_parent(account)
    if top is not None:
        return ConfigurationError(
            f"account {account!r} is a part of {top!r}, and its rows are counted with it", f"explain {top!r}"
        )
    nearest = _nearest(account, ids)
    hint = f"did you mean {', '.join(nearest)}?" if nearest else "ids are compared as text, exactly"
    return ConfigurationError(f"account {account!r} is not a customer of {run.name} at {as_of}", hint)


def _nearest(account: str, ids: list[str]) -> list[str]:
    """Ids that are equal but for zeros, else those spelt most alike."""
    bare = account.replace("0", "")
    same = [known for known in ids if known.replace("0", "") == bare and len(known) != len(account)]
    return sorted(same, key=len)[:3] or difflib.get_close_matches(account, ids, n=3)
