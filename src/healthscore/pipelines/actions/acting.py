"""What to do about a book of scores: playbooks, worklists, renewals, growth, revenue at risk, paths, overrides.

A pure function of the scores that stand, their trend and ledger, the run's text, its overrides and its contracts. It
acts on the computed scores; an override stands beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from healthscore.config import Run
from healthscore.errors import HealthScoreError
from healthscore.features.ready import panel_features
from healthscore.pipelines.actions import lists
from healthscore.pipelines.actions.matching import NOBODY, Facts, Matched, match
from healthscore.pipelines.actions.names import refuse_unknown
from healthscore.pipelines.actions.overrides import COLUMNS as OVERRIDE
from healthscore.pipelines.actions.overrides import override_sources, overrides_at
from healthscore.pipelines.actions.paths import paths_of
from healthscore.pipelines.actions.renewals import FILE as RENEWALS
from healthscore.pipelines.actions.renewals import days_to_renewal, renewal_source, renewals
from healthscore.pipelines.actions.worklists import at_risk, by_owner, ranking, worklist
from healthscore.pipelines.publication.history import Scored
from healthscore.pipelines.references import FILE as REFERENCES
from healthscore.tables import Tables

ADDED = ("rank_in_band", "revenue_at_risk", "days_to_renewal", "actions", "priority", "action_owner", *OVERRIDE)
"""Columns that are added to the scores."""


@dataclass(frozen=True)
class Acted:
    """What is to be done.

    Attributes
    ----------
    columns
        account_id and `ADDED`, a row per row of the scores, in their order.
    lists
        File name -> table: worklists, renewals, growth, outreach, revenue, paths.
    result
        The part `actions` of the publication's result.
    """

    columns: pd.DataFrame
    lists: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)


def sources_read(run: Run) -> list[str]:
    """Sources that follow into what is to be done beside the scores: whose fingerprints tell publications apart."""
    contracts = ("overrides", "subscriptions")
    return [name for name, source in run.sources.items() if source.contract in contracts]


def act(run: Run, now: Scored, scores: pd.DataFrame, changes: Mapping[str, pd.DataFrame], tables: Tables) -> Acted:
    """Say what to do about the scores that stand.

    Parameters
    ----------
    run
        As it was scored: with the scorecard, where one scored.
    now
        The scores that stand for the date.
    scores
        Their table, with the columns of the trend where there is one.
    changes
        `previous`, `week`, `month` -> ledger of points since then: account_id, kind, component, points. Without those
        that there is no earlier score for.
    tables
        The run's sources, opened.

    Raises
    ------
    ConfigurationError
        A playbook names a segment or feature that is not.
    """
    refuse_unknown(run, tables)
    features = panel_features(run, tables)
    result = now.result()
    bands = list(result["bands"])
    scored = _prepared(run, now, scores, bands, tables)
    facts = Facts(scored[scored["status"] == "scored"].reset_index(drop=True), bands, changes, None)
    kept, why = _features(now, facts.scores)
    facts = Facts(facts.scores, bands, changes, kept)
    matched = match(run.playbooks, facts)
    listed = worklist(matched.tasks, facts.scores, run.worklist, now.as_of)
    on_lists = listed.loc[listed["within_capacity"], "row"].unique()
    found = paths_of(run, now, facts, features, on_lists, why)
    listed["path"] = listed["row"].map(found.told)
    files = by_owner(listed) | lists.beside(scored, bands, run.growth is not None) | found.lists()
    if renewal_source(run, tables) is not None:
        files[RENEWALS] = renewals(_with_actions(scored, matched, facts), now.as_of, run.worklist.renewal_days, bands)
    columns = _with_actions(scored, matched, facts)[["account_id", *ADDED]]
    said = _result(run, scored, matched, listed, files, at_risk(facts.scores, bands)[1])
    return Acted(columns, files, said | {"paths": found.result})


def _prepared(run: Run, now: Scored, scores: pd.DataFrame, bands: list[str], tables: Tables) -> pd.DataFrame:
    """The scores with all that playbooks and lists ask of an account."""
    ends = {name: (one["low"], one["high"]) for name, one in now.result()["band_probability"].items()}
    scores = scores.merge(
        overrides_at(run, tables, now.as_of, ends), on="account_id", how="left", validate="one_to_one"
    )
    scored = scores["status"] == "scored"
    return scores.assign(
        days_to_renewal=days_to_renewal(run, tables, now.as_of, scores["account_id"]),
        revenue_at_risk=at_risk(scores, bands)[0].where(scored).round(2),
        rank_in_band=scores.groupby("band")["rank"].rank(method="min").where(scored).astype("Int64"),
        reference=scores["account_id"].isin(_references(now)),
        _ranking=ranking(scores, bands),
    )


def _references(now: Scored) -> list[str]:
    path = now.directory / REFERENCES
    return list(pd.read_csv(path, dtype=str, keep_default_na=False)["account_id"]) if path.is_file() else []


def _features(now: Scored, scores: pd.DataFrame) -> tuple[pd.DataFrame | None, str | None]:
    """Features in the rows of the scores; None, and why, where they were not kept."""
    try:
        kept = now.features()
    except HealthScoreError as error:
        return None, error.what
    return kept.set_index("account_id").reindex(scores["account_id"]).reset_index(drop=True), None


def _with_actions(scored: pd.DataFrame, matched: Matched, facts: Facts) -> pd.DataFrame:
    """The scores with `actions` in words, and priority and owner of the most urgent."""
    tasks = matched.tasks
    within = tasks["due_days"].map(lambda days: "" if pd.isna(days) else f", within {days} days", na_action=None)
    within = within.astype("str")  # numbers where there is nothing to do
    said = tasks["playbook"] + ": " + tasks["action"] + " (" + tasks["owner"] + within + ")"
    words: dict[int, list[str]] = {}
    for row, text in zip(tasks["row"].tolist(), said.tolist(), strict=True):
        words.setdefault(row, []).append(text)
    first = tasks.drop_duplicates("row")  # the most urgent of each account
    by_row = pd.DataFrame(
        {
            "actions": ["; ".join(words[row]) for row in first["row"].tolist()],
            "priority": first["priority"].to_numpy(),
            "action_owner": first["owner"].to_numpy(),
        },
        index=facts.scores["account_id"].iloc[first["row"]],
    )
    both = scored.join(by_row, on="account_id")
    types = {"actions": "str", "action_owner": "str", "priority": "Int64", "days_to_renewal": "Int64"}
    return both.astype(types | {name: "str" for name in OVERRIDE if name.endswith(("band", "author", "reason"))})


def _result(
    run: Run,
    scored: pd.DataFrame,
    matched: Matched,
    listed: pd.DataFrame,
    files: Mapping[str, pd.DataFrame],
    counted: str,
) -> dict[str, Any]:
    nobody = listed[listed["owner"] == NOBODY]
    overridden = scored["override_author"].notna()
    return {
        "playbooks": matched.told,
        "accounts": int(listed["account_id"].nunique()),
        "listed": int(listed["within_capacity"].sum()),
        "waiting": int((~listed["within_capacity"]).sum()),
        "owners": int(listed.loc[listed["owner"] != NOBODY, "owner"].nunique()),
        "without_owner": int(nobody["account_id"].nunique()),
        "revenue_at_risk": {
            "counted": counted,
            "by_probability": bool(scored["probability"].notna().any()),
            **lists.totals(scored),
        },
        "renewals": len(files[RENEWALS]) if RENEWALS in files else None,
        "renewal_days": run.worklist.renewal_days,
        "growth": len(files[lists.GROWTH]),
        "outreach": len(files[lists.OUTREACH]),
        "overrides": {"shown": int(overridden.sum()), "sources": override_sources(run)},
    }
