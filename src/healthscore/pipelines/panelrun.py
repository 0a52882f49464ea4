"""A run over a panel that was written: its features as they are, its outcomes beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from healthscore.asof import date_of
from healthscore.config import PANEL, Outcome, Run, Scorecard
from healthscore.features.dictionary import Feature
from healthscore.pipelines.proposals.text import value_of

HEAD = """# A run over the features in this folder, instead of the tables that they were computed from.
# `healthscore backtest` and all other commands take it as it is.
"""

SCORECARD = "scorecard.toml"
"""What the run's scorecard is called beside its panel."""


def scorecard_text(card: Scorecard) -> str:
    """The scorecard as one TOML file, with everything that it includes."""
    import tomlkit

    return tomlkit.dumps(card.model_dump(mode="json", exclude_defaults=True))


def panel_run(run: Run, features: Sequence[Feature], data_end: int | None) -> str:
    """The TOML of a run over `features.parquet` and, where the run has an outcome, `outcomes.parquet`.

    Parameters
    ----------
    run
        The run that the features were computed by.
    features
        The panel's columns.
    data_end
        Day from which nothing is known; None without an outcome.
    """
    lines = [HEAD, f"name = {value_of(run.name)}", f"timezone = {value_of(run.timezone)}"]
    if data_end is not None:
        lines.append(f"data_end = {value_of(date_of(data_end))}")
    if run.scorecard is not None:
        lines.append(f"scorecard = {value_of(SCORECARD)}")
    lines += ["", f"[{PANEL}]", 'path = "features.parquet"']
    lines += _names("healthy", [feature.name for feature in features if feature.healthy > 0])
    lines += _names("risky", [feature.name for feature in features if feature.healthy < 0])
    lines += _names("context", [feature.name for feature in features if feature.context])
    if run.outcome is not None:
        given = {"path": "outcomes.parquet", "on": ["account_id", "as_of"], "columns": ["outcome", "value"]}
        lines += ['outcome = "outcome"', 'value = "value"', f"lookup = [{value_of(given)}]"]
    lines += ["", f"[{PANEL}.components]"]
    for component in dict.fromkeys(feature.component for feature in features):
        lines += _names(component, [feature.name for feature in features if feature.component == component])
    if run.outcome is not None:
        lines += ["", "[outcome]", *_outcome(run.outcome)]
    return "\n".join(lines) + "\n"


def _names(key: str, names: Sequence[str]) -> Iterator[str]:
    """A list of names, one to a line, so that a person can take one out."""
    if names:
        yield f"{key} = ["
        yield from (f"    {value_of(name)}," for name in names)
        yield "]"


def _outcome(outcome: Outcome) -> Iterator[str]:
    yield f'kind = "recorded"                    # what was computed as {value_of(outcome.kind)}'
    yield f"source = {value_of(PANEL)}"
    yield f"gap_days = {outcome.gap_days}"
    yield f"horizon_days = {outcome.horizon_days}"
    yield f"maturity_days = {outcome.maturity}"
