"""What the terminal shows of growth: beside scores, in a backtest, and of one account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from healthscore.cli.terminal import paragraph, table

if TYPE_CHECKING:
    import pandas as pd

BEST = 5
STRONGEST = 6
"""Features of an account's growth that are shown."""


def show_growth(result: Mapping[str, Any], scores: pd.DataFrame) -> None:
    """Print who is ready for expansion, with what raises it, and how the segments grew; nothing without growth."""
    growth = result.get("growth")
    if growth is not None:
        ready = scores[scores["ready_for_expansion"]].sort_values(["growth", "account_id"], ascending=[False, True])
        rows = [
            (one["account_id"], one["growth_drivers"].split("; ")[0], f"{one['growth']:.1f}", f"{one['health']:.1f}")
            for one in ready.head(BEST).to_dict("records")
        ]
        title = f"Ready for expansion, {growth['ready']:,} of {growth['accounts']:,} accounts ({growth['period']})"
        if rows:
            table(title, ("account", "what raises growth most", "growth", "health"), rows, left=2)
        else:
            paragraph("", title)
    if result.get("growth_segments") is not None:
        _show_segments(result["growth_segments"])


def show_growth_briefly(result: Mapping[str, Any]) -> None:
    """Print how many are ready for expansion and how revenue moved, a line each; nothing without growth."""
    from healthscore.pipelines.wording import figure, plural

    growth, moved = result.get("growth"), result.get("growth_segments")
    if growth is not None:
        of = f"{growth['ready']:,} of {plural(growth['accounts'], 'account')}"
        paragraph(f"ready for expansion: {of}" + (": ready_for_expansion.csv" if growth["ready"] else ""))
    if moved is not None and moved["book"]["accounts"]:
        changed = figure(_changed(moved["book"]["revenue_ratio"]), "percent")
        paragraph(f"revenue of {plural(moved['book']['accounts'], 'account')} since {moved['since']}: {changed}")


def _show_segments(found: Mapping[str, Any]) -> None:
    """Print revenue of the past window by segment, the fastest first, and what is expected."""
    from healthscore.pipelines.wording import MISSING, figure, percent

    listed = [*found["segments"], {"segment": "all", **found["book"]}]
    rows = [
        (
            one["segment"],
            f"{one['accounts']:,}",
            figure(_changed(one["revenue_ratio"]), "percent"),
            figure(one["expanded"]["rate"], "percent", 0),
            MISSING if one["expected"] is None else percent(one["expected"]),
        )
        for one in listed
        if one["accounts"]
    ]
    title = f"Growth by segment, {found['since']} to {found['until']}, fastest first"
    if rows:
        table(title, ("segment", "accounts", "revenue", "expanded", "expected"), rows)


def _changed(ratio: Mapping[str, Any]) -> dict[str, Any]:
    """A ratio of revenue as the share by which it changed."""
    return {end: None if value is None else value - 1.0 for end, value in ratio.items()}


def growth_learned(growth: Mapping[str, Any] | None) -> list[str]:
    """What training learned growth from, in words; nothing where the run asks for none, or too little was there."""
    if growth is None or growth["why"] is not None:
        return []
    training = growth["training"]
    return [
        f"growth, by {growth['choice']['title'].lower()}: learned from {training['n']:,} snapshots, "
        f"{training['events']:,} with an expansion of {training['exiting_accounts']:,} accounts"
    ]


def show_growth_backtest(growth: Mapping[str, Any] | None) -> None:
    """Print what a backtest found of growth: headline, figures and bands; nothing where the run asks for none."""
    from healthscore.pipelines.wording import figure

    if growth is None:
        return
    if growth["why"] is None:
        paragraph("", f"Growth: {growth['outcome']['sentence']}", *growth["headline"]["sentences"])
        figures = growth["pooled"]["models"][growth["chosen"]]
        told = [
            ("AUC", figure(figures["auc"], digits=3)),
            ("lift at 10 %", figure(figures["lift_10"], digits=1)),
            ("observed to expected", figure(figures["observed_expected"], digits=2)),
        ]
        pooled = growth["pooled"]
        size = f"{pooled['n']:,} snapshots, {pooled['events']:,} with an expansion, {len(growth['origins'])} dates"
        table(size, ("of growth", growth["chosen"]), told)
        bands = [
            (b["name"], f"{b['low']:g}-{b['high']:g}", f"{b['n']:,.0f}", figure(b["rate"], "percent"))
            for b in growth["bands"]
        ]
        table("What the bands of growth meant", ("band", "score", "snapshots", "expanded"), bands)
    paragraph(*(f"warning: {text}" for text in growth["warnings"]))


def show_growth_explanation(growth: Mapping[str, Any] | None) -> None:
    """Print the growth of one account: the sum that makes it, and the features behind it; or why there is none."""
    if growth is None:
        return
    if growth["growth"] is None:
        paragraph("", f"No growth score: {growth['reason']}")
        return
    ready = ", ready for expansion" if growth["ready_for_expansion"] else ""
    standing = f"growth {growth['growth']:.1f} ({growth['band']}{ready})"
    paragraph("", f"{standing}, {100 * growth['probability']:.1f} % expands in {growth['period']}")
    rows = [("typical account", f"{growth['base']:.1f}")]
    points: dict[str, float] = growth["components"]
    rows += [(name, f"{value:+.1f}") for name, value in sorted(points.items(), key=lambda one: -one[1])]
    if growth["capped"]:
        rows.append(("end of the scale", f"{growth['capped']:+.1f}"))
    table("", ("component", "points"), [*rows, ("growth", f"{growth['growth']:.1f}")])
    told = [(f"{f['points']:+.1f}", f["sentence"]) for f in growth["features"] if f["points"]][:STRONGEST]
    table("Strongest features of growth", ("points", "what was seen"), told, left=2)


def show_references(result: Mapping[str, Any]) -> None:
    """Print how many accounts could be asked for a reference."""
    found = result["references"]
    if found["accounts"]:
        answered = f", {found['answered']:,} of them praised you lately" if found["answered"] else ""
        paragraph(f"{found['accounts']:,} accounts could be asked for a reference{answered}: reference_candidates.csv")
