"""The purge where labels are known from days of their own: nothing that a fold learns from lies ahead (T9)."""

from __future__ import annotations

import random
from dataclasses import fields, replace

import numpy as np
import pyarrow as pa

from healthscore.config import Outcome
from healthscore.evaluation.folds import Fold, known_rows, plan_folds, walk_forward
from healthscore.outcomes.contracts import Contracts
from healthscore.outcomes.non_renewal import renewals
from healthscore.outcomes.snapshots import Label, Snapshots, Status
from healthscore.outcomes.spells import spells
from healthscore.tables.subscriptions import OPEN, Subscriptions

ACCOUNTS = 25


def random_terms(chance: random.Random) -> Subscriptions:
    """Terms of a year or less, one after the other, late, or not renewed."""
    rows = []
    for account in range(ACCOUNTS):
        start = chance.randint(0, 400)
        for _ in range(chance.randint(1, 4)):
            length = chance.choice([90, 182, 365])
            stays = chance.random() < 0.7
            end = start + length if stays else start + chance.randint(1, length)
            notice = OPEN if stays or chance.random() < 0.5 else chance.randint(start, end)
            rows.append((account, start, end, notice, start + length))
            start = end + chance.choice([0, 0, 0, 3, 20, 61])
    columns = np.array(rows, np.int32)
    return Subscriptions(
        accounts=ACCOUNTS,
        account=columns[:, 0],
        start=columns[:, 1],
        end=columns[:, 2],
        notice=columns[:, 3],
        renewal=columns[:, 4],
        known=columns[:, 1],
        end_known=columns[:, 2],
        notice_known=columns[:, 3],
        exit_type=np.full(len(rows), "", object),
        status=np.full(len(rows), "active", object),
        seats=np.full(len(rows), np.nan),
        value=np.full(len(rows), np.nan),
    )


def random_outcome(chance: random.Random) -> Outcome:
    """Lengths of an outcome."""
    grace = chance.choice([0, 14, 60])
    return Outcome(
        kind="non_renewal",
        source="subscriptions",
        gap_days=chance.choice([0, 7, 30]),
        horizon_days=chance.choice([60, 180, 365]),
        grace_days=grace,
        maturity_days=grace + chance.choice([0, 10]),
    )


def snapshots(held: Subscriptions, outcome: Outcome, days: list[int], data_end: int) -> Snapshots:
    """Renewals of the terms."""
    lives = spells(held, outcome.grace_days, outcome.date)
    status = np.full(len(held.account), Status.AT_RISK, np.int8)
    contracts = Contracts(held, lives, status, np.ones(len(lives.end), bool))
    return renewals(contracts, outcome, pa.array([str(n) for n in range(ACCOUNTS)]), days, data_end)


def as_recorded(held: Subscriptions, day: int) -> Subscriptions:
    """What a table held on the morning of a day: later starts are not in it, later ends and notices are not told."""
    there = held.start < day
    columns = {f.name: getattr(held, f.name)[there] for f in fields(held) if f.name != "accounts"}
    for name in ("end", "notice"):
        columns[name] = np.where(columns[name] < day, columns[name], OPEN).astype(np.int32)
    return replace(held, **columns)


def planned(found: Snapshots, data_end: int) -> list[Fold]:
    """Folds of these snapshots."""
    first = found.known_from.min(axis=1)
    return plan_folds(dict(zip(found.as_ofs, first.tolist(), strict=True)), data_end=data_end)


def test_a_fold_learns_only_from_renewals_that_were_over_at_its_origin_in_1000_random_configurations() -> None:
    chance = random.Random(9)
    learned = partly = 0
    for _ in range(1000):
        held, outcome = random_terms(chance), random_outcome(chance)
        days, data_end = sorted(chance.sample(range(100, 1500), 8)), chance.randint(600, 1700)
        found = snapshots(held, outcome, days, data_end)
        day = np.repeat(days, ACCOUNTS)
        usable = found.labelled.ravel()
        renewal = np.concatenate([held.next_renewal(t) for t in days])
        for fold in planned(found, data_end):
            rows = known_rows(fold, day, found.known_from.ravel()) & usable
            # The last day on which a contract could still have saved the renewal lies before the origin.
            assert (renewal[rows] + outcome.maturity < fold.test).all()
            assert (found.label.ravel()[usable & (day == fold.test)] != Label.IMMATURE).all()
            learned += int(rows.sum())
            partly += int((usable & np.isin(day, fold.train)).sum() - rows.sum())
    assert learned > 10_000
    assert partly > 1_000  # rows of training dates that were left out: the purge is by row


def test_what_a_fold_learns_could_be_read_from_the_tables_of_its_origin() -> None:
    chance = random.Random(10)
    learned = 0
    for _ in range(60):
        held, outcome = random_terms(chance), random_outcome(chance)
        days = sorted(chance.sample(range(100, 1500), 6))
        found = snapshots(held, outcome, days, 2500)
        day = np.repeat(days, ACCOUNTS)
        for fold in planned(found, 2500):
            then = snapshots(as_recorded(held, fold.test), outcome, days, fold.test)
            rows = known_rows(fold, day, found.known_from.ravel()) & (found.status.ravel() == Status.AT_RISK)
            assert np.array_equal(then.label.ravel()[rows], found.label.ravel()[rows])
            learned += int(rows.sum())
    assert learned > 1_000


def test_a_fixed_horizon_is_the_case_in_which_all_labels_of_a_date_are_known_together() -> None:
    days = [0, 31, 59, 90, 120]
    final = {day: day + 81 for day in days}
    by_rows = plan_folds(final, data_end=201)
    assert by_rows == walk_forward(days, gap=7, horizon=60, maturity=14, data_end=201)
    known_from = np.array(days) + 81
    for fold in by_rows:
        assert np.array(days)[known_rows(fold, np.array(days), known_from)].tolist() == list(fold.train)
