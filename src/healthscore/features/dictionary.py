"""What every feature means: the entry that a family writes once, beside the calculation that it describes."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from healthscore.config import Window
from healthscore.features.history import Values
from healthscore.features.signals import SignalPlan

ONE = re.compile(r"^((?:at (?:least|most) )?[+-]?1) ((?:\w+ ){0,2}?\w+?)s\b")
"""A plural after the number one: "1 days", "1 different users", "+1 points", "at least 1 tickets"."""
UNSAID = {
    "{value}": "n",
    "{signed}": "n",
    "{percent}": "n%",
    "{ratio}": "n% more or fewer",
    "{truth}": "yes or no",
}
"""What stands for a value that is not known."""


@dataclass(frozen=True)
class Feature:
    """One column of the panel.

    Attributes
    ----------
    name
        Column name.
    component, family, signal, window
        Where it belongs; `signal` and `window` are empty for features of the account itself.
    unit
        What one is.
    zero, missing
        What 0, and what a missing value, mean.
    sentence
        For people; `{value}` stands for the value, `{percent}` for a share, `{ratio}` for a log ratio, `{truth}` for 0
        and 1.
    healthy
        +1 when more is healthier, -1 when more is riskier, 0 when the model is to find out.
    compute
        The calculation on a signal's state (for features of the account itself, on its `AccountState`).
    nothing
        Said instead of the sentence where the value is 0; empty where the sentence will do.
    context
        Whether it is a circumstance and no merit of the account: the probability follows it, the score does not.
    """

    name: str
    component: str
    family: str
    signal: str
    window: str
    unit: str
    zero: str
    missing: str
    sentence: str
    healthy: int
    compute: Callable[[Any], Values]
    nothing: str = ""
    context: bool = False

    def say(self, value: float) -> str:
        """The sentence, with a value in it: as a number, in per cent, or (a log ratio) as so many per cent more."""
        if value != value:
            return f"{self.missing} ({', '.join(part for part in (self.unit, self.window) if part) or self.name})"
        if value == 0 and self.nothing:
            return self.nothing
        # What two decimals would show as nothing is told by its first digit.
        form = ",.0f" if float(value).is_integer() else ",.2f" if abs(value) >= 0.005 else ".1g"
        said = self.sentence.replace("{value}", f"{value:{form}}").replace("{percent}", f"{value:.0%}")
        said = said.replace("{signed}", f"{value:+{form}}" if value else "0")
        if "{ratio}" in said:
            change = f"{abs(math.expm1(value)):.0%} {'more' if value > 0 else 'fewer'}"
            said = said.replace("{ratio}", change if value else "0% more")
        return ONE.sub(r"\1 \2", said.replace("{truth}", "yes" if value else "no"))

    def bounded(self, bound: Literal["at least", "at most"], value: float) -> str:
        """The sentence as a condition: `at least 3 users in the last 28 days`."""
        number = f"{value:,.0f}" if float(value).is_integer() else f"{value:,}"
        said = self.sentence.replace("{value}", f"{bound} {number}").replace("{percent}", f"{bound} {100 * value:g}%")
        said = said.replace("{signed}", f"{bound} {'+' if value > 0 else ''}{number}")
        if "{ratio}" in said:
            # At most -30 % is a fall by at least 30 %.
            turned = bound if value > 0 else "at most" if bound == "at least" else "at least"
            change = f"{turned} {abs(math.expm1(value)):.0%} {'more' if value > 0 else 'fewer'}"
            said = said.replace("{ratio}", change if value else f"no {'fewer' if bound == 'at least' else 'more'}")
        said = said.replace("{truth}", "yes" if bound == "at least" else "no")
        return ONE.sub(r"\1 \2", said)

    @property
    def measure(self) -> str:
        """What is measured of the signal: the word between signal and window in the name."""
        return self.name.removeprefix(f"{self.signal}_").removesuffix(f"_{self.window}")

    @property
    def label(self) -> str:
        """The sentence without a value."""
        said = self.sentence
        for placeholder, word in UNSAID.items():
            said = said.replace(placeholder, word)
        return said


def of_signal(
    signal: SignalPlan,
    family: str,
    measure: str,
    window: Window | None,
    compute: Callable[[Any], Values],
    *,
    unit: str,
    zero: str,
    missing: str,
    sentence: str,
    nothing: str = "",
    healthy: int | None = None,
) -> Feature:
    """The entry of a signal's feature, ``<signal>_<measure>_<window>``, with the signal's component and direction.

    In the sentences `{span}` stands for the window. `healthy` overrides the signal's direction where more of the
    feature is not more of the signal.
    """
    tail = "" if window is None else suffix(window)
    return Feature(
        name="_".join(part for part in (signal.name, measure, tail) if part),
        component=signal.component,
        family=family,
        signal=signal.name,
        window=tail,
        unit=unit,
        zero=zero,
        missing=missing,
        sentence=sentence.replace("{span}", span(window or "all")),
        nothing=nothing.replace("{span}", span(window or "all")),
        healthy=signal.healthy if healthy is None else healthy,
        compute=compute,
    )


def suffix(window: Window) -> str:
    """How a window ends a feature's name: ``28d``, or ``ever``."""
    return "ever" if window == "all" else f"{window}d"


def span(window: Window) -> str:
    """A window in words."""
    return "ever" if window == "all" else f"in the last {window} days"


def markdown(features: Sequence[Feature], title: str) -> str:
    """The dictionary as a Markdown page, a table per component."""
    lines = [
        f"# Feature dictionary: {title}",
        "",
        f"{len(features)} features. Windows end at the as-of date, which is not in them.",
        "",
    ]
    for component in dict.fromkeys(feature.component for feature in features):
        lines += [
            f"## {component}",
            "",
            "| feature | family | unit | meaning | 0 means | missing means | more is |",
            "|---|---|---|---|---|---|---|",
        ]
        for feature in features:
            if feature.component == component:
                more = {1: "healthier", -1: "riskier", 0: "for the model to find out"}[feature.healthy]
                more = "context: in the probability, not in the score" if feature.context else more
                cells = (
                    f"`{feature.name}`",
                    feature.family,
                    feature.unit,
                    feature.label,
                    feature.zero,
                    feature.missing,
                    more,
                )
                lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        lines.append("")
    return "\n".join(lines)
