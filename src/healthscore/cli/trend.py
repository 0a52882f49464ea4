"""What the terminal shows of changes: who fell most and why, and why the score of one account changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from healthscore.cli.terminal import paragraph, table

SHOWN = 5
"""Accounts that fell most, and features that moved a score, which are shown."""
RULES = {
    "drop": "dropped within a month",
    "sudden_drop": "after long health",
    "decline": "fall from score to score",
    "activity_drop": "do much less than two weeks before",
    "recovery": "recover",
}
"""What the rules found, in words."""


def show_movers(trend: Mapping[str, Any]) -> None:
    """Print who fell most since the previous scores and why, and how many accounts meet which rule.

    `trend` is the section of that name of a publication's result.
    """
    rows = [
        (
            one["account_id"],
            one["reason"],
            f"{one['previous_health']:.1f}",
            f"{one['health']:.1f}",
            f"{one['change']:+.1f}",
        )
        for one in trend["movers"][:SHOWN]
    ]
    if rows:
        table(
            f"Fell most since {trend['previous']}", ("account", "most of all by", "then", "now", "points"), rows, left=2
        )
    if trend["compared"]:
        found = [f"{n:,} {RULES[name]}" for name, n in trend["rules"].items() if n]
        told = f"; {', '.join(found)} (trend, trend_rules)" if found else ""
        paragraph(f"{trend['gained']:,} accounts gained points, {trend['lost']:,} lost some{told}")
    paragraph(*trend["said"])


def show_change(change: Mapping[str, Any] | None) -> None:
    """Print why an account's score changed since it was last published; nothing where it never was.

    `change` is the section of that name of an explanation's result.
    """
    if change is None:
        return
    moved = change["points"]
    if change["unexplained"]:
        paragraph("", f"since {change['since']}: {moved:+.1f} points. {change['unexplained']}")
        return
    if not moved and not change["rows"]:
        paragraph("", f"since {change['since']}: no change")
        return
    because = f", most of all {change['first']}" if change["first"] else ""
    points = f"{moved:+.1f}" if moved else "0.0"
    title = f"Why it changed: {points} points since {change['since']} ({change['health']:.1f}){because}"
    table(title, ("what", "points"), [(_what(row), f"{row['points']:+.1f}") for row in change["rows"]])
    seen = [(f"{one['points']:+.1f}", one["before"], one["now"]) for one in change["features"][:SHOWN]]
    if seen:
        table("", ("points", f"on {change['since']}", "now"), seen, left=3)
    for found, said in (("gone", "not known any more"), ("back", "known again")):
        if change[found]:
            paragraph(f"{said}: {', '.join(f'{n} of {name}' for name, n in change[found].items())}")


def _what(row: Mapping[str, Any]) -> str:
    from healthscore.pipelines.trend.changes import IN_WORDS

    return str(row["component"] or IN_WORDS[row["kind"]])
