"""The runs and scorecards that come with the package, from their text."""

from __future__ import annotations

from healthscore.config import Run, Scorecard, load_run, load_scorecard, shipped_runs, shipped_scorecards
from healthscore.tables.simulator import WORLDS
from reference.text import HEAD, table

ABOUT_RUNS = (
    "Named in place of a TOML file: `healthscore backtest saas --data company/data`. Those over the tables of a "
    "simulated company are a start for tables of your own; where the public data come from is told in the README."
)
ABOUT_CARDS = (
    "Picked by hand, without a look at any outcome: places to start from, not findings. A run names one "
    '(`scorecard = "seven_components"`), and `healthscore score --scorecard NAME` scores with one alone.'
)
ABOUT_WORLDS = (
    "`healthscore simulate --world NAME` writes the tables of a company, the truth that was planted in them, and a run."
)


def page() -> str:
    """The page of what is shipped."""
    lines = [HEAD, "# Shipped runs, scorecards and worlds", "", "## Runs", "", ABOUT_RUNS, ""]
    runs = [_run(load_run(name)) for name in shipped_runs()]
    lines += table(("run", "about", "outcome", "scorecard", "tables"), runs)
    cards = [_card(load_scorecard(name)) for name in shipped_scorecards()]
    lines += ["## Scorecards", "", ABOUT_CARDS, ""]
    lines += table(("scorecard", "weights", "hard rules", "variants", "bands"), cards)
    worlds = [(f"`{name}`", recipe.title, f"{recipe.months} months") for name, recipe in WORLDS.items()]
    lines += ["## Worlds to simulate", "", ABOUT_WORLDS, ""]
    return "\n".join([*lines, *table(("world", "is", "history"), worlds)])


def _run(run: Run) -> tuple[str, ...]:
    card = "" if run.scorecard is None else f"`{run.scorecard.name}`"
    tables = "a simulated company" if run.name in WORLDS else "public data"
    return f"`{run.name}`", run.title, run.need_outcome().kind, card, tables


def _card(card: Scorecard) -> tuple[str, ...]:
    weights = ", ".join(f"{name.replace('_', ' ')} {weight:g}" for name, weight in card.weights_of().items())
    edges = "/".join(f"{edge:g}" for edge in card.bands.edges)
    return (f"`{card.name}`", weights, "; ".join(one.name for one in card.cap),
            ", ".join(one.name for one in card.variant), edges)  # fmt: skip
