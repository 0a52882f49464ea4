"""The four figures under a report's headline: who was found, what red meant, how early, on how much."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from healthscore.pipelines.happenings import words_in
from healthscore.pipelines.wording import count, figure, number, percent, plural, spread

Result = Mapping[str, Any]
View = dict[str, Any]


def tiles(result: Result, chosen: str) -> list[View]:
    """The tiles whose figures are there, each {value, range, what}."""
    return [*_held(result, chosen), *_band(result), *_lead(result), *_size(result)]


def _held(result: Result, chosen: str) -> Iterable[View]:
    """How many of those that it happened to the worst-scored held."""
    words = words_in(result)
    churners = result.get("churners")
    if churners and churners["models"].get(chosen):
        held, total = churners["models"][chosen]["held"], churners["churners"]
        share, chance = percent(churners["share"], 0), number(total * churners["share"], 0)
        ranked = "with the highest probability" if words["by_probability"] else "scored worst"
        yield {
            "value": count(held["estimate"]),
            "range": f"of {count(total)} {words['those']} {spread(held, 'count')}".rstrip(),
            "what": f"were among the {share} of accounts {ranked}; chance would find {chance}",
        }


def _band(result: Result) -> Iterable[View]:
    """How the lowest band compares."""
    bands = result.get("bands") or []
    if bands and bands[0]["n"]:
        worst, best = bands[0], bands[-1]
        yield {
            "value": percent(worst["rate"]["estimate"], 0),
            "range": spread(worst["rate"], "percent", 0),
            "what": f"of accounts “{worst['name']}” {words_in(result)['did']}; "
            f"of those “{best['name']}” {figure(best['rate'], 'percent')}",
        }


def _lead(result: Result) -> Iterable[View]:
    """How many exits were announced 30 days ahead."""
    lead = result.get("lead_time")
    announced = (lead or {}).get("recall", {}).get("30")
    if announced and announced["n"]:
        yield {
            "value": percent(announced["rate"]["estimate"], 0),
            "range": spread(announced["rate"], "percent", 0),
            "what": "of exits were announced by a standing warning 30 days ahead or more",
        }


def _dates(origins: Sequence[Mapping[str, Any]]) -> str:
    """How many dates were looked at; where they are many, a result has them by month."""
    by_month = all(len(str(one["as_of"])) == len("2024-01") for one in origins)
    return f"in {plural(len(origins), 'month')}" if by_month else f"at {plural(len(origins), 'date')}"


def _size(result: Result) -> Iterable[View]:
    """How much was seen."""
    words = words_in(result)
    if pooled := result.get("pooled"):
        origins = result.get("origins")
        exits = pooled.get("exits", (result.get("churners") or {}).get("churners"))
        dates = f" {_dates(origins)}" if origins else ""
        yield {
            "value": count(pooled["accounts"]),
            "range": "" if exits is None else plural(exits, str(words["event"]), str(words["events"])),
            "what": f"accounts judged{dates}, {count(pooled['n'])} scores in all",
        }
