"""Current state: columns that say how things stand today, on rows of the past.

Two signs. A column that has one value per account on all its rows has no history: if it tells who left, leaving wrote
it. And a value that hardly any row of the others has, but the rows of those about to leave have, was put there by
what happened later; whoever is merely worse off has more of what the others have too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from healthscore.evaluation.multiple import holm
from healthscore.pipelines.leaks.contrast import Separation, Shares, categories, separation
from healthscore.pipelines.leaks.findings import Evidence, Finding, percent
from healthscore.pipelines.leaks.material import FEWEST, Material
from healthscore.pipelines.leaks.timing import DAY
from healthscore.tables.quoting import quote_identifier

STATES = re.compile(
    r"(^|_)(status|stage|state|phase|plan|tier|health|score|risk|active|current|latest|churn\w*|cancel\w*|lifecycle)(_|$)"
)
"""Names of columns that a system overwrites."""
LEAK_STATE, LEAK_ANY = 0.70, 0.80
"""Lower bounds of the AUC above which a value without history is a leak: named like a state or looked up; any other."""
CONSTANT = 0.99
"""Share of the accounts with several rows that have one value on all of them: the column has no history."""
RECENT_DAYS = 91
ODDS_STATE, ODDS_ANY, SHARE, LEVEL = 5.0, 12.0, 0.15, 0.001
MOST_VALUES = 30


@dataclass(frozen=True)
class Held:
    """What a column says of each account.

    Attributes
    ----------
    values
        Arrow array, an element per case; null where the account has no row.
    constant
        Whether the column has one value on all rows of nearly every account.
    """

    values: pa.Array
    constant: bool


def current_state(material: Material) -> Evidence:
    """Look at what has no history, and at values that only leavers' rows have."""
    cases = material.cases
    if not cases.enough:
        return Evidence(checked=(f"current state: {material.few}",))
    findings: list[Finding] = []
    without: list[str] = []
    columns = list(_columns(material))
    for source, column in columns:
        held = _held(material, source, column)
        if held is None or not held.constant or len(pc.unique(held.values.drop_null())) < 2:
            continue
        without.append(f"{source}.{column}")
        findings += _judged(material, source, column, _separates(material, held))
    values, asked = _told_values(material, [c for c in columns if f"{c[0]}.{c[1]}" not in without])
    said = (
        f"current state: {len(columns)} columns that features read; "
        f"{'without history: ' + ', '.join(without) if without else 'none has one value per account throughout'}; "
        f"{asked} values of texts that only rows of those that {material.words.did} might have"
    )
    return Evidence((*findings, *values), (said,))


def _columns(material: Material) -> Iterator[tuple[str, str]]:
    """Columns beside time and name that features may read: attributes, quantities, and the seats of contracts."""
    for source in material.measured:
        bound = material.tables.bound_columns(source)
        for column in ("quantity", "value", *material.run.sources[source].attributes):
            if column in bound and _is_read(material, source, column):
                yield source, column
    contracts = material.run.source_of("subscriptions")
    if contracts is not None and any("seats" in feature.name for feature in material.book.panel.features):
        yield contracts, "seats"
    for signal in material.run.signals.values():
        if signal.attribute and material.tables.versions(signal.source) is None:
            yield signal.source, signal.attribute


def _is_read(material: Material, source: str, column: str) -> bool:
    """Whether a signal measures a column, or chooses its rows by it."""
    if column in ("quantity", "value") and material.measures(source):
        return True
    said = re.compile(rf"\b{re.escape(column)}\b")
    return any(signal.where and said.search(signal.where) for signal in material.signals_over(source).values())


def _held(material: Material, source: str, column: str) -> Held | None:
    """The value of each case's account, and whether it ever changes; None where the account's rows have several."""
    tables, quoted, relation = material.tables, quote_identifier(column), material.tables.relation(source)
    truth = tables.engine.describe(f"SELECT {quoted} FROM {relation}")[column] == "BOOLEAN"
    low, high = ("bool_and", "bool_or") if truth else ("min", "max")  # PostgreSQL has no least of yes and no
    found = tables.engine.query(
        f"SELECT account_id, count({quoted}) AS filled, {low}({quoted}) AS low, {high}({quoted}) AS high "
        f"FROM {relation} WHERE {quoted} IS NOT NULL GROUP BY account_id"
    )
    if not found.num_rows:
        return None
    several = found["filled"].to_numpy() > 1
    same = pc.equal(found["low"], found["high"]).to_numpy(zero_copy_only=False).astype(bool)
    constant = bool(same[several].mean() >= CONSTANT) if several.sum() >= FEWEST else not several.any()
    ids = material.accounts.take(pa.array(material.cases.account))
    return Held(found["low"].combine_chunks().take(pc.index_in(ids, value_set=found["account_id"])), constant)


def _separates(material: Material, held: Held) -> Separation:
    cases = material.cases
    if pa.types.is_integer(held.values.type) or pa.types.is_floating(held.values.type):
        numbers = pc.cast(held.values, pa.float64()).to_numpy(zero_copy_only=False)
        return separation(numbers, cases.left, cases.strata)
    given = held.values.is_valid().to_numpy(zero_copy_only=False)
    texts = np.array([str(value) for value in held.values.to_pylist()])
    if len(np.unique(texts[given])) > given.sum() / 2:
        return Separation(0.5, 0.0)
    return categories(texts[given], cases.left[given], cases.strata[given])


def _judged(material: Material, source: str, column: str, found: Separation) -> Iterator[Finding]:
    """A leak where it tells who left; a question where it is only named like a state, or looked up."""
    declared = material.run.sources[source]
    looked_up = any(column in lookup.columns or declared.attributes.get(column) in lookup.columns
                    or declared.columns.get(column) in lookup.columns for lookup in declared.lookup)  # fmt: skip
    written = declared.columns.get(column, declared.attributes.get(column, column))
    stateful = looked_up or source == material.run.source_of("subscriptions")
    stateful |= bool(STATES.search(column.lower()) or STATES.search(written.lower()))
    whence = " and is looked up" if looked_up else ""
    history = (
        f"{written} has one value on all rows of an account{whence}, so it says how things stand today, not how they "
        f"stood; it tells who {material.words.did} with an AUC of {found.auc:.2f} (at least {found.low:.2f}) among "
        "accounts of one age"
    )
    if found.low >= (LEAK_STATE if stateful else LEAK_ANY):
        remedy = (
            f"export {written} with a row for every change and the day of it (contract levels, or valid_from of "
            f"accounts), or leave it out of [sources.{source}]"
        )
        yield Finding("current_state", "leak", f"{source}.{column}", history, remedy)
    elif stateful and column not in declared.static and source != material.run.source_of("subscriptions"):
        question = (
            f"{history.partition('; it tells')[0]}; it does not tell who {material.words.did} (AUC {found.auc:.2f})"
        )
        remedy = "is it overwritten? then export its changes; if it never changes, say so where it comes from"
        yield Finding("no_history", "question", f"{source}.{column}", question, remedy)


def _told_values(material: Material, columns: list[tuple[str, str]]) -> tuple[list[Finding], int]:
    """Values of text and yes-or-no attributes that leavers' recent rows have, and hardly any others."""
    shares: dict[tuple[str, str, str], Shares] = {}
    for source, column in columns:
        if column in material.run.sources[source].attributes:
            for value, counted in _values(material, source, column):
                shares[source, column, value] = counted
    believed = holm({key: counted.chance for key, counted in shares.items()}, LEVEL)
    words, findings = material.words, []
    for (source, column, value), counted in shares.items():
        limit = ODDS_STATE if STATES.search(column.lower()) else ODDS_ANY
        if not believed[source, column, value] or counted.odds_ratio < limit or counted.difference < SHARE:
            continue
        evidence = (
            f"{column} = {value!r} stands on rows of {percent(counted.share_left)} of {counted.of_left:,} accounts "
            f"that {words.did}, in the {RECENT_DAYS} days before the date, and of {percent(counted.share_stayed)} of "
            f"{counted.of_stayed:,} that {words.kept} (odds {counted.odds_ratio:.0f} to 1): was it written later?"
        )
        remedy = (
            f"export {column} as it was when the row was written, or its changes with their days (contract levels); "
            f"until then take it out of every `where` over {source}"
        )
        findings.append(Finding("written_later", "leak", f"{source}.{column}", evidence, remedy))
    return findings, len(shares)


def _values(material: Material, source: str, column: str) -> Iterator[tuple[str, Shares]]:
    tables, quoted = material.tables, quote_identifier(column)
    relation, day = tables.relation(source), DAY[material.run.sources[source].contract]
    if tables.engine.describe(f"SELECT {quoted} FROM {relation}")[column] not in ("VARCHAR", "BOOLEAN"):
        return
    cases = material.register_cases()
    found = tables.engine.query(
        f"SELECT DISTINCT c.number, CAST(e.{quoted} AS VARCHAR) AS value FROM {relation} e "
        f"JOIN {cases} c ON e.account_id = c.account_id WHERE e.{day} < c.t AND e.known_day < c.t "
        f"AND e.{day} >= c.t - {RECENT_DAYS} AND e.{quoted} IS NOT NULL"
    )
    number, said = found["number"].to_numpy(), np.array([str(value) for value in found["value"].to_pylist()])
    distinct = np.unique(said)
    for value in distinct.tolist() if len(distinct) <= MOST_VALUES else []:
        shown: NDArray[np.bool_] = np.zeros(len(material.cases.account), bool)
        shown[number[said == value]] = True
        yield value, Shares.of(shown, material.cases.left)
