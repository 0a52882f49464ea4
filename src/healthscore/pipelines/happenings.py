"""Outcomes in words: what each kind is called wherever people read of it, in headlines, reports, checks and tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from healthscore.config import Run


@dataclass(frozen=True)
class Happening:
    """What a kind of outcome is called.

    Attributes
    ----------
    happens
        In "... in the 60 days after the score".
    found
        What the worst-scored accounts hold a share of, in "Of 31 ...".
    did, kept
        What accounts did to which it happened, in "accounts that ...", and those to which it did not.
    event, events
        One, and several of them.
    those
        The accounts to which it happened (or the events, where those are counted), in "share of ... found".
    ineligible
        Why an active account is not asked about.
    unknown
        Why the outcome of an account at risk cannot be used though its window is over.
    early
        What accounts did in the gap, before the window began, so that no score could have helped; empty: what `did`
        says.
    dated
        Whether it happens on a day of its own, so that several scores may announce the same one; if not, each score
        that it followed counts.
    gain
        Whether it is good: no score of health can be made from it, and no band is "at risk".
    """

    happens: str
    found: str
    did: str
    kept: str
    event: str
    events: str
    those: str
    ineligible: str = "not eligible"
    unknown: str = "left by a type of exit that does not count"
    early: str = ""
    dated: bool = True
    gain: bool = False


HAPPENINGS: dict[str, Happening] = {
    "churn": Happening(
        happens="the account leaves",
        found="accounts that left in the test period",
        did="left",
        kept="stayed",
        event="exit",
        events="exits",
        those="leavers",
    ),
    "non_renewal": Happening(
        happens="the renewal is lost",
        found="renewals that were lost in the test period",
        did="did not renew",
        kept="renewed",
        event="lost renewal",
        events="lost renewals",
        those="lost renewals",
        ineligible="no known renewal within the horizon",
    ),
    "inactivity": Happening(
        happens="no activity",
        found="scores that were followed by silence",
        did="fell silent",
        kept="stayed active",
        event="silence",
        events="silences",
        those="silences",
        ineligible="no recent activity",
        unknown="merged into another account, or split",
        dated=False,
    ),
    "declining_purchases": Happening(
        happens="purchases decline",
        found="scores that were followed by a decline of purchases",
        did="bought less",
        kept="kept buying",
        event="decline",
        events="declines",
        those="declines",
        ineligible="too few purchases before the date",
        unknown="merged into another account, or split",
        dated=False,
    ),
    "contraction": Happening(
        happens="revenue falls",
        found="falls of revenue in the test period",
        did="paid less",
        kept="kept paying",
        event="contraction",
        events="contractions",
        those="contractions",
        ineligible="no revenue before the date",
        unknown="left, or revenue at the end not known",
        early="left or paid less",
    ),
    "expansion": Happening(
        happens="revenue grows",
        found="expansions in the test period",
        did="expanded",
        kept="did not expand",
        event="expansion",
        events="expansions",
        those="expansions",
        ineligible="no revenue before the date, or too new",
        unknown="left otherwise, or revenue not known",
        early="left or expanded",
        gain=True,
    ),
    "complaint": Happening(
        happens="a complaint comes",
        found="complaints in the test period",
        did="complained",
        kept="did not complain",
        event="complaint",
        events="complaints",
        those="complaints",
        ineligible="no recent activity",
        early="left",
    ),
    "recorded": Happening(
        happens="the recorded outcome",
        found="scores that were followed by the recorded outcome",
        did="had the outcome",
        kept="did not have it",
        event="outcome",
        events="outcomes",
        those="outcomes",
        ineligible="not in the panel",
        unknown="does not occur",
        dated=False,
    ),
}
"""By the name that a run's `[outcome] kind` gives."""


def words_of(kind: str, *, context: bool = False) -> dict[str, str | bool]:
    """The words of a kind of outcome as JSON values, kept with a result for its reports and tables.

    `by_probability` says that accounts are ranked by their probability alone, because the score leaves `context` out of
    it (or, of a gain, because there is no score).
    """
    words = HAPPENINGS[kind]
    kept = {name: getattr(words, name) for name in ("did", "kept", "event", "events", "those", "unknown", "gain")}
    return {**kept, "early": words.early or words.did, "by_probability": words.gain or context}


def words_in(result: Mapping[str, Any]) -> Mapping[str, Any]:
    """The words of a result's outcome; of a result that does not say, those of accounts that leave."""
    found: Mapping[str, Any] = (result.get("outcome") or {}).get("words") or words_of("churn")
    return found


def outcome_section(run: Run, words: Mapping[str, Any]) -> dict[str, Any]:
    """The outcome as a result keeps it; `words` are those of `words_of`."""
    outcome = run.need_outcome()
    return {
        "kind": outcome.kind,
        "gap_days": outcome.gap_days,
        "horizon_days": outcome.horizon_days,
        "maturity_days": outcome.maturity,
        "sentence": outcome_sentence(run),
        "words": words,
    }


def outcome_sentence(run: Run) -> str:
    """The outcome in words."""
    outcome = run.need_outcome()
    first, last = outcome.gap_days, outcome.gap_days + outcome.horizon_days
    when = f"in the {last} days after the score" if not first else f"between day {first} and day {last} after the score"
    return f"{HAPPENINGS[outcome.kind].happens} {when}"
