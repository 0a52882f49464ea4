"""Simulated books whose truth is known: additive by component, accounts seen at several as-of days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from healthscore.models.churn import ChurnSettings, fit_churn
from healthscore.models.churnmodel import ChurnModel
from healthscore.models.design import Design, Flags, Integers, Labels, Matrix, Vector, expit

DESIGN = Design(
    names=("logins 28d", "logins 84d", "users 28d", "nps", "days since reply", "tickets open", "noise"),
    components=("activity", "activity", "adoption", "satisfaction", "satisfaction", "support", "luck"),
    monotone=(-1, -1, 0, -1, 0, 1, 0),
)


@dataclass(frozen=True)
class Book:
    """Rows of several as-of days; `z` the true log-odds."""

    design: Design
    X: Matrix
    y: Labels
    day: Integers
    known: Integers
    z: Vector

    def where(self, rows: Flags) -> Book:
        return replace(self, X=self.X[rows], y=self.y[rows], day=self.day[rows], known=self.known[rows], z=self.z[rows])


def simulate(accounts: int = 600, days: int = 10, *, seed: int = 1, base: float = -2.2, seasons: float = 0.0) -> Book:
    """Latent engagement per account; counts, a survey with missing answers, a bend and a threshold in the truth."""
    rng = np.random.default_rng(seed)
    n = accounts * days
    engagement = np.repeat(rng.normal(size=accounts), days) * 0.8 + rng.normal(size=n) * 0.6
    logins = rng.poisson(np.exp(2.0 + engagement)).astype(float)
    longer = logins + rng.poisson(np.exp(2.8 + engagement))
    users = rng.poisson(np.exp(1.0 + 0.5 * engagement)).astype(float)
    nps = np.clip(np.round(7 + 1.5 * engagement + rng.normal(size=n) * 2), 0, 10)
    answered = rng.random(n) < 0.6
    reply = np.where(answered, rng.integers(0, 200, n), np.nan)
    tickets = rng.poisson(0.7, n).astype(float)
    day = np.tile(np.arange(days) * 30, accounts)
    z = base - 0.9 * (np.log1p(logins) - 2) + 0.5 * (users < 2) + 0.5 * np.minimum(tickets, 3) - 0.35
    z = z + np.where(answered, -0.25 * (nps - 7), 0.2) + seasons * rng.normal(size=days)[day // 30]
    y = (rng.random(n) < expit(z)).astype(np.int8)
    X = np.column_stack([logins, longer, users, np.where(answered, nps, np.nan), reply, tickets, rng.normal(size=n)])
    return Book(DESIGN, X, y, day, day + 60, z)


@pytest.fixture(scope="session")
def books() -> Callable[..., Book]:
    return simulate


@pytest.fixture(scope="session")
def book() -> Book:
    return simulate()


@pytest.fixture(scope="session")
def settings() -> ChurnSettings:
    return ChurnSettings(threads=1)


@pytest.fixture(scope="session")
def model(book: Book, settings: ChurnSettings) -> ChurnModel:
    return fit_churn(book.design, book.X, book.y, day=book.day, known=book.known, seed=1, settings=settings)
