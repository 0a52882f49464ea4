"""What the figures of a score history say, in words that a manager understands, and what they cannot say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from healthscore.errors import InsufficientDataError
from healthscore.pipelines.happenings import HAPPENINGS, words_in, words_of
from healthscore.pipelines.validation.judged import MODEL
from healthscore.pipelines.wording import count, duration, figure, listed, number, percent, plural

LEAST_EXITS = 10
"""Below this, hardly any statement about a score could fail to be true by chance."""
FEW_EXITS = 30
UNKNOWN_SHARE = 0.05
QUIET = 7.0
"""Exits that should have come in a stretch without any: by chance that happens once in a thousand times."""

WEAK_AUC = 0.6
"""Below it, a difference that is no chance is still too small to steer a team by."""
TITLES = {
    "separates": (
        "The score tells {those} from {others}.",
        "Accounts that {did} had been scored {lower} than accounts that {kept}.",
    ),
    "weakly": (
        "The score tells {those} from {others} only weakly.",
        "Accounts that {did} had been scored {lower} than accounts that {kept}, by more than chance and not by much.",
    ),
    "not shown": (
        "The score is not shown to tell {those} from {others}.",
        "Accounts that {did} had not been scored {lower} than accounts that {kept} by more than chance explains.",
    ),
    "reversed": (
        "The score points the wrong way.",
        "Accounts that {did} had been scored {higher} than accounts that {kept}.",
    ),
}
REVERSED = (
    "Either the numbers run the other way than was said (--higher-is-riskier tells that they mean risk), or what the "
    "score rewards is what accounts do before they leave."
)
REWARDED = "What the scorecard rewards is what accounts had that {did}: look at how its points are given."
LEFT = "left"
"""What accounts did whose exits are told in words of their own."""

Result = Mapping[str, Any]


def require_exits(
    exits: int, stayed: int, window: str, words: Result | None = None, longer: str = "a longer --horizon"
) -> None:
    """Refuse what no score could be judged by; `words` are the outcome's, those of accounts that leave by default.

    Raises
    ------
    InsufficientDataError
        Fewer than LEAST_EXITS exits followed a score, or nobody stayed.
    """
    said = words or words_of("churn")
    if exits < LEAST_EXITS:
        raise InsufficientDataError(
            f"{plural(exits, str(said['event']), str(said['events']))} followed a score {window}; at "
            f"least {LEAST_EXITS} are needed to say anything "
            f"about a score, and {FEW_EXITS} to say much",
            f"give a longer history, or {longer}",
        )
    if not stayed:
        raise InsufficientDataError(
            f"every scored account {said['did']} {window}: there is nobody to tell them from",
            f"give the scores of all accounts, not only of those that {said['did']}",
        )


def headline(result: Result) -> dict[str, Any]:
    """The verdict ("separates", "weakly", "not shown" or "reversed"), its title, and the sentences under it."""
    verdict, words = _verdict(result["pooled"]["models"][MODEL]["auc"]), words_in(result)
    title, opening = (text.format_map(_phrases(words)) for text in TITLES[verdict])
    sentences = [opening, _held(result)]
    if verdict == "reversed":
        sentences.append(REWARDED.format_map(words) if result.get("scorecard") else REVERSED)
    else:
        sentences += [*_bands(result, shown=verdict != "not shown"), *_lead(result)]
    return {"verdict": verdict, "title": title, "sentences": sentences + _capacity(result)}


def _phrases(words: Result) -> dict[str, str]:
    """The outcome's words as the titles need them; what is good comes to those that were scored higher."""
    did, kept = str(words["did"]), str(words["kept"])
    those, others = ("leavers", "stayers") if did == LEFT else (f"accounts that {did}", f"accounts that {kept}")
    lower, higher = ("higher", "lower") if words["gain"] else ("lower", "higher")
    return {"did": did, "kept": kept, "those": those, "others": others, "lower": lower, "higher": higher}


def _verdict(auc: Result) -> str:
    if auc["high"] is not None and auc["high"] < 0.5:
        return "reversed"
    if auc["low"] is None or auc["low"] <= 0.5:
        return "not shown"
    return "separates" if auc["estimate"] >= WEAK_AUC else "weakly"


def _held(result: Result) -> str:
    churners, words = result["churners"], words_in(result)
    held, all_of_them = churners["models"][MODEL]["held"], churners["churners"]
    share = percent(churners["share"], 0)
    found = (
        f"{plural(all_of_them, 'account')} that left within {duration(result['outcome']['horizon_days'])} of a score"
    )
    if words["did"] != LEFT:
        happened = HAPPENINGS[result["outcome"]["kind"]].found.removesuffix(" in the test period")
        found = f"{count(all_of_them)} {happened}"
    ranked = "best-scored" if words["gain"] else "worst-scored"
    return (
        f"Of {found}, the {ranked} {share} "
        f"of accounts held {figure(held, 'count')}; a score without any information would hold "
        f"{number(all_of_them * churners['share'], 0)}."
    )


def _bands(result: Result, *, shown: bool) -> list[str]:
    """What bands meant; that they are in order is worth a word only where the score is `shown` to tell anything."""
    bands = [band for band in result["bands"] if band["n"]]
    worst, best, base = result["bands"][0], result["bands"][-1], result["pooled"]["rate"]
    sentences, words = [], words_in(result)
    did = str(words["did"])
    if worst["n"]:
        sentences.append(_against_average(worst, base, did))
    else:
        sentences.append(f"No account was ever {_called(worst)}, so that band announces nothing.")
    if worst["n"] and best["n"] and best is not worst:
        sentences.append(
            f"Of accounts {_called(worst)} {figure(worst['rate'], 'percent')} {did} in that time, "
            f"of those {_called(best)} {figure(best['rate'], 'percent')}."
        )
    out_of_order = result["monotone"]["out_of_order"]
    if out_of_order:
        pairs = [_no_less(did, low, high) for low, high in out_of_order]
        sentences.append(f"The bands are not in order: {listed(pairs)}.")
    elif shown and len(bands) > 2:
        fewer = f"From each band to the next, {'more' if words['gain'] else 'fewer'} accounts {did}."
        sentences.append("Each band left less often than the one below it." if did == LEFT else fewer)
    return sentences


def _no_less(did: str, low: str, high: str) -> str:
    if did == LEFT:
        return f"{high!r} left no less often than {low!r}"
    return f"of {high!r} no smaller share {did} than of {low!r}"


def _called(band: Result) -> str:
    return f"in {band['colour']} ({number(band['low'], 0)} to {number(band['high'], 0)})"


def _against_average(band: Result, base: Result, did: str) -> str:
    relative = band["relative"]
    seen, average = figure(relative), f"the average account ({percent(base['estimate'])} of all {did})"
    shown = not (relative["low"] is None or relative["high"] is None or relative["low"] <= 1.0 <= relative["high"])
    if did != LEFT:
        said = f"Of accounts {_called(band)} the share that {did} is {seen} times that of {average}"
        return f"{said}." if shown else f"{said}: not shown to differ."
    if not shown:
        return f"Accounts {_called(band)} are not shown to leave more often than {average}: {seen} times."
    return f"Accounts {_called(band)} left {seen} times as often as {average}."


def _lead(result: Result) -> list[str]:
    lead = result.get("lead_time")
    if not lead or not lead["exits"]:
        return []
    colour, median, sentences = result["bands"][0]["colour"], lead["median_days"]["estimate"], []
    if median:
        sentences.append(
            f"Half of the accounts that left had been in {colour} for {duration(median)} or longer when they did."
        )
    else:
        sentences.append(f"More than half of the accounts that left were not in {colour} when they did.")
    announced = lead["recall"].get("30")
    if announced and announced["n"]:
        sentences[-1] += (
            f" {count(announced['events'])} of {count(announced['n'])} exits were announced 30 days ahead, "
            f"at a price of {number(lead['alarms_per_100_accounts'], 0)} alarms per 100 accounts."
        )
    return sentences


def _capacity(result: Result) -> list[str]:
    capacity = result.get("capacity")
    if not capacity:
        return []
    ranked = "best-scored" if words_in(result)["gain"] else "worst-scored"
    book, caught = count(capacity["book"]), figure(capacity["capture"], "percent", 0)
    return [
        f"A team that looks after the {plural(capacity['accounts'], ranked + ' account')} of about {book} "
        f"would have had {caught} of the {words_in(result)['those']} on its list."
    ]


def small_book(exits: int, events: str = "exits") -> list[str]:
    """What so few exits cannot tell; `events` is what they are called."""
    if exits >= FEW_EXITS:
        return []
    return [
        f"Small book: {exits} {events} followed a score. A large difference can be seen with so few; whether bands "
        "are in order, whether segments differ and whether one score beats another cannot be said."
    ]


def warnings_of(result: Result, findings: Mapping[str, Any]) -> list[str]:
    """What a reader should know before believing the figures."""
    exits, scores, left = result["pooled"]["exits"], *(result["data"]["sources"][name] for name in ("scores", "exits"))
    unknown, after = left["dropped"].get("unknown_account", 0), scores["dropped"].get("after_exit", 0)
    said = small_book(exits)
    if unknown > UNKNOWN_SHARE * left["rows_in"]:
        said.append(
            f"{count(unknown)} of {plural(left['rows_in'], 'exit')} belong to no scored account. If those accounts "
            "were never scored, the score missed them and this page does not show it; if the ids differ, mend them."
        )
    if after:
        before = plural(findings["exits_before_first_score"], "account")
        said.append(
            f"{plural(after, 'score')} of {plural(findings['accounts_scored_after_exit'], 'account')} came after the "
            f"account had left and are set aside; {before} left before the "
            "first score. If accounts come back, say --returns."
        )
    if findings["no_value"]:
        said.append(
            f"{plural(findings['no_value'], 'score')} had no value beside it and counts as worth 0 in revenue figures."
        )
    if findings["constant"]:
        said.append("Every score is the same.")
    return said + [_quiet(stretch) for stretch in findings["quiet"]]


def _quiet(stretch: Mapping[str, Any]) -> str:
    days, day = duration(stretch["days"]), stretch["date"]
    if stretch["where"] == "start":
        return (
            f"No exit is recorded in the first {days} after the first score. If exits were not yet kept then, "
            f"leave out the scores before {day}: their accounts count as having stayed."
        )
    if stretch["where"] == "end":
        return (
            f"No exit is recorded in the last {days} of the data. If the exits end earlier than the scores, "
            f"say --data-end {day}: the accounts after it count as having stayed."
        )
    return (
        f"The last exit lies {days} after the last score. Where it is only scheduled, --data-end is the day of the "
        "export: until then accounts count as having stayed."
    )


def improbable(days: float, exits: int, span: float) -> bool:
    """Whether so many days without an exit are more than chance, given the exits of the whole span."""
    return span > 0 and exits * days / span > QUIET and math.isfinite(days)
