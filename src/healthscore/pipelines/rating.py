"""Who scores, known before anything is computed, and the scores that it makes of opened tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from healthscore.config import Run, Scorecard, load_scorecard
from healthscore.errors import ConfigurationError
from healthscore.features.ready import panel_features
from healthscore.models.bundle import load
from healthscore.pipelines.bundles import find_bundle, refuse_gain, same_features, same_outcome
from healthscore.pipelines.cardscore import named, rate_by_card
from healthscore.pipelines.growth.learning import GROWTH
from healthscore.pipelines.growth.scoring import find_growth
from healthscore.pipelines.modelscore import rate_by_model
from healthscore.pipelines.progress import Progress
from healthscore.pipelines.registry.store import digest_of_bundle
from healthscore.pipelines.scoretable import Rated
from healthscore.tables import Tables

if TYPE_CHECKING:
    from healthscore.models.bundle import Bundle


@dataclass(frozen=True)
class Scorer:
    """A model or a scorecard that is about to score.

    Attributes
    ----------
    run
        The run, with the scorecard where one scores.
    by
        Identity of the model's training, or the scorecard's name.
    bundle
        The model; None where a scorecard scores.
    read
        What is read beside the sources: the model's directory, and that of its model of growth.
    """

    run: Run
    by: str
    bundle: Bundle | None
    read: Mapping[str, Path]

    @property
    def card(self) -> str | None:
        """Name of the scorecard; None where a model scores."""
        return None if self.bundle is not None or self.run.scorecard is None else self.run.scorecard.name

    @property
    def described(self) -> dict[str, Any]:
        """What tells this scorer from all others: versions of one training may lie on different score scales."""
        return {"model": self.by, **{name: digest_of_bundle(directory) for name, directory in self.read.items()}}

    def refuse_others(self, tables: Tables) -> None:
        """Refuse a model whose features are not those that the run measures, before any is computed."""
        names = [feature.name for feature in panel_features(self.run, tables)]
        if self.bundle is not None:
            same_features(self.bundle, self.run, self.read["bundle"], names)

    def rate(
        self, tables: Tables, as_of: date, progress: Progress, told: Sequence[str] = (), only: Sequence[str] = ()
    ) -> Rated:
        """Score the accounts of the opened tables at the date; those of `told` are told by feature in any case.

        Where `only` names accounts, a model scores these alone.
        """
        if self.bundle is None:
            return rate_by_card(self.run, tables, as_of, progress)
        return rate_by_model(self.run, tables, as_of, self.bundle, self.read["bundle"], progress, told, only)


def scorer_of(run: Run, model: str | Path | None, scorecard: Scorecard | str | Path | None) -> Scorer:
    """The scorecard where one is given, else the model, the champion or the newest where none is named.

    Raises
    ------
    BundleError
        There is no bundle, it is damaged, or predicts something else than the run asks for.
    ConfigurationError
        Both were given; there is no such scorecard; the run's outcome is a gain and a model scores.
    """
    if scorecard is not None:
        if model is not None:
            raise ConfigurationError("a model and a scorecard were both given", "name the one that is to score")
        card = scorecard if isinstance(scorecard, Scorecard) else load_scorecard(scorecard)
        return Scorer(run.model_copy(update={"scorecard": card}), named(card), None, {})
    refuse_gain(run)
    directory = find_bundle(run, model)
    bundle = load(directory, threads=run.threads)
    same_outcome(bundle, run, directory)
    by = str(bundle.metadata.get("identity", ""))
    growth = None if run.growth is None else find_growth(run, directory, by)
    return Scorer(run, by, bundle, {"bundle": directory} | ({} if growth is None else {GROWTH: growth}))
