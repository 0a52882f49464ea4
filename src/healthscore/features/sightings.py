"""Sightings: in which segments an account's actor, or name, was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from healthscore.asof import WORD_BITS
from healthscore.tables import Tables
from healthscore.tables.segmented import SegmentedSource, sorted_by_account


@dataclass(frozen=True)
class Sightings:
    """In which segments an account's actor (or name) was seen, sorted by account.

    Attributes
    ----------
    account, pair, late, gone
        Shape (rows,): account code; number of the (account, thing) pair, rising with the account; as in `Cells`.
    words
        int64, shape (rows, words): bit b of word k is segment k * 62 + b.
    """

    account: NDArray[np.int32]
    pair: NDArray[np.int64]
    late: NDArray[np.int32]
    gone: NDArray[np.int32]
    words: NDArray[np.int64]


def query_sightings(tables: Tables, rows: SegmentedSource, filters: Mapping[int, str], thing: str) -> pa.Table:
    """Sightings of a thing among the rows that meet each of the conditions `filters`, by signal: one query."""
    words = range(-(-len(rows.segments) // WORD_BITS))
    columns = []
    for i, condition in filters.items():
        given = "" if condition == "TRUE" else f" FILTER (WHERE {condition})"
        columns += [f"bit_or(d._word_{k}){given} AS w_{i}_{k}" for k in words]
    asked = "" if "TRUE" in filters.values() else f" AND ({' OR '.join(filters.values())})"
    return tables.engine.query(
        f"SELECT {rows.key('account_id')} AS account_id, {rows.key(thing)} AS thing, {rows.late} AS late, "
        f"{rows.gone} AS gone, {', '.join(columns)} FROM {rows.tables} "
        f"AND {rows.key(thing)} IS NOT NULL{asked} GROUP BY 1, 2, 3, 4"
    )


def sightings_of(
    found: pa.Table, asking: Sequence[int], rows: SegmentedSource, accounts: pa.Array
) -> dict[int, Sightings]:
    """The sightings of the signals `asking` in what `query_sightings` found."""
    words = range(-(-len(rows.segments) // WORD_BITS))
    code, order = sorted_by_account(found, accounts)
    late, gone = (found[name].to_numpy()[order].astype(np.int32) for name in ("late", "gone"))
    pair = _pairs(code, found["thing"], order) if rows.split else np.arange(len(code), dtype=np.int64)
    result = {}
    for i in asking:
        bits = np.stack([pc.fill_null(found[f"w_{i}_{k}"], 0).to_numpy()[order] for k in words], axis=1, dtype=np.int64)
        some = slice(None) if len(asking) == 1 else np.flatnonzero(bits.any(axis=1))
        result[i] = Sightings(code[some], pair[some], late[some], gone[some], bits[some])
    return result


def _pairs(code: NDArray[np.int32], thing: pa.ChunkedArray, order: NDArray[np.int64]) -> NDArray[np.int64]:
    """One number per (account, thing): the same for its row that was on time, those that were late, and older ones."""
    things = pc.dictionary_encode(thing).combine_chunks().indices.to_numpy()[order].astype(np.int64)
    key = code.astype(np.int64) * (things.max(initial=0) + 1) + things
    return np.unique(key, return_inverse=True)[1].astype(np.int64)
