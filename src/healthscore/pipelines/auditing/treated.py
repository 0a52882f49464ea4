"""Scores of treated and untreated accounts, apart, and what a hold-out by lot says.

A published row is *treated* when something was done for the account in [t, t + gap + horizon) and before it left, *held
out* when the lot kept that from happening, else *untreated*. A good team treats those at risk, and some of them then
stay: their scores look like false alarms. So the score is held against the untreated, and treated and untreated are
never subtracted from one another: the team chose who is which. Only a lot makes two groups that differ by nothing else;
where the table of interventions has an arm `held_out`, its accounts are compared with the treated ones first. They too
have a row where something would have been done, so both groups were chosen by the same people for the same reasons.

An account that leaves early cannot be treated late. Among the untreated the rate is therefore a little too high, the
more so the more is treated; the slope hardly notices (T34: its range holds 1 in 93 % of 120 companies, docs/audit.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from healthscore.errors import InputError
from healthscore.evaluation.clustered import resample
from healthscore.evaluation.holdout import held_out_of, visible_effect
from healthscore.evaluation.prevalence import rate_shift
from healthscore.evaluation.proportions import rate
from healthscore.outcomes.snapshots import Label, window_of
from healthscore.pipelines.auditing.evidence import FEWEST_EXITS, level_test, log_odds_rows, slope_test, weight_rows
from healthscore.pipelines.auditing.material import SCORE, Material, Rows
from healthscore.tables import Tables

CONTRACT = "interventions"
TREATED, HELD_OUT, UNTREATED = "treated", "held_out", "untreated"
EFFECTS = (0.01, 0.02, 0.05)
"""Points of the rate for which the size of a hold-out is told."""


def interventions_section(material: Material, tables: Tables) -> dict[str, Any] | None:
    """Figures of treated, held-out and untreated rows; None where the run has no table of interventions.

    Rows of the scorer in force whose outcome is known.
    """
    sources = [name for name, source in material.run.sources.items() if source.contract == CONTRACT]
    if not sources:
        return None
    actions = read_actions(tables, sources)
    rows = material.judged
    group = groups_of(material, rows, actions)
    figures = [_figures(material, rows[group == name], name) for name in (UNTREATED, TREATED, HELD_OUT)]
    return {
        "rows": len(actions),
        "groups": [one for one in figures if one["n"]],
        "by_lot": _by_lot(material, rows, group, actions),
    }


def read_actions(tables: Tables, sources: list[str]) -> pd.DataFrame:
    """What was done, or would have been: account_id, date (a day), arm.

    Raises
    ------
    InputError
        An arm is neither `treated` nor `held_out`.
    """
    frames = []
    for name in sources:
        arm = "arm" if "arm" in tables.bound_columns(name) else "NULL"
        found = tables.engine.query(f"SELECT account_id, date, {arm} AS arm FROM {tables.relation(name)}").to_pandas()
        frames.append(found[found["account_id"].notna() & found["date"].notna()])
    actions: pd.DataFrame = pd.concat(frames, ignore_index=True)
    arms = actions["arm"].astype(object)
    actions["arm"] = arms.where(arms.notna(), TREATED)
    wrong = sorted(set(actions["arm"]) - {TREATED, HELD_OUT})
    if wrong:
        raise InputError(
            f"{', '.join(sources)}: {(actions['arm'] == wrong[0]).sum()} interventions are of the arm {wrong[0]!r}",
            f"arms are {TREATED!r} and {HELD_OUT!r}: map the column by an expression in `columns.arm`",
        )
    return actions


def groups_of(material: Material, rows: Rows, actions: pd.DataFrame) -> NDArray[np.object_]:
    """Group of each of these rows: treated, held out, or untreated; who was both counts as treated."""
    outcome = material.run.need_outcome()
    exit_day = material.book.snapshots.exit_day[material.book.snapshots.at_risk][rows].astype(np.int64)
    day = material.day[rows]
    last = np.array([window_of(outcome, int(one))[1] for one in day], np.int64)
    until = np.where(exit_day >= 0, np.minimum(exit_day, last), last)
    return group_spans(material.ids[rows], day, until, actions)


def group_spans(
    account: NDArray[Any], first: NDArray[np.integer], until: NDArray[np.integer], actions: pd.DataFrame
) -> NDArray[np.object_]:
    """Group of each span of days [first, until) of an account, by the actions (account_id, date, arm) in it."""
    spans = pd.DataFrame({"account_id": account, "place": np.arange(len(account)), "first": first, "end": until})
    met = spans.merge(actions, on="account_id")
    met = met[(met["date"] >= met["first"]) & (met["date"] < met["end"])]
    group = np.full(len(account), UNTREATED, object)
    for arm in (HELD_OUT, TREATED):
        group[met.loc[met["arm"] == arm, "place"].unique()] = arm
    return group


def _figures(material: Material, rows: Rows, name: str) -> dict[str, Any]:
    """Rate, observed over expected, slope and AUC of one group."""
    y = material.book.label[rows] == Label.EXITED
    clusters = material.book.cluster[rows]
    said: dict[str, Any] = {"group": name, **rate(y, clusters).as_dict(), "level": None, "slope": None}
    if not material.by_scorecard and len(rows):
        p = material.probability[rows]
        said["level"] = level_test(y, p, clusters).figure
        said["slope"] = slope_test(log_odds_rows(weight_rows(material, rows), p)).figure
    if not 0 < y.sum() < len(rows):
        return said | {"auc": None}
    report, seed = material.run.report, material.run.seed
    found = resample(y, {SCORE: material.risk[rows]}, clusters, ["auc"], resamples=report.resamples, seed=seed)
    return said | {"auc": found.interval(SCORE, "auc")}


def _by_lot(material: Material, rows: Rows, group: NDArray[np.object_], actions: pd.DataFrame) -> dict[str, Any] | None:
    """The rate of the held out less that of the treated; None without a lot.

    `both` counts accounts that were treated at one time and held out at another: then it was no lot by account.
    """
    chosen = rows[np.isin(group, (TREATED, HELD_OUT))]
    held = group[np.isin(group, (TREATED, HELD_OUT))] == HELD_OUT
    if not held.any() or held.all():
        return None
    y = material.book.label[chosen] == Label.EXITED
    found = rate_shift(y, held, material.book.cluster[chosen])
    arms = actions.groupby("account_id")["arm"].nunique()
    sizes = [len(np.unique(material.book.cluster[chosen][side])) for side in (held, ~held)]
    base = found.after.estimate
    return {
        "held_out": found.after,
        "treated": found.before,
        "difference": found.difference,
        "shown": found.difference.excludes(0.0),
        "accounts": {HELD_OUT: sizes[0], TREATED: sizes[1]},
        "both": int((arms > 1).sum()),
        "visible": None if base is None else visible_effect(base, *sizes),
    }


def holdout_section(material: Material, interventions: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """How many accounts a hold-out would need; None before any outcome is known.

    `book` are the accounts at risk on the newest date, all of them treated or held out; the rate is that of the held
    out where there are any, of the untreated where something was done, else of everybody.
    """
    rows = material.known
    if not len(rows):
        return None
    y = material.book.label[rows] == Label.EXITED
    base = rate(y, material.book.cluster[rows]).rate.estimate
    for one in (interventions or {}).get("groups", []):
        if one["group"] in (UNTREATED, HELD_OUT) and one["events"] >= FEWEST_EXITS:
            base = one["rate"]["estimate"]
    if not base:
        return None
    book = int((material.day == material.days[-1]).sum())
    effects = sorted({effect for effect in (*EFFECTS, base / 2.0) if effect < base})
    sizes = [{"effect": effect, "held_out": held_out_of(book, base, effect)} for effect in effects]
    return {"book": book, "rate": base, "sizes": sizes, "visible": visible_effect(base, book // 2, book - book // 2)}
