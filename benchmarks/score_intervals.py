"""How often the interval of a score holds what it should: companies of the same simulated world, each with its model.

    python benchmarks/score_intervals.py --accounts 800 --companies 16 --large 6000

Every company learns a model and its refits; all of them score the accounts of one more company. Printed are the shares
of intervals (nominal: 95 %) that hold the mean score by the other companies' models, and the score by the model of a
large company, and how the refits' spread compares with that among companies.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from healthscore.config import load_run
from healthscore.models.bundle import Bundle
from healthscore.models.churn import fit_candidates
from healthscore.pipelines.build import Book, build_book
from healthscore.pipelines.fitting import design_of, freeze, settings_of
from healthscore.pipelines.progress import silent
from healthscore.pipelines.simulate import simulate
from healthscore.pipelines.uncertainty import refits_of
from healthscore.pipelines.walk import exiting_accounts
from healthscore.tables import open_tables

Floats = NDArray[np.float64]
SCORED, LARGE, FIRST = 777, 4242, 1000
"""Seeds: of the company whose accounts are scored, of the large one, and of the first that learns."""


@dataclass(frozen=True)
class Told:
    """What one company's model says of the accounts that are scored: log-odds, and half of each interval; (n,)."""

    score: Floats
    half: Floats
    spread: Floats
    exits: int


def book_of(accounts: int, seed: int) -> Book:
    """Simulate a company and read it as its shipped run does."""
    with tempfile.TemporaryDirectory() as directory:
        made = simulate("saas", accounts, seed, Path(directory))
        run = load_run(made.directory / "healthscore.toml")
        with open_tables(run) as tables:
            return build_book(run, tables)


def learned(book: Book, refits: bool) -> tuple[Bundle, int]:
    """The blend of a company, with its refits or without, and how many of its accounts left."""
    rows = np.flatnonzero(book.label >= 0)
    panel, settings = book.panel, settings_of(book.run)
    fitted = fit_candidates(
        design_of(book),
        panel.X[rows],
        book.label[rows],
        panel.day[rows],
        book.known_from[rows],
        seed=book.run.seed,
        settings=settings,
        candidates=["blend"],
    )
    bundle = freeze(book, fitted.models["blend"], rows)
    made = refits_of(book, bundle, rows, fitted, silent) if refits else None
    return Bundle(bundle.model, bundle.scale, refits=made), exiting_accounts(book, rows)


def told_by(book: Book, X: Floats, names: list[str]) -> Told:
    """Score accounts by a company's model."""
    bundle, exits = learned(book, refits=True)
    if bundle.refits is None:
        raise ValueError("the shipped run asks for refits")
    score, spread = bundle.model.held_logit(X, names), bundle.refits.spread(X, names)
    return Told(score, bundle.refits.half_widths(X, names), spread, exits)


def show(said: list[Told], large: Floats) -> None:
    """Print the shares so far."""
    score, half, spread = (np.array([getattr(one, name) for one in said]) for name in ("score", "half", "spread"))
    others = (score.sum(axis=0) - score) / (len(said) - 1)
    among = np.sqrt(score.var(axis=0, ddof=1).mean())
    print(
        f"{len(said)} companies, {np.mean([one.exits for one in said]):.0f} exiting accounts each: "
        f"mean of the others in {(np.abs(score - others) <= half).mean():.1%}, "
        f"large company in {(np.abs(score - large) <= half).mean():.1%}, "
        f"spread of refits / among companies {np.sqrt((spread**2).mean()) / among:.2f}",
        flush=True,
    )


def main() -> None:
    """Measure, and print after every company."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--accounts", type=int, default=800)
    parser.add_argument("--companies", type=int, default=16)
    parser.add_argument("--large", type=int, default=6000)
    asked = parser.parse_args()
    scored = book_of(500, SCORED)
    X = scored.panel.X[scored.panel.day == scored.panel.day.max()]
    names = [feature.name for feature in scored.panel.features]
    large = learned(book_of(asked.large, LARGE), refits=False)[0].model.held_logit(X, names)
    said: list[Told] = []
    for number in range(asked.companies):
        said.append(told_by(book_of(asked.accounts, FIRST + number), X, names))
        if number:
            show(said, large)


if __name__ == "__main__":
    main()
