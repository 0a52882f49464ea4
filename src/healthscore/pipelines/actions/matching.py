"""Which playbooks fit which accounts: first the most urgent one, one thing to do per account and owner.

Worked example: an account at risk whose use fell fits "call about use" (priority 1) and "call" (priority 2), both for
its own owner, and "look at the tickets" for the support team. It is on its owner's list once, to be called about its
use, and on the support team's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from healthscore.config import Playbook
from healthscore.config.playbooks import ACCOUNT_OWNER, HIGHEST, LOWEST, MIDDLE

Flags = NDArray[np.bool_]
NOBODY = "nobody"
"""Owner of accounts that nobody looks after: a score without an owner is useless, so they are listed first."""
WITHOUT_HISTORY = "activity_drop"
"""The one rule of `[trend]` that looks at two windows of events and not at earlier scores."""
CHANGE = {"previous": "change", "week": "change_week", "month": "change_month"}
"""Time over which points were lost -> column of the scores that says so."""


@dataclass(frozen=True)
class Facts:
    """What playbooks are held against.

    Attributes
    ----------
    scores
        Scored accounts, a row each, numbered from 0: the table of scores with trend, `days_to_renewal`,
        `revenue_at_risk` and `reference`.
    bands
        Names of the score's bands, the lowest first.
    changes
        `previous`, `week`, `month` -> the ledger of points since then: account_id, kind, component, points.
    features
        A column per feature, in the rows of `scores`; None where they were not kept.
    """

    scores: pd.DataFrame
    bands: Sequence[str]
    changes: Mapping[str, pd.DataFrame]
    features: pd.DataFrame | None

    def flags(self, column: str) -> Flags | None:
        """A column of truth; None where the scores do not have it."""
        if column not in self.scores:
            return None
        given: Flags = self.scores[column].fillna(False).to_numpy(bool)
        return given


@dataclass(frozen=True)
class Matched:
    """What is to be done.

    Attributes
    ----------
    tasks
        One row per account and owner: `row` of the facts, `playbook`, `action`, `owner`, `priority`, `due_days`; the
        most urgent first within each account.
    told
        Playbook -> how many accounts it fits, on how many of them it counts, and why it can fit none (else None).
    """

    tasks: pd.DataFrame
    told: dict[str, dict[str, object]]


def match(playbooks: Mapping[str, Playbook], facts: Facts) -> Matched:
    """Hold every playbook against every account.

    They are tried by priority, then in the order of the text; per account and owner the first that fits counts.
    """
    ordered = sorted((item for item in playbooks.items() if item[1].enabled), key=lambda item: item[1].priority)
    frames, fitting, silent = [], {}, {}
    for name, playbook in ordered:
        silent[name] = why_silent(playbook, facts)
        fits = np.zeros(len(facts.scores), bool) if silent[name] else fitting_rows(playbook, facts)
        fitting[name] = int(fits.sum())
        frames.append(_tasks(name, playbook, facts, np.flatnonzero(fits)))
    tasks = pd.concat(frames, ignore_index=True) if frames else _tasks("", None, facts, np.zeros(0, np.int64))
    tasks = tasks.drop_duplicates(["row", "owner"], keep="first")
    tasks = tasks.sort_values("row", kind="stable", ignore_index=True)
    counting = tasks["playbook"].value_counts()
    told: dict[str, dict[str, object]] = {
        name: {"fits": fitting[name], "counts": int(counting.get(name, 0)), "why_none": silent[name]}
        for name, _ in ordered
    }
    return Matched(tasks, told)


def _tasks(name: str, playbook: Playbook | None, facts: Facts, rows: NDArray[np.int64]) -> pd.DataFrame:
    owner = facts.scores["owner"].astype(object).to_numpy()[rows]
    if playbook is not None and playbook.owner != ACCOUNT_OWNER:
        owner = np.full(len(rows), playbook.owner, object)
    known = pd.Series(owner, dtype=object).map(lambda one: one if isinstance(one, str) and one.strip() else NOBODY)
    return pd.DataFrame(
        {
            "row": rows,
            "playbook": name,
            "action": "" if playbook is None else playbook.action,
            "owner": known.astype("str"),
            "priority": np.int64(0 if playbook is None else playbook.priority),
            "due_days": pd.array([None if playbook is None else playbook.due_days] * len(rows), dtype="Int64"),
        }
    )


def why_silent(playbook: Playbook, facts: Facts) -> str | None:
    """Why a playbook can fit nobody at this date, whatever the accounts are like; None where it can."""
    scores = facts.scores
    if playbook.bands and not _bands(playbook, facts):
        return f"the score has none of the bands {', '.join(playbook.bands)}"
    if playbook.drop is not None and (
        CHANGE[playbook.over] not in scores or scores[CHANGE[playbook.over]].isna().all()
    ):
        return "there is no earlier score to compare with"
    if playbook.trends and ("trend_rules" not in scores or _needs_history(playbook, scores)):
        return "there is no earlier score to compare with"
    if playbook.fell and not len(facts.changes.get(playbook.over, ())):
        return "there is no earlier score to compare with"
    if playbook.worst and not _points(playbook.worst, scores):
        return f"the score has none of the components {', '.join(playbook.worst)}"
    if playbook.renewal_within_days is not None and scores["days_to_renewal"].isna().all():
        return "no source says when a renewal is due"
    if playbook.value_at_least is not None and scores["value"].isna().all():
        return "no source says what an account is worth"
    if playbook.ready_for_expansion is not None and "ready_for_expansion" not in scores:
        return "growth is not scored"
    if playbook.when and facts.features is None:
        return "the features behind the scores were not kept"
    if facts.features is not None and any(one.feature not in facts.features for one in playbook.when):
        return "the score is not made of these features"
    return None


def _needs_history(playbook: Playbook, scores: pd.DataFrame) -> bool:
    """Whether all trend rules of a playbook look at earlier scores, and there are none."""
    return WITHOUT_HISTORY not in playbook.trends and bool(scores["change"].isna().all())


def fitting_rows(playbook: Playbook, facts: Facts) -> Flags:
    """For which rows every condition of a playbook holds; what is not known does not hold."""
    fits = np.ones(len(facts.scores), bool)
    for key, holds in _HOLDS.items():
        if getattr(playbook, key) not in ((), None):
            fits &= holds(playbook, facts)
    return fits


def _bands(playbook: Playbook, facts: Facts) -> list[str]:
    """The bands that a playbook means, by name or by place; a band of such a name wins."""
    places = {LOWEST: facts.bands[:1], MIDDLE: facts.bands[1:-1], HIGHEST: facts.bands[-1:]}
    return [band for given in playbook.bands for band in ([given] if given in facts.bands else places.get(given, ()))]


def _in_bands(playbook: Playbook, facts: Facts) -> Flags:
    scores = facts.scores
    standing = scores["band"] if "steady_band" not in scores else scores["steady_band"].fillna(scores["band"])
    return np.asarray(standing.isin(_bands(playbook, facts)), bool)


def _dropped(playbook: Playbook, facts: Facts) -> Flags:
    # Displayed scores are tenths: -10.0 is a drop of 10, whatever the last bit of a float says.
    lost = -facts.scores[CHANGE[playbook.over]].to_numpy(np.float64, na_value=np.nan).round(1)
    return np.asarray(lost >= float(playbook.drop or 0.0), bool)


def _trending(playbook: Playbook, facts: Facts) -> Flags:
    return met(facts.scores, playbook.trends)


def met(scores: pd.DataFrame, rules: Sequence[str]) -> Flags:
    """For which rows one of these rules of `[trend]` was found; nobody where there is no trend."""
    if "trend_rules" not in scores:
        return np.zeros(len(scores), bool)
    # Few of the combinations of rules occur: each is taken apart once, however many accounts there are.
    code, texts = pd.factorize(scores["trend_rules"].fillna(""))
    found = np.array([not set(rules).isdisjoint(str(text).split(";")) for text in texts], bool)
    chosen: Flags = found[code]
    return chosen


def _fell(playbook: Playbook, facts: Facts) -> Flags:
    """Whether the component that lost most points is one of those named; nobody's where none lost any."""
    changes = facts.changes[playbook.over]
    lost = changes[(changes["kind"] == "component") & (changes["points"] < 0)]
    most = lost.sort_values(["points", "component"], kind="stable").drop_duplicates("account_id")
    cause = facts.scores["account_id"].map(most.set_index("account_id")["component"])
    return np.asarray(cause.isin(playbook.fell), bool)


def _worst(playbook: Playbook, facts: Facts) -> Flags:
    """Whether the component with the fewest points, if below 0, is one of those named."""
    columns = _of_components(facts.scores)
    points = facts.scores[columns].to_numpy(np.float64)
    lowest = points.argmin(axis=1) if columns else np.zeros(len(points), np.int64)
    named = np.isin(columns, _points(playbook.worst, facts.scores))
    return np.asarray(named[lowest] & (points.min(axis=1, initial=0.0) < 0), bool)


def _points(components: Sequence[str], scores: pd.DataFrame) -> list[str]:
    """Columns of points of these components, those of a joint group of which one is a part among them."""
    return [
        column
        for column in _of_components(scores)
        if not set(column.removeprefix("points_").split(" + ")).isdisjoint(components)
    ]


def _of_components(scores: pd.DataFrame) -> list[str]:
    """Columns of points of components."""
    columns = [str(column) for column in scores.columns]
    return [c for c in columns if c.startswith("points_") and c not in ("points_base", "points_capped")]


def _conditions(playbook: Playbook, facts: Facts) -> Flags:
    fits = np.ones(len(facts.scores), bool)
    for condition in playbook.when:
        assert facts.features is not None  # noqa: S101 - `why_silent` has seen to it
        values = facts.features[condition.feature].to_numpy(np.float64)
        low = -np.inf if condition.at_least is None else condition.at_least
        high = np.inf if condition.at_most is None else condition.at_most
        fits &= (values >= low) & (values <= high)
    return fits


def _flagged(column: str) -> Callable[[Playbook, Facts], Flags]:
    def holds(playbook: Playbook, facts: Facts) -> Flags:
        given = facts.flags(column)
        wanted = bool(getattr(playbook, column))
        return np.zeros(len(facts.scores), bool) if given is None else given == wanted

    return holds


_HOLDS: dict[str, Callable[[Playbook, Facts], Flags]] = {
    "bands": _in_bands,
    "drop": _dropped,
    "trends": _trending,
    "fell": _fell,
    "worst": _worst,
    "when": _conditions,
    "segments": lambda p, f: np.asarray(f.scores["segment"].isin(p.segments), bool),
    "renewal_within_days": lambda p, f: np.asarray(f.scores["days_to_renewal"] <= p.renewal_within_days, bool),
    "value_at_least": lambda p, f: np.asarray(f.scores["value"] >= p.value_at_least, bool),
    "low_confidence": lambda p, f: np.asarray((f.scores["low_confidence"].fillna("") != "") == p.low_confidence, bool),
    "ready_for_expansion": _flagged("ready_for_expansion"),
    "reference": _flagged("reference"),
}
"""Key of a playbook -> for which rows it holds."""
