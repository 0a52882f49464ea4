"""A sample of a large book: whole accounts at random, whatever became of them, and the result says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from company import copy_company
from healthscore.outcomes.snapshots import Snapshots
from healthscore.pipelines.sampling import Sample, drawn
from healthscore.pipelines.train import train


@pytest.fixture
def snapshots() -> Snapshots:
    """Five dates of 2,000 accounts: a tenth is not at risk, a fifth not known yet."""
    random = np.random.default_rng(1)
    shape = (5, 2000)
    label = np.where(random.random(shape) < 0.1, np.int8(1), np.int8(0))
    label[4] = -1
    return Snapshots(
        accounts=pa.array([f"a{number:04}" for number in range(2000)]),
        as_ofs=(10, 20, 30, 40, 50),
        status=np.where(random.random(shape) < 0.1, np.int8(2), np.int8(0)),
        label=label,
        exit_day=np.full(shape, -1, np.int32),
        value=np.broadcast_to(np.arange(2000.0), shape),
        known_from=np.full(shape, 60, np.int32),
    )


def test_a_book_that_fits_is_left_whole(snapshots: Snapshots) -> None:
    for most in (None, int(snapshots.labelled.sum())):
        found, sample = drawn(snapshots, most, seed=1)
        assert found is snapshots
        assert sample is None


def test_whole_accounts_fill_what_there_is_room_for(snapshots: Snapshots) -> None:
    found, sample = drawn(snapshots, 2000, seed=1)
    assert sample is not None
    assert sample == Sample(len(found.accounts), 2000, int(found.labelled.sum()), int(snapshots.labelled.sum()))
    assert 1996 <= sample.rows <= 2000  # an account has four known snapshots at most
    codes = found.value[0].astype(int)  # each is worth its number
    assert found.accounts.to_pylist() == [f"a{code:04}" for code in codes]
    assert (np.diff(codes) > 0).all()
    np.testing.assert_array_equal(found.label, snapshots.label[:, codes])
    np.testing.assert_array_equal(found.status, snapshots.status[:, codes])
    assert sample.sentence == (
        f"learned from a sample: {sample.accounts:,} of 2,000 accounts, drawn at random; "
        f"{sample.rows:,} of {sample.of_rows:,} snapshots with a known outcome"
    )


def test_those_who_left_are_as_likely_as_the_others(snapshots: Snapshots) -> None:
    rates = []
    for seed in range(200):
        found, _ = drawn(snapshots, 2000, seed)
        rates.append(found.label[found.labelled].mean())
    whole = snapshots.label[snapshots.labelled].mean()
    assert np.mean(rates) == pytest.approx(whole, abs=4 * np.std(rates) / np.sqrt(200))
    assert len(set(rates)) > 100


def test_the_same_seed_draws_the_same_accounts_whatever_became_of_them(snapshots: Snapshots) -> None:
    found, _ = drawn(snapshots, 2000, seed=3)
    turned = np.where(snapshots.label >= 0, 1 - snapshots.label, np.int8(-1))
    otherwise, _ = drawn(replace(snapshots, label=turned), 2000, seed=3)
    assert found.accounts == otherwise.accounts


def test_training_says_what_it_is_a_sample_of(company: Path, tmp_path: Path) -> None:
    said = '[model]\nmaximum_rows = 2000\nchoose = "logistic"'
    run = copy_company(company, tmp_path, "[model]", said, "refits = 10", "refits = 0")
    result = train(run).result
    sample = result["training"]["sample"]
    assert result["training"]["n"] == sample["rows"] <= 2000 < sample["of_rows"]
    assert sample["of_accounts"] == 600
    told = f"learned from a sample: {sample['accounts']} of 600 accounts"
    assert any(warning.startswith(told) for warning in result["warnings"])
