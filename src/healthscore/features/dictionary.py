"""What every feature means: the entry that a family writes once, beside the calculation that it describes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from healthscore.config import Window
from healthscore.features.history import History, Values


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
        For people; `{value}` stands for the value.
    healthy
        +1 when more is healthier, -1 when more is riskier, 0 when the model is to find out.
    compute
        The calculation on a signal's history.
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
    compute: Callable[[History], Values]

    def say(self, value: float) -> str:
        """The sentence, with a value in it."""
        if value != value:
            return f"{self.sentence.replace('{value}', 'unknown')} ({self.missing})"
        shown = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
        return self.sentence.replace("{value}", shown)


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
                cells = (
                    f"`{feature.name}`",
                    feature.family,
                    feature.unit,
                    feature.sentence.replace("{value}", "n"),
                    feature.zero,
                    feature.missing,
                    more,
                )
                lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        lines.append("")
    return "\n".join(lines)
