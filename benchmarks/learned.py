"""How well models of the simulated company predict: of two workers beside one process, of samples beside everything.

All learn from what was known of the company by a day and predict its accounts from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from healthscore.config import load_run
from healthscore.evaluation.clustered import paired_difference
from healthscore.evaluation.metrics import METRICS
from healthscore.models.calibration import date_offsets
from healthscore.models.churn import Candidates, fit_candidates
from healthscore.models.churnmodel import ChurnModel
from healthscore.models.design import logit
from healthscore.models.distributed import regrown
from healthscore.models.workers import Workers, workers_at
from healthscore.pipelines.build import Book, build_book
from healthscore.pipelines.fitting import design_of, settings_of
from healthscore.pipelines.sampling import drawn
from healthscore.pipelines.simulate import simulate
from healthscore.tables import open_tables
from speed_page import Table

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
LATER_DATES = 3
SHARES = (0.05, 0.1, 0.2, 0.5, 1.0)
DRAWS = 3
"""Samples of each share: which accounts are drawn matters too."""
OTHER_BINS = 100
"""Instead of 127, in one process: how much a model differs for a reason that nobody would call a fault."""
CALLED = {"log_loss": "log-loss", "auc": "AUC"}
RESAMPLES = 1000


@dataclass(frozen=True)
class Company:
    """A simulated company: which rows were known by the day of the third last date, and which are of then and later."""

    book: Book
    past: Flags
    later: Flags

    @classmethod
    def simulated(cls, folder: Path, accounts: int, seed: int = 1) -> Company:
        """So many accounts of the subscription company, with the run that it is shipped with."""
        made = simulate("saas", accounts, seed, folder / f"saas{accounts}-{seed}")
        run = load_run(made.directory / "healthscore.toml")
        with open_tables(run) as tables:
            book = build_book(run, tables)
        labelled, day = book.label >= 0, book.panel.day
        origin = np.unique(day[labelled])[-LATER_DATES]
        return cls(book, labelled & (book.known_from <= origin), labelled & (day >= origin))

    def sample(self, rows: int, seed: int) -> Flags:
        """What training draws of the past by `maximum_rows`."""
        snapshots = self.book.snapshots
        label = np.full_like(snapshots.label, -1)
        label[snapshots.at_risk] = np.where(self.past, self.book.label, -1)
        found, _ = drawn(replace(snapshots, label=label), rows, seed)
        chosen = np.isin(snapshots.accounts.to_numpy(False), found.accounts.to_numpy(False))
        return np.asarray(self.past & chosen[self.book.panel.account])

    def fitted(self, rows: Flags, **booster: Any) -> Candidates:
        """Trees of one component each, by one process; `booster` replaces settings of theirs."""
        book = self.book
        learned = book.panel.X[rows], book.label[rows], book.panel.day[rows], book.known_from[rows]
        settings = settings_of(book.run)
        settings = replace(settings, booster=replace(settings.booster, **booster))
        return fit_candidates(design_of(book), *learned, seed=1, settings=settings, candidates=["additive"])

    def give(self, workers: Workers) -> None:
        """Let workers keep the whole past."""
        panel, y, rows = self.book.panel, self.book.label[self.past], self.past
        by_date = date_offsets(y, panel.day[rows].astype(np.int64), settings_of(self.book.run).calibration)
        workers.keep(panel.X[rows], y, float(logit(y.mean())) + by_date, panel.account[rows].astype(np.int64))

    def regrown(self, candidates: Candidates, rows: Flags, workers: Workers) -> ChurnModel:
        """What was fitted on these rows, with trees grown by workers on the whole past."""
        book = self.book
        sample = book.panel.X[rows], book.label[rows], book.panel.day[rows].astype(np.int64)
        return regrown(candidates.models["additive"], candidates, *sample, workers, settings_of(book.run))

    def predicted(self, model: ChurnModel) -> Floats:
        """Probabilities of the later rows."""
        return model.probability(self.book.panel.X[self.later], design_of(self.book).names)

    def metric(self, p: Floats, metric: str) -> float | None:
        """Of the later rows."""
        return METRICS[metric].function(self.book.label[self.later], p)

    def difference(self, p: Floats, other: Floats, metric: str) -> dict[str, float | None]:
        """A metric's difference between two predictions of the later rows, with its interval by account."""
        y, cluster = self.book.label[self.later], self.book.cluster[self.later]
        return vars(paired_difference(y, p, other, cluster, metric, resamples=RESAMPLES, seed=1))

    def counts(self, rows: Flags) -> dict[str, int]:
        """How many snapshots, and after how many of them an account left."""
        return {"rows": int(rows.sum()), "exits": int(self.book.label[rows].sum())}


def measure_quality(folder: Path, sizes: list[int]) -> dict[str, Any]:
    """Metrics of one process and how much those of two workers differ; the same size again is another company."""
    found = []
    for number, accounts in enumerate(sizes):
        company = Company.simulated(folder, accounts, seed=1 + sizes[:number].count(accounts))
        candidates = company.fitted(company.past)
        alone, trees = company.predicted(candidates.models["additive"]), candidates.tried["additive"].level
        otherwise = company.fitted(
            company.past, maximum_bins=OTHER_BINS, trees_tried=(trees,), trees_default=((0, trees),)
        )
        control = company.predicted(otherwise.models["additive"])
        with workers_at("local:2", threads=2) as workers:
            company.give(workers)
            shared = company.predicted(company.regrown(candidates, company.past, workers))
        told = {
            "accounts": accounts,
            "past": company.counts(company.past),
            "later": company.counts(company.later),
            "trees": trees,
            "metrics": {
                name: {
                    "alone": company.metric(alone, name),
                    "two_workers": company.difference(shared, alone, name),
                    "other_bins": company.difference(control, alone, name),
                }
                for name in CALLED
            },
        }
        found.append(told)
    return {"resamples": RESAMPLES, "other_bins": OTHER_BINS, "companies": found}


def measure_samples(folder: Path, accounts: int) -> dict[str, Any]:
    """Log-loss of samples, and of what was fitted on them with the trees grown on everything by two workers."""
    company = Company.simulated(folder, accounts)
    whole = company.predicted(company.fitted(company.past).models["additive"])
    found = {}
    with workers_at("local:2", threads=2) as workers:
        company.give(workers)
        for share in SHARES:
            draws = [
                company.sample(round(share * company.past.sum()), seed)
                for seed in range(1, DRAWS + 1 if share < 1 else 2)
            ]
            fits = [company.fitted(rows) for rows in draws]
            alone = [company.predicted(fit.models["additive"]) for fit in fits]
            shared = company.predicted(company.regrown(fits[0], draws[0], workers))
            found[str(share)] = {
                "draws": [company.counts(rows) for rows in draws],
                "trees": [fit.tried["additive"].level for fit in fits],
                "log_loss": [company.metric(p, "log_loss") for p in alone],
                "differences": [company.difference(p, whole, "log_loss") for p in alone],
                "shared": company.difference(shared, whole, "log_loss"),
            }
    return {"accounts": accounts, "later": company.counts(company.later), "resamples": RESAMPLES, "shares": found}


# --- the page --------------------------------------------------------------------------------------------------------


def quality_table(section: Mapping[str, Any]) -> Table:
    """Metrics of one process, and how much those of two workers differ, by accounts."""
    rows = []
    for company in section["companies"]:
        counts = (company["accounts"], *company["past"].values(), *company["later"].values())
        told = tuple(f"{count:,}" for count in counts)
        for name, metric in company["metrics"].items():
            rows.append(
                (
                    *told,
                    CALLED[name],
                    f"{metric['alone']:.5f}",
                    *map(interval, (metric["two_workers"], metric["other_bins"])),
                )
            )
    bins = f"{section['other_bins']} bins: more by"
    headings = (
        "accounts",
        "learned",
        "exits",
        "predicted",
        "exits",
        "metric",
        "one process",
        "two workers: more by",
        bins,
    )
    return Table(headings, rows)


def samples_table(section: Mapping[str, Any]) -> Table:
    """Log-loss by share of the accounts."""
    rows = []
    for share, found in section["shares"].items():
        first = found["draws"][0]
        estimates = [draw["estimate"] for draw in found["differences"]]
        rows.append(
            (
                f"{float(share):.0%}",
                f"{first['rows']:,}",
                f"{first['exits']:,}",
                f"{found['log_loss'][0]:.5f}",
                interval(found["differences"][0]) if float(share) < 1 else "-",
                ", ".join(f"{value:+.5f}" for value in estimates[1:]) or "-",
                interval(found["shared"]),
            )
        )
    headings = (
        "share",
        "learned",
        "exits",
        "log-loss",
        "more by",
        "of other draws",
        "trees of all by two workers: more by",
    )
    return Table(headings, rows)


def interval(found: Mapping[str, float]) -> str:
    """A difference and its interval; its sign and five decimals."""
    return f"{found['estimate']:+.5f} ({found['low']:+.5f} to {found['high']:+.5f})"
