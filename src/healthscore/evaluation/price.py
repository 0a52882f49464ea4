"""What a restriction of a model costs out of time, for the right to say exactly where its scores come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from healthscore.evaluation.clustered import Resamples
from healthscore.evaluation.proportions import Estimate


@dataclass(frozen=True)
class Price:
    """Figures of a restricted model against its free twin: above 0 where the restriction costs, below where it pays.

    Attributes
    ----------
    auc
        AUC given up: that of the free twin less that of the restricted model, paired by account.
    log_loss
        Log-loss added: that of the restricted model less that of the free twin, paired by account.
    standard_error
        Clustered standard error of the latter; None where not computable.
    """

    auc: Estimate
    log_loss: Estimate
    standard_error: float | None

    @property
    def noticeable(self) -> bool:
        """Whether the log-loss added is more than one clustered standard error: from there on a report gives it."""
        added, error = self.log_loss.estimate, self.standard_error
        return added is not None and error is not None and added > error

    @property
    def proven(self) -> bool | None:
        """Whether the restriction costs (True) or pays (False) log-loss; None where that could be chance."""
        return None if not self.log_loss.excludes(0.0) else bool((self.log_loss.estimate or 0.0) > 0.0)

    @property
    def in_ranking(self) -> bool:
        """Whether the restriction costs AUC, by more than chance explains."""
        return self.auc.excludes(0.0) and (self.auc.estimate or 0.0) > 0.0

    def as_dict(self) -> dict[str, Any]:
        """Give the price as plain numbers for JSON."""
        return {
            "auc": self.auc.as_dict(),
            "log_loss": self.log_loss.as_dict(),
            "standard_error": self.standard_error,
            "noticeable": self.noticeable,
            "proven": self.proven,
            "in_ranking": self.in_ranking,
        }


def price_of(resamples: Resamples, restricted: str, free: str) -> Price:
    """Price a restriction by two models that were judged on the same rows and resamples of accounts."""
    return Price(
        auc=resamples.interval(free, "auc", minus=restricted),
        log_loss=resamples.interval(restricted, "log_loss", minus=free),
        standard_error=resamples.standard_error(restricted, "log_loss", minus=free),
    )
