"""Tables of an audit's report about what people did: interventions, hold-outs, overrides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from healthscore.pipelines.auditing.cells import Table, table
from healthscore.pipelines.wording import MISSING, count, figure, number, percent, plural

Result = Mapping[str, Any]


def interventions(result: Result) -> Table:
    """Figures of treated and untreated accounts, apart, and what a lot says."""
    found = result["interventions"]
    if found is None:
        return table("treated", "Interventions", "", "")
    rows = [
        [
            one["group"].replace("_", " "),
            count(one["n"]),
            count(one["events"]),
            figure(one["rate"], "percent"),
            figure(one["level"], digits=2),
            figure(one["slope"], digits=2),
            figure(one["auc"], digits=2),
        ]
        for one in found["groups"]
    ]
    lead = (
        "Scores of accounts that something was done for, apart from the others. Who is treated is chosen for a reason, "
        "so the two are not subtracted from one another; among the untreated the score shows what it is worth."
    )
    columns = ("Accounts", "Scores", "Events", "Rate", "Observed / expected", "Slope", "AUC")
    return table("treated", "Interventions", "Treated and untreated", lead, columns, rows,
                  facts=lot_words(found["by_lot"]))  # fmt: skip


def lot_words(lot: Mapping[str, Any] | None) -> list[str]:
    """What the hold-out says, in sentences; nothing without one."""
    if lot is None:
        return []
    held, treated = figure(lot["held_out"], "percent"), figure(lot["treated"], "percent")
    said = [
        f"Held out by lot: {held}, {plural(lot['accounts']['held_out'], 'account')}; treated: {treated}, "
        f"{count(lot['accounts']['treated'])}. "
        + ("The difference is more than chance explains." if lot["shown"] else "The difference could be chance.")
    ]
    if lot["visible"] is not None:
        said.append(f"So many accounts show a difference of {number(100 * lot['visible'])} points four times in five.")
    if lot["both"]:
        said.append(
            f"{plural(lot['both'], 'account')} were treated at one time and held out at another: no lot by account."
        )
    return said


def holdout(result: Result) -> Table:
    """How many accounts a hold-out would need, by the effect that it is to show."""
    found = result["holdout"]
    if found is None:
        return table("holdout", "Hold-out", "", "")
    rows = [
        [
            f"{number(100 * one['effect'])} points",
            "more than the book" if one["held_out"] is None else count(one["held_out"]),
            MISSING if one["held_out"] is None else percent(one["held_out"] / found["book"], 0),
        ]
        for one in found["sizes"]
    ]
    lead = (
        f"To see whether what is done changes anything, so many of the {plural(found['book'], 'account')} would have "
        f"to be left alone by lot, at a rate of {percent(found['rate'])}: two-sided test at 5 %, found four times in "
        "five."
    )
    seen = found["visible"]
    facts = [] if seen is None else [f"Half of the book held out would show {number(100 * seen)} points."]
    return table("holdout", "Hold-out", "How large a hold-out would have to be", lead,
                  ("Effect", "Accounts held out", "Of the book"), rows, facts=facts)  # fmt: skip


def overrides(result: Result) -> Table:
    """Overridden scores against what happened."""
    found = result["overrides"]
    if found is None or not found["n"]:
        return table("overrides", "Overrides", "", "")
    rows = [
        [
            one["direction"],
            count(one["n"]),
            count(one["events"]),
            figure(one["rate"], "percent"),
            percent(one["computed"]),
        ]
        for one in found["groups"]
    ]
    words = result["outcome"]["words"]
    right = {"person": "People were right", "score": "The score was right"}.get(found["right"] or "")
    said = "Nobody is shown to be right" if right is None else f"{right}, by more than chance explains"
    if found["log_loss"] is not None:
        said += f": log-loss of the person's band minus the computed one's {figure(found['log_loss'], digits=3)}"
    columns = ("The person said", "Scores", "Events", f"Share that {words['did']}", "What the computed band means")
    return table("overrides", "Overrides", "Who was right", f"{said}.", columns, rows)
