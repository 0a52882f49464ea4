"""What the views of a book call things: columns with their kinds, views, and sentences where there is nothing to show.

The dashboard and the written report say the same words, which stand here once; figures are written by `wording`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from healthscore.pipelines import views
from healthscore.pipelines.auditing.material import POINTS
from healthscore.pipelines.wording import MISSING, count, day_text, number, percent

Kind = Literal["text", "band", "points", "signed", "count", "money", "share", "hundredth", "figure", "day", "yes"]
"""How a cell is written: `points` of 100 and `signed` changes of them with a decimal, `money` per month and `count` in
whole numbers, `share` of 1 and `hundredth` of 100 as percentages, `figure` with up to three decimals."""


@dataclass(frozen=True)
class Column:
    """A column as people see it.

    Attributes
    ----------
    title
        What stands above it.
    kind
        How its cells are written.
    meaning
        What it says, with its unit; empty where the title says it all.
    """

    title: str
    kind: Kind = "text"
    meaning: str = ""

    @property
    def numeric(self) -> bool:
        """Whether it is put flush right."""
        return self.kind not in ("text", "band", "day", "yes")


VIEWS = {
    "book": "Book",
    "accounts": "Accounts",
    "account": "Account",
    "worklists": "Worklists",
    "proof": "Track record",
    "whatif": "What if",
}
"""Views, in the order in which they are offered."""

COLUMNS = {
    "account_id": Column("Account", meaning="its id, as the source has it"),
    "name": Column("Name"),
    "segment": Column("Segment"),
    "owner": Column("Owner", meaning="who looks after the account"),
    "status": Column("Status", meaning="why an account has no score"),
    "health": Column("Score", "points", "0 to 100 points, 100 is the healthiest"),
    "health_low": Column("Score, lower end", "points", "lower end of the 95 % interval of the score"),
    "health_high": Column("Score, upper end", "points", "upper end of the 95 % interval of the score"),
    "band": Column("Band", "band"),
    "steady_band": Column("Steady band", "band", "follows the score only when it leaves the band by a margin"),
    "grade": Column("Letter", meaning="A is the healthiest, F the least"),
    "rank": Column("Rank", "count", "1 has the lowest score of all"),
    "percentile": Column("Percentile", "hundredth", "share of the accounts with a lower score"),
    "probability": Column("Probability", "share", "how likely the outcome is within its window"),
    "value": Column("Revenue", "money", "per month, in the currency of the source"),
    "revenue_at_risk": Column("Revenue at risk", "money", "per month: revenue, weighed by the risk of losing it"),
    "change": Column("Change", "signed", "points since the previous score"),
    "change_week": Column("In a week", "signed", "points since the scores of about a week before"),
    "change_month": Column("In a month", "signed", "points since the scores of about a month before"),
    "change_reason": Column("What moved it", meaning="most of the change since the previous score, in points"),
    "reason": Column("What moved it", meaning="most of the change, in points"),
    "moved": Column("What moved it", meaning="most of the change since the date before, in points"),
    "trend": Column("Trend"),
    "trend_rules": Column("Trend rules", meaning="rules of the run that the course of the score meets"),
    "top_driver": Column("Lowered most by", meaning="what takes most points from the score"),
    "drivers_down": Column("Lowered by", meaning="what takes points from the score, the strongest first"),
    "drivers_up": Column("Raised by", meaning="what gives points to the score, the strongest first"),
    "days_to_renewal": Column("Days to renewal", "count"),
    "renewal": Column("Renewal", "day", "the next that is known"),
    "priority": Column("Priority", "count", "1 is the most urgent"),
    "actions": Column("What to do", meaning="of the playbooks that the account meets"),
    "action": Column("What to do"),
    "playbook": Column("Playbook"),
    "action_owner": Column("Who does it"),
    "place": Column("Place", "count", "in the list of its owner"),
    "due": Column("Due", "day"),
    "within_capacity": Column("Fits", "yes", "within what the owner can do"),
    "low_confidence": Column("Low confidence", meaning="why the score is to be taken with care"),
    "path": Column(
        "Path to the next band", meaning="what healthier accounts like it are like; no promise of an effect"
    ),
    "override_health": Column("Score by override", "points", "set by a person, beside the computed score"),
    "override_band": Column("Band by override", "band", "set by a person, beside the computed band"),
    "override_author": Column("Override by"),
    "override_reason": Column("Reason of the override"),
    "override_expires_on": Column("Override ends", "day"),
    "growth": Column("Growth score", "points", "0 to 100 points, 100 is the likeliest to grow"),
    "growth_probability": Column("Growth probability", "share"),
    "growth_drivers": Column("Growth is raised by"),
    "why": Column("Why it is listed"),
    "tenure_days": Column("Customer for", "count", "days"),
    "survey": Column("Survey"),
    "accounts": Column("Accounts", "count"),
    "share": Column("Share", "share", "of the accounts that have a score"),
    "revenue": Column("Revenue", "money", "per month, in the currency of the source"),
    "revenue_share": Column("Share of revenue", "share"),
    "share_at_risk": Column("Share at risk", "share", "revenue at risk, as a share of the revenue"),
    "unscored": Column("Without a score", "count"),
    "mean_health": Column("Mean score", "points"),
    "as_of": Column("Date", "day", "of the score"),
    "health_then": Column("Score then", "points", "if it were like that"),
    "band_then": Column("Band then", "band"),
    "distance": Column("Distance", "figure", "how far accounts like it are away; 0 is no change"),
    "signal": Column("Signal"),
    "component": Column("Component"),
    "feature": Column("Feature"),
    "points": Column("Points", "signed"),
    "sentence": Column("What was seen"),
    "n": Column("Scores", "count", "scores whose outcome is known"),
    "events": Column("Happened", "count", "scores that the outcome followed"),
    "promised": Column("Promised", "share", "mean probability that was said"),
    "rate": Column("Actual", "share", "share that the outcome followed, with its 95 % interval"),
    "low": Column("Lower quarter", "points", "a quarter of the peers has fewer points"),
    "middle": Column("Middle", "points", "half of the peers have fewer points"),
    "high": Column("Upper quarter", "points", "a quarter of the peers has more points"),
    "below": Column("Peers below", "hundredth", "share of the peers with fewer points"),
}
"""Columns by their names; where a view means something else by a name, `OWN` says what."""

OWN = {
    ("paths.csv", "value"): Column("Now", "figure", "value of the feature"),
    ("paths.csv", "value_then"): Column("Then", "figure", "value that healthier accounts like it have"),
    ("paths.csv", "sentence"): Column("What would be different"),
    ("peers", "name"): Column("Part of the score"),
    ("peers", "points"): Column("This account", "points"),
    ("features", "value"): Column("Value", "figure"),
    ("waterfall", "name"): Column("Step"),
    ("waterfall", "end"): Column("Sum so far", "points"),
    ("weights", "label"): Column("Component"),
    ("weights", "now"): Column("Now", "hundredth", "weight in force"),
    ("weights", "moves"): Column("Moves the score", "hundredth", "share of the score's ups and downs"),
    ("weights", "learned"): Column("Learned", "hundredth", "what a model made of the same components"),
    ("weights", "validated"): Column("History supports", "hundredth", "with its 95 % interval"),
    ("weights", "verdict"): Column("Verdict"),
    ("weights", "recommended"): Column("Recommended", "hundredth"),
}

ACCOUNTS = (
    *("account_id", "name", "health", "band", "change", "change_month", "value", "revenue_at_risk", "probability"),
    *("segment", "owner", "renewal", "top_driver", "actions", "low_confidence", "override_band"),
)
"""Columns of the table of accounts, in their order, as far as any account has something in them."""
MOVERS = ("account_id", "name", "change", "reason", "health", "band", "owner", "value")
COURSE = ("as_of", "health", "change", "moved", "band", "grade", "rank")
PEERS = ("name", "points", "low", "middle", "high", "below")
FEATURES = ("component", "sentence", "points", "feature", "value")
BANDS = ("name", "accounts", "share", "revenue", "revenue_share", "revenue_at_risk")
WEIGHTS = ("label", "now", "moves", "learned", "validated", "verdict", "recommended")

DISPLAYS = {"percent": "Percent", "letter": "Letter", "rank": "Rank", "colour": "Colour"}
"""Forms of a score that can be chosen; the names of `book.displays`."""
COLOURS = {"risk": "orange", "caution": "gold", "good": "teal"}
"""What the colours of bands look like, for whoever cannot see them."""
SINCE = {"previous": "the previous scores", "week": "a week before", "month": "a month before"}

NOTHING = {
    "accounts": "No account fits this filter.",
    "account": "Choose an account in the table, or search for its id or name.",
    "movers": "No score moved on its own account since {since}.",
    "first": "There is nothing to compare with: these are the first scores.",
    "dates": "Only one date has been scored; a course needs two.",
    "waterfall": "This account has a status, not a score: there are no points to add up.",
    "reasons": "Nothing was published of what moves this score.",
    "peers": "There is nothing to compare: this account has no score, or none of its peers has one.",
    "path": "No path to the next band was looked for, or none lies within what was seen of accounts like it.",
    "top": "It is in the healthiest band.",
    "lists": "No list was published: the run has no playbooks.",
    "list": "There is nothing to do.",
    "scorecard": "The run has no scorecard to stand beside the model.",
    "free": "Any other weights can be tried in the dashboard: healthscore dashboard.",
}
"""What is said where there is nothing, and why, by what is missing."""

NEXT_REASON = re.compile(r"; (?=[^;:]+ (?:[+-]\d+\.\d|\d+\.\d of \d+(?:\.\d+)?): )")
"""Between two reasons: a sentence may have semicolons, too. A scorecard says what was earned of what was possible."""


def column(name: str, view: str = "") -> Column:
    """A column of a view or of a list (its file); one that has no entry is called by its own name.

    `points_<component>` are signed points, `value <band>` the revenue in a band.
    """
    if (view, name) in OWN:
        return OWN[view, name]
    if name.startswith(POINTS):
        return Column(spoken(name.removeprefix(POINTS)), "signed", "points that it gives to the score or takes from it")
    if name.startswith("value "):
        return Column(f"Revenue, {name.removeprefix('value ')}", "money", "per month")
    return COLUMNS.get(name) or Column(spoken(name).capitalize())


def written(value: Any, kind: Kind) -> str:
    """A cell as people read it; what is missing is a dash."""
    if value is None or value == "" or value != value:  # NaN, NaT
        return MISSING
    if kind in ("text", "band"):
        return str(value)
    if kind == "yes":
        return "yes" if value else "no"
    if kind == "day":
        return day_text(str(value)[:10])
    return _number(float(value), kind)


def reasons(said: str) -> list[str]:
    """What lowers or raises a score, one by one, of what is published in one: `component -1.0: what was seen; ...`."""
    return NEXT_REASON.split(said) if said else []


def spoken(name: str) -> str:
    """A name of a component, feature or rule, as it is said."""
    return name.replace("_", " ")


def status(name: str) -> str:
    """Why an account has no score, in words."""
    return views.reason(name)


def _number(value: float, kind: Kind) -> str:
    if kind in ("count", "money"):
        return count(value)
    if kind == "share":
        return percent(value)
    if kind == "hundredth":
        return percent(value / 100.0, 0)
    if kind == "signed":
        return f"+{number(value)}" if value > 0 else number(value)
    if kind == "figure":
        text = number(value, 3)
        return text.rstrip("0").rstrip(".") if "." in text else text
    return number(value)
