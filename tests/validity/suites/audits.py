"""T34 and the audit: is a good score left alone, a broken one found, and drift called drift where there is some?

The published score is a logistic regression on the sub-scores, fitted once on what was final at a split day: as much of
a model as the audit can see, which reads points and probabilities and never features.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial

import numpy as np
import pandas as pd

from healthscore.evaluation.clustered import intervals
from healthscore.evaluation.drift import moves
from healthscore.evaluation.expected import expected_figures
from healthscore.evaluation.metrics import auc
from healthscore.evaluation.multiple import holm
from healthscore.models.design import Vector, expit
from healthscore.models.newton import fit_bounded_logistic
from healthscore.models.weights.rows import WeightRows
from healthscore.pipelines.auditing.evidence import evidence_from, log_odds_of_staying, slope_test
from healthscore.pipelines.auditing.treated import HELD_OUT, TREATED, UNTREATED, group_spans
from healthscore.pipelines.auditing.verdict import DISTRUST, KEEP, RETRAIN, decide
from healthscore.tables.simulator import WORLDS
from healthscore.tables.simulator.company import Company, simulate_company
from healthscore.tables.simulator.timeline import Timeline
from healthscore.tables.simulator.truth import LEFT, UNKNOWN, monthly_snapshots
from validity.lines import Line, share_line
from validity.suite import SIMULATION, Outcome, Suite
from validity.worlds import FIRST_SEED, SUBSCORE_WORLDS

ACCOUNTS = 3_400
LEARNED = 0.5
"""Part of the dates that the score is learned from."""
DRIFT_ACCOUNTS, DRIFT_COLUMNS, DRIFT_SHIFT = 500, 40, 0.3
JUDGES = (
    *SIMULATION,
    "evaluation",
    "models/weights/fit.py",
    "models/weights/validated.py",
    "models/newton.py",
    "pipelines/auditing/evidence.py",
    "pipelines/auditing/verdict.py",
    "pipelines/auditing/treated.py",
    "validity:suites/audits.py",
)
TRUTH_ACCOUNTS = 20_000


def fitted(s: np.ndarray, y: np.ndarray) -> Vector:
    """Intercept and coefficients of the logit on sub-scores, with no more ridge than keeps them finite."""
    X = np.column_stack([np.ones(len(s)), s])
    return fit_bounded_logistic(
        lambda: [(X, y)],
        np.zeros(X.shape[1]),
        penalty=np.r_[0.0, np.full(s.shape[1], 1e-6)],
        centre=np.zeros(X.shape[1]),
        lower=np.full(X.shape[1], -np.inf),
        upper=np.full(X.shape[1], np.inf),
    )


def published(
    world: str, accounts: int, number: int, *, seen_after: str | None = None
) -> tuple[WeightRows, Vector, int]:
    """A score learned early and published later: its points and probabilities, and the exits that it learned from.

    `seen_after` shuffles the accounts' points among each other after the split: a source that says nothing any more.
    """
    rows = SUBSCORE_WORLDS[world].draw(accounts, number)
    days = np.unique(rows.day)
    split = int(days[int(len(days) * LEARNED)])
    learned, later = rows.where(rows.known <= split), rows.where(rows.day >= split)
    b = fitted(learned.s, learned.y)
    s = later.s
    if seen_after == "shuffled":
        s = np.random.default_rng(number).permutation(s)
    points = -b[1:] * s
    rows = WeightRows(later.components, points, later.y, later.day, later.known, later.cluster)
    return rows, expit(b[0] - points.sum(axis=1)), learned.exiting


def measure_verdict(world: str, seen_after: str | None, number: int) -> Outcome:
    """Audit a published score: the verdict, and which promises are shown to be broken."""
    rows, p, learned = published(world, ACCOUNTS, number, seen_after=seen_after)
    evidence = evidence_from(rows, p, learned)
    figures = intervals(rows.y, {"score": p}, rows.cluster, ["auc"], resamples=200, seed=number)["score"]
    broken = [name for name, test in evidence.tests.items() if test.broken]
    return {
        "exits": evidence.exits,
        "learned": learned,
        "verdict": decide(evidence, figures["auc"]),
        "broken": broken,
    }


def stationary_lines(said: Sequence[Outcome]) -> list[Line]:
    """Count verdicts other than keep where nothing changed."""
    exits = _exits(said)
    return [
        share_line("T90", f"false verdict retrain or do not trust, nothing has changed ({exits})",
                   [one["verdict"] in (RETRAIN, DISTRUST) for one in said], high=0.05),
        share_line("T90", f"any false verdict, nothing has changed ({exits})",
                   [one["verdict"] != KEEP for one in said], high=0.10),
    ]  # fmt: skip


def drifted_lines(said: Sequence[Outcome]) -> list[Line]:
    """Count verdicts where two components trade places."""
    shows = f"told to retrain, two components trade places ({_exits(said)})"
    return [share_line("T90", shows, [one["verdict"] == RETRAIN for one in said])]


def broken_lines(said: Sequence[Outcome]) -> list[Line]:
    """Count verdicts where points say nothing any more."""
    shows = f"not trusted or told to retrain, the score ranks nobody any more ({_exits(said)})"
    return [share_line("T90", shows, [one["verdict"] in (DISTRUST, RETRAIN) for one in said], low=0.95)]


def _exits(said: Sequence[Outcome]) -> str:
    audited, learned = (np.mean([one[key] for one in said]) for key in ("exits", "learned"))
    return f"{audited:,.0f} exits, learned from {learned:,.0f}"


def measure_promise(number: int) -> Outcome:
    """Compare the figures that true probabilities promise with those that came."""
    rows, p, _ = published("additive", ACCOUNTS, number)
    random = np.random.default_rng(number)
    fate = random.random(int(rows.cluster.max()) + 1)[rows.cluster]
    y = (fate < p).astype(np.int8)
    said = expected_figures(p, rows.day, rows.cluster, draws=400, seed=number)
    came = {"auc": auc(y, p), "exits": float(y.sum())}
    return {name: {**getattr(said, name).as_dict(), "came": figure} for name, figure in came.items()}


def promise_lines(said: Sequence[Outcome]) -> list[Line]:
    """Count how often what came lay in what was promised."""
    return [
        share_line(
            "T91",
            f"{name} lies in the range that calibrated probabilities promise",
            [one[name]["low"] <= one[name]["came"] <= one[name]["high"] for one in said],
            low=0.90,
            high=0.99,
        )
        for name in ("auc", "exits")
    ]


def measure_drift(shift: float, number: int) -> Outcome:
    """Compare two dates half a year apart: columns of every kind, four fifths of the accounts at both."""
    random = np.random.default_rng(FIRST_SEED + number)
    n, stay = DRIFT_ACCOUNTS, int(0.8 * DRIFT_ACCOUNTS)
    account = np.r_[np.arange(n), np.arange(n - stay, 2 * n - stay)]
    later = np.arange(2 * n) >= n
    itself = random.normal(size=(2 * n - stay, DRIFT_COLUMNS))
    X = 0.8 * itself[account] + 0.6 * random.normal(size=(2 * n, DRIFT_COLUMNS))
    X[later, 0] += shift
    for column in range(DRIFT_COLUMNS):
        X[:, column] = _KINDS[column % len(_KINDS)](X[:, column], random)
    found = moves(list(X.T), later, account, draws=4_000, seed=number)
    shown = holm({i: one.chance for i, one in enumerate(found) if one.chance is not None})
    return {
        "any": any(shown.values()),
        "planted": shown.get(0, False),
        "others": sum(shown.values()) - shown.get(0, False),
    }


_KINDS = (
    lambda x, random: x,
    lambda x, random: np.floor(np.exp(x)),
    lambda x, random: (x > 1.5).astype(float),
    lambda x, random: np.floor(3.0 * np.maximum(x, 0.0)),
    lambda x, random: np.where(random.random(len(x)) < 0.1, np.nan, x),
    lambda x, random: (x > 2.5).astype(float),
    lambda x, random: np.exp(2.0 * x),
    lambda x, random: np.where(random.random(len(x)) < 0.9, np.nan, x),
)
"""Measurements, counts, yes or no, what is rare, skewed, or often missing."""


def quiet_lines(said: Sequence[Outcome]) -> list[Line]:
    """Count false alarms."""
    shows = f"some of {DRIFT_COLUMNS} features called moved, none did ({DRIFT_ACCOUNTS} accounts a date)"
    return [share_line("T92", shows, [one["any"] for one in said], high=0.09)]


def moved_lines(said: Sequence[Outcome]) -> list[Line]:
    """Count how often the planted move was found."""
    shows = f"a move by {DRIFT_SHIFT:g} standard deviations found among {DRIFT_COLUMNS} features"
    return [share_line("T92", shows, [one["planted"] for one in said])]


@cache
def untreated_truth() -> Vector:
    """The logit of leaving on the states where nobody is treated, from a large sample of the same company."""
    company = simulate_company(WORLDS["additive"], TRUTH_ACCOUNTS, Timeline(WORLDS["additive"].months), 1)
    _, _, state, outcome = monthly_snapshots(company)
    known = outcome != UNKNOWN
    return fitted(state[known], (outcome[known] == LEFT).astype(np.int8))


def measure_treated(number: int) -> Outcome:
    """Slope of the true score among all, untreated and treated accounts, and the rates of both arms of the lot."""
    recipe = WORLDS["interventions"]
    company = simulate_company(recipe, ACCOUNTS, Timeline(recipe.months), FIRST_SEED + number)
    account, day, state, outcome = monthly_snapshots(company)
    known = outcome != UNKNOWN
    account, day, state, y = account[known], day[known], state[known], (outcome[known] == LEFT).astype(np.int8)
    b = untreated_truth()
    group = group_spans(account, day, _until(company, account, day), _actions(company))
    p = expit(b[0] + state @ b[1:])
    rows = WeightRows(("log_odds",), log_odds_of_staying(p), y, day, day, account)
    slopes = {}
    for name, chosen in {"all": np.ones(len(y), bool), **{g: group == g for g in (UNTREATED, TREATED)}}.items():
        slopes[name] = slope_test(rows.where(chosen)).figure.as_dict()
    rates = {arm: float(y[group == arm].mean()) for arm in (TREATED, HELD_OUT)}
    return {"slopes": slopes, "rates": rates}


def _actions(company: Company) -> pd.DataFrame:
    account, day, _ = company.actions
    arm = np.where(company.held_out[account], HELD_OUT, TREATED)
    return pd.DataFrame({"account_id": account, "date": day, "arm": arm})


def _until(company: Company, account: np.ndarray, day: np.ndarray) -> np.ndarray:
    """End of the window of each row, or the day on which the account decided to leave."""
    recipe, lives = company.recipe, company.lives
    last = day + recipe.gap_days + recipe.horizon_days
    gone = pd.DataFrame({"account": lives.account, "decided": lives.decided})[np.asarray(lives.cause) >= 0]
    spans = pd.DataFrame({"account": account, "place": np.arange(len(account)), "day": day, "last": last})
    met = spans.merge(gone, on="account")
    met = met[(met["decided"] >= met["day"]) & (met["decided"] < met["last"])]
    until: np.ndarray = last.copy()
    np.minimum.at(until, met["place"].to_numpy(), met["decided"].to_numpy())
    return until


def treated_lines(said: Sequence[Outcome]) -> list[Line]:
    """Count how often the untreated show the slope 1 that the true score has."""
    holds = {name: [_holds_one(one["slopes"][name]) for one in said] for name in ("all", UNTREATED)}
    return [
        share_line("T34", "interval of the slope among untreated accounts holds 1", holds[UNTREATED], low=0.90),
        share_line("T34", "interval of the slope among all accounts holds 1, for comparison", holds["all"]),
        share_line("T34", "fewer left among the treated than among those held out by lot",
                   [one["rates"][TREATED] < one["rates"][HELD_OUT] for one in said]),
    ]  # fmt: skip


def _holds_one(slope: Outcome) -> bool:
    return slope["low"] is not None and bool(slope["low"] <= 1.0 <= slope["high"])


SUITES = (
    Suite("T34 interventions", measure_treated, treated_lines, JUDGES),
    Suite("T90 audit stationary", partial(measure_verdict, "additive", None), stationary_lines, JUDGES),
    Suite("T90 audit drift", partial(measure_verdict, "drift", None), drifted_lines, JUDGES),
    Suite("T90 audit broken", partial(measure_verdict, "additive", "shuffled"), broken_lines, JUDGES),
    Suite("T91 audit promise", measure_promise, promise_lines, JUDGES),
    Suite("T92 drift null", partial(measure_drift, 0.0), quiet_lines, JUDGES),
    Suite("T92 drift planted", partial(measure_drift, DRIFT_SHIFT), moved_lines, JUDGES),
)
