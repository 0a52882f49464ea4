"""Currencies: amounts of one column are in one, unless the run converts them."""

from __future__ import annotations

from healthscore.tables.engine import Engine
from healthscore.tables.judgement import Judgement
from healthscore.tables.places import file_of, first_places, places
from healthscore.tables.problems import Problem
from healthscore.tables.quoting import quote_literal
from healthscore.tables.rules import bound

AMOUNTS = ("quantity", "value")
SHOWN = 10


def mixed_currencies(engine: Engine, judgement: Judgement) -> list[Problem]:
    """An error if a source has amounts in more than one currency; no currency at all is one more."""
    binding = judgement.binding
    amounts = [bound(amount) for amount in AMOUNTS if amount in binding.present]
    if "currency" not in binding.present or not amounts:
        return []
    currency = f"COALESCE(upper({bound('currency')}), '')"
    paid = f"_fault IS NULL AND ({' OR '.join(f'{amount} <> 0' for amount in amounts)})"
    found = engine.query(
        f"SELECT {currency} AS currency, count(*) AS n FROM {judgement.relation} WHERE {paid} GROUP BY 1 "
        "ORDER BY n DESC, currency"
    ).to_pylist()
    if len(found) <= 1:
        return []
    others = f"{paid} AND {currency} <> {quote_literal(found[0]['currency'])}"
    first = engine.query(f"SELECT {first_places(others)} AS places FROM {judgement.relation}").to_pylist()[0]
    shown = ", ".join(f"{row['n']:,} in {row['currency'] or 'none'}" for row in found[:SHOWN])
    lines, count = places(first["places"]), sum(int(row["n"]) for row in found[1:])
    remedy = (
        f"convert them in [sources.{binding.name}]: fetch the rates by `lookup`, multiply in "
        "`columns`, and say what they are then, such as `columns.currency = \"'EUR'\"`"
    )
    rule = f"amounts of one source are in one currency; here {shown}"
    where = (binding.name, "currency", count, count / max(judgement.considered, 1), lines)
    return [Problem("mixed_currencies", "error", *where, rule=rule, remedy=remedy, file=file_of(lines))]
