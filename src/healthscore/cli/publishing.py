"""What the terminal shows of scores and their publication: who, why, what to do first, and where to look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from healthscore.cli.actions import show_actions
from healthscore.cli.growth import show_growth_briefly, show_references
from healthscore.cli.terminal import near, paragraph, say, table
from healthscore.cli.trend import show_movers

if TYPE_CHECKING:
    import pandas as pd

    from healthscore.pipelines.score import ScoreResult

WORST = 5
"""Accounts most at risk that are shown."""
AGAIN = 10
"""Accounts that were scored again, of those that are shown."""


def show_published(made: Sequence[ScoreResult], named: Sequence[str] = ()) -> None:
    """Print the scores that were made: the newest in full if readers follow them, and where the publication lies.

    `named` are the accounts that were to be scored again; none where all were.
    """
    newest = max(made, key=lambda one: str(one.result["as_of"]))
    published = newest.result["publication"]
    followed = published["as_of"] == newest.result["as_of"]
    if len(made) > 1 or not followed:
        _show_dates(made)
    if followed:
        _show_rescored(newest, named)
        show_scores(newest)
        show_movers(published["trend"])
        show_actions(published["actions"], newest.published)
        show_growth_briefly(newest.result)
        show_rest(newest.result)
    else:
        paragraph(f"readers follow the scores of {published['as_of']} still, with what was added in their history")
    paragraph(*(f"warning: {text}" for text in dict.fromkeys(text for one in made for text in one.result["warnings"])))
    # Not broken at the terminal's width: paths are copied.
    again = "  was scored already: nothing to do" if all(one.result["already_published"] for one in made) else ""
    say(f"scores     {near(newest.directory)}{again}", f"published  {near(published['directory'])}")


def show_scores(made: ScoreResult) -> None:
    """Print how many accounts each band holds, and the worst accounts with what drags them down."""
    result = made.result
    card = result.get("scorecard")
    title = f"Scores for {result['period']}{_by(result)}"
    table(
        title if card is None else f"Scores of {result['as_of']} by {result['model']}",
        ("band", "accounts"),
        list(result["bands"].items()) + [(f"({name}, not scored)", n) for name, n in result["unscored"].items()],
    )
    if result.get("version") and result["champion"] is None:
        paragraph(f"Nobody has promoted version {result['version']} yet: healthscore models promote")
    worst = made.scores.head(WORST).to_dict("records")
    rows = [(w["account_id"], w["drivers_down"].split("; ")[0], f"{w['health']:.1f}", _last(w)) for w in worst]
    last = "risk" if card is None else "band"
    table("Most at risk", ("account", "what lowers the score most", "health", last), rows, left=2)


def show_rest(result: Mapping[str, Any]) -> None:
    """Print, a line each, whom to ask for a reference, and how far the scores are to be relied on."""
    show_references(result)
    card = result.get("scorecard")
    if card is not None:
        paragraph("No probability: `healthscore validate` tells what the bands of a score meant.")
    sure = result["uncertainty"]
    if sure is not None:
        paragraph(
            f"95 % intervals: half of the scores to within {sure['median_half_width']:.1f} points; "
            f"{sure['in_one_band']:,} of {result['accounts']:,} lie within one band (health_low, health_high)"
        )
    if result["low_confidence"]:
        unlike = "are new, hardly known or unlike those learned from" if card is None else "are known by half or less"
        said = f"{result['low_confidence']:,} accounts {unlike}"
        paragraph(f"{said}: the column low_confidence of the scores says in what")


def _show_dates(made: Sequence[ScoreResult]) -> None:
    """Print the dates that were scored, a line each."""
    bands = list(made[0].result["bands"])
    rows = [
        (
            one.result["as_of"],
            one.directory.name + (" (was there)" if one.result["already_published"] else ""),
            *(f"{n:,}" for n in one.result["bands"].values()),
            f"{sum(one.result['unscored'].values()):,}",
        )
        for one in sorted(made, key=lambda one: str(one.result["as_of"]))
    ]
    table("Dates scored", ("as of", "run", *bands, "not scored"), rows, left=2)


def _show_rescored(made: ScoreResult, named: Sequence[str]) -> None:
    """Print the accounts that were scored again after a key event, by the scores that stood and by the new ones."""
    import pandas as pd

    from healthscore.pipelines.wording import plural

    rescored = made.result.get("rescored")
    if rescored is None:
        return
    now = made.scores.set_index("account_id")
    stood = pd.read_parquet(made.directory.parent / rescored["from"] / "scores.parquet").set_index("account_id")
    rows = [
        (account, _standing(stood, account), _standing(now, account))
        for account in dict.fromkeys(named)
        if account in now.index
    ]
    table("Scored again", ("account", f"on {rescored['from_as_of']}", "now"), rows[:AGAIN])
    kept = len(now) - rescored["accounts"]
    again = plural(rescored["accounts"], "account")
    paragraph(f"{again} scored again, {kept:,} as scored on {rescored['from_as_of']}")


def _standing(scores: pd.DataFrame, account: str) -> str:
    """Health and band of an account, or the status that it has instead."""
    if account not in scores.index:
        return "no score"
    row = scores.loc[account]
    return f"{row['health']:.1f} ({row['band']})" if row["status"] == "scored" else str(row["status"])


def _by(result: Mapping[str, Any]) -> str:
    """Which version of the model scored, where it is one; a challenger is one only beside a champion."""
    alias = f" ({result['alias']})" if result.get("alias") and result["champion"] is not None else ""
    return f", by version {result['version']}{alias}" if result.get("version") else ""


def _last(row: Mapping[Any, Any]) -> str:
    """Probability of an account that a model scored, band of one that a scorecard scored."""
    return str(row["band"]) if row["probability"] != row["probability"] else f"{row['probability']:.0%}"
