"""One verdict: keep, recalibrate, retrain, or do not trust; by a table, the first row that holds.

| what is found | verdict | what to do |
|---|---|---|
| a source that the score reads has gone silent | do not trust | mend the source, score again |
| enough exits, and no ranking is shown (the AUC's range holds a half, or lies below) | do not trust | stop using it |
| points of one component are worth more than points of another (`components`) | retrain | `healthscore train` |
| less than half of the differences between accounts is left (`slope`) | retrain | `healthscore train` |
| probabilities are off in level or slope, by enough to matter | recalibrate | `healthscore train` |
| a scorecard's components are not worth what its weights say | recalibrate | `healthscore recalibrate` |
| none of these, and enough exits | keep | |
| too few exits are known, of scores that did not know them | keep, not yet judged | |

Drift alone condemns nothing: a book may change, and a score is there to show it. Nor do doubtful accounts, or a rate
that moved. They are told beside the verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from healthscore.evaluation.proportions import Estimate
from healthscore.pipelines.auditing.evidence import SLOPE_BROKEN, Evidence
from healthscore.pipelines.auditing.hindsight import ENOUGH_EXITS
from healthscore.pipelines.wording import count, figure, listed, number, percent, plural

KEEP, RECALIBRATE, RETRAIN, DISTRUST = "keep", "recalibrate", "retrain", "do not trust"
EXIT_CODES = {KEEP: 0, RECALIBRATE: 5, RETRAIN: 5, DISTRUST: 5}
DOUBTFUL = 0.2
"""Share of the newest scores with low confidence from which on it is told beside the verdict."""


@dataclass(frozen=True)
class Verdict:
    """What to do, and why.

    Attributes
    ----------
    judged
        Whether enough outcomes are known; if not, `keep` only says that nothing speaks against the score.
    reasons
        Sentences that the verdict rests on.
    notes
        Sentences that do not decide, and that a reader should know.
    """

    verdict: str
    judged: bool
    reasons: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def headline(self) -> str:
        """The verdict as a sentence."""
        if self.verdict == KEEP:
            return "Keep the score." if self.judged else "Keep the score; it is not yet judged."
        return {
            RECALIBRATE: "Recalibrate the score.",
            RETRAIN: "Retrain the score.",
            DISTRUST: "Do not trust the score.",
        }[self.verdict]

    def as_dict(self) -> dict[str, Any]:
        """Give the verdict as plain values for JSON."""
        return {
            "verdict": self.verdict,
            "judged": self.judged,
            "exit_code": EXIT_CODES[self.verdict],
            "headline": self.headline,
            "reasons": list(self.reasons),
            "notes": list(self.notes),
        }


def verdict_of(found: Mapping[str, Any], evidence: Evidence, *, by_scorecard: bool, read: Sequence[str]) -> Verdict:
    """Go through the table.

    Parameters
    ----------
    found
        The sections of the audit's result.
    by_scorecard
        Whether a scorecard scores, whose weights are recalibrated rather than retrained.
    read
        Sources that the score reads.
    """
    knew = found["hindsight"]
    exits = evidence.exits if knew is None else int(knew["exits"])
    judged = exits >= ENOUGH_EXITS
    words = found["outcome"]["words"]
    silent = [one for one in found["sources"] if one["stale"] and one["name"] in read]
    notes = tuple(_notes(found))
    if silent:
        told = [f"{one['name']} (last row {one['last']})" for one in silent]
        return Verdict(DISTRUST, judged, (f"Silent, which its own past makes improbable: {listed(told)}.",), notes)
    if not judged:
        return Verdict(KEEP, False, tuple(_too_few(exits, knew, words)), notes)
    auc = found["pooled"]["models"]["score"]["auc"]
    verdict = decide(evidence, auc, by_scorecard=by_scorecard)
    if verdict == DISTRUST:
        said = f"No ranking is shown: AUC {figure(auc.as_dict(), digits=3)}; a half is chance."
        return Verdict(DISTRUST, True, (said,), notes)
    if verdict == KEEP:
        return Verdict(KEEP, True, tuple(_kept(evidence, auc.as_dict(), words)), notes)
    weightiest = ("components", "slope", "level")
    broken = [name for name in weightiest if name in evidence.tests and evidence.tests[name].broken]
    return Verdict(verdict, True, tuple(_broken(evidence, name, words) for name in broken), notes)


def decide(evidence: Evidence, auc: Estimate, *, by_scorecard: bool = False) -> str:
    """The verdict on a score of which enough exits are known: the rows of the table on ranking, weights and level."""
    if auc.low is not None and auc.low <= 0.5:
        return DISTRUST
    broken = {name: test for name, test in evidence.tests.items() if test.broken}
    if not broken:
        return KEEP
    weak = "slope" in broken and (broken["slope"].figure.estimate or 0.0) < SLOPE_BROKEN
    return RETRAIN if ("components" in broken or weak) and not by_scorecard else RECALIBRATE


def _too_few(exits: int, knew: Mapping[str, Any] | None, words: Mapping[str, Any]) -> list[str]:
    without = "" if knew is None else ", which did not know it,"
    said = [
        f"{plural(exits, 'account')} that {words['did']} after a published score of this scorer{without} are known so "
        f"far; {ENOUGH_EXITS} are needed to judge it. Nothing else speaks against it."
    ]
    if knew is not None:
        said.append(
            f"The model had learned outcomes up to {knew['known_until']}: {plural(knew['rows'], 'score')} of earlier "
            "dates knew what came. The figures rest on them and flatter the score, and judge nothing; a backtest does."
        )
    return said


def _kept(evidence: Evidence, auc: Mapping[str, Any], words: Mapping[str, Any]) -> list[str]:
    said = [
        f"It ranks: an account that {words['did']} was scored worse than one that {words['kept']} in "
        f"{figure(auc, 'percent', 0)} of pairs."
    ]
    level = evidence.tests.get("level")
    if level is not None and level.figure.estimate is not None:
        said.append(
            f"Observed over expected {words['events']}: {figure(level.figure.as_dict(), digits=2)}, the chance in the "
            f"training included; that it is 1 is {_by_chance(level.shown)}."
        )
    slope = evidence.tests.get("slope")
    if slope is not None and slope.figure.estimate is not None:
        said.append(
            f"Slope of the log-odds: {figure(slope.figure.as_dict(), digits=2)}; that it is 1 is "
            f"{_by_chance(slope.shown)}."
        )
    if evidence.tests["components"].chance is not None:
        said.append("That a point is worth the same in every component is not contradicted.")
    return said


def _by_chance(shown: bool) -> str:
    return "contradicted, and by too little to matter" if shown else "not contradicted"


def _broken(evidence: Evidence, name: str, words: Mapping[str, Any]) -> str:
    test = evidence.tests[name]
    said = figure(test.figure.as_dict(), digits=2)
    if name == "level":
        more = "more" if (test.figure.estimate or 0.0) > 1 else "fewer"
        return f"There were {more} {words['events']} than the probabilities add up to: observed over expected {said}."
    if name == "slope":
        bold = "bolder" if (test.figure.estimate or 0.0) < 1 else "more timid"
        return f"The score is {bold} than what happened: slope of the log-odds {said}, and 1 is promised."
    off = [(name, one) for name, one in evidence.worth.items() if one.excludes(1.0)]
    told = [f"a point of {name} counts {figure(one.as_dict(), digits=1)} times the average" for name, one in off]
    more = f": {listed(told)}" if told else ""
    return f"Components are not worth what their points say, by more than chance explains{more}."


def _notes(found: Mapping[str, Any]) -> list[str]:
    """What a reader should know though it decides nothing."""
    said = []
    knew = found["hindsight"]
    if knew is not None and knew["left_out"]:
        said.append(
            f"{plural(knew['rows'], 'score')} of dates before {knew['known_until']} are left out: the model had "
            "learned outcomes up to then, and knew what came."
        )
    drift = found["drift"]
    if drift is not None and drift["score"]["shown"]:
        said.append(
            f"The scores have moved since {drift['then']}: from a median of {number(drift['score']['before'])} to "
            f"{number(drift['score']['after'])}."
        )
    if drift is not None and drift["moved"]:
        why = [word for word, so in (("the season", drift["season"]), ("the weekday", drift["weekday"])) if so]
        maybe = f"; {listed(why, 'or')} alone may be why" if why else ""
        said.append(f"{count(drift['moved'])} of {count(drift['tested'])} features have moved{maybe}.")
    newest = found["needs"]["dates"][-1]
    if newest["accounts"] and newest["low_confidence"] / newest["accounts"] >= DOUBTFUL:
        said.append(
            f"{percent(newest['low_confidence'] / newest['accounts'], 0)} of the newest scores are of low confidence: "
            "the accounts are unlike those that the model learned from. The next training will know them."
        )
    prevalence = found["prevalence"]
    if prevalence is not None and prevalence["shown"]:
        said.append(
            f"The rate of {prevalence['as_of']} is {percent(prevalence['after'].estimate)}, before it was "
            f"{percent(prevalence['before'].estimate)}: more than chance explains."
        )
    capacity, red = found["needs"]["capacity"], next(iter(newest["bands"].values()), 0)
    if capacity is not None and red > 2 * capacity:
        said.append(f"The worst band holds {count(red)} accounts, and the team can look after {count(capacity)}.")
    return said
