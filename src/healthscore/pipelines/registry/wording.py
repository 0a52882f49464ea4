"""What a promotion found and did, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from healthscore.pipelines.wording import figure, number


def sentences_of(result: Mapping[str, Any]) -> list[str]:
    """The sentences of a promotion's result."""
    compared = result["comparison"]
    told = [] if compared is None else [_rows(compared), _how(result, compared), _figures(compared)]
    if result["uncompared"]:
        told.append(f"Nothing could be compared: {result['uncompared']}.")
    return [*told, _decision(result), *_scale(result), *_moved(result)]


def _rows(compared: Mapping[str, Any]) -> str:
    origins = compared["origins"]
    dates = f"On {origins[0]}" if len(origins) == 1 else f"On {len(origins)} dates, {origins[0]} to {origins[-1]}"
    return (
        f"{dates}: {compared['n']:,} snapshots, {compared['events']:,} of them before an outcome, of "
        f"{compared['exiting_accounts']:,} accounts."
    )


def _how(result: Mapping[str, Any], compared: Mapping[str, Any]) -> str:
    mine, before, since = result["version"], result["before"], compared["exiting_since_champion"]
    few = f"Since version {before} was trained, {since} accounts left, too few to compare by: "
    return {
        "frozen champion": f"Version {before} had seen none of it. It is held against version {mine} fitted again at "
        "each of these dates, on what was known then.",
        "both recipes": few + "both are fitted again at every date, on what was known then. This compares how they are "
        "made, not what they have learned.",
        "one recipe": few + f"version {mine} is made like version {before}, of more history, so that nothing differs.",
        "base rate": "There is no champion yet: the same probability for everyone must be beaten.",
    }[compared["method"]]


def _figures(compared: Mapping[str, Any]) -> str:
    rival, bound = compared["rival"], compared["upper_bound"]
    models, difference = compared["models"], compared["difference"]["log_loss"]
    name = "the base rate's" if rival == "base_rate" else "the champion's"
    loss = f"Log-loss {_loss(models['challenger'])} beside {name} {_loss(models[rival])}"
    if bound is None:
        return f"{loss}; the difference has no interval."
    allowed = (
        f"{number(compared['margin']['log_loss'], 4)} is allowed" if rival != "base_rate" else "it must be below 0"
    )
    bound_text = f"With 95 % confidence it is at most {number(bound, 4)}, and {allowed}."
    return f"{loss}; the difference is {figure(difference, digits=4)}. {bound_text}"


def _loss(figures: Mapping[str, Any]) -> str:
    known = figures["log_loss"]["estimate"] is not None
    return figure(figures["log_loss"], digits=4) if known else "not known"


def _decision(result: Mapping[str, Any]) -> str:
    mine, before = result["version"], result["before"]
    if result["decision"] == "kept":
        stays = "there is still no champion" if before is None else f"version {before} stays the champion"
        return f"Version {mine} is not promoted; {stays}. `--force --why TEXT` promotes it all the same."
    over = "" if before is None else f" after version {before}"
    return f"Version {mine} is the champion{over}" + (f", by force: {result['why']}." if result["forced"] else ".")


def _scale(result: Mapping[str, Any]) -> list[str]:
    scale, before = result["scale"]["scale"], result["scale"]["before"]
    if result["decision"] == "kept" or before is None:
        return []
    if scale == before:
        return [f"Scores stay on scale {scale}: a probability has the score that it had."]
    return [f"Scores are on scale {scale} now; the crosswalk tells what scores on scale {before} are on it."]


def _moved(result: Mapping[str, Any]) -> list[str]:
    moved = result["movement"]
    if moved is None:
        return []
    bands = ", ".join(f"{name} {n:,}" for name, n in moved["bands"]["before"].items())
    now = ", ".join(f"{name} {n:,}" for name, n in moved["bands"]["after"].items())
    return [
        f"Of {moved['accounts']:,} accounts on {moved['as_of']}, {moved['changed']:,} change the band: {bands} before, "
        f"{now} now."
    ]
