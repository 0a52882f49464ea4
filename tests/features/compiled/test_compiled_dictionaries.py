"""Codes by first appearance, against a Python dictionary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthscore.features.compiled import pairs as pairs_module
from healthscore.features.compiled.kernel import Integers, Texts, library
from healthscore.features.compiled.pairs import Pairs

pytestmark = pytest.mark.skipif(library() is None, reason="the compiled scan was not built: there is no C compiler")

LONG = st.integers(-(2**63), 2**63 - 1)


def codes_of(values: Sequence[Any]) -> tuple[list[int], list[Any]]:
    """Codes by first appearance (None: -1), and what has them."""
    known: dict[Any, int] = {}
    codes = [-1 if value is None else known.setdefault(value, len(known)) for value in values]
    return codes, list(known)


@given(st.lists(st.none() | st.integers(-3, 3) | LONG, max_size=3000), st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_integers_get_codes_by_first_appearance(values: list[int | None], cut: int) -> None:
    given_codes, keys = codes_of(values)
    dictionary = Integers()
    parts = [pa.array(part, pa.int64()) for part in (values[:cut], values[cut:])]
    assert np.concatenate([dictionary.encode(part) for part in parts]).tolist() == given_codes
    assert dictionary.keys().to_pylist() == keys
    assert len(dictionary) == len(keys)


@pytest.mark.parametrize("kind", [pa.int8(), pa.int32(), pa.uint32(), pa.uint64(), pa.int64()])
def test_integers_of_every_width_keep_their_values(kind: pa.DataType) -> None:
    largest = 2 ** (kind.bit_width - (0 if "uint" in str(kind) else 1)) - 1
    dictionary = Integers()
    assert dictionary.encode(pa.array([largest, None, 0, largest], kind)).tolist() == [0, -1, 1, 0]
    assert dictionary.keys().to_pylist() == [largest, 0]


def test_slices_of_arrays_are_read_where_they_begin() -> None:
    numbers, texts = pa.array([9, 7, None, 8, 7])[1:], pa.array(["x", "aa", None, "", "aa"])[1:]
    assert Integers().encode(numbers).tolist() == [0, -1, 1, 0]
    assert Texts().encode(texts).tolist() == [0, -1, 1, 0]


@given(st.lists(st.none() | st.sampled_from(["", "a", "b", "12345678", "123456789"]) | st.text(), max_size=400))
@settings(max_examples=60, deadline=None)
def test_texts_get_codes_by_first_appearance(values: list[str | None]) -> None:
    given_codes, keys = codes_of(values)
    dictionary = Texts()
    assert dictionary.encode(pa.array(values, pa.string())).tolist() == given_codes
    assert dictionary.keys().to_pylist() == keys
    assert dictionary.keys(since=1).to_pylist() == keys[1:]


def test_a_dictionary_grows_as_far_as_it_must() -> None:
    numbers = np.random.default_rng(3).integers(0, 50_000, 200_000)
    texts = pa.array([f"name {n}" for n in numbers])
    expected = codes_of(numbers.tolist())[0]
    assert Integers().encode(pa.array(numbers)).tolist() == expected
    assert Texts().encode(texts).tolist() == expected


@pytest.mark.parametrize("most", [1 << 25, 1 << 18, 0])
def test_pairs_get_codes_by_first_appearance_in_a_table_or_hashed(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that has become too large is left in the middle of the rows, and every pair keeps its code."""
    monkeypatch.setattr(pairs_module, "MOST_PLACES", most)
    chance = np.random.default_rng(5)
    high = (chance.integers(-1, 5000, 30_000) * np.linspace(0, 1, 30_000)).astype(np.int32)
    low = chance.integers(-1, 90, 30_000).astype(np.int32)
    both = [None if -1 in pair else pair for pair in zip(high.tolist(), low.tolist(), strict=True)]
    expected, keys = codes_of(both)
    dictionary = Pairs()
    found = [dictionary.encode(high[i : i + 7000], low[i : i + 7000]) for i in range(0, 30_000, 7000)]
    assert np.concatenate(found).tolist() == expected
    assert list(zip(*(half.tolist() for half in dictionary.halves()), strict=True)) == keys
    assert len(dictionary) == len(keys)


def test_nothing_has_no_codes() -> None:
    assert Integers().keys().to_pylist() == []
    assert Texts().keys().to_pylist() == []
    assert Integers().encode(pa.array([], pa.int64())).tolist() == []
    assert Texts().encode(pa.array([], pa.string())).tolist() == []
    assert [half.tolist() for half in Pairs().halves()] == [[], []]
