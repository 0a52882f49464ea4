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
from healthscore.pipelines.auditing.evidence import FEWEST_EXITS, level_test, log_odds_rows, slope_test
from healthscore.pipelines.auditing.material import SCORE, Floats, Material, Rows
from healthscore.pipelines.build import Book
from healthscore.tables import Tables

CONTRACT = "interventions"
TREATED, HELD_OUT, UNTREATED = "treated", "held_out", "untreated"
EFFECTS = (0.01, 0.02, 0.05)
"""Points of the rate for which the size of a hold-out is told."""


def interventions_section(material: Material, tables: Tables) -> dict[str, Any] | None:
    """Figures of treated, held-out and untreated rows; None where the run has no table of interventions.

    Rows of the scorer in force whose outcome is known.
    """
    rows = material.judged
    return treated_and_untreated(material.book, rows, material.risk[rows], tables, probable=not material.by_scorecard)


def treated_and_untreated(
    book: Book, rows: Rows, risk: Floats, tables: Tables, *, probable: bool = True
) -> dict[str, Any] | None:
    """Figures of treated, held-out and untreated rows of a book; None where the run has no table of interventions.

    Parameters
    ----------
    rows
        Rows whose outcome is known, shape (n,).
    risk
        What was said of them, shape (n,): probabilities, or where not `probable` any number that is higher for more
        risk.
    """
    sources = [name for name, source in book.run.sources.items() if source.contract == CONTRACT]
    if not sources:
        return None
    actions = read_actions(tables, sources)
    group = groups_of(book, rows, actions)
    names = (UNTREATED, TREATED, HELD_OUT)
    figures = [_figures(book, rows[group == one], risk[group == one], one, probable=probable) for one in names]
    return {
        "rows": len(actions),
        "groups": [one for one in figures if one["n"]],
        "by_lot": _by_lot(book, rows, group, actions),
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


def groups_of(book: Book, rows: Rows, actions: pd.DataFrame) -> NDArray[np.object_]:
    """Group of each of these rows: treated, held out, or untreated; who was both counts as treated."""
    outcome = book.run.need_outcome()
    exit_day = book.snapshots.exit_day[book.snapshots.at_risk][rows].astype(np.int64)
    day = book.panel.day[rows].astype(np.int64)
    last = window_of(outcome, 0)[1] + day
    until = np.where(exit_day >= 0, np.minimum(exit_day, last), last)
    ids = book.accounts["account_id"].to_numpy(dtype=object)[book.panel.account[rows]]
    return group_spans(ids, day, until, actions)


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


def _figures(book: Book, rows: Rows, risk: Floats, name: str, *, probable: bool) -> dict[str, Any]:
    """Rate, observed over expected, slope and AUC of one group."""
    y, clusters = book.label[rows] == Label.EXITED, book.cluster[rows]
    said: dict[str, Any] = {"group": name, **rate(y, clusters).as_dict(), "level": None, "slope": None}
    if probable and len(rows):
        said["level"] = level_test(y, risk, clusters).figure
        said["slope"] = slope_test(log_odds_rows(book, rows, risk)).figure
    if not 0 < y.sum() < len(rows):
        return said | {"auc": None}
    report, seed = book.run.report, book.run.seed
    found = resample(y, {SCORE: risk}, clusters, ["auc"], resamples=report.resamples, seed=seed)
    return said | {"auc": found.interval(SCORE, "auc")}


def _by_lot(book: Book, rows: Rows, group: NDArray[np.object_], actions: pd.DataFrame) -> dict[str, Any] | None:
    """The rate of the held out less that of the treated; None without a lot.

    `both` counts accounts that were treated at one time and held out at another: then it was no lot by account.
    """
    chosen = rows[np.isin(group, (TREATED, HELD_OUT))]
    held = group[np.isin(group, (TREATED, HELD_OUT))] == HELD_OUT
    if not held.any() or held.all():
        return None
    y = book.label[chosen] == Label.EXITED
    found = rate_shift(y, held, book.cluster[chosen])
    arms = actions.groupby("account_id")["arm"].nunique()
    sizes = [len(np.unique(book.cluster[chosen][side])) for side in (held, ~held)]
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
