"""Diagnostics of a backtest: the price of additivity, the calibration beside others, and rates that moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from healthscore.evaluation.clustered import resample
from healthscore.evaluation.prevalence import rate_shift
from healthscore.evaluation.price import Price, price_of
from healthscore.evaluation.proportions import NOT_COMPUTABLE, Estimate, rate
from healthscore.outcomes.snapshots import Label
from healthscore.pipelines.build import iso
from healthscore.pipelines.judge import Judge
from healthscore.pipelines.rates import TELLING_EXITS, is_jump
from healthscore.pipelines.walk import folds_of, training_rows
from healthscore.pipelines.wording import day_text, figure, listed, percent, plural

TITLES = {"beta": "beta", "isotonic": "isotonic", "venn_abers": "Venn-Abers"}
CONFIDENCE = 0.95


def diagnosis(judge: Judge) -> dict[str, Any]:
    """The diagnostic sections of a backtest's result."""
    return {
        "price_of_additivity": price_section(judge),
        "calibration": calibration_section(judge),
        "prevalence": prevalence_section(judge),
    }


def price_section(judge: Judge) -> dict[str, Any]:
    """What it costs that every tree looks at one component only; figures above 0 are the price."""
    price = price_of(judge.resamples, restricted="additive", free="unconstrained")
    return {**price.as_dict(), "sentence": price_sentence(price)}


def price_sentence(price: Price) -> str:
    """The price in one line, with the word that its interval allows."""
    if price.log_loss.estimate is None:
        return "Price of additivity: not computable."
    loss, auc = figure(price.log_loss.as_dict(), digits=4), figure(price.auc.as_dict(), digits=3)
    return (
        f"Price of additivity: {_priced(price)}. One component per tree adds {loss} to the log-loss of free trees and "
        f"takes {auc} off their AUC."
    )


def _priced(price: Price) -> str:
    if price.proven is not None:
        return "there is one, by more than chance explains" if price.proven else "none, free trees predict worse"
    if price.in_ranking:
        return "none shown but in the ranking"
    return "more than one standard error, which could be chance" if price.noticeable else "none shown"


def calibration_section(judge: Judge) -> dict[str, Any]:
    """How honest the chosen model's probabilities were date by date, and what other calibrations had changed.

    `others` are log-losses minus the model's own, paired, on the dates where they could be learned (`n` rows).
    """
    compared = _compared(judge)
    others: dict[str, Estimate] = {}
    if compared.any():
        y, cluster = judge.y[compared], judge.cluster[compared]
        own = judge.walk.probability[judge.chosen][compared]
        probability = {"own": own, **{name: p[compared] for name, p in judge.walk.recalibrated.items()}}
        report, seed = judge.book.run.report, judge.book.run.seed
        found = resample(y, probability, cluster, ["log_loss"], resamples=report.resamples, seed=seed)
        others = {name: found.interval(name, "log_loss", minus="own") for name in judge.walk.recalibrated}
    return {
        "n": int(compared.sum()),
        "origins": list(_origins(judge)),
        "others": others,
        "sentence": calibration_sentence(others),
    }


def _compared(judge: Judge) -> NDArray[np.bool_]:
    """Rows for which every other calibration could be learned."""
    known = [~np.isnan(p) for p in judge.walk.recalibrated.values()]
    return np.logical_and.reduce(known) if known else np.zeros(len(judge.y), dtype=np.bool_)


def _origins(judge: Judge) -> Iterator[dict[str, Any]]:
    """Calibration in the large and slope per date, with intervals by account; no slope of a few exits."""
    p = judge.walk.probability[judge.chosen]
    for day in np.unique(judge.day).tolist():
        inside = judge.day == day
        observed = rate(judge.y[inside], judge.cluster[inside])
        expected = float(p[inside].sum())
        yield {
            "as_of": iso(day),
            "n": int(observed.n),
            "events": int(observed.events),
            "expected": expected,
            # The probabilities are given; of the outcomes, a date without any exit is no proof of zero.
            "observed_expected": observed.rate.times(observed.n / expected),
            "calibration_slope": _slope(judge, inside),
        }


def _slope(judge: Judge, inside: NDArray[np.bool_]) -> Estimate:
    y, name = judge.y[inside], "calibration_slope"
    if min(y.sum(), len(y) - y.sum()) < TELLING_EXITS:
        return NOT_COMPUTABLE
    report, seed = judge.book.run.report, judge.book.run.seed
    p = {judge.chosen: judge.walk.probability[judge.chosen][inside]}
    found = resample(y, p, judge.cluster[inside], [name], resamples=report.resamples, seed=seed)
    return found.interval(judge.chosen, name)


def calibration_sentence(others: Mapping[str, Estimate]) -> str:
    """Other calibrations in one line; `others` as in the section."""
    if not others:
        return "Other calibrations: too few outcomes were known before the dates to learn any."
    better = [
        f"{TITLES[name]} by {figure(one.times(-1.0).as_dict(), digits=4)} of log-loss"
        for name, one in others.items()
        if one.high is not None and one.high < 0.0
    ]
    verdict = f"better than the model's own are {listed(better)}" if better else "none is shown better"
    return f"Other calibrations learned at each date ({', '.join(TITLES[name] for name in others)}): {verdict}."


def prevalence_section(judge: Judge) -> dict[str, Any]:
    """The rate of every date against that of the rows its model learned from.

    `shifted` where the interval of the difference leaves out 0; the intervals of all dates hold together with 95 %
    (Bonferroni), because some date of many is odd by chance. `jumped` where the rate is more than three times that of
    training or of the date before, or less than a third.
    """
    book = judge.book
    folds = {fold.test: fold for fold in folds_of(book)}
    days = np.unique(judge.day).tolist()
    level = 1.0 - (1.0 - CONFIDENCE) / len(days)
    sections: list[dict[str, Any]] = []
    for day in days:
        trained, tested = training_rows(book, folds[day]), judge.walk.rows[judge.day == day]
        rows = np.concatenate([trained, tested])
        y = book.label[rows] == Label.EXITED
        later = np.arange(len(rows)) >= len(trained)
        shift = rate_shift(y, later, book.cluster[rows], level=level)
        share, training = shift.after.estimate or 0.0, shift.before.estimate or 0.0
        known = [(training, len(trained)), *((one["rate"], one["n"]) for one in sections[-1:])]
        sections.append(
            {
                "as_of": iso(day),
                "n": len(tested),
                "events": int(y[later].sum()),
                "rate": share,
                "training": training,
                "difference": shift.difference,
                "shifted": shift.difference.excludes(0.0),
                "jumped": any(jumped(share, len(tested), *other) for other in known),
            }
        )
    return {
        "confidence": CONFIDENCE,
        "origins": sections,
        "sentence": prevalence_sentence(str(judge.words["did"]), sections),
    }


def jumped(rate: float, n: int, other: float, rows: int) -> bool:
    """Whether two rates differ threefold where that tells: at the higher, the smaller would see ten exits."""
    return is_jump(rate, other, round(max(rate, other) * min(n, rows)))


def prevalence_sentence(did: str, sections: list[dict[str, Any]]) -> str | None:
    """What became of the rate, where it moved; None where it is not shown to have."""
    moved = [one for one in sections if one["shifted"] or one["jumped"]]
    if not moved:
        return None
    far = max(moved, key=lambda one: abs(one["rate"] - one["training"]))
    where = f" on {len(moved)} of {plural(len(sections), 'date')}" if len(sections) > 1 else ""
    jumps = sum(one["jumped"] for one in moved)
    more = f", {jumps} of them more than threefold" if jumps else ""
    return (
        f"the share that {did} moved{where}{more}: {percent(far['rate'])} after "
        f"{day_text(far['as_of'])}, {percent(far['training'])} on the dates learned from; "
        "probabilities follow such a move only as far as the past showed it"
    )
